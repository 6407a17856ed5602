"""``Host`` and ``Match``: when the lines below them count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from tomcat_fleet.inventory.ledger import Spot

_WILD = frozenset("*?!")
COMPARED = frozenset({"host", "originalhost", "user", "localuser"})
NOT_KNOWN = frozenset({"canonical", "final", "tagged", "localnetwork", "version", "sessiontype", "command"})
_ALONE = frozenset({"all", "canonical", "final"})  # criteria without an argument


class Subject(NamedTuple):
    """What conditions are compared with."""

    original: str  # the host as named
    host: str  # its HostName as far as it is known by now
    user: str
    local_user: str


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(parts)), re.DOTALL)


def matches(text: str, pattern: str) -> bool:
    """Whether ``pattern``, in which only ``*`` and ``?`` mean something, is ``text``."""
    if "*" not in pattern and "?" not in pattern:
        return text == pattern
    return _compiled(pattern).fullmatch(text) is not None


def matches_list(text: str, patterns: Iterable[str]) -> bool:
    """Whether one pattern is ``text`` and none with ``!`` before it is."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if matches(text, pattern[1:]):
                return False
        elif not found:
            found = matches(text, pattern)
    return found


@dataclass(frozen=True, slots=True)
class HostLine:
    """``Host`` with its patterns."""

    patterns: tuple[str, ...]
    spot: Spot

    def holds(self, subject: Subject) -> bool:
        """Whether the lines below count."""
        return matches_list(subject.original, self.patterns)

    def literals(self) -> tuple[str, ...]:
        """Return the names without wildcard or negation."""
        return tuple(pattern for pattern in self.patterns if not _WILD & set(pattern))

    def is_literal(self) -> bool:
        """Whether nothing but names stands there."""
        return len(self.literals()) == len(self.patterns)


class Criterion(NamedTuple):
    """One part of a ``Match`` line."""

    name: str
    argument: str
    negated: bool


class ExecError(Exception):
    """Whether lines count hangs on a program that would have to be run."""


@dataclass(frozen=True, slots=True)
class MatchLine:
    """``Match`` with its criteria."""

    criteria: tuple[Criterion, ...]
    spot: Spot
    unknown: tuple[str, ...] = field(default=())

    def holds(self, subject: Subject) -> bool:
        """Whether the lines below count; raises ``ExecError`` when only a program could tell."""
        if self.unknown:
            return False
        undecided = False
        for criterion in self.criteria:
            if criterion.name == "exec":
                undecided = True
            elif criterion.name != "all" and self._compared(criterion, subject) == criterion.negated:
                return False
        if undecided:
            raise ExecError
        return True

    def _compared(self, criterion: Criterion, subject: Subject) -> bool:
        patterns = criterion.argument.split(",")
        if criterion.name == "host":
            return matches_list(subject.host.lower(), [pattern.lower() for pattern in patterns])
        if criterion.name == "originalhost":
            return matches_list(subject.original.lower(), [pattern.lower() for pattern in patterns])
        return matches_list(subject.user if criterion.name == "user" else subject.local_user, patterns)


Condition: TypeAlias = HostLine | MatchLine


def match_line(words: Sequence[str], spot: Spot) -> MatchLine:
    """Return the criteria of a ``Match`` line; raises ``ValueError`` saying what is wrong with it."""
    criteria: list[Criterion] = []
    waiting = [part for word in words for part in _halves(word)]
    while waiting:
        word = waiting.pop(0)
        name = word.removeprefix("!").lower()
        if name not in COMPARED | NOT_KNOWN | _ALONE | {"exec"}:
            raise ValueError(f"has the unknown criterion '{name[:40]}'")
        if name not in _ALONE and not waiting:
            raise ValueError(f"has no argument for '{name}'")
        criteria.append(Criterion(name, "" if name in _ALONE else waiting.pop(0), word.startswith("!")))
    if any(one.name == "all" for one in criteria) and not _may_be_all(criteria):
        raise ValueError("has 'all' beside other criteria")
    return MatchLine(tuple(criteria), spot, tuple(one.name for one in criteria if one.name in NOT_KNOWN))


def _halves(word: str) -> list[str]:
    name, equals, argument = word.partition("=")
    return [name, argument] if equals and name.removeprefix("!").lower() in COMPARED | NOT_KNOWN | {"exec"} else [word]


def _may_be_all(criteria: Sequence[Criterion]) -> bool:
    others = [one for one in criteria if one.name != "all"]
    return len(criteria) - len(others) == 1 and len(others) <= 1 and all(one.name in _ALONE for one in others)
