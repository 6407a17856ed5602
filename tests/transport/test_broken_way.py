"""A jump host that freezes, breaks off in the middle of a login, or opens a way too late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.sshd import Sshd
from tests.transport.reach import QUICK, access_for, target_of
from tests.transport.server import PASSWORD, Server, raw_server, serve
from tests.transport.test_bastion import failure_of, greeted, says_hello, until
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.open import Carriers
from tomcat_fleet.transport.tether import JumpLostError

pytestmark = pytest.mark.usefixtures("carrier")

KEY = asyncssh.generate_private_key("ssh-ed25519")
SOON = replace(QUICK, connect_s=0.6, idle_s=0.6)


class Relay:
    """A TCP connection's way that can be frozen: it stays open, and nothing moves on it."""

    def __init__(self) -> None:
        self.port = 0
        self._moving = asyncio.Event()
        self._moving.set()
        self._ends: list[asyncio.StreamWriter] = []

    def freeze(self) -> None:
        self._moving.clear()

    def thaw(self) -> None:
        """Carry again what begins from now on; what was frozen is dropped."""
        for each in self._ends:
            each.transport.abort()
        self._moving.set()

    async def carry(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, onward = await asyncio.open_connection("127.0.0.1", port)
        self._ends += [writer, onward]
        await asyncio.gather(self._move(reader, onward), self._move(back, writer))

    async def _move(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._moving.wait()
            writer.write(data)
        writer.close()


@asynccontextmanager
async def relayed(server: Server) -> AsyncIterator[Relay]:
    relay = Relay()
    async with raw_server(lambda reader, writer: relay.carry(server.port, reader, writer)) as relay.port:
        try:
            yield relay
        finally:
            relay.thaw()
            await until(lambda: not server.open)


def behind(web: Server, port: int, directory: Path, user: str = "hello") -> Target:
    return replace(target_of(web, user, directory), jump=f"ops@127.0.0.1:{port}")


def line(port: int, key: asyncssh.SSHKey) -> str:
    return f"[127.0.0.1]:{port} {key.export_public_key().decode().strip()}"


async def test_who_waits_behind_a_frozen_jump_host_is_not_blamed_and_gets_a_new_way(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, relayed(near) as relay:
        target = behind(web, relay.port, tmp_path, "silent")
        access = access_for(target, tmp_path, web.known_hosts_line(), line(relay.port, near.host_key))
        carriers = Carriers(SOON)
        channel = await carriers.open(target, access, SOON)
        relay.freeze()
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(JumpLostError):
                await channel.read()
        assert time.monotonic() - began < 6
        relay.thaw()
        assert await greeted(carriers, replace(target, user="hello"), access)
        assert near.connections == 2
        await channel.aclose()
        await carriers.aclose()


async def test_who_connects_through_a_frozen_jump_host_is_not_blamed(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, relayed(near) as relay:
        target = behind(web, relay.port, tmp_path)
        access = access_for(target, tmp_path, web.known_hosts_line(), line(relay.port, near.host_key))
        carriers = Carriers(SOON)
        assert await greeted_soon(carriers, target, access)
        relay.freeze()
        with pytest.raises(JumpLostError):
            await carriers.open(target, access, SOON)
        relay.thaw()
        assert await greeted_soon(carriers, target, access)
        await carriers.aclose()


async def greeted_soon(carriers: Carriers, target: Target, access: Access) -> bool:
    return await says_hello(await carriers.open(target, access, SOON))


async def test_a_target_that_is_late_costs_the_others_nothing(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, near.port, tmp_path, "silent")
        access = access_for(target, tmp_path, web.known_hosts_line(), near.known_hosts_line())
        carriers = Carriers(SOON)
        other = await carriers.open(replace(target, user="hello"), access, QUICK)
        channel = await carriers.open(target, access, SOON)
        with pytest.raises(TargetError) as caught:
            await channel.read()
        assert caught.value.outcome is Outcome.TIMEOUT
        assert not isinstance(caught.value, JumpLostError)
        assert await says_hello(other)
        assert near.connections == 1
        await channel.aclose()
        await carriers.aclose()


@pytest.mark.sshd
@pytest.mark.parametrize("after", [0.05, 0.2])
async def test_whenever_the_way_breaks_no_target_is_blamed(after: float, tmp_path: Path) -> None:
    near = Sshd(tmp_path)
    near.user_key = KEY
    with near:
        async with serve(user_key=KEY) as web:
            target = replace(target_of(web, "hello", tmp_path), jump=f"{near.account}@127.0.0.1:{near.port}")
            access = access_for(target, tmp_path, web.known_hosts_line(), near.known_hosts_line())
            carriers = Carriers(QUICK)
            assert await greeted(carriers, target, access)
            under_way = [asyncio.create_task(greeted(carriers, target, access)) for _ in range(8)]
            await asyncio.sleep(after)
            near.crash()
            ends = await asyncio.gather(*under_way, return_exceptions=True)
            await carriers.aclose()
            await until(lambda: not web.open)
    assert {type(end) for end in ends} <= {bool, JumpLostError}, ends


class Fickle(asyncssh.SSHServer):
    """Takes passwords, and does with each what it was given to do."""

    def __init__(self, judge: Callable[[asyncssh.SSHServerConnection, str], bool]) -> None:
        self._judge = judge

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        del username
        return self._judge(self._connection, password)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        del dest_host, dest_port, orig_host, orig_port
        return True


@asynccontextmanager
async def fickle(judge: Callable[[asyncssh.SSHServerConnection, str], bool]) -> AsyncIterator[tuple[int, str]]:
    """Its port and its line for known_hosts."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen(
        "127.0.0.1", 0, config=None, server_factory=lambda: Fickle(judge), server_host_keys=[key]
    )
    try:
        yield listener.get_port(), line(listener.get_port(), key)
    finally:
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0.05)  # for the other ends


async def test_a_password_that_a_jump_host_did_not_answer_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was reached before, so that anything else is tried for a while."""
    monkeypatch.setenv("GATE_PASSWORD", PASSWORD)
    seen: list[str] = []
    there: list[asyncssh.SSHServerConnection] = []

    def judge(connection: asyncssh.SSHServerConnection, password: str) -> bool:
        seen.append(password)
        there.append(connection)
        if len(seen) > 1:
            connection.abort()
        return True

    async with serve(user_key=KEY) as web, fickle(judge) as (port, known):
        gate = Target(name="gate", address="127.0.0.1", port=port, user="ops", password="env:GATE_PASSWORD")
        target = replace(target_of(web, "hello", tmp_path), jump="gate")
        (tmp_path / "known_hosts").write_text(f"{known}\n{web.known_hosts_line()}\n")
        access = load_access([target], jumps={"gate": gate}, known_hosts=tmp_path / "known_hosts")
        carriers = Carriers(QUICK)
        assert await greeted(carriers, target, access)
        there[0].abort()
        await asyncio.sleep(0.2)  # until it is noticed
        async with asyncio.timeout(8):
            found = [await failure_of(carriers, target, access) for _ in range(3)]
        await carriers.aclose()
        assert {(type(error), error.outcome) for error in found} == {(TargetError, Outcome.JUMP_FAILED)}
        assert seen == [PASSWORD] * 2


async def test_a_password_whose_way_broke_is_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    seen: list[str] = []
    async with serve(user_key=KEY) as near:

        def judge(connection: asyncssh.SSHServerConnection, password: str) -> bool:
            del connection
            seen.append(password)
            near.cut()
            return False

        async with fickle(judge) as (port, known):
            target = replace(
                behind(near, near.port, tmp_path, "audit"), port=port, key_files=(), password="env:WEB_PASSWORD"
            )
            key = target_of(near, "audit", tmp_path).key_files
            gate = Target(name="gate", address="127.0.0.1", port=near.port, user="ops", key_files=key)
            (tmp_path / "known_hosts").write_text(f"{known}\n{near.known_hosts_line()}\n")
            target = replace(target, jump="gate")
            access = load_access([target], jumps={"gate": gate}, known_hosts=tmp_path / "known_hosts")
            carriers = Carriers(QUICK)
            error = await failure_of(carriers, target, access)
            await carriers.aclose()
        assert (type(error), error.outcome) == (TargetError, Outcome.JUMP_FAILED)
        lost = f"jump host 127.0.0.1:{near.port}: the connection to it broke"
        assert error.reason == f"{lost} during the login; a password is not sent a second time"
        assert seen == [PASSWORD]


async def test_what_a_near_jump_host_refuses_for_good_is_not_waited_for_by_the_far_one(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, serve(user_key=KEY) as far:
        target = replace(behind(web, near.port, tmp_path), jump=f"ops@127.0.0.1:{near.port},ops@127.0.0.1:{far.port}")
        access = access_for(target, tmp_path, *(one.known_hosts_line() for one in (web, near, far)))
        carriers = Carriers(QUICK)
        assert await greeted(carriers, target, access)
        near.user_key = asyncssh.generate_private_key("ssh-ed25519")
        near.cut()
        await until(lambda: not far.open)
        async with asyncio.timeout(8):
            found = [await failure_of(carriers, target, access) for _ in range(3)]
        await carriers.aclose()
        assert {error.reason.partition("auth_failed")[0] for error in found} == {f"jump host 127.0.0.1:{near.port}: "}
        assert (near.connections, far.connections) == (2, 1)


class Late(asyncssh.SSHServer):
    """Lets everybody in and opens every way, a moment late."""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        del username
        return False

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Awaitable[asyncssh.SSHTCPSession[bytes]]:
        del orig_host, orig_port
        return self._open(dest_host, dest_port)

    async def _open(self, host: str, port: int) -> asyncssh.SSHTCPSession[bytes]:
        await asyncio.sleep(1.2)
        forwarder: asyncssh.SSHTCPSession[bytes] = await self._connection.forward_connection(host, port)  # type: ignore[assignment]
        return forwarder


async def test_a_way_that_opens_too_late_is_closed(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def tarpit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-late\r\n" + bytes(100_000))
        await reader.read()
        ended.set()

    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen("127.0.0.1", 0, config=None, server_factory=Late, server_host_keys=[key])
    async with serve(user_key=KEY) as web, raw_server(tarpit) as port:
        target = replace(behind(web, listener.get_port(), tmp_path), port=port)
        access = access_for(target, tmp_path, line(listener.get_port(), key))
        carriers = Carriers(SOON)
        error = await failure_of(carriers, target, access, SOON)
        assert (error.outcome, error.reason) == (Outcome.TIMEOUT, "connect: not done within 0.6 s")
        async with asyncio.timeout(3):
            await ended.wait()
        await carriers.aclose()
    listener.close()
    await listener.wait_closed()
