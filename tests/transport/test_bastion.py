"""One connection per jump host, shared; what becomes of it and of those behind it when the jump host fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.reach import QUICK, access_for, target_of
from tests.transport.server import Server, raw_server, serve, write_private
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.bastion import Bastions
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.open import Carriers, _over
from tomcat_fleet.transport.ssh import AsyncSsh
from tomcat_fleet.transport.tether import JumpLostError

pytestmark = pytest.mark.usefixtures("carrier")

KEY = asyncssh.generate_private_key("ssh-ed25519")


def behind(web: Server, directory: Path, *hops: Server, user: str = "hello") -> Target:
    return replace(target_of(web, user, directory), jump=",".join(f"ops@127.0.0.1:{hop.port}" for hop in hops))


def trusting(target: Target, directory: Path, *servers: Server) -> Access:
    return access_for(target, directory, *(server.known_hosts_line() for server in servers))


async def says_hello(channel: Channel) -> bool:
    try:
        await channel.write(b"hello\n")
        return await channel.read() == b"hello\n"
    finally:
        await channel.aclose()


async def test_fifty_targets_share_one_connection_per_hop(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, serve(user_key=KEY) as far:
        one, two = behind(web, tmp_path, near), behind(web, tmp_path, near, far)
        access = trusting(one, tmp_path, web, near, far)
        carriers = Carriers(QUICK)
        targets = [one, two] * 25
        answers = await asyncio.gather(*(greeted(carriers, target, access) for target in targets))
        assert all(answers)
        assert (web.connections, near.connections, far.connections) == (50, 1, 1)
        await carriers.aclose()
        await until(lambda: not near.open and not far.open)


async def greeted(carriers: Carriers, target: Target, access: Access) -> bool:
    return await says_hello(await carriers.open(target, access, QUICK))


async def until(true: Callable[[], bool], seconds: float = 3.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_ways_with_other_logins_have_connections_of_their_own(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        one = behind(web, tmp_path, near)
        other = replace(one, jump=f"root@127.0.0.1:{near.port}")
        access = trusting(one, tmp_path, web, near)
        carriers = Carriers(QUICK)
        assert await greeted(carriers, one, access)
        assert await greeted(carriers, other, access)
        await carriers.aclose()
        assert sorted(near.authentications) == ["ops", "root"]


async def test_a_jump_host_that_refuses_is_asked_once(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve() as near:
        target = behind(web, tmp_path, near)
        access = trusting(target, tmp_path, web, near)
        carriers = Carriers(QUICK)
        found = [await failure_of(carriers, target, access) for _ in range(3)]
        found += await asyncio.gather(*(failure_of(carriers, target, access) for _ in range(5)))
        await carriers.aclose()
        assert near.connections == 1
        assert web.connections == 0
        assert {error.outcome for error in found} == {Outcome.JUMP_FAILED}
        assert all(error.reason.startswith(f"jump host 127.0.0.1:{near.port}: auth_failed: ") for error in found)
        assert len({error.reason for error in found}) == 1


async def failure_of(carriers: Carriers, target: Target, access: Access, limits: Limits = QUICK) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await carriers.open(target, access, limits)
    return caught.value


async def test_a_jump_host_that_is_down_fails_all_at_once_and_not_one_by_one(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async with serve(user_key=KEY) as web, raw_server(silent) as port:
        target = replace(behind(web, tmp_path), jump=f"127.0.0.1:{port}")
        access = trusting(target, tmp_path, web)
        carriers = Carriers(replace(QUICK, login_s=1))
        started = time.monotonic()
        found = await asyncio.gather(*(failure_of(carriers, target, access) for _ in range(10)))
        found += [await failure_of(carriers, target, access) for _ in range(10)]
        assert time.monotonic() - started < 2.5  # not 20 times a second
        await carriers.aclose()
        assert {error.outcome for error in found} == {Outcome.JUMP_FAILED}
        assert "timeout: banner" in found[-1].reason


async def test_who_gives_up_waiting_leaves_the_attempt_to_the_others(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near)
        access = trusting(target, tmp_path, web, near)
        carriers = Carriers(QUICK)
        impatient = asyncio.create_task(carriers.open(target, access, QUICK))
        patient = asyncio.create_task(greeted(carriers, target, access))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        impatient.cancel()
        with suppress(asyncio.CancelledError):
            await impatient
        assert await patient
        assert near.connections == 1
        await carriers.aclose()


async def test_a_broken_connection_is_told_from_a_fault_of_the_target_and_made_anew(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near, user="silent")
        access = trusting(target, tmp_path, web, near)
        carriers = Carriers(QUICK)
        channels = [await carriers.open(target, access, QUICK) for _ in range(3)]
        waiting = [asyncio.create_task(channel.read()) for channel in channels]
        await asyncio.sleep(0.05)
        near.cut()
        for task in waiting:
            with pytest.raises(JumpLostError) as caught:
                await task
            assert caught.value.outcome is Outcome.JUMP_FAILED
            assert caught.value.reason == f"jump host 127.0.0.1:{near.port}: the connection to it broke"
        for channel in channels:
            await channel.aclose()
        assert await greeted(carriers, replace(target, user="hello"), access)
        assert near.connections == 2
        await carriers.aclose()


async def test_a_fault_of_the_target_stays_one(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near, user="aborted")
        access = trusting(target, tmp_path, web, near)
        carriers = Carriers(QUICK)
        channel = await carriers.open(target, access, QUICK)
        assert await channel.read() == b"half a record"
        with pytest.raises(TargetError) as caught:
            await channel.read()
        assert not isinstance(caught.value, JumpLostError)
        assert caught.value.outcome is Outcome.COLLECTOR_FAILED
        await channel.aclose()
        assert not isinstance(await failure_of(carriers, replace(target, user="refused"), access), JumpLostError)
        await carriers.aclose()


async def test_a_password_is_not_sent_again_when_the_jump_host_is_lost_while_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGIN_PW", "wrong")
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = replace(behind(web, tmp_path, near, user="password"), password="env:LOGIN_PW")
        access = trusting(target, tmp_path, web, near)
        web.judging = near.cut
        carriers = Carriers(QUICK)
        error = await failure_of(carriers, target, access)
        assert not isinstance(error, JumpLostError)
        assert (error.outcome, web.passwords) == (Outcome.JUMP_FAILED, ["wrong"])
        assert error.reason.endswith("broke during the login; a password is not sent a second time")
        await carriers.aclose()


async def test_a_refusal_is_final_when_the_jump_host_is_lost_after_it(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near, user="refused")
        access = trusting(target, tmp_path, web, near)
        bastions = Bastions(AsyncSsh(), QUICK)

        async def refused(*_: object, tunnel: asyncssh.SSHClientConnection | None = None) -> Channel:
            assert tunnel
            near.cut()
            await until(lambda: not bastions.is_open(tunnel))
            raise TargetError(Outcome.AUTH_FAILED, "refused")

        with pytest.raises(TargetError) as caught:
            await _over(bastions, refused, target, access, QUICK)
        assert caught.value.outcome is Outcome.AUTH_FAILED
        await bastions.aclose()


async def test_a_jump_host_that_was_there_is_waited_for(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near)
        access = trusting(target, tmp_path, web, near)
        bastions = Bastions(AsyncSsh(), QUICK, patience_s=8)
        route = access.route(target)
        first = await bastions.tunnel(route)
        assert first
        async with asyncio.timeout(10):
            await switched_off(near, bastions, first)
            again = asyncio.create_task(bastions.tunnel(route))
            await asyncio.sleep(1.2)
            assert not again.done()
            await near.reopen()
            second = await again
        assert second is not first
        assert second
        assert bastions.is_open(second)
        await bastions.aclose()


async def switched_off(
    near: Server, bastions: Bastions[asyncssh.SSHClientConnection], connection: asyncssh.SSHClientConnection
) -> None:
    near.close()
    near.cut()
    await until(lambda: not bastions.is_open(connection))


async def test_waiting_for_a_jump_host_ends(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = behind(web, tmp_path, near)
        access = trusting(target, tmp_path, web, near)
        bastions = Bastions(AsyncSsh(), QUICK, patience_s=1)
        first = await bastions.tunnel(access.route(target))
        assert first
        await switched_off(near, bastions, first)
        with pytest.raises(TargetError) as caught:
            async with asyncio.timeout(8):
                await bastions.tunnel(access.route(target))
        assert caught.value.outcome is Outcome.JUMP_FAILED
        assert "unreachable: connect" in caught.value.reason
        await bastions.aclose()


async def test_a_far_jump_host_comes_back_over_a_new_near_one(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, serve(user_key=KEY) as far:
        target = behind(web, tmp_path, near, far)
        access = trusting(target, tmp_path, web, near, far)
        carriers = Carriers(QUICK)
        assert await greeted(carriers, target, access)
        near.cut()
        await until(lambda: not far.open)
        assert await greeted(carriers, target, access)
        assert (near.connections, far.connections) == (2, 2)
        await carriers.aclose()


async def test_a_locked_key_alone_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHRASE", "wrong")
    locked = write_private(tmp_path / "locked", KEY.export_private_key("pkcs8-pem", passphrase="right"))
    async with serve(user_key=KEY) as web:
        target = replace(target_of(web, "hello", tmp_path), key_files=(str(locked),), key_passphrase="env:PHRASE")
        (tmp_path / "known_hosts").write_text(f"{web.known_hosts_line()}\n")
        access = load_access([target], known_hosts=tmp_path / "known_hosts")
        error = await failure_of(Carriers(QUICK), target, access)
        assert error.outcome is Outcome.AUTH_FAILED
        assert error.reason == (f"nothing to log in with: private key {locked}: the passphrase does not open it")
        assert web.connections == 0


async def test_one_address_by_two_aliases_is_verified_as_each(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        one = replace(target_of(web, "hello", tmp_path), jump="gate")
        gate = replace(target_of(near, "ops", tmp_path), host_key_alias="gate")
        public = near.host_key.export_public_key().decode().strip()
        (tmp_path / "known_hosts").write_text(f"{web.known_hosts_line()}\ngate {public}\n")
        jumps = {"gate": gate, "door": replace(gate, name="door", host_key_alias="door")}
        other = replace(one, jump="door")
        access = load_access([one, other], jumps=jumps, known_hosts=tmp_path / "known_hosts")
        carriers = Carriers(QUICK)
        assert await greeted(carriers, one, access)
        assert "hostkey_unknown" in (await failure_of(carriers, other, access)).reason
        await carriers.aclose()
