"""Reading ssh_config with everything it includes."""

from __future__ import annotations

import glob
import heapq
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.openssh.condition import Condition, HostLine, match_line, matches_list
from tomcat_fleet.inventory.openssh.keyword import HONOURED, KNOWN, WHOLE_LINE, no_effect
from tomcat_fleet.inventory.openssh.line import keyword, words
from tomcat_fleet.inventory.shelf import Shelf
from tomcat_fleet.model.spelling import meant, quoted

_COMMENT = re.compile(r"\s+#.*\Z", re.DOTALL)
_DEEPEST = 16  # files that include one another, as in ssh


class Directive(NamedTuple):
    """A line that is honoured. ``word`` is its keyword as written, ``name`` in small letters."""

    name: str
    word: str
    value: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that count when all conditions hold."""

    conditions: tuple[Condition, ...]
    directives: list[Directive] = field(default_factory=list)

    def only_name(self) -> tuple[str, ...]:
        """Return the names that the block is for, where nothing but names decides."""
        alone = self.conditions[0] if len(self.conditions) == 1 else None
        return alone.literals() if isinstance(alone, HostLine) and alone.is_literal() else ()


@dataclass(slots=True)
class Config:
    """A configuration: blocks in order, and the names that it has lines for."""

    file: str
    aliases: dict[str, Spot] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)
    _general: list[int] = field(default_factory=list)
    _named: dict[str, list[int]] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Append a block."""
        number = len(self._blocks)
        self._blocks.append(block)
        names = block.only_name()
        for name in dict.fromkeys(names):
            self._named.setdefault(name, []).append(number)
        if not names:
            self._general.append(number)

    def blocks(self, host: str) -> Iterator[Block]:
        """Every block that may count for ``host``, in order."""
        return (self._blocks[number] for number in heapq.merge(self._named.get(host, ()), self._general))


class ConfigReader:
    """Reads one configuration. Faults and warnings go to the shelf's ledger."""

    def __init__(self, shelf: Shelf, file: str) -> None:
        self._shelf = shelf
        self._ledger: Ledger = shelf.ledger
        self._config = Config(file)
        self._warned: set[str] = set()
        self._ignored: list[str] = []
        self._is_endless = False

    def read(self, text: str) -> Config:
        """Return what ``text`` and the files that it includes say."""
        self._file(text, self._config.file, (), 0)
        return self._config

    def _file(self, text: str, file: str, outer: tuple[Condition, ...], depth: int) -> None:
        block = self._begin(outer)
        for number, raw in enumerate(text.split("\n"), 1):
            line = raw.strip(" \t\r\f")
            if not line or line[0] == "#":
                continue
            spot = Spot(file, number)
            try:
                word, rest = keyword(line)
                block = self._line(word, rest, spot, block, outer, depth)
            except ValueError as error:
                self._ledger.fault(spot, f"ssh_config: {error}")

    def _begin(self, conditions: tuple[Condition, ...]) -> Block:
        block = Block(conditions)
        self._config.add(block)
        return block

    def _line(self, word: str, rest: str, spot: Spot, block: Block, outer: tuple[Condition, ...], depth: int) -> Block:
        name = word.lower()
        if name == "host":
            return self._begin((*outer, self._host(words(rest), spot)))
        if name == "match":
            found = match_line(words(rest), spot)
            for unknown in found.unknown:
                self._warn(f"match {unknown}", spot, f"'Match {unknown}' is not understood; its lines are left out")
            return self._begin((*outer, found))
        if name == "include":
            for pattern in words(rest):
                self._include(pattern, block.conditions, depth)
            return self._begin(block.conditions)
        if name in HONOURED:
            block.directives.append(Directive(name, word, _argument(name, word, rest), spot))
        else:
            self._other(word, rest, spot)
        return block

    def _host(self, patterns: list[str], spot: Spot) -> HostLine:
        if not patterns or "" in patterns:
            raise ValueError("'Host' has an empty pattern")
        line = HostLine(tuple(patterns), spot)
        for name in line.literals():
            self._config.aliases.setdefault(name, spot)
        return line

    def _other(self, word: str, rest: str, spot: Spot) -> None:
        name = word.lower()
        if name == "ignoreunknown":
            self._ignored = self._ignored or [part.lower() for part in rest.strip("\"'").split(",")]
        elif name in KNOWN:
            self._warn(name, spot, no_effect(word, rest))
        elif not matches_list(name, self._ignored):
            raise ValueError(f"unknown keyword {quoted(word)}{meant(name, KNOWN)}")

    def _warn(self, about: str, spot: Spot, message: str) -> None:
        if about not in self._warned:
            self._warned.add(about)
            self._ledger.warn(spot, message)

    def _include(self, pattern: str, conditions: tuple[Condition, ...], depth: int) -> None:
        if self._is_endless:
            return  # two files that include themselves twice would be read 65,536 times
        if depth >= _DEEPEST:
            self._is_endless = True
            raise ValueError(f"files include one another more than {_DEEPEST} deep")
        where = os.path.expanduser(pattern)  # noqa: PTH111  a glob, not a path
        if not os.path.isabs(where):  # noqa: PTH117  same
            where = str(Path.home() / ".ssh" / where)
        for path in sorted(glob.glob(where)):  # noqa: PTH207  same
            if os.path.isdir(path):  # noqa: PTH112  same
                continue  # as ssh does
            text = self._shelf.read(Path(path))
            if text is not None:
                self._file(text, path, conditions, depth + 1)


def _argument(name: str, word: str, rest: str) -> str:
    if name in WHOLE_LINE:
        return _COMMENT.sub("", rest) if name == "proxyjump" else rest
    found = words(rest)
    if not found or not found[0]:
        raise ValueError(f"{word} has no argument")
    if len(found) > 1:
        raise ValueError(f"{word} has more than one argument")
    return found[0]
