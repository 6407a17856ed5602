"""TOML with the line numbers that ``tomllib`` does not give.

The scanner's text has already been accepted by ``tomllib``, so that it only has to find its way through tables, keys
and values; it checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'", re.DOTALL)
_REFUSED = re.compile(r"(?P<reason>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)\Z", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\n#]+")


class Lines(dict[Path, int]):
    """Line of every table, key and array element."""

    def near(self, path: Path) -> int:
        """Return the line of ``path``, or of the closest part of it that has one."""
        while path and path not in self:
            path = path[:-1]
        return self.get(path, 1)


class NotTomlError(Exception):
    """A text is not TOML. ``line`` is 1-based, 0 when no line is to blame."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


def parse(text: str) -> tuple[dict[str, Any], Lines]:
    """What a TOML document says, and the lines of everything in it. Raises NotTomlError."""
    try:
        return tomllib.loads(text), locate(text)
    except tomllib.TOMLDecodeError as error:
        raise _where(str(error), text) from None
    except RecursionError:
        raise NotTomlError(0, "is nested too deeply") from None
    except ValueError as error:  # a number of some thousand digits
        raise NotTomlError(0, str(error)) from None


def _where(message: str, text: str) -> NotTomlError:
    found = _REFUSED.match(message)
    if not found:
        return NotTomlError(0, message)
    line = int(found["line"]) if found["line"] else text.rstrip("\n").count("\n") + 1
    reason = found["reason"]
    return NotTomlError(line, f"{reason[:1].lower()}{reason[1:]}")


def locate(text: str) -> Lines:
    """Lines of everything in a TOML document that ``tomllib`` accepts."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines = Lines()
        self._counts: dict[Path, int] = {}  # elements of [[arrays of tables]] so far

    def run(self) -> Lines:
        table: Path = ()
        while self._peek(_BLANK):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _peek(self, skipped: re.Pattern[str]) -> str:
        """Return the next character after what may be skipped; empty at the end."""
        found = skipped.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _note(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _header(self) -> Path:
        line = self._line()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        path = self._resolve(self._key())
        self._peek(_SPACE)
        self._at += 2 if array else 1
        if array:
            index = self._counts.get(path, 0)
            self._counts[path] = index + 1
            path = (*path, index)
        self._note(path, line)
        if path[:-1] not in self._counts:
            self._lines[path] = line
        return path

    def _resolve(self, keys: Path) -> Path:
        """Return the header's path: a name that is an array of tables means its newest element."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if path in self._counts and position < len(keys) - 1:
                path = (*path, self._counts[path] - 1)
        return path

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._peek(_SPACE)
            found = _BARE.match(self._text, self._at) or _STRING.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            parts.append(_unquoted(found[0]))
            if self._peek(_SPACE) != ".":
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._note(path, line)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self._peek(_SPACE)
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            assert found is not None
            self._at = found.end()

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._peek(_BLANK) != "]":
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            if self._peek(_BLANK) == ",":
                self._at += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._peek(_BLANK) != "}":
            self._pair(path)
            if self._peek(_BLANK) == ",":
                self._at += 1
        self._at += 1


def _unquoted(written: str) -> str:
    if written[0] not in "\"'":
        return written
    table: Mapping[str, str] = tomllib.loads(f"key = {written}")
    return table["key"]
