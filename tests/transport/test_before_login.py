"""Ports that refuse, are silent, talk nonsense or break off: every one ends in time with its own outcome."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.raw import ANSWERS, Reader, Writer, garbage, hang_up, silence
from tests.transport.reach import QUICK, access_for, open_channel, target_of
from tests.transport.server import Server, raw_server, serve
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.failure import ConnectionFaultError, Stage, of_connection

pytestmark = pytest.mark.usefixtures("carrier")

CASES: dict[str, tuple[Outcome, str]] = {
    "silence": (Outcome.TIMEOUT, "banner: not done within 0.4 s"),
    "version-then-silence": (Outcome.TIMEOUT, "key exchange: not done within 0.4 s"),
    "web-server": (Outcome.SSH_FAILED, "banner: "),
    "garbage": (Outcome.SSH_FAILED, "key exchange: "),
    "huge-packet": (Outcome.SSH_FAILED, "key exchange: "),
    "old-protocol": (Outcome.SSH_FAILED, "banner: "),
    "version-in-korean": (Outcome.SSH_FAILED, "banner: "),
    "banner-flood": (Outcome.SSH_FAILED, "banner: "),
    "long-line": (Outcome.SSH_FAILED, "banner: "),
    "hang-up": (Outcome.SSH_FAILED, "banner: "),
    "hostile-version": (Outcome.SSH_FAILED, "banner: "),
}


def somewhere(port: int, directory: Path) -> Target:
    server = Server(
        port=port,
        host_key=asyncssh.generate_private_key("ssh-ed25519"),
        user_key=asyncssh.generate_private_key("ssh-ed25519"),
    )
    return target_of(server, "hello", directory)


async def failure_at(target: Target, directory: Path, limits: Limits) -> tuple[TargetError, float]:
    access = access_for(target, directory)
    began = time.monotonic()
    with pytest.raises(TargetError) as caught:
        await open_channel(target, access, limits)
    return caught.value, time.monotonic() - began


@pytest.mark.parametrize("case", CASES)
async def test_what_answers_before_the_login(case: str, tmp_path: Path) -> None:
    outcome, said = CASES[case]
    async with raw_server(ANSWERS[case]) as port:
        limits = Limits(connect_s=1, login_s=0.4, total_s=10, retries=0)
        error, seconds = await failure_at(somewhere(port, tmp_path), tmp_path, limits)
    assert error.outcome is outcome
    assert error.reason.startswith(said)
    assert len(error.reason.encode()) <= 512
    assert error.reason.isprintable()
    assert seconds < 1.4


async def test_the_total_is_the_shorter_clock(tmp_path: Path) -> None:
    async with raw_server(silence) as port:
        limits = Limits(connect_s=5, login_s=5, total_s=0.3, retries=2)
        error, seconds = await failure_at(somewhere(port, tmp_path), tmp_path, limits)
    assert (error.outcome, error.reason) == (Outcome.TIMEOUT, "total: not done within 0.3 s")
    assert seconds < 1


async def test_a_refused_port_is_unreachable(tmp_path: Path) -> None:
    async with raw_server(hang_up) as port:
        pass
    error, _ = await failure_at(somewhere(port, tmp_path), tmp_path, QUICK)
    assert error.outcome is Outcome.UNREACHABLE
    assert error.reason.startswith("connect: ")


@pytest.mark.parametrize(
    ("error", "outcome", "again"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Outcome.UNREACHABLE, False),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), Outcome.UNREACHABLE, True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), Outcome.UNREACHABLE, True),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Outcome.UNREACHABLE, True),
        (OSError("Multiple exceptions: [Errno 111], [Errno 111]"), Outcome.UNREACHABLE, True),
        (PermissionError(errno.EACCES, "Permission denied"), Outcome.UNREACHABLE, False),
        (UnicodeError("label empty or too long"), Outcome.UNREACHABLE, False),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), Outcome.TIMEOUT, False),
        (asyncssh.ChannelOpenError(2, "Connection refused"), Outcome.UNREACHABLE, False),
        (asyncssh.ChannelOpenError(1, "administratively prohibited"), Outcome.JUMP_FAILED, False),
    ],
)
def test_what_a_failed_connection_means(error: Exception, outcome: Outcome, again: bool) -> None:  # noqa: FBT001
    meaning = of_connection(error, Stage.CONNECT)
    assert meaning.outcome is outcome
    assert isinstance(meaning, ConnectionFaultError) is again
    assert str(error) in meaning.reason


def test_a_server_that_ends_the_attempts_refuses_the_account() -> None:
    error = asyncssh.ProtocolError("Too many authentication failures")
    assert of_connection(error, Stage.AUTHENTICATION).outcome is Outcome.AUTH_FAILED


def test_a_hostile_text_becomes_one_short_line() -> None:
    reason = of_connection(asyncssh.ProtocolError("\x1b[2J\n\u202ex" * 1000), Stage.EXCHANGE).reason
    assert reason.startswith("key exchange: \\x1b[2J ")
    assert len(reason) <= 512
    assert reason.isprintable()


async def test_a_port_that_takes_no_connection_is_a_timeout(tmp_path: Path) -> None:
    # A listening socket whose queue is full leaves further connections unanswered.
    server = await asyncio.start_server(silence, "127.0.0.1", 0, backlog=1, start_serving=False)
    sockets = []
    listening = server.sockets[0]
    port = listening.getsockname()[1]
    listening._sock.listen(0)  # type: ignore[attr-defined]
    try:
        loop = asyncio.get_running_loop()
        for _ in range(4):
            try:
                async with asyncio.timeout(0.1):
                    sockets.append(await loop.create_connection(asyncio.Protocol, "127.0.0.1", port))
            except TimeoutError:
                break
        error, seconds = await failure_at(
            somewhere(port, tmp_path), tmp_path, Limits(connect_s=0.3, login_s=5, total_s=10, retries=2)
        )
    finally:
        for transport, _ in sockets:
            transport.close()
        server.close()
        await server.wait_closed()
    assert (error.outcome, error.reason) == (Outcome.TIMEOUT, "connect: not done within 0.3 s")
    assert seconds < 1.5


async def test_a_hang_up_before_the_banner_is_tried_again(tmp_path: Path) -> None:
    # What sshd's MaxStartups looks like from outside.
    attempts = 0

    async def busy(reader: Reader, writer: Writer) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            return
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", real.port)
        await asyncio.wait(
            [asyncio.create_task(copy(reader, onward_writer)), asyncio.create_task(copy(onward_reader, writer))],
            return_when=asyncio.ALL_COMPLETED,
        )
        onward_writer.close()

    async with serve() as real, raw_server(busy) as port:
        target = replace(target_of(real, "hello", tmp_path), port=port)
        known = real.known_hosts_line().replace(str(real.port), str(port))
        channel = await open_channel(target, access_for(target, tmp_path, known), replace(QUICK, retries=2))
        await channel.aclose()
        await asyncio.sleep(0.05)
    assert attempts == 3


async def copy(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@pytest.mark.parametrize(("retries", "expected"), [(0, 1), (2, 3)])
async def test_retries_are_counted(retries: int, expected: int, tmp_path: Path) -> None:
    attempts = 0

    async def count(_: Reader, __: Writer) -> None:
        nonlocal attempts
        attempts += 1

    async with raw_server(count) as port:
        await failure_at(somewhere(port, tmp_path), tmp_path, replace(QUICK, retries=retries))
    assert attempts == expected


async def test_a_broken_key_exchange_is_not_tried_again(tmp_path: Path) -> None:
    attempts = 0

    async def once(reader: Reader, writer: Writer) -> None:
        nonlocal attempts
        attempts += 1
        await garbage(reader, writer)

    async with raw_server(once) as port:
        await failure_at(somewhere(port, tmp_path), tmp_path, replace(QUICK, retries=2))
    assert attempts == 1
