"""What is paramiko's own trouble: threads, descriptors, and a server's word for lengths and counts."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from asyncssh.constants import (
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_REQUEST,
    MSG_DISCONNECT,
    MSG_EXT_INFO,
    MSG_IGNORE,
)
from asyncssh.packet import Boolean, String, UInt32

from tests.transport.raw import ANSWERS
from tests.transport.reach import QUICK, access_for, open_channel, reach, target_of
from tests.transport.server import HOSTILE_TEXT, Process, Server, raw_server, serve
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.threaded.apart import apart
from tomcat_fleet.transport.threaded.channel import open_paramiko
from tomcat_fleet.transport.threaded.client import Client
from tomcat_fleet.transport.threaded.connect import Connection, connect
from tomcat_fleet.transport.threaded.offer import unable
from tomcat_fleet.transport.threaded.wire import Stream, Wire

FAST = Limits(connect_s=1, login_s=1, idle_s=0.3, total_s=1.5, retries=0)
ENDLESS = 0xFFFFFFFF


def threads() -> list[str]:
    """Those of connections; the event loop's own stay for its next look-up of a name."""
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_"))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Within two seconds after the block every thread and every descriptor that it began with is what there is."""
    before = threads(), descriptors()
    yield
    end = time.monotonic() + 2
    while (threads(), descriptors()) != before and time.monotonic() < end:  # noqa: ASYNC110  nobody would tell
        await asyncio.sleep(0.02)
    assert (threads(), descriptors()) == before


async def use(channel: Channel) -> None:
    await channel.write(b"#" * (1 << 20))
    while await channel.read():
        pass


@pytest.mark.parametrize(
    "user",
    ["hello", "refused", "flood", "errflood", "silent", "slow", "deaf", "aborted", "eof-and-hang", "no-status",
     "no-session", "no-exec", "hostile-goodbye", "banner"],
)  # fmt: skip
async def test_a_server_leaves_neither_thread_nor_descriptor(user: str, tmp_path: Path) -> None:
    limits = replace(FAST, stdout_bytes=1 << 20, stderr_bytes=1 << 20)
    async with serve() as server:
        async with nothing_left():
            with suppress(TargetError):
                async with reach(server, user, tmp_path, limits, transport="paramiko") as channel:
                    await use(channel)
        assert server.connections == 1


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_answers_before_the_login_leaves_nothing_either(answer: str, tmp_path: Path) -> None:
    async with raw_server(ANSWERS[answer]) as port, nothing_left():
        target = replace(target_of(known(port), "hello", tmp_path), transport="paramiko")
        access = access_for(target, tmp_path)
        with pytest.raises(TargetError):
            await open_channel(target, access, replace(FAST, login_s=0.3))


def known(port: int) -> Server:
    key = asyncssh.generate_private_key("ssh-ed25519")
    return Server(port=port, host_key=key, user_key=key)


@pytest.mark.parametrize("after", [0.0, 0.002, 0.01, 0.03, 0.06, 0.3])
async def test_a_cancelled_connection_leaves_nothing(after: float, tmp_path: Path) -> None:
    async with serve() as server, serve() as near, nothing_left():
        target = target_of(server, "silent", tmp_path)
        target = replace(target, transport="paramiko", jump=f"hello@127.0.0.1:{near.port}")
        near.user_key = server.user_key
        access = access_for(target, tmp_path, server.known_hosts_line(), near.known_hosts_line())

        async def whole() -> None:
            channel = await open_channel(target, access, QUICK)
            try:
                await channel.read()
            finally:
                await channel.aclose()

        task = asyncio.create_task(whole())
        await asyncio.sleep(after)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 2


async def test_a_target_that_its_jump_host_cannot_reach_gives_its_channel_up(tmp_path: Path) -> None:
    class Slow(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            del username
            return False

        async def _never(self) -> bool:
            await asyncio.sleep(0.6)
            return False

        def connection_requested(self, *_: object) -> Awaitable[bool]:  # type: ignore[override]
            return self._never()

    key = asyncssh.generate_private_key("ssh-ed25519")
    jump = await asyncssh.listen("127.0.0.1", 0, config=None, server_factory=Slow, server_host_keys=[key])
    async with serve() as server:
        near = Server(port=jump.get_port(), host_key=key, user_key=key)
        async with nothing_left():
            target = replace(
                target_of(server, "hello", tmp_path), transport="paramiko", jump=f"x@127.0.0.1:{near.port}"
            )
            access = access_for(target, tmp_path, server.known_hosts_line(), near.known_hosts_line())
            with pytest.raises(TargetError, match=r"connect: not done within 0\.2 s") as caught:
                await open_channel(target, access, replace(FAST, connect_s=0.2))
        assert caught.value.outcome is Outcome.TIMEOUT
    jump.close()
    await jump.wait_closed()


async def test_one_jump_connection_serves_many_at_once_and_tells_each_its_own_trouble(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    async with serve(user_key=key) as server, serve(user_key=key) as near, raw_server(ANSWERS["hang-up"]) as shut:
        target = replace(
            target_of(server, "hello", tmp_path), transport="paramiko", jump=f"hello@127.0.0.1:{near.port}"
        )
        access = access_for(target, tmp_path, server.known_hosts_line(), near.known_hosts_line())
        (endpoint,) = access.route(target)
        tunnel = await connect(endpoint, QUICK, Deadline(10))

        async def outcome(port: int) -> str:
            try:
                channel = await open_paramiko(replace(target, port=port), access, QUICK, tunnel=tunnel)
            except TargetError as error:
                return error.outcome
            await channel.aclose()
            return "opened"

        ports = [server.port, 1, shut] * 5
        try:
            found = await asyncio.gather(*map(outcome, ports))
        finally:
            await tunnel.close()
        expected = {server.port: "opened", 1: Outcome.UNREACHABLE, shut: Outcome.SSH_FAILED}
        assert found == [expected[port] for port in ports]
        assert near.connections == 1


@asynccontextmanager
async def link_that_stalls(port: int) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A way to ``port`` that carries nothing any more once the event is set, and takes nothing either."""
    stalled = asyncio.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not stalled.is_set() and (data := await reader.read(4096)):
            writer.write(data)
            await writer.drain()

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
        ways = [asyncio.create_task(carry(reader, onward_writer)), asyncio.create_task(carry(onward_reader, writer))]
        await gone.wait()
        for task in ways:
            task.cancel()
        onward_writer.transport.abort()
        writer.transport.abort()

    gone = asyncio.Event()
    async with raw_server(both) as way:
        try:
            yield way, stalled
        finally:
            gone.set()


@pytest.mark.parametrize("hops", [0, 1, 3])
async def test_a_link_that_stalls_while_we_write_is_left_in_time(hops: int, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    before = threads()
    wide = 64 << 20  # so that it is TCP that is full, and not only SSH's window
    async with serve(user_key=key, window=wide) as server, serve(user_key=key, window=wide) as near:
        first = near if hops else server
        async with link_that_stalls(first.port) as (port, stalled):
            ways = {first.port: port}
            target = target_of(server, "silent", tmp_path)
            target = replace(
                target,
                port=ways.get(server.port, server.port),
                transport="paramiko",
                jump=",".join(f"hello@127.0.0.1:{each}" for each in [port, near.port, near.port][:hops]) or None,
            )
            lines = [each.known_hosts_line() for each in (server, near)]
            lines += [line.replace(str(first.port), str(port)) for line in lines]
            channel = await open_channel(target, access_for(target, tmp_path, *lines), replace(FAST, total_s=10))
            stalled.set()
            # A jump host is asked whether it is still there.
            with pytest.raises(TargetError, match="the connection to it broke" if hops else "write: not done within"):
                await channel.write(b"#" * (16 << 20))
            began = time.monotonic()
            await channel.aclose()
            assert time.monotonic() - began < 4.5  # a moment for the channel, another for the jump hosts
            while threads() != before and time.monotonic() < began + 6:  # noqa: ASYNC110  nobody would tell
                await asyncio.sleep(0.02)
            assert threads() == before


Hostility = Callable[[Process], None]


def beyond_the_window(process: Process) -> None:
    process.channel._send_window = 1 << 30
    process.stdout.write(b"A" * (8 << 20))


def beyond_the_window_in_errors(process: Process) -> None:
    process.channel._send_window = 1 << 30
    process.stderr.write(b"E" * (8 << 20))


def a_long_packet(process: Process) -> None:
    process.channel.get_connection().send_packet(MSG_IGNORE, String(b"x" * 100_000))


def extensions_without_end(process: Process) -> None:
    process.channel.get_connection().send_packet(MSG_EXT_INFO, UInt32(ENDLESS))


def data_that_is_not_there(process: Process) -> None:
    process.channel.send_packet(MSG_CHANNEL_DATA, UInt32(1 << 19), b"x")


def errors_that_are_not_there(process: Process) -> None:
    process.channel.send_packet(MSG_CHANNEL_EXTENDED_DATA, UInt32(1), UInt32(ENDLESS), b"x")


def an_unknown_message(process: Process) -> None:
    process.channel.get_connection().send_packet(210, b"x")


def a_channel_that_is_not_there(process: Process) -> None:
    process.channel.get_connection().send_packet(MSG_CHANNEL_DATA, UInt32(77), String(b"x"))


def a_request_in_no_encoding(process: Process) -> None:
    process.channel.send_packet(MSG_CHANNEL_REQUEST, String(b"\xff\xfe"), Boolean(True))


def a_hostile_goodbye(process: Process) -> None:
    process.channel.get_connection().send_packet(MSG_DISCONNECT, UInt32(2), String(HOSTILE_TEXT), String(b"\xff"))


HOSTILITIES: dict[Hostility, str] = {
    beyond_the_window: "more data than the window allows",
    beyond_the_window_in_errors: "more data than the window allows",
    a_long_packet: "a packet of more than 65536 bytes",
    extensions_without_end: "too many extensions",
    data_that_is_not_there: "a damaged message of data",
    errors_that_are_not_there: "a damaged message of data",
    an_unknown_message: "210",
    a_channel_that_is_not_there: "",
    a_request_in_no_encoding: "'utf-8' codec",
    a_hostile_goodbye: "\\x1b[2J\\x1b]0;owned\\x07",
}


async def all_of(server: Server, directory: Path) -> None:
    read = 0
    async with reach(server, "hostile", directory, QUICK, transport="paramiko") as channel:
        await asyncio.sleep(0.1)
        while part := await channel.read():
            read += len(part)
            assert read <= 1 << 20


@pytest.mark.parametrize("hostility", HOSTILITIES, ids=lambda each: each.__name__)
async def test_a_hostile_server_ends_its_own_connection(hostility: Hostility, tmp_path: Path) -> None:
    async def behave(process: Process) -> None:
        hostility(process)
        await process.wait_closed()

    began = time.monotonic()
    async with serve(behaviours={"hostile": behave}) as server, nothing_left():
        with pytest.raises(TargetError) as caught:
            await all_of(server, tmp_path)
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    assert caught.value.reason.startswith("the connection broke: ")
    assert HOSTILITIES[hostility] in caught.value.reason
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason.encode()) <= 512
    assert time.monotonic() - began < 3


async def test_a_signal_with_a_hostile_name_is_told_safely(tmp_path: Path) -> None:
    async def behave(process: Process) -> None:
        name = String(b"\x1b[2J\xff" * 100)
        process.channel.send_packet(
            MSG_CHANNEL_REQUEST, String("exit-signal"), Boolean(False), name, Boolean(False), String(""), String("")
        )
        process.channel.send_packet(MSG_CHANNEL_CLOSE)
        await asyncio.sleep(0.2)

    async with (
        serve(behaviours={"hostile": behave}) as server,
        reach(server, "hostile", tmp_path, transport="paramiko") as channel,
    ):
        assert await channel.read() == b""
        assert channel.ending().startswith("signal \\x1b[2J")
        assert channel.ending().isprintable()
        assert len(channel.ending()) <= 48


class Prompting(asyncssh.SSHServer):
    """Asks in its own ways for a password."""

    def __init__(self, ask: Callable[[asyncssh.SSHServerConnection], object]) -> None:
        self._ask = ask
        self.given: list[tuple[str, ...]] = []

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return False

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> object:  # type: ignore[override]
        del username, lang, submethods
        return self._ask(self._connection)

    def validate_kbdint_response(self, username: str, responses: list[str]) -> object:  # type: ignore[override]
        del username
        self.given.append(tuple(responses))
        return responses == ["C4NARY"] or ("", "", "", [("Password again: ", False)])

    def session_requested(self) -> asyncssh.SSHServerSession[str]:
        return asyncssh.SSHServerProcess(lambda process: process.exit(0), None, 0, False)


def four_billion_prompts(connection: asyncssh.SSHServerConnection) -> object:
    connection.send_packet(60, String(""), String(""), String(""), UInt32(ENDLESS))
    return asyncio.sleep(2, result=False)


ASKED: dict[str, tuple[object, str, Outcome | None, int]] = {
    "for it": (("", "", "", [("Password: ", False)]), "C4NARY", None, 1),
    "once more": (("", "", "", [("Password: ", False)]), "C4NARY-wrong", Outcome.AUTH_FAILED, 1),
    "for two things": (("", "", "", [("Password: ", False), ("Token: ", True)]), "C4NARY", Outcome.AUTH_FAILED, 0),
    "for something else": (("", "", "", [("Token: ", True)]), "C4NARY", Outcome.AUTH_FAILED, 0),
    "without end": (None, "C4NARY", Outcome.AUTH_FAILED, 0),
}


@pytest.mark.parametrize("asked", ASKED)
async def test_the_password_answers_the_one_prompt_that_asks_for_it(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge, password, outcome, given = ASKED[asked]
    monkeypatch.setenv("WEB_PASSWORD", password)
    servers: list[Prompting] = []

    def made() -> Prompting:
        servers.append(Prompting(four_billion_prompts if challenge is None else lambda _: challenge))
        return servers[-1]

    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen("127.0.0.1", 0, config=None, server_factory=made, server_host_keys=[key])
    server = Server(port=listener.get_port(), host_key=key, user_key=key)
    target = replace(target_of(server, "ops", tmp_path), transport="paramiko", password="env:WEB_PASSWORD")
    access = access_for(target, tmp_path, server.known_hosts_line())
    error: TargetError | None = None
    async with nothing_left():
        try:
            await (await open_channel(target, access, QUICK)).aclose()
        except TargetError as caught:
            error = caught
    listener.close()
    await listener.wait_closed()
    assert (error and error.outcome) is outcome
    assert "C4NARY" not in str(error)
    assert len(servers) == 1
    assert len(servers[0].given) == given


def authority(key: asyncssh.SSHKey, revoked: asyncssh.SSHKey | None) -> Callable[[Server], list[str]]:
    def lines(server: Server) -> list[str]:
        known = [f"@cert-authority {server.known_hosts_line(key)}"]
        return [*known, *([f"@revoked {server.known_hosts_line(revoked)}"] if revoked else [])]

    return lines


@pytest.mark.parametrize("carrier", ["asyncssh", "paramiko"])
@pytest.mark.parametrize("flaw", ["authority revoked", "key revoked", "expired", "other authority", "of a user"])
async def test_a_host_certificate_with_a_flaw_is_refused(flaw: str, carrier: str, tmp_path: Path) -> None:
    ca, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    signer = asyncssh.generate_private_key("ssh-ed25519") if flaw == "other authority" else ca
    if flaw == "of a user":
        certificate = signer.generate_user_certificate(host, "host", principals=["127.0.0.1"])
    else:
        certificate = signer.generate_host_certificate(
            host, "host", principals=["127.0.0.1"], valid_before=1 if flaw == "expired" else 1 << 62
        )
    revoked = {"authority revoked": ca, "key revoked": host}.get(flaw)
    async with serve(host, certificate=certificate) as server:
        target = replace(target_of(server, "hello", tmp_path), transport=carrier)
        access = access_for(target, tmp_path, *authority(ca, revoked)(server))
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access, QUICK)
        assert caught.value.outcome is (Outcome.HOSTKEY_CHANGED if revoked else Outcome.HOSTKEY_UNKNOWN)
        assert server.authentications == []


@pytest.mark.parametrize("seed", range(24))
async def test_a_byte_spoiled_on_the_way_ends_in_an_outcome(seed: int, tmp_path: Path) -> None:
    """Between the version line and the login every message is plain: whatever is changed, nobody is logged in."""

    async def spoiling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(
            copied(reader, onward_writer, None), copied(onward_reader, writer, seed * 61), return_exceptions=True
        )

    async with serve() as server, raw_server(spoiling) as port, nothing_left():
        target = replace(target_of(server, "hello", tmp_path), port=port, transport="paramiko")
        known = server.known_hosts_line().replace(str(server.port), str(port))
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access_for(target, tmp_path, known), FAST)
        assert caught.value.outcome in {Outcome.SSH_FAILED, Outcome.TIMEOUT, Outcome.HOSTKEY_CHANGED}
        assert server.authentications == []


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoil: int | None) -> None:
    at = 0
    while data := await reader.read(65536):
        if spoil is not None and at <= spoil < at + len(data):
            where = spoil - at
            data = data[:where] + bytes([data[where] ^ 0x11]) + data[where + 1 :]
        at += len(data)
        writer.write(data)
    writer.close()


@pytest.mark.parametrize(
    ("user", "outcome", "said"),
    [
        ("hostile-banner", Outcome.AUTH_FAILED, "the server refused hostile-banner: offered key SHA256:"),
        ("hostile-goodbye", Outcome.SSH_FAILED, "authentication: \\x1b[2J\\x1b]0;owned\\x07 "),
        ("no-session", Outcome.COLLECTOR_FAILED, "no session was opened: the shell was refused: \\x1b[2Jnot today"),
        ("no-exec", Outcome.COLLECTOR_FAILED, "the shell was refused: "),
    ],
)
async def test_what_a_server_says_when_it_refuses_is_one_safe_line(
    user: str, outcome: Outcome, said: str, tmp_path: Path
) -> None:
    async with serve() as server:
        with pytest.raises(TargetError) as caught:
            async with reach(server, user, tmp_path, transport="paramiko"):
                pass
    assert caught.value.outcome is outcome
    assert caught.value.reason.startswith(said)
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason.encode()) <= 512


async def test_nothing_of_paramikos_log_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve() as server:
        async with reach(server, "hello", tmp_path, transport="paramiko"):
            pass
        with suppress(TargetError):
            async with reach(server, "hostile-banner", tmp_path, transport="paramiko"):
                pass
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert "paramiko" not in names
    assert "owned" not in caplog.text


async def test_work_that_nobody_awaits_any_more_is_told_to_stop() -> None:
    stop = threading.Event()
    task = asyncio.create_task(apart("work", stop.wait, stop.set))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stop.is_set()


def test_a_profile_that_this_paramiko_lacks_is_named() -> None:
    assert unable("modern") is None
    for profile in ("legacy-2012", "legacy-2005"):
        said = unable(profile)
        assert said is None or ("asyncssh" in said and profile in said and "paramiko before" in said)


def test_a_connection_whose_wire_failed_is_gone_before_paramiko_says_so() -> None:
    """It tells the channels first: their targets would be taken for broken."""

    def send(_: bytes) -> int:
        raise BrokenPipeError

    wire = Wire(Stream(recv=bytes, send=send, unblock=lambda: None, close=lambda: None))
    client = Client(wire, "jump host", 1 << 20)
    client.active = True
    connection = Connection(client=client, host_key=asyncssh.generate_private_key("ssh-ed25519"))
    assert connection.is_open()
    with pytest.raises(BrokenPipeError):
        wire.send(b"data")
    assert not connection.is_open()
