"""paramiko's transport with what a hostile server could lean on taken out.

As it comes, paramiko believes the lengths and counts that a server writes: it would gather packets of 4 GiB, loop
four billion of times over extensions that are not there, and buffer whatever is sent beyond the channel's window.
It also drops the words of a refusal and of a disconnect, and keeps one exception for all channels of a connection.
"""

from __future__ import annotations

# ruff: noqa: SLF001  a subclass of paramiko's transport, at home in its channels
import logging
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncssh
import paramiko
from paramiko import common
from paramiko.packet import Packetizer

from tomcat_fleet.transport import negotiation
from tomcat_fleet.transport.algorithm import Offer
from tomcat_fleet.transport.threaded.wire import Wire

# What paramiko raises of itself and when a hostile server breaks its parsers; and ``goodbye``, which is asyncssh's.
FAULTS = (
    paramiko.SSHException, asyncssh.Error, OSError, EOFError, ValueError, ArithmeticError, LookupError, TypeError,
    AttributeError, AssertionError, struct.error, MemoryError, RuntimeError,
)  # fmt: skip
_KEEPALIVE_S = 15
_POLL_S = 0.1
_NEVER_S = 1e6  # every clock is the target's own
_MOST_EXTENSIONS = 64
_SHOWN = 2048
_BY_APPLICATION = 11  # RFC 4253 11.1

# Its words hold what servers say and go to whoever listens to the root logger; ours are logged by our own names.
_log = logging.getLogger("paramiko")
_log.addHandler(logging.NullHandler())
_log.propagate = False
_log.setLevel(logging.CRITICAL)


class _Packetizer(Packetizer):  # type: ignore[misc]  # paramiko has no types
    heard = 0  # messages

    def read_message(self) -> tuple[int, paramiko.Message]:
        """Count what comes."""
        found: tuple[int, paramiko.Message] = super().read_message()
        self.heard += 1
        return found

    def start_handshake(self, timeout: float) -> None:
        """Start no timer: it is a thread that outlives a broken handshake."""


class Client(paramiko.Transport):  # type: ignore[misc]  # paramiko has no types
    """One connection to one server. A thread, as every paramiko transport is; ``halt`` is safe on the event loop."""

    def __init__(self, wire: Wire, name: str, window: int) -> None:
        super().__init__(wire, default_window_size=window, packetizer_class=_Packetizer)
        self.name = name
        self.wire = wire
        self.banner_timeout = self.clear_to_send_timeout = _NEVER_S
        self.exchange = ""  # the algorithm of the last key exchange
        self.offer: Offer | None = None  # what the server put forward for the last one
        self.goodbye: asyncssh.DisconnectError | None = None  # what the server said when it left
        self.left = False  # the server closed a channel in order
        self.news: Callable[[], None] = _nothing  # something may go on on a channel
        self.exited: Callable[[str], None] = _ignore  # how the command ended
        self._refusals: dict[int, paramiko.ChannelException] = {}
        self._channel_handler_table = {
            **paramiko.Transport._channel_handler_table,
            common.MSG_CHANNEL_DATA: self._take_data,
            common.MSG_CHANNEL_EXTENDED_DATA: self._take_extended,
            common.MSG_CHANNEL_WINDOW_ADJUST: self._take_window,
            common.MSG_CHANNEL_REQUEST: self._take_request,
            common.MSG_CHANNEL_CLOSE: self._take_close,
        }

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """Types of host keys as they were set; paramiko would add certificates, which need an authority."""
        return tuple(self._preferred_keys)

    def _parse_kex_init(self, m: paramiko.Message) -> None:
        """Keep what explains a refusal: paramiko's exception names no algorithm."""
        self.offer = negotiation.read(common.cMSG_KEXINIT + m.asbytes())
        super()._parse_kex_init(m)

    def run(self) -> None:
        """Serve the connection to its end, then wake up everyone who waits for it."""
        try:
            super().run()
        except FAULTS as error:  # its own handling of an exception may raise another
            self.saved_exception = error
        finally:
            self.halt()
            for channel in self._channels.values():
                channel._unlink()
            self.wire.release()
            self.news()

    def halt(self) -> None:
        """Break off at once; does not block."""
        self.active = False
        self.packetizer.close()

    def broken(self) -> Exception:
        """Return why the connection is no more, in the most telling words there are."""
        saved: Exception | None = self.saved_exception
        return self.goodbye or self.wire.fault or saved or ConnectionResetError("Connection lost")

    def keep_alive(self) -> None:
        """Send something now and then, for what stands between and forgets idle connections."""
        self.set_keepalive(_KEEPALIVE_S)

    def answers(self, halted: threading.Event) -> bool:
        """Whether anything comes from the server, which is asked for it. ``halted`` ends the wait."""
        before = self.packetizer.heard
        message = paramiko.Message()
        message.add_byte(common.cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(b=True)
        self._send_user_message(message)
        while self.packetizer.heard == before and self.active and not halted.wait(_POLL_S):
            pass
        return bool(self.packetizer.heard != before)

    def open(self, kind: str, destination: tuple[str, int] | None, halted: threading.Event) -> paramiko.Channel:
        """Open a channel; raises ``ChannelException`` with the server's words when it refuses.

        Several threads may do so at once, each hears of its own channel. ``halted`` gives one of them up.
        """
        with self.lock:
            number = self._next_channel()
            channel = paramiko.Channel(number)
            self._channels.put(number, channel)
            self.channel_events[number] = answered = threading.Event()
            self.channels_seen[number] = True
            channel._set_transport(self)
            channel._set_window(self.default_window_size, self.default_max_packet_size)
        message = paramiko.Message()
        message.add_byte(common.cMSG_CHANNEL_OPEN)
        message.add_string(kind)
        for value in (number, self.default_window_size, self.default_max_packet_size):
            message.add_int(value)
        if destination:
            for address, port in (destination, ("127.0.0.1", 0)):
                message.add_string(address)
                message.add_int(port)
        self._send_user_message(message)
        self._wait(answered, halted.is_set)
        with self.lock:
            refusal = self._refusals.pop(number, None)
            if channel.active and not halted.is_set():
                return channel
            # What comes for it from now on is for nobody: an opening is answered by a close.
            self._channels.delete(number)
            self.channel_events.pop(number, None)
        if channel.active:
            channel.close()
        raise refusal or self.broken()

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        """Start ``command``, and nothing that goes with it: no terminal, no variable, no forwarding."""
        message = paramiko.Message()
        message.add_byte(common.cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(b=True)
        message.add_string(command)
        channel._event_pending()
        self._send_user_message(message)
        # paramiko's own wait has no end when the channel was closed just before.
        self._wait(channel.event, lambda: channel.closed)
        if not channel.event_ready:
            raise paramiko.SSHException("the request was refused") if self.active else self.broken()

    def send(self, message: paramiko.Message) -> None:
        """Send one message before there are channels; may block while the server does not read."""
        self._send_message(message)

    def logged_in(self) -> None:
        """Note the server's word."""
        self._auth_trigger()

    def part(self) -> None:
        """Say goodbye and end the connection and its thread."""
        if self.active and self.initial_kex_done:
            with suppress(*FAULTS):
                self._send_message(_goodbye())
        self.halt()
        if self.is_alive():
            self.join()
        self.wire.release()

    def _wait(self, event: threading.Event, given_up: Callable[[], bool]) -> None:
        while not event.wait(_POLL_S) and self.active and not given_up():
            pass

    def _take_data(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        self._within_window(channel, message.get_remainder())
        channel._feed(message)

    def _take_extended(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        self._within_window(channel, message.get_remainder()[4:])
        channel._feed_extended(message)

    def _within_window(self, channel: paramiko.Channel, rest: bytes) -> None:
        size = int.from_bytes(rest[:4], "big")
        if size > len(rest) - 4:
            raise paramiko.SSHException("a damaged message of data")
        waiting = len(channel.in_buffer) + len(channel.in_stderr_buffer)
        if waiting + size > self.default_window_size:
            raise paramiko.SSHException("more data than the window allows")

    def _take_window(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        channel._window_adjust(message)
        self.news()

    def _take_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        rest = paramiko.Message(message.get_remainder())
        kind, _ = rest.get_binary(), rest.get_boolean()
        if kind == b"exit-status":
            self.exited(f"exit status {rest.get_int()}")
        elif kind == b"exit-signal":
            self.exited(f"signal {_text(rest.get_binary()[:64])}")
        channel._handle_request(message)

    def _take_close(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        self.left = True
        channel._handle_close(message)

    def _parse_channel_open_success(self, message: paramiko.Message) -> None:
        number, remote = message.get_int(), message.get_int()
        if self._channels.get(number) is None:
            self._send_message(_closing(remote))  # given up meanwhile
            return
        message.rewind()
        super()._parse_channel_open_success(message)

    def _parse_channel_open_failure(self, message: paramiko.Message) -> None:
        number, code, text = message.get_int(), message.get_int(), _text(message.get_binary()[:_SHOWN])
        with self.lock:
            answered = self.channel_events.pop(number, None)
            if answered:
                self._refusals[number] = paramiko.ChannelException(code, text or "refused without a word")
                self._channels.delete(number)
                answered.set()

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        code = message.get_int()
        text = _text(message.get_binary()[:_SHOWN])
        self.goodbye = asyncssh.DisconnectError(code, text or "disconnected without a word")

    def _parse_ext_info(self, message: paramiko.Message) -> None:
        if message.get_int() > _MOST_EXTENSIONS:
            raise paramiko.SSHException("too many extensions")
        message.rewind()
        super()._parse_ext_info(message)

    def _parse_newkeys(self, message: paramiko.Message) -> None:
        engine = type(self.kex_engine)
        self.exchange = next((name for name, kind in self._kex_info.items() if kind is engine), "")
        super()._parse_newkeys(message)

    def _parse_debug(self, message: paramiko.Message) -> None:
        """Leave unread what is for a log that nobody keeps."""

    def _log(self, level: int, msg: Any, *args: object) -> None:
        """Keep no log, see above."""


def _goodbye() -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(common.cMSG_DISCONNECT)
    message.add_int(_BY_APPLICATION)
    message.add_string("")
    message.add_string("")
    return message


def _closing(number: int) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(common.cMSG_CHANNEL_CLOSE)
    message.add_int(number)
    return message


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _nothing() -> None:
    return


def _ignore(_: str) -> None:
    return
