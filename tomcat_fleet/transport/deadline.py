"""The clocks of one target. Whichever runs out first, the outcome is ``timeout`` and the reason names its phase."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome


class Phase:
    """A guarded block that may be given more time on its way."""

    def __init__(self, deadline: Deadline, timer: asyncio.Timeout, seconds: float) -> None:
        self._deadline = deadline
        self._timer = timer
        self.seconds = seconds

    def extend(self, seconds: float) -> None:
        """Give the block ``seconds`` from now, within the target's total."""
        self.seconds = seconds
        self._timer.reschedule(self._deadline.within(seconds))


class Deadline:
    """The end of everything on one target, with shorter phases inside it. Needs a running event loop."""

    def __init__(self, total_s: float) -> None:
        self._total_s = total_s
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + total_s

    def within(self, seconds: float) -> float:
        """Return the loop time at which a phase of ``seconds``, begun now, ends at the latest."""
        return min(self._clock() + seconds, self._end)

    def check(self) -> None:
        """Raise ``TargetError`` when the whole time is used up."""
        if self._clock() >= self._end:
            raise _late("total", self._total_s)

    @asynccontextmanager
    async def phase(self, name: Callable[[], str], seconds: float) -> AsyncIterator[Phase]:
        """Guard a block; raises ``TargetError`` when it takes longer than ``seconds`` or than the target may.

        ``name`` is asked when the time is over.
        """
        timer = asyncio.timeout_at(self.within(seconds))
        phase = Phase(self, timer, seconds)
        try:
            async with timer:
                yield phase
        except TimeoutError:
            if not timer.expired():
                raise
            self.check()
            raise _late(name(), phase.seconds) from None


def _late(name: str, seconds: float) -> TargetError:
    return TargetError(Outcome.TIMEOUT, f"{name}: not done within {seconds:g} s")
