"""The bytes of evidence that all conversations of a sweep may hold together.

One target's evidence is capped, but many hostile targets at once could still fill the auditor's memory. So whoever
holds far more than the others is ended once all of them together hold too much; a usual host, with its hundred
kilobytes, never is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome

_TOTAL = 128 << 20
_ALWAYS = 512 << 10  # for every conversation, whatever the others hold


class Budget:
    """One for all conversations of a sweep, of which ``concurrency`` are held at a time."""

    def __init__(self, concurrency: int) -> None:
        self._total = max(_TOTAL, concurrency * _ALWAYS)
        self._held = 0
        self._shares = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """The share of one conversation, given back when the block ends."""
        share = Share(self)
        self._shares += 1
        try:
            yield share
        finally:
            self._shares -= 1
            self._held -= share.held

    def change(self, share: Share, size: int) -> None:
        """Note what ``share`` holds now; raises ``TargetError`` when it holds too much of too much."""
        self._held += size - share.held
        share.held = size
        if self._held > self._total and size > max(_ALWAYS, self._total // self._shares):
            raise TargetError(Outcome.COLLECTOR_FAILED, "more evidence than there is room for")


class Share:
    """What one conversation holds."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0

    def holds(self, size: int) -> None:
        """Say how many bytes are held; raises ``TargetError`` when that is too much."""
        self._budget.change(self, size)
