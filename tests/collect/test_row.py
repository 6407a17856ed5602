"""Rows of ls, where those of stat are not to be had."""

from __future__ import annotations

import pytest

from tomcat_fleet.collect import row
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Gap, Unknown


@pytest.mark.parametrize(
    ("line", "kind", "name", "size"),
    [
        (b"-rw-r--r-- 1 0 0 12 Nov 23 12:00 ./a -> b", FileKind.FILE, "./a -> b", 12),
        (b"lrwxrwxrwx 1 0 0 1 Nov 23 12:00 ./a -> b", FileKind.LINK, "./a", 1),
        (b"crw-rw-rw- 1 0 0 1, 3 Nov 23 12:00 ./null", FileKind.OTHER, "./null", 0),
        (b"brw-rw---- 1 0 6 254,  16 Nov 23 12:00 ./vdb", FileKind.OTHER, "./vdb", 0),
    ],
)
def test_a_row(line: bytes, kind: FileKind, name: str, size: int) -> None:
    found = row.one(b"//ls:" + line)
    assert found is not None
    assert (found.kind, found.name, found.size) == (kind, name, size)


LINK = b"//ls:lrwxrwxrwx 1 0 0 1 Nov 23 12:00 ./a -> b/conf -> c"


def test_a_link_whose_name_cannot_be_told_is_no_row_and_no_absence() -> None:
    assert row.one(LINK) is None
    ingest = Ingest(b"k" * 32)
    ingest.take(Record("places", "ok", b"//at:/srv\n" + LINK + b"\n//rc:0\n"))
    assert isinstance(ingest.places, Unknown)
    assert ingest.places.gap is Gap.FAILED
