"""Stored records: whatever is done to them is noticed and, where it can be told, named by its number."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.ledger.chain import Chained, chained, damage, unchained

RECORDS = [
    b'{"kind":"host"}',
    b'{"kind":"answer","key":["content","/opt/x"]}',
    b'{"kind":"answer"}',
    b'{"kind":"units"}',
]
Change = Callable[[list[bytes]], list[bytes]]


def changed(how: Change) -> Chained:
    """RECORDS stored, their lines changed, stored again as a forger without the head would."""
    stored = chained(RECORDS)
    lines = zlib.decompress(stored.data).splitlines()
    return Chained(head=stored.head, data=zlib.compress(b"".join(line + b"\n" for line in how(lines))))


def resealed(line: bytes) -> bytes:
    body = line[65:].replace(b"answer", b"answes")
    return hashlib.sha256(body).hexdigest().encode() + b" " + body


@given(st.lists(st.binary(max_size=80).map(lambda raw: raw.replace(b"\n", b" ")), max_size=8))
def test_records_come_back_as_they_were(records: list[bytes]) -> None:
    if records:
        assert unchained(chained(records)) == records


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"opt", b"otp"), *lines[2:]], "record 2 was changed"),
        (lambda lines: [*lines[:3], b"0" * 64 + lines[3][64:]], "record 4 was changed"),
        (lambda lines: [lines[0], *lines[2:]], "a record was dropped, added or moved"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "a record was dropped, added or moved"),
        (lambda lines: [*lines, lines[-1]], "a record was dropped, added or moved"),
        (lambda lines: lines[:-1], "a record was dropped, added or moved"),
        (lambda lines: [*lines[:2], resealed(lines[2]), lines[3]], "a record was dropped, added or moved"),
        (lambda lines: [lines[0], b"", *lines[1:]], "record 2 was changed"),
    ],
)
def test_a_change_is_named(how: Change, said: str) -> None:
    assert damage(changed(how)) == [said]
    with pytest.raises(EvidenceError, match=said):
        unchained(changed(how))


def test_several_changes_are_all_named() -> None:
    stored = changed(lambda lines: [line.replace(b"kind", b"king") for line in lines])
    assert damage(stored) == [f"record {number} was changed" for number in (1, 2, 3, 4)]


def test_every_flipped_byte_and_every_cut_is_noticed() -> None:
    stored = chained(RECORDS)
    assert damage(stored) == []
    for at in range(len(stored.data)):
        flipped = bytearray(stored.data)
        flipped[at] ^= 0x10
        assert damage(Chained(head=stored.head, data=bytes(flipped))), at
        assert damage(Chained(head=stored.head, data=stored.data[:at])), at
    assert damage(Chained(head=stored.head, data=stored.data + b"x"))
    assert damage(Chained(head="0" * 64, data=stored.data)) == ["a record was dropped, added or moved"]
