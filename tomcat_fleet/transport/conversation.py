"""The talk with one shell, whatever carries it: byte caps, back-pressure, deadlines."""

from __future__ import annotations

import asyncio
from typing import Protocol

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.deadline import Deadline

_SHOWN = 512
_ENDING_S = 1.0  # between the end of standard output and the word of how the shell ended


class Wire(Protocol):
    """What carries the bytes; asyncssh's client channel is one as it stands."""

    def write(self, data: bytes) -> None:
        """Send to standard input, buffering what cannot leave yet; raises ``OSError`` when it is closed."""
        ...

    def write_eof(self) -> None:
        """Close standard input after what is buffered."""
        ...

    def pause_reading(self) -> None:
        """Deliver nothing until resumed, so that the peer has to wait."""
        ...

    def resume_reading(self) -> None:
        """Deliver again."""
        ...

    def abort(self) -> None:
        """Drop everything at once."""
        ...


class Conversation:
    """Both directions of one shell. The wire's owner calls the plain methods, the session awaits the others."""

    def __init__(self, limits: Limits, deadline: Deadline) -> None:
        self._limits = limits
        self._deadline = deadline
        self._wire: Wire | None = None
        self._chunks: list[bytes] = []
        self._waiting = 0  # bytes in _chunks
        self._paused = False
        self._stdout = 0
        self._stderr = 0
        self._complaint = bytearray()
        self._drained = False
        self._over = False
        self._fault: TargetError | None = None
        self._ending = ""
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def attach(self, wire: Wire) -> None:
        """Give the wire, before its first byte."""
        self._wire = wire

    def received(self, data: bytes) -> None:
        """Take bytes of standard output."""
        if self._over:
            return
        self._stdout += len(data)
        if self._stdout > self._limits.stdout_bytes:
            self._breach(f"standard output exceeds {self._limits.stdout_bytes} bytes")
            return
        self._chunks.append(data)
        self._waiting += len(data)
        if self._waiting >= self._limits.window and not self._paused and self._wire:
            self._paused = True
            self._wire.pause_reading()
        self._news.set()

    def complained(self, data: bytes) -> None:
        """Take bytes of standard error: counted against a cap of its own, a little is kept."""
        self._stderr += len(data)
        self._complaint += data[: max(0, self._limits.stderr_kept - len(self._complaint))]
        if self._stderr > self._limits.stderr_bytes and not self._over:
            self._breach(f"standard error exceeds {self._limits.stderr_bytes} bytes")

    def exited(self, how: str) -> None:
        """Note how the shell ended."""
        self._ending = how
        if self._drained:
            self.ended()

    def drained(self) -> None:
        """Note that standard output is at its end; how the shell ended is told a moment later, if at all."""
        self._drained = True
        if self._ending:
            self.ended()
        else:
            asyncio.get_running_loop().call_later(_ENDING_S, self.ended)

    def ended(self, fault: TargetError | None = None) -> None:
        """Note the end of standard output, or why there will be no more of it. The first call counts."""
        if not self._over:
            self._over = True
            self._fault = fault
        self._news.set()
        self._writable.set()

    def hold(self) -> None:
        """Hold input back: the wire wants no more for now."""
        if not self._over:
            self._writable.clear()

    def release(self) -> None:
        """Let input flow: the wire takes it again."""
        self._writable.set()

    async def write(self, data: bytes) -> None:
        """Send ``data``; waits while the shell does not read."""
        self._deadline.check()
        if self._fault:
            raise self._fault
        wire = self._wire
        if wire is None:
            raise TargetError(Outcome.COLLECTOR_FAILED, "no shell")
        try:
            wire.write(data)
        except OSError:
            raise self._refusal() from None
        async with self._deadline.phase(lambda: "write", self._limits.idle_s):
            await self._writable.wait()

    async def read(self) -> bytes:
        """Return what arrived since the last call, waiting for the first byte; ``b""`` at the end."""
        self._deadline.check()
        while not self._chunks and not self._over:
            self._news.clear()
            async with self._deadline.phase(lambda: "idle", self._limits.idle_s):
                await self._news.wait()
        if not self._chunks:
            if self._fault:
                raise self._fault
            return b""
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._waiting = 0
        if self._paused and self._wire and not self._over:
            self._paused = False
            self._wire.resume_reading()
        return data

    async def end_input(self) -> None:
        """Close standard input; harmless when the shell is gone."""
        if self._wire:
            try:
                self._wire.write_eof()
            except OSError:
                return

    def stderr(self) -> str:
        """Return standard error so far, one escaped line of at most 512 bytes."""
        # Escaping never shortens, so the first bytes are enough and a flood is not decoded.
        return failure.said(bytes(self._complaint[: _SHOWN + 1]))

    def ending(self) -> str:
        """Return how the shell ended, as far as known."""
        return self._ending

    def _breach(self, reason: str) -> None:
        self._chunks.clear()
        self._waiting = 0
        self.ended(TargetError(Outcome.COLLECTOR_FAILED, reason))
        if self._wire:
            self._wire.abort()

    def _refusal(self) -> TargetError:
        said = [text for text in (self._ending, self.stderr()) if text]
        return TargetError(Outcome.COLLECTOR_FAILED, failure.short("; ".join(["the shell closed its input", *said])))
