"""Reading the operator's files, each once, with the hash of what was read."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tomcat_fleet.inventory.ledger import Ledger, Spot, storable

STDIN = Path("-")
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xls
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def name_of(path: Path) -> str:
    """Return how messages call a file."""
    return "stdin" if path == STDIN else str(path)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads files, remembering the hash of each."""

    ledger: Ledger
    hashes: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path) -> str | None:
        """Text of a UTF-8 file with any line ends; None, with a fault noted, when there is none."""
        raw = self.bytes_of(path)
        return None if raw is None else self.text(raw, name_of(path))

    def bytes_of(self, path: Path) -> bytes | None:
        """Return the content of a file, of the standard input for ``-``; None, with a fault noted."""
        file = name_of(path)
        try:
            raw = _standard_input() if path == STDIN else path.read_bytes()
        except OSError as error:
            self.ledger.fault(Spot(file, 0), f"cannot be read: {error.strerror}")
            return None
        self.note(file, raw)
        return raw

    def note(self, file: str, raw: bytes) -> None:
        """Remember what was read under the name ``file``."""
        self.hashes[storable(file)] = hashlib.sha256(raw).hexdigest()

    def text(self, raw: bytes, file: str, *, korean: bool = False) -> str | None:
        """``raw`` as text with plain line ends, CP949 allowed where ``korean``; None, with a fault noted."""
        if raw.startswith(_WORKBOOK):
            self.ledger.fault(Spot(file, 0), "is an Excel workbook or an archive; save the list as CSV")
            return None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            text = _cp949(raw) if korean else ""
            if not text:
                self.ledger.fault(Spot(file, line), _not_text(raw, korean=korean))
                return None
        if "\0" in text:
            self.ledger.fault(Spot(file, text.count("\n", 0, text.index("\0")) + 1), "is not text: it holds a NUL")
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _standard_input() -> bytes:
    return sys.stdin.buffer.read() if sys.stdin else b""  # None where the process was started without one


def _cp949(raw: bytes) -> str:
    try:
        return raw.decode("cp949")
    except UnicodeDecodeError:
        return ""


def _not_text(raw: bytes, *, korean: bool) -> str:
    if raw.startswith(_UTF_16):
        return "is UTF-16 text; save it as UTF-8"
    return "is neither UTF-8 nor CP949 text" if korean else "is not UTF-8 text"
