"""Lines of the values of a JSON text, and names that one object gives twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(slots=True)
class _Level:
    """An object or array that is open. ``key`` is where its next value goes."""

    path: Path
    array: bool
    key: str | int = 0
    awaits_name: bool = False


@dataclass(slots=True)
class Places:
    """Where each value of a well-formed text begins."""

    lines: dict[Path, int] = field(default_factory=dict)
    repeated: list[Path] = field(default_factory=list)  # an object names it twice; a parser keeps the last

    def near(self, path: Path) -> int:
        """Line of ``path`` or of the closest value around it."""
        return next(self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines)


def places(text: str) -> Places:
    """Find every value of ``text``, which a parser has already accepted."""
    found = Places()
    levels: list[_Level] = []
    for part, line in _tokens(text):
        _take(part, line, levels, found)
    return found


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line, at = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield match[0], line


def _take(part: str, line: int, levels: list[_Level], found: Places) -> None:
    level = levels[-1] if levels else None
    if part in "}]":
        levels.pop()
    elif part == ",":
        assert level is not None
        level.awaits_name = not level.array
        level.key = level.key + 1 if isinstance(level.key, int) else level.key
    elif part == ":":
        assert level is not None
        level.awaits_name = False
    elif level is not None and level.awaits_name:
        level.key = json.loads(part)
    else:
        path = (*level.path, level.key) if level else ()
        if path in found.lines:
            found.repeated.append(path)
        found.lines[path] = line
        if part in "{[":
            levels.append(_Level(path, array=part == "[", awaits_name=part == "{"))
