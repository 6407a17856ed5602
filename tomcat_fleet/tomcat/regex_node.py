"""Nodes of a parsed regular expression, matched without exponential backtracking.

A node yields every end it can reach from a start, in the order in which Java's backtracking would try them, each end
once. Without back references nothing else can influence the outcome, so results are kept per node and start: time is
bounded by nodes x length squared whatever the pattern, and possessive quantifiers still mean what they mean in Java.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Ends: TypeAlias = tuple[int, ...]


def _once(ends: Iterable[int]) -> Ends:
    return tuple(dict.fromkeys(ends))


@dataclass(frozen=True, slots=True)
class Matching:
    """One text being matched, with everything found out about it so far."""

    text: str
    seen: dict[tuple[int, int, int], Ends] = field(default_factory=dict)

    def ends(self, node: Node, start: int, turn: int = 0) -> Ends:
        """List the ends that ``node`` reaches from ``start``; ``turn`` counts the turns of a repetition."""
        key = (id(node), start, turn)
        if key not in self.seen:
            self.seen[key] = node.ends(self, start, turn)
        return self.seen[key]


class Node(ABC):
    """One part of a pattern."""

    @abstractmethod
    def ends(self, run: Matching, start: int, turn: int) -> Ends:
        """List the ends reached from ``start``, preferred ones first."""


@dataclass(frozen=True, slots=True, eq=False)
class Chars(Node):
    """One character out of a set."""

    allowed: frozenset[str]

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match one character."""
        return (start + 1,) if run.text[start : start + 1] in self.allowed else ()


@dataclass(frozen=True, slots=True, eq=False)
class Anchor(Node):
    """A condition on a position."""

    holds: Callable[[str, int], bool]

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match nothing, where the condition holds."""
        return (start,) if self.holds(run.text, start) else ()


@dataclass(frozen=True, slots=True, eq=False)
class Sequence(Node):
    """Items one after the other; none at all matches the empty text."""

    items: tuple[Node, ...]

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match every item in turn."""
        reached: Ends = (start,)
        for item in self.items:
            reached = _once(end for begin in reached for end in run.ends(item, begin))
        return reached


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Node):
    """Alternatives, the first preferred."""

    options: tuple[Node, ...]

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match any of the alternatives."""
        return _once(end for option in self.options for end in run.ends(option, start))


@dataclass(frozen=True, slots=True, eq=False)
class Repeat(Node):
    """``item`` from ``least`` to ``most`` times (None: without end)."""

    item: Node
    least: int
    most: int | None
    lazy: bool

    def ends(self, run: Matching, start: int, turn: int) -> Ends:
        """Match more turns, then stop; or the other way round when lazy."""
        own = (start,) if turn >= self.least else ()
        more: list[int] = []
        if self.most is None or turn < self.most:
            following = turn + 1 if self.most is not None else min(turn + 1, self.least)
            for end in run.ends(self.item, start):
                # A turn that matches nothing stands for every turn still due, and would repeat for ever.
                more.extend(run.ends(self, end, following) if end != start else (start,))
        return _once((*own, *more) if self.lazy else (*more, *own))


@dataclass(frozen=True, slots=True, eq=False)
class Atomic(Node):
    """``item`` without a second thought: only its preferred end."""

    item: Node

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match the preferred way only."""
        return run.ends(self.item, start)[:1]


@dataclass(frozen=True, slots=True, eq=False)
class Look(Node):
    """``item`` ahead of or behind the position, or its absence."""

    item: Node
    behind: bool
    negative: bool

    def ends(self, run: Matching, start: int, turn: int) -> Ends:  # noqa: ARG002 - no turns here
        """Match nothing, where the item is or is not."""
        if self.behind:
            found = any(start in run.ends(self.item, begin) for begin in range(start + 1))
        else:
            found = bool(run.ends(self.item, start))
        return (start,) if found != self.negative else ()
