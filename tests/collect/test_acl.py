"""Markers of ACLs: a listing that failed, or an ls that shows none, is not their absence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collect.cell import ENVIRONMENT
from tests.collect.toolset import Workshop
from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Question, SearchKind, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target

ROW = b"//regular file:600:998:998:1:0:tomcat:tomcat:./a\n"
STATUS = b"//regular file:600:998:998:1:0:tomcat:tomcat:/x/a\n"
LISTED = ROW + b"//rc:0\n//total:1\n"
FOUND = b"//owner:998:1\n//total:1\n//excesses:0\n//links:0\n//rc:0\n"
KIND = SearchKind.CONFIG_FILES.value


def _answer(verb: Verb, detail: str, *parts: bytes) -> Any:
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


ODD = b"//regular file:600:998:998:1:0:tomcat:tomcat:./%s\n"
MARKED = b"-rw-r-----+ 1 998 998 1 Nov 23 12:00 %s\n"


@pytest.mark.parametrize(
    ("names", "block", "expected"),
    [
        ([b"a", b"b"], MARKED % b"b" + b"//acls:1\n", [False, True]),
        ([b"a", b"b"], b"//acls:?\n", [None, None]),
        ([b"a", b"b"], b"//acls:1\n", [None, None]),
        ([b"a", b"b"], MARKED % b"c" + b"//acls:1\n", [None, None]),
        ([b"a", b"\xec\x9d\xbc"], MARKED % b"???" + b"//acls:1\n", [False, True]),
        ([b"x\ny", b"x"], MARKED % b"x?y" + b"//acls:1\n", [True, False]),
        ([b"x\ny", b"x?y"], MARKED % b"x?y" + b"//acls:1\n", [True, True]),
        ([b"a"], MARKED % b"." + b"//acls:1\n", [False]),
    ],
)
def test_which_entries_carry_one(names: list[bytes], block: bytes, expected: list[bool | None]) -> None:
    ingest = Ingest(b"k" * 32)
    rows = b"".join(ODD % name for name in names) + b"//rc:0\n//total:%d\n" % len(names)
    ingest.take(
        Record("listing", "ok", b"\0".join([b"/x", b"", b"/x", rows, block.replace(b"//acls", b"//rc:0\n//acls")]))
    )
    found = [ingest.answers[Question(Verb.STATUS, f"/x/{escape.from_bytes(name)}")] for name in names]
    assert [answer.value.acl for answer in found if isinstance(answer, Known) and answer.value] == expected


def test_where_nothing_tells_nothing_is_said_to_be_without() -> None:
    answer = _answer(Verb.STATUS, "", b"", STATUS, b"?\n")
    assert isinstance(answer, Known)
    assert answer.value.acl is None
    found = _answer(Verb.SEARCH, KIND, FOUND, b"//rc:0\n//acls:?\n")
    assert isinstance(found, Known)
    assert found.value.acls == ("/x",)


@pytest.mark.root
async def test_getfacl_tells_what_the_ls_of_busybox_does_not(shop: Workshop) -> None:
    need("getfacl")
    base = str(shop.place / "base")
    told = {"conf/server.xml": False, "webapps/app/link of acl": True, "webapps/app/plain.txt": None, "odd/null": False}
    searches = [Question(Verb.SEARCH, f"{base}/{name}", KIND) for name in ("conf", "webapps")]
    questions = [Question(Verb.LISTING, f"{base}/{name}") for name in ("webapps/app", "odd")]
    questions += [*searches, *(Question(Verb.STATUS, f"{base}/{name}") for name in told)]
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base=base),))
    async with shell(shop.argv("ash", "busybox getfacl", "ash"), env=ENVIRONMENT) as channel:
        evidence = (await collect(channel, target, key=b"k" * 32, want=lambda _: questions)).evidence
    found: dict[str, Any] = {name: evidence.answers[Question(Verb.STATUS, f"{base}/{name}")] for name in told}
    assert {name: answer.value.acl for name, answer in found.items()} == told
    trees: list[Any] = [evidence.answers[question] for question in searches]
    assert [tree.value.acls for tree in trees] == [(), (f"{base}/webapps",)]
