"""Ending a sweep early without losing what it has."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

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
    def listening(self, said: Callable[[], None]) -> Iterator[None]:
        """SIGINT and SIGTERM request a stop, which ``said`` acknowledges; a second one ends the process at once."""
        loop = asyncio.get_running_loop()

        def heard(number: int) -> None:
            self._deaf(loop)
            said()
            self.request(number)

        for number in _SIGNALS:
            loop.add_signal_handler(number, heard, number)
        try:
            yield
        finally:
            self._deaf(loop)

    def _deaf(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
