"""What paramiko takes for its socket: bounded before and after the version line, and closed without a race."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import paramiko

_POLL_S = 1.0  # how often paramiko comes round to its keepalive; closing does not wait for it
_VERSION = re.compile(rb"SSH-(?:2\.0|1\.99)-[ -~]*\r?\Z")
_LONGEST_LINE = 8192  # like asyncssh, before the version
_MOST_LINES = 1024
# RFC 4253 6.1 asks for 35000; the length is the peer's word, and paramiko would read up to 4 GiB of it.
LARGEST_PACKET = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """A TCP connection or a channel through a jump host."""

    recv: Callable[[int], bytes]
    send: Callable[[bytes], int]
    unblock: Callable[[], None]  # ends a ``recv`` in another thread; does not block
    close: Callable[[], None]


def over_socket(sock: socket.socket) -> Stream:
    """Return the stream of a connected socket."""
    sock.settimeout(_POLL_S)

    def unblock() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    return Stream(sock.recv, sock.send, unblock, sock.close)


def over_channel(channel: paramiko.Channel) -> Stream:
    """Return the stream of a ``direct-tcpip`` channel."""
    channel.settimeout(_POLL_S / 4)  # a wait for room in its window is not ended by anyone
    return Stream(channel.recv, channel.send, channel.in_buffer.close, channel.close)


class Wire:
    """Reads and writes for one paramiko transport, and remembers why there is nothing more."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._early = b""
        self._lines = 0
        self._lock = threading.Lock()
        self._released = False
        self._closed = False  # paramiko looks at it
        self.greeted = False  # the version came
        self.fault: Exception | None = None

    def recv(self, size: int) -> bytes:
        """Return at most ``size`` bytes, ``b""`` at the end; raises ``TimeoutError`` now and then."""
        if size > LARGEST_PACKET:
            raise self._complaint(f"a packet of more than {LARGEST_PACKET} bytes")
        if not self.greeted:
            self._greet()
        if self._early:
            data, self._early = self._early[:size], self._early[size:]
            return data
        return self._receive(size)

    def send(self, data: bytes) -> int:
        """Send some of ``data``; returns how much."""
        try:
            return self._stream.send(data)
        except TimeoutError:
            raise
        except OSError as error:
            self.fault = self.fault or error
            raise

    def settimeout(self, seconds: float) -> None:
        """Keep the own pace: paramiko's ten rounds a second on every idle connection cost more than they give."""

    def close(self) -> None:
        """Break off: whoever reads gets the end. Does not block."""
        self._closed = True
        self._stream.unblock()

    def release(self) -> None:
        """Give the connection back. By the thread that reads, so that nobody reads from another's descriptor."""
        with self._lock:
            if self._released:
                return
            self._released = self._closed = True
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._stream.close()

    def _receive(self, size: int) -> bytes:
        try:
            data = self._stream.recv(size)
        except TimeoutError:
            raise
        except OSError as error:
            self.fault = self.fault or error
            raise
        if not data:
            self.fault = self.fault or ConnectionResetError("Connection lost")
        return data

    def _greet(self) -> None:
        """Pass over the lines that a server may send before its version; paramiko would keep all of them."""
        while not self.greeted:
            line, end, rest = self._early.partition(b"\n")
            if not end:
                if len(line) > _LONGEST_LINE:
                    raise self._complaint("a line of the banner is too long")
                data = self._receive(4096)
                if not data:
                    raise EOFError
                self._early += data
            elif line.startswith(b"SSH-"):
                if not _VERSION.match(line):
                    raise self._complaint(f"unsupported version {line.decode('ascii', 'backslashreplace')}")
                self.greeted = True
            else:
                self._early = rest
                self._lines += 1
                if self._lines > _MOST_LINES:
                    raise self._complaint("too many lines of a banner")

    def _complaint(self, text: str) -> paramiko.SSHException:
        error = paramiko.SSHException(text)
        self.fault = self.fault or error
        return error
