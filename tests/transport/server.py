"""SSH servers in this process whose behaviour is chosen by the user name, the hostile ones included."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from asyncssh.constants import MSG_DISCONNECT, MSG_USERAUTH_BANNER
from asyncssh.packet import String, UInt32

Process = asyncssh.SSHServerProcess[bytes]
Behaviour = Callable[[Process], Awaitable[None]]
PASSWORD = "C4NARY-password"
HOSTILE_TEXT = b"\x1b[2J\x1b]0;owned\x07\r\n\xff\xfe\xc7\xd1 \xe2\x80\xaewelcome" * 200
REVERSE_CHANNELS: dict[str, tuple[bytes, ...]] = {
    "auth-agent@openssh.com": (),
    "x11": (String("127.0.0.1"), UInt32(6010)),
    "forwarded-tcpip": (String("127.0.0.1"), UInt32(22), String("192.0.2.1"), UInt32(1)),
    "forwarded-streamlocal@openssh.com": (String("/run/docker.sock"), String("")),
    "direct-tcpip": (String("127.0.0.1"), UInt32(22), String("192.0.2.1"), UInt32(1)),
    "direct-streamlocal@openssh.com": (String("/run/docker.sock"), String(""), UInt32(0)),
    "tun@openssh.com": (UInt32(1), UInt32(0)),
    "session": (),
    "no-such@example.com": (),
}


@dataclass(kw_only=True)
class Server:
    """A running server and what it saw."""

    port: int = 0
    host_key: asyncssh.SSHKey
    user_key: asyncssh.SSHKey
    connections: int = 0
    authentications: list[str] = field(default_factory=list)  # user names of clients that began to authenticate
    passwords: list[str] = field(default_factory=list)
    judging: Callable[[], None] | None = None  # called while a password is judged
    commands: list[str | None] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)
    terminals: list[str | None] = field(default_factory=list)
    forwards: list[tuple[str, int]] = field(default_factory=list)
    reversed: dict[str, str] = field(default_factory=dict)  # what the client said to channels that we opened
    open: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    listen: Callable[[int], Awaitable[asyncssh.SSHAcceptor]] | None = None
    listener: asyncssh.SSHAcceptor | None = None

    def cut(self) -> None:
        """Drop every connection, as a machine does that is switched off."""
        for connection in list(self.open):
            connection.abort()

    def close(self) -> None:
        """Listen no longer."""
        if self.listener:
            self.listener.close()

    async def reopen(self) -> None:
        """Listen again, on the same port."""
        assert self.listen
        self.listener = await self.listen(self.port)
        self.port = self.listener.get_port()

    def known_hosts_line(self, key: asyncssh.SSHKey | None = None) -> str:
        """An entry for this server with its own or another key."""
        public = (key or self.host_key).export_public_key().decode().strip()
        return f"[127.0.0.1]:{self.port} {public}"


@asynccontextmanager
async def serve(
    host_key: asyncssh.SSHKey | None = None,
    user_key: asyncssh.SSHKey | None = None,
    certificate: asyncssh.SSHCertificate | None = None,
    *,
    forwarding: bool = True,
    behaviours: Mapping[str, Behaviour] | None = None,
    window: int = 2 << 20,
    signatures: tuple[str, ...] = (),
    telling: bool = True,
) -> AsyncIterator[Server]:
    """Run a server for the duration of the block.

    It takes ``signatures`` of user keys, and tells so unless it is as old as those that cannot (before OpenSSH 7.2).
    """
    private = host_key or asyncssh.generate_private_key("ssh-ed25519")

    async def listen(port: int) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            port,
            config=None,
            server_factory=lambda: _Session(
                server, {**_BEHAVIOUR, **(behaviours or {})}, forwarding=forwarding, telling=telling
            ),
            server_host_keys=[(private, certificate) if certificate else private],
            encoding=None,
            line_editor=False,
            login_timeout=60,
            window=window,
            signature_algs=signatures,
        )

    server = Server(host_key=private, user_key=user_key or asyncssh.generate_private_key("ssh-ed25519"), listen=listen)
    await server.reopen()
    try:
        yield server
    finally:
        server.close()
        if server.listener:
            await server.listener.wait_closed()


class _Session(asyncssh.SSHServer):
    def __init__(self, server: Server, behaviours: Mapping[str, Behaviour], *, forwarding: bool, telling: bool) -> None:
        self._server = server
        self._telling = telling
        self._behaviours = behaviours
        self._forwarding = forwarding
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections += 1
        self._server.open.add(conn)
        self._connection = conn
        if not self._telling:
            conn._send_ext_info = lambda: None  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.open.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        self._server.authentications.append(username)
        self._user = username
        if username == "banner":
            self._connection.send_auth_banner("\x1b[31mwelcome\u202e")
        language = b"\xff" if username == "hostile-language" else b""
        if username.startswith("hostile-"):
            self._connection.send_packet(MSG_USERAUTH_BANNER, String(HOSTILE_TEXT), String(language))
        if username == "hostile-goodbye":
            self._connection.send_packet(MSG_DISCONNECT, UInt32(2), String(HOSTILE_TEXT), String(language))
        return True

    def session_requested(self) -> bool | asyncssh.SSHServerSession[bytes]:
        if self._user == "no-session":
            raise asyncssh.ChannelOpenError(2, "the shell was refused: \x1b[2Jnot today")  # told as another fault
        if self._user == "no-exec":
            return asyncssh.SSHServerSession()  # refuses whatever is asked of it
        return asyncssh.SSHServerProcess(
            lambda process: _behave(self._server, process, self._behaviours), None, 3, False
        )

    def public_key_auth_supported(self) -> bool:
        return self._user != "password"

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return (
            username not in {"refused", "banner", "hostile-banner"}
            and key.public_data == self._server.user_key.public_data
        )

    def password_auth_supported(self) -> bool:
        return self._user == "password"

    def validate_password(self, username: str, password: str) -> bool:
        del username
        self._server.passwords.append(password)
        if self._server.judging:
            self._server.judging()
        return password == PASSWORD

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        del orig_host, orig_port
        self._server.forwards.append((dest_host, dest_port))
        return self._forwarding


async def _behave(server: Server, process: Process, behaviours: Mapping[str, Behaviour]) -> None:
    user = process.get_extra_info("username")
    server.commands.append(process.command)
    server.environments.append(dict(process.env))
    server.terminals.append(process.term_type)
    with suppress(OSError, asyncssh.Error):
        if user == "reverse":
            server.reversed = await _reverse(process)
        await behaviours[user](process)


async def _hello(process: Process) -> None:
    """A shell that knows one sentence."""
    await process.stdin.readline()
    process.stdout.write(b"hello\n")
    process.exit(0)


async def _flood(process: Process) -> None:
    while True:
        process.stdout.write(b"A" * 32768)
        await process.stdout.drain()


async def _errflood(process: Process) -> None:
    while True:
        process.stderr.write(b"E" * 32768)
        await process.stderr.drain()


async def _slow(process: Process) -> None:
    while True:
        process.stdout.write(b".")
        await asyncio.sleep(0.05)


async def _silent(process: Process) -> None:
    await process.wait_closed()


async def _no_status(process: Process) -> None:
    process.stdout.write(b"half a record")
    process.stdout.write_eof()
    process.channel.close()


async def _eof_and_hang(process: Process) -> None:
    process.stdout.write(b"half a record")
    process.stdout.write_eof()
    await process.wait_closed()


async def _signalled(process: Process) -> None:
    process.stdout.write(b"half a record")
    process.exit_with_signal("KILL", msg="\x1b[2Jgone")


async def _aborted(process: Process) -> None:
    process.stdout.write(b"half a record")
    await asyncio.sleep(0.05)
    process.channel.get_connection().abort()


async def _no_login(process: Process) -> None:
    process.stdout.write(b"This account is currently not available.\n")
    process.exit(1)


async def _deaf(process: Process) -> None:
    process.channel.pause_reading()
    await process.wait_closed()


async def _reverse(process: Process) -> dict[str, str]:
    """Open every kind of channel towards the client, and what it said to each."""
    connection = process.channel.get_connection()
    said = {}
    for kind, arguments in REVERSE_CHANNELS.items():
        channel = connection.create_unix_channel()
        try:
            await channel._open(kind.encode(), *arguments)
            said[kind] = "opened"
        except asyncssh.ChannelOpenError as error:
            said[kind] = f"refused: {error.reason}"
    return said


_BEHAVIOUR: dict[str, Behaviour] = {
    "hello": _hello,
    "reverse": _hello,
    "password": _hello,
    "agent": _hello,
    "flood": _flood,
    "errflood": _errflood,
    "slow": _slow,
    "silent": _silent,
    "no-status": _no_status,
    "eof-and-hang": _eof_and_hang,
    "signalled": _signalled,
    "aborted": _aborted,
    "no-login": _no_login,
    "deaf": _deaf,
}


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Run a bare TCP server; yields its port."""

    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        handlers.add(task)
        with suppress(OSError):
            await answer(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        # Every client is gone by now, so every handler comes to its end.
        if handlers:
            await asyncio.wait(handlers, timeout=5)


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner may read."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.chmod(path, 0o600)  # noqa: PTH101
    return path
