"""A listing of ACL markers that failed is not the absence of ACLs."""

from __future__ import annotations

import pytest

from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.model.evidence import Question, SearchKind, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown

ROW = b"//regular file:600:998:998:1:0:tomcat:tomcat:./a\n"
STATUS = b"//regular file:600:998:998:1:0:tomcat:tomcat:/x/a\n"
LISTED = ROW + b"//rc:0\n//total:1\n"
FOUND = b"//owner:998:1\n//total:1\n//excesses:0\n//links:0\n//rc:0\n"
KIND = SearchKind.CONFIG_FILES.value


def _answer(verb: Verb, detail: str, *parts: bytes) -> object:
    ingest = Ingest(b"k" * 32)
    ingest.take(Record(verb.value, "ok", b"\0".join([b"/x", detail.encode(), b"/x", *parts])))
    return ingest.answers[Question(verb, "/x", detail)]


@pytest.mark.parametrize("end", [b"//rc:0\n//acls:0\n"])
def test_a_whole_listing_without_markers_is_known(end: bytes) -> None:
    assert isinstance(_answer(Verb.LISTING, "", LISTED, end), Known)
    assert isinstance(_answer(Verb.SEARCH, KIND, FOUND, end), Known)


@pytest.mark.parametrize("end", [b"//rc:124\n//acls:0\n", b"//rc:2\n//acls:0\n", b"//acls:0\n"])
def test_one_that_failed_or_was_cut_is_not(end: bytes) -> None:
    for answer in (_answer(Verb.LISTING, "", LISTED, end), _answer(Verb.SEARCH, KIND, FOUND, end)):
        assert isinstance(answer, Unknown)
        assert answer.gap is Gap.FAILED


def test_a_status_whose_marker_is_missing_is_not_known() -> None:
    assert isinstance(_answer(Verb.STATUS, "", b"", STATUS, b" \n"), Known)
    assert isinstance(_answer(Verb.STATUS, "", b"", STATUS, b""), Unknown)
