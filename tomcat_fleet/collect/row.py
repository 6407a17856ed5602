"""Rows of stat and ls as the collector prints them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import FileKind, FileStatus

_ROW = re.compile(rb"//([A-Za-z ]+):([0-7]{1,5}):(\d+):(\d+):(\d+):(-?\d+):([^:\n]*):([^:\n]*):(.*)\Z", re.DOTALL)
_LS = re.compile(rb"//ls:([-dlbcpsD])([-rwxsStTl]{9})([+.@]?)\s+\d+\s+(\d+)\s+(\d+)\s+(.*)\Z", re.DOTALL)
_LS_TAIL = re.compile(rb"(?:\d+,\s*)?(\d+)\s+\S+\s+\S+\s+\S+ (.*)\Z", re.DOTALL)  # a device has two numbers


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``name`` is the path as the row has it, ``link`` whether it is a symbolic link."""

    name: str
    kind: FileKind
    link: bool
    mode: int
    uid: int
    gid: int
    user: str
    group: str
    size: int
    mtime: int
    acl: bool

    def status(self, path: str, real_path: str, *, acl: bool | None = False, target: str | None = None) -> FileStatus:
        """This row as the status of ``path``."""
        return FileStatus(
            path=path,
            real_path=real_path,
            kind=self.kind,
            mode=self.mode,
            uid=self.uid,
            gid=self.gid,
            user=self.user,
            group=self.group,
            size=self.size,
            mtime=self.mtime,
            acl=self.acl or acl,
            link_target=target,
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in order, each with the tag line before it, and the named trailers."""

    rows: tuple[tuple[str, Row], ...]
    trailers: dict[str, list[str]]

    def number(self, name: str) -> int:
        """Value of a numeric trailer; raises ``ValueError`` when it is missing."""
        values = self.trailers.get(name, [])
        if len(values) != 1:
            raise ValueError(name)
        return int(values[0])


def split(block: bytes) -> Iterator[bytes]:
    """The ``//`` items of a block; a line feed inside a path does not split it."""
    for item in re.split(rb"(?:\A|\n)(?=//)", block.strip(b"\n")):
        if item:
            yield item


def parse(block: bytes) -> Rows:
    """Rows and trailers of a block. Raises ``ValueError`` for anything else."""
    rows: list[tuple[str, Row]] = []
    trailers: dict[str, list[str]] = {}
    tag = ""
    for item in split(block):
        row = one(item)
        if row is not None:
            rows.append((tag, row))
            tag = ""
            continue
        name, _, value = item[2:].partition(b":")
        word = name.decode("ascii", "strict")
        if word in {"link", "excess", "foreign"} and not value:
            tag = word
        else:
            trailers.setdefault(word, []).append(escape.from_bytes(value.strip()))
    return Rows(tuple(rows), trailers)


def one(item: bytes) -> Row | None:
    """The row in ``item``; None when it is not a row."""
    found = _ROW.match(item)
    if found:
        return _from_stat(found)
    found = _LS.match(item)
    return _from_ls(found) if found else None


def _from_stat(found: re.Match[bytes]) -> Row:
    kind = found[1].lower()
    return Row(
        name=escape.from_bytes(found[9]),
        kind=_kind(kind),
        link=b"symbolic" in kind,
        mode=int(found[2], 8),
        uid=int(found[3]),
        gid=int(found[4]),
        user=escape.from_bytes(found[7]),
        group=escape.from_bytes(found[8]),
        size=int(found[5]),
        mtime=int(found[6]),
        acl=False,
    )


def _kind(words: bytes) -> FileKind:
    if b"regular" in words:
        return FileKind.FILE
    if b"directory" in words:
        return FileKind.DIRECTORY
    return FileKind.LINK if b"symbolic" in words else FileKind.OTHER


def _from_ls(found: re.Match[bytes]) -> Row | None:
    tail = _LS_TAIL.match(found[6])
    if tail is None:
        return None
    letter = found[1]
    name, arrow, target = tail[2].partition(b" -> ") if letter == b"l" else (tail[2], b"", b"")
    if b" -> " in target or (letter == b"l" and not arrow):
        return None  # which arrow ends the name cannot be told
    kinds = {b"-": FileKind.FILE, b"d": FileKind.DIRECTORY, b"l": FileKind.LINK}
    return Row(
        name=escape.from_bytes(name),
        kind=kinds.get(letter, FileKind.OTHER),
        link=letter == b"l",
        mode=_mode(found[2].decode("ascii")),
        uid=int(found[4]),
        gid=int(found[5]),
        user="",
        group="",
        size=0 if letter in b"bc" else int(tail[1]),
        mtime=0,
        acl=found[3] == b"+",
    )


def _mode(text: str) -> int:
    mode = 0
    for index, char in enumerate(text):
        if char in "rwxst":
            mode |= 1 << (8 - index)
    for index, bit in ((2, 0o4000), (5, 0o2000), (8, 0o1000)):
        if text[index] in "sStT":
            mode |= bit
    return mode


def below(root: str, name: str) -> str:
    """``./name`` below ``root`` as a path."""
    return posixpath.join(root, name.removeprefix("./"))
