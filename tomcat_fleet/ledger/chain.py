"""Records that cannot be changed, dropped, added or reordered without notice.

Every record has its SHA-256 beside it, and each link of the chain hashes the link before it together with the record's
hash. The last link stands in the host's result and on its page.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tomcat_fleet.errors import EvidenceError

_START = hashlib.sha256(b"tomcat-fleet/evidence/1").digest()
_LEVEL = 1  # configuration files shrink to a fifth at any level; the first costs least
_LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained:
    """Records as they are stored. ``head`` is the last link, in hex."""

    head: str
    data: bytes


def chained(records: Iterable[bytes]) -> Chained:
    """Store ``records``, each one line of JSON."""
    link, lines = _START, []
    for record in records:
        digest = hashlib.sha256(record)
        link = hashlib.sha256(link + digest.digest()).digest()
        lines.append(digest.hexdigest().encode() + b" " + record + b"\n")
    return Chained(head=link.hex(), data=zlib.compress(b"".join(lines), _LEVEL))


def damage(stored: Chained) -> list[str]:
    """Everything that is wrong with stored records: one sentence each; empty when they are as they were written."""
    try:
        lines = _lines(stored.data)
    except EvidenceError as error:
        return [str(error)]
    found = [f"record {number} was changed" for number, line in enumerate(lines, 1) if not _is_sound(line)]
    if not found and _head(lines) != stored.head:
        found = ["a record was dropped, added or moved"]
    return found


def unchained(stored: Chained) -> list[bytes]:
    """The records. Raises EvidenceError when anything about them was changed."""
    wrong = damage(stored)
    if wrong:
        raise EvidenceError("; ".join(wrong[:3]))
    return [line[65:] for line in _lines(stored.data)]


def _lines(data: bytes) -> list[bytes]:
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(data, _LARGEST)
    except zlib.error:
        raise EvidenceError("cannot be unpacked") from None
    if not reader.eof or reader.unused_data or not text.endswith(b"\n"):
        raise EvidenceError("was cut, extended or is too large")
    return text.removesuffix(b"\n").split(b"\n")


def _is_sound(line: bytes) -> bool:
    return line[64:65] == b" " and hashlib.sha256(line[65:]).hexdigest().encode() == line[:64]


def _head(lines: Sequence[bytes]) -> str:
    link = _START
    for line in lines:
        link = hashlib.sha256(link + bytes.fromhex(line[:64].decode("ascii"))).digest()
    return link.hex()
