"""Ending a sweep early without losing what it has."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType

_EXIT = 128  # plus the number of the signal: what a shell shows of a process that a signal ended
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A request to stop: nothing new starts, what is under way is cut short, reports are still finished.

    ``number`` is the signal that asked for it, or None while nobody has.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._deadlines: set[asyncio.Timeout] = set()

    @property
    def requested(self) -> bool:
        """Whether anybody has asked."""
        return self.number is not None

    def request(self, number: int = signal.SIGINT) -> None:
        """Stop now. Every deadline that is open ends at once."""
        if self.number is None:
            self.number = int(number)
        now = asyncio.get_running_loop().time()
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(now)

    @asynccontextmanager
    async def deadline(self, seconds: float) -> AsyncIterator[None]:
        """``asyncio.timeout`` that a stop ends early; TimeoutError either way."""
        async with asyncio.timeout(0 if self.requested else seconds) as timeout:
            self._deadlines.add(timeout)
            try:
                yield
            finally:
                self._deadlines.discard(timeout)

    async def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until a stop."""
        with suppress(TimeoutError):
            async with self.deadline(seconds):
                await asyncio.get_running_loop().create_future()

    @contextmanager
    def listening(self, said: Callable[[], None], left: Callable[[], None]) -> Iterator[None]:
        """SIGINT and SIGTERM request a stop, which ``said`` acknowledges.

        A second one calls ``left`` and ends the process at once, with 128 and its number as exit code.
        """
        loop = asyncio.get_running_loop()
        former = {number: signal.getsignal(number) for number in _SIGNALS}

        def last(number: int, _frame: FrameType | None) -> None:
            left()
            os._exit(_EXIT + number)

        def heard(number: int) -> None:
            # KeyboardInterrupt would do for most moments; raised inside a callback of the loop, it leaves a connection
            # half closed that its own clean-up then waits for without end.
            for each in _SIGNALS:
                signal.signal(each, last)  # the loop's wake-up descriptor stays: a loop that waits notices, too
            said()
            self.request(number)

        for number in _SIGNALS:
            loop.add_signal_handler(number, heard, number)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, former[number])
