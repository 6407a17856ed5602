"""One process that plays many hosts, each on an address and a port of its own.

Takes one line of JSON on standard input, answers with the ports, serves until standard input ends, and then tells what
each host saw of its clients.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import asyncssh

from tests.soak.fault import FAULTS, Fault, Login
from tests.soak.plan import Host
from tests.soak.port import Port
from tests.soak.session import Session, sound
from tests.soak.talk import GoneError, Process, Talk

_LOST = (OSError, asyncssh.Error, GoneError, asyncio.IncompleteReadError)


@dataclass
class Visits:
    """What one host saw."""

    connections: int = 0
    logins: int = 0  # clients that began to authenticate
    shells: int = 0
    seconds: float = 0.0  # the longest connection


@dataclass
class Played:
    """One host of this process."""

    host: Host
    visits: Visits = field(default_factory=Visits)

    @property
    def fault(self) -> Fault:
        return FAULTS[self.host.fault] if self.host.fault else Fault(session=sound)


class _Server(asyncssh.SSHServer):
    def __init__(self, played: Played) -> None:
        self._played = played
        self._came = time.monotonic()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._played.visits.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        _stay(self._played, self._came)

    async def begin_auth(self, username: str) -> bool:
        del username
        self._played.visits.logins += 1
        if self._played.fault.login is Login.SILENT:
            await asyncio.get_running_loop().create_future()
        if self._played.fault.login is Login.BANNER:
            self._connection.send_auth_banner("\x1b]0;owned\x07\x1b[2J\u202e<script>alert(1)</script>\r\n" * 20)
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        del username, key
        return self._played.fault.login is not Login.REFUSED

    def public_key_auth_supported(self) -> bool:
        return True

    def session_requested(self) -> asyncssh.SSHServerSession[bytes] | bool:
        # Asked only where no process is played; a bare session refuses every command.
        return asyncssh.SSHServerSession() if self._played.fault.login is Login.NO_COMMAND else False


def _stay(played: Played, came: float) -> None:
    played.visits.seconds = max(played.visits.seconds, time.monotonic() - came)


async def _shell(played: Played, session: Session, process: Process) -> None:
    played.visits.shells += 1
    host, fault = played.host, played.fault
    clock = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if fault.clock is None else fault.clock
    named = "" if host.layout == "hostile-names" else host.name
    talk = Talk(process, host.layout, host.eager, Random(host.seed), hostname=named, clock=clock)
    with suppress(*_LOST):
        await session(talk, host.due)
    with suppress(*_LOST):
        process.exit(0)


async def _ssh(played: Played, keys: dict[str, asyncssh.SSHKey]) -> int:
    fault = played.fault
    session = None if fault.login in {Login.NO_CHANNEL, Login.NO_COMMAND} else fault.session
    listener = await asyncssh.listen(
        played.host.address,
        0,
        options=_options(keys["host"]),
        server_factory=lambda: _Server(played),
        process_factory=session and (lambda process: _shell(played, session, process)),
        encoding=None,
        line_editor=False,
        backlog=16,
    )
    return listener.get_port()


_kept: list[asyncssh.SSHServerConnectionOptions] = []


def _options(key: asyncssh.SSHKey) -> asyncssh.SSHServerConnectionOptions:
    if not _kept:
        _kept.append(asyncssh.SSHServerConnectionOptions(server_host_keys=[key], config=None, login_timeout=0))
    return _kept[0]


async def _raw(played: Played, answer: Port) -> int:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        played.visits.connections += 1
        came = time.monotonic()
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            await answer(reader, writer)
        writer.close()
        _stay(played, came)

    server = await asyncio.start_server(handle, played.host.address, 0, backlog=16)
    return int(server.sockets[0].getsockname()[1])


def _refusing(host: Host, held: list[socket.socket]) -> int:
    """A port that is taken and listens to nobody."""
    taken = socket.socket()
    taken.bind((host.address, 0))
    held.append(taken)
    return int(taken.getsockname()[1])


async def _open(played: Played, keys: dict[str, asyncssh.SSHKey], held: list[socket.socket]) -> int:
    if played.fault.port:
        return await _raw(played, played.fault.port)
    if played.fault.session:
        return await _ssh(played, keys)
    return _refusing(played.host, held)


async def main() -> None:
    """Play until standard input ends."""
    order = await asyncio.to_thread(sys.stdin.readline)
    told: dict[str, Any] = json.loads(order)
    os.nice(told["nice"])
    keys = {"host": asyncssh.import_private_key(told["host_key"])}
    hosts = [Played(Host(**host)) for host in told["hosts"]]
    held: list[socket.socket] = []
    print(json.dumps([await _open(played, keys, held) for played in hosts]), flush=True)  # noqa: T201 - the answer
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps({played.host.name: vars(played.visits) for played in hosts}), flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # floods into a closed connection are meant
    asyncssh.set_log_level("CRITICAL")
    asyncio.run(main())
