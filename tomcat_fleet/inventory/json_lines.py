"""Line numbers for JSON, which ``json`` does not give. The text has already been accepted by it."""

from __future__ import annotations

import json
import re

from tomcat_fleet.model.toml_lines import Lines, Path

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],\n]')


def locate(text: str, depth: int) -> tuple[Lines, list[Path]]:
    """Lines of every key and array element down to ``depth``, and the keys that come twice in one object."""
    scanner = _Scanner(depth)
    marks = {"{": scanner.open, "[": scanner.open, "}": scanner.close, "]": scanner.close, ",": scanner.next}
    for found in _TOKEN.finditer(text):
        lexeme = found[0]
        if lexeme == "\n":
            scanner.line += 1
        elif act := marks.get(lexeme):
            act(lexeme)
        else:
            scanner.text(lexeme)
    return scanner.lines, list(scanner.twice)


class _Scanner:
    def __init__(self, depth: int) -> None:
        self.lines = Lines()
        self.twice: dict[Path, None] = {}
        self.line = 1
        self._depth = depth
        self._path: list[str | int] = []  # one part for each open container: its key or position just now
        self._in_object: list[bool] = []
        self._is_key = False

    def open(self, lexeme: str) -> None:
        self._element()
        self._is_key = lexeme == "{"
        self._in_object.append(self._is_key)
        self._path.append("" if self._is_key else 0)

    def close(self, _lexeme: str) -> None:
        self._is_key = False
        self._in_object.pop()
        self._path.pop()

    def next(self, _lexeme: str) -> None:
        self._is_key = self._in_object[-1]
        if not self._is_key:
            self._path[-1] = int(self._path[-1]) + 1

    def text(self, lexeme: str) -> None:
        if not self._is_key:
            self._element()
            return
        self._is_key = False
        self._path[-1] = json.loads(lexeme) if "\\" in lexeme else lexeme[1:-1]
        if len(self._path) <= self._depth:
            path = tuple(self._path)
            if path in self.lines and path[:-1] not in self.twice:
                self.twice[path] = None
            self.lines[path] = self.line

    def _element(self) -> None:
        if self._in_object and not self._in_object[-1] and len(self._path) <= self._depth:
            self.lines[tuple(self._path)] = self.line
