"""Long work of one target, and the others' right to their deadlines in between."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

_LONG_S = 0.2  # of this thread's own time: what a busy machine adds is nobody's fault
_ROUNDS = 10  # of the loop: a deadline is seen in the first, and who missed it takes a few to clean up and leave


class Pace:
    """Shared by the targets of a sweep: ``async with pace:`` around work that does not wait for anything.

    After a long piece the event loop looks at its clocks and sockets before the next one begins. Without this, several
    targets with much to examine would do so in one go, and everybody's deadline would be late by all of it.
    """

    def __init__(self, long_s: float = _LONG_S) -> None:
        self._long_s = long_s
        self._began = 0.0
        self._rested = asyncio.Event()
        self._rested.set()

    async def __aenter__(self) -> None:
        """Begin, as soon as the loop has come round after the last long piece."""
        while not self._rested.is_set():
            await self._rested.wait()
        self._began = time.thread_time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; a long piece makes the next one wait for the loop."""
        if time.thread_time() - self._began >= self._long_s:
            self._rested.clear()
            self._rest(_ROUNDS)

    def _rest(self, rounds: int) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(self._rest, rounds - 1)
        else:
            self._rested.set()
