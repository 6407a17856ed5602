"""Looking for planted secrets, byte by byte, in every dress that something of ours might give them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

_PIECE = 9  # a part this long of a secret is found, too
_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ZIP = b"PK\x03\x04"
_SQLITE = b"SQLite format 3\0"
_DEEPEST = 3
_LIMIT = 64 * 1024 * 1024
# What has none of these has none of the dresses of that kind either: one look instead of one for each secret.
_SIGNS: Mapping[str, re.Pattern[bytes]] = {
    "utf-16": re.compile(rb"\0"),
    "percent": re.compile(rb"(?:%[0-9A-F]{2}){4}"),
    "escapes": re.compile(rb"(?:\\x[0-9a-f]{2}){4}"),
    "entities": re.compile(rb"(?:&#\d+;){4}"),
}


def dresses(secret: str) -> dict[str, bytes]:
    """What to look for: the secret and its ends, plain and encoded, and its hashes."""
    found: dict[str, bytes] = {}
    raw = secret.encode()
    for part, name in ((raw, ""), (raw[:_PIECE], " begin"), (raw[-_PIECE:], " end")):
        found["plain" + name] = part
        found["reversed" + name] = part[::-1]
        found["utf-16" + name] = part.decode().encode("utf-16-le")
        found["hex" + name] = part.hex().encode()
        found["HEX" + name] = part.hex().upper().encode()
        found["percent" + name] = "".join(f"%{byte:02X}" for byte in part).encode()
        found["escapes" + name] = "".join(f"\\x{byte:02x}" for byte in part).encode()
        found["entities" + name] = "".join(f"&#{byte};" for byte in part).encode()
        for shift in range(3):  # base64 of a text that has the secret inside
            whole = base64.b64encode(b"x" * shift + part)
            found[f"base64 {shift}{name}"] = whole[4 if shift else 0 : len(whole) - 4]
    found["quoted"] = quote(secret).encode()
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        found[algorithm] = hashlib.new(algorithm, raw).hexdigest().encode()
    return found


class Hunt:
    """Searches for ``secrets`` by name. ``seen`` counts what was searched."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._dresses: dict[str, list[tuple[str, str, bytes]]] = {}  # by kind
        for name, secret in secrets.items():
            several = dresses(secret)
            for dress, wanted in several.items():
                if f"{dress} begin" in several:
                    continue  # where the whole is, its beginning is
                self._dresses.setdefault(dress.partition(" ")[0], []).append((name, dress, wanted))
        self._shortest = min((len(one) for several in self._dresses.values() for *_, one in several), default=0)
        self.seen = 0
        self.found: list[tuple[str, str, str]] = []  # secret, place, dress

    def files(self, *roots: Path) -> None:
        """Every file below ``roots``, its name and the target of a link included."""
        for root in roots:
            for path in (root, *sorted(root.rglob("*"))):
                self.text(str(path), f"name of {path}")
                if path.is_file() and not path.is_symlink():
                    self.data(path.read_bytes(), str(path))
                    self._database(path)

    def text(self, text: str, place: str) -> None:
        """A text of the process: a stream, an argument list."""
        self._search(text.encode("utf-8", "surrogateescape"), place)

    def data(self, data: bytes, place: str, depth: int = 0) -> None:
        """The bytes of a file or a blob, and what is packed in them."""
        self.seen += not depth
        self._search(data, place)
        if depth < _DEEPEST:
            for packed in _unpacked(data):
                self.data(packed, f"{place} (unpacked)", depth + 1)

    def _search(self, data: bytes, place: str) -> None:
        if len(data) < self._shortest:
            return
        low = data.lower()
        for kind, several in self._dresses.items():
            if kind in _SIGNS and not _SIGNS[kind].search(data):
                continue
            for name, dress, wanted in several:
                if wanted in data or (kind == "plain" and wanted.lower() in low):
                    self.found.append((name, place, dress))

    def _database(self, path: Path) -> None:
        if not path.read_bytes().startswith(_SQLITE):
            return
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
            for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in base.execute(f'SELECT * FROM "{table}"'):
                    for column in row:
                        raw = column if isinstance(column, bytes) else str(column).encode()
                        self.data(raw, f"{path}, table {table}", depth=1)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for at in _places(data, [_GZIP]):
        try:
            yield gzip.GzipFile(fileobj=io.BytesIO(data[at:])).read(_LIMIT)
        except (OSError, EOFError, zlib.error):
            continue
    whole = memoryview(data)  # two letters of every text look like the beginning of a stream: no copy for each
    for at in _places(data, _ZLIB):
        try:
            packed = zlib.decompressobj().decompress(whole[at:], _LIMIT)
        except zlib.error:
            continue
        if len(packed) > _PIECE:
            yield packed
    if _ZIP in data:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
            return


def _places(data: bytes, marks: Iterable[bytes]) -> Iterator[int]:
    for mark in marks:
        at = data.find(mark)
        while at >= 0:
            yield at
            at = data.find(mark, at + 1)
