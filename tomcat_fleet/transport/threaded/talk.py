"""The shell's channel as the wire of a conversation: a thread moves the bytes, the event loop never touches them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable

import paramiko

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.conversation import Conversation
from tomcat_fleet.transport.threaded.apart import post
from tomcat_fleet.transport.threaded.client import FAULTS, Client

_CHUNK = 64 * 1024
_PIECE = 32 * 1024
_HIGH = 64 * 1024  # bytes of input from which on the session waits
_LOW = 16 * 1024
_LEAVE_S = 0.5


class Talk:
    """The wire. Its methods belong to the event loop and never block; what starts with ``_move`` to the thread.

    At most one piece of each stream is on its way to the loop, so a flood waits in paramiko's window.
    """

    def __init__(self, client: Client, channel: paramiko.Channel, conversation: Conversation) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._channel = channel
        self._conversation = conversation
        self._lock = threading.Lock()
        self._input: deque[bytes] = deque()
        self._queued = 0  # bytes in _input
        self._sent = 0  # of the first of them
        self._held = False
        self._input_ends = False
        self._paused = False
        self._stopped = False
        self._streams = (
            _Stream(channel.recv, self._received, conversation.drained),
            _Stream(channel.recv_stderr, conversation.complained, _nothing),
        )
        self._gone = asyncio.Event()
        self._news = _Bell()
        channel.settimeout(0.0)
        channel.in_buffer.set_event(self._news)
        channel.in_stderr_buffer.set_event(self._news)
        client.news = self._news.set
        client.exited = self._exited
        conversation.attach(self)

    def start(self) -> None:
        """Begin to move bytes, once the shell runs."""
        threading.Thread(target=self._run, name=f"{self._client.name} shell", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Take ``data``; raises ``BrokenPipeError`` when the shell is gone."""
        if self._stopped or self._channel.closed or self._input_ends:
            raise BrokenPipeError
        with self._lock:
            self._input.append(data)
            self._queued += len(data)
            self._held = hold = self._held or self._queued > _HIGH
        if hold:
            self._conversation.hold()
        self._news.set()

    def write_eof(self) -> None:
        """Close the input after what was taken."""
        self._input_ends = True
        self._news.set()

    def pause_reading(self) -> None:
        """Leave standard output where it is."""
        self._paused = True

    def resume_reading(self) -> None:
        """Read it again."""
        self._paused = False
        self._news.set()

    def abort(self) -> None:
        """Drop everything at once."""
        self._stopped = True
        self._client.halt()
        self._news.set()

    async def stop(self) -> None:
        """See the thread leave, for a moment at most. The connection is closed by now."""
        self._stopped = True
        self._news.set()
        try:
            async with asyncio.timeout(_LEAVE_S):
                await self._gone.wait()
        except TimeoutError:
            return

    def _received(self, data: bytes) -> None:
        self._conversation.received(data)

    def _exited(self, how: str) -> None:
        post(self._loop, self._conversation.exited, one_line(how, 40))

    def _run(self) -> None:
        fault: TargetError | None = None
        try:
            while not self._stopped and not self._is_over():
                self._news.wait()
                while self._move():
                    pass
            if not self._client.left and not self._stopped:
                fault = _broken(self._client.broken())
        except FAULTS as error:
            fault = _broken(error if self._client.active else self._client.broken())
        finally:
            post(self._loop, self._conversation.ended, fault)
            post(self._loop, self._gone.set)

    def _is_over(self) -> bool:
        return self._channel.closed and all(stream.ended for stream in self._streams)

    def _move(self) -> bool:
        output, errors = self._streams
        return any([self._move_in(errors), not self._paused and self._move_in(output), self._move_out()])

    def _move_in(self, stream: _Stream) -> bool:
        if stream.on_its_way or stream.ended:
            return False
        try:
            data = stream.recv(_CHUNK)
        except TimeoutError:
            return False
        if not data:
            stream.ended = True
            if self._channel.eof_received:
                post(self._loop, stream.drained)
            return True
        stream.on_its_way = True
        post(self._loop, self._hand, stream, data)
        return True

    def _hand(self, stream: _Stream, data: bytes) -> None:
        stream.take(data)
        stream.on_its_way = False
        self._news.set()

    def _move_out(self) -> bool:
        with self._lock:
            first = self._input[0] if self._input else b""
        if not first:
            if self._input_ends and not self._channel.eof_sent:
                self._channel.shutdown_write()
            return False
        try:
            count = self._channel.send(first[self._sent : self._sent + _PIECE])
        except TimeoutError:
            return False
        except OSError:
            count = 0
        self._moved_out(len(first), count)
        return bool(count)

    def _moved_out(self, size: int, count: int) -> None:
        with self._lock:
            self._sent += count
            self._queued -= count
            if not count:  # nobody is there any more
                self._input.clear()
                self._queued = self._sent = 0
            elif self._sent == size:
                self._input.popleft()
                self._sent = 0
            release = self._held and self._queued <= _LOW
            self._held = self._held and not release
        if release:
            post(self._loop, self._conversation.release)


class _Stream:
    """Standard output or standard error on its way to the conversation."""

    def __init__(
        self, recv: Callable[[int], bytes], take: Callable[[bytes], None], drained: Callable[[], None]
    ) -> None:
        self.recv = recv
        self.take = take
        self.drained = drained
        self.on_its_way = False
        self.ended = False


class _Bell:
    """An event for several who ring. paramiko clears what it was given when one buffer is empty; this ignores it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        """Leave it as it is."""

    def wait(self) -> None:
        self._event.wait()
        self._event.clear()


def _broken(error: Exception) -> TargetError:
    return TargetError(Outcome.COLLECTOR_FAILED, failure.line("the connection broke", failure.shown(error)))


def _nothing() -> None:
    return
