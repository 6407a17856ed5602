"""Ending a sweep early without losing what it has."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType

_EXIT = 128  # plus the number of the signal: what a shell shows of a process that a signal ended
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """A request to stop: nothing new starts, what is under way is cut short, reports are still finished.

    ``number`` is the signal that asked for it, ``full`` the error of a disk that cannot take more; both are None while
    nobody has asked.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.full: OSError | None = None
        self._deadlines: set[asyncio.Timeout] = set()

    @property
    def requested(self) -> bool:
        """Whether anybody has asked."""
        return self.number is not None or self.full is not None

    @property
    def reason(self) -> str:
        """Why targets were left out."""
        return "interrupted" if self.full is None else "the disk is full"

    def request(self, number: int = signal.SIGINT) -> None:
        """Stop now, for a signal."""
        if self.number is None:
            self.number = int(number)
        self._end()

    def exhausted(self, error: OSError) -> None:
        """Stop now, for want of room."""
        self.full = self.full or error
        self._end()

    def _end(self) -> None:
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
        """SIGINT, SIGTERM and SIGHUP (the terminal was closed) request a stop, which ``said`` acknowledges.

        A second one calls ``left`` and ends the process at once, with 128 and its number as exit code. Signals that
        were ignored when the process began (nohup, a job in the background) stay ignored.
        """
        loop = asyncio.get_running_loop()
        found = {number: signal.getsignal(number) for number in _SIGNALS}
        former = {number: handler for number, handler in found.items() if handler is not signal.SIG_IGN}

        def last(number: int, _frame: FrameType | None) -> None:
            left()
            os._exit(_EXIT + number)

        def heard(number: int) -> None:
            # KeyboardInterrupt would do for most moments; raised inside a callback of the loop, it leaves a connection
            # half closed that its own clean-up then waits for without end.
            for each in former:
                signal.signal(each, last)  # the loop's wake-up descriptor stays: a loop that waits notices, too
            said()
            self.request(number)

        for number in former:
            loop.add_signal_handler(number, heard, number)
        try:
            yield
        finally:
            for number, handler in former.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
