"""Keys, agent and password: what is offered, and what a refusal means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.agent import empty_agent
from tests.transport.reach import QUICK, access_for, open_channel, reach, target_of
from tests.transport.server import PASSWORD, Server, serve, write_private
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.channel import Limits

pytestmark = pytest.mark.usefixtures("carrier")


async def refusal(target: Target, server: Server, directory: Path, *, use_agent: bool = False) -> TargetError:
    access = access_for(target, directory, server.known_hosts_line(), use_agent=use_agent)
    with pytest.raises(TargetError) as caught:
        await open_channel(target, access, replace(QUICK, retries=2))
    return caught.value


@pytest.mark.parametrize("user", ["refused", "banner"])
async def test_a_refused_account_is_tried_once(user: str, tmp_path: Path) -> None:
    async with serve() as server:
        error = await refusal(target_of(server, user, tmp_path), server, tmp_path)
        assert error.outcome is Outcome.AUTH_FAILED
        assert error.reason == (
            f"the server refused {user}: offered key {server.user_key.get_fingerprint()} ({tmp_path}/user_key); "
            "it accepts publickey; see authorized_keys, AllowUsers and the account's expiry there"
        )
        assert server.authentications == [user]


async def test_another_key_is_refused(tmp_path: Path) -> None:
    async with serve() as server:
        stranger = write_private(
            tmp_path / "stranger", asyncssh.generate_private_key("ssh-ed25519").export_private_key()
        )
        target = replace(target_of(server, "hello", tmp_path), key_files=(str(stranger),))
        assert (await refusal(target, server, tmp_path)).outcome is Outcome.AUTH_FAILED


@pytest.mark.parametrize("key_type", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
async def test_keys_of_every_usual_type(key_type: str, tmp_path: Path) -> None:
    async with (
        serve(user_key=asyncssh.generate_private_key(key_type)) as server,
        reach(server, "hello", tmp_path) as channel,
    ):
        assert channel.link.account == "hello"


async def test_a_password_reaches_the_server_that_asks_and_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    async with serve() as server:
        target = replace(target_of(server, "password", tmp_path), password="env:WEB_PASSWORD")
        access = access_for(target, tmp_path, server.known_hosts_line())
        channel = await open_channel(target, access, QUICK)
        await channel.aclose()
        assert server.passwords == [PASSWORD]
        assert PASSWORD not in repr(access)
        assert PASSWORD not in repr(channel.link)


async def test_a_wrong_password_is_sent_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "C4NARY-wrong")
    async with serve() as server:
        target = replace(target_of(server, "password", tmp_path), password="env:WEB_PASSWORD")
        error = await refusal(target, server, tmp_path)
        assert error.outcome is Outcome.AUTH_FAILED
        assert server.passwords == ["C4NARY-wrong"]
        assert "C4NARY" not in f"{error} {error.reason}"


async def test_a_password_is_not_offered_to_a_server_that_takes_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    async with serve() as server, reach(server, "hello", tmp_path, password="env:WEB_PASSWORD"):
        assert server.passwords == []


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    with empty_agent(tmp_path) as path:
        yield path


async def test_the_agent_logs_in_when_asked_for(tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    async with serve() as server:
        async with asyncssh.connect_agent(agent) as client:
            await client.add_keys([server.user_key])
        target = replace(target_of(server, "agent", tmp_path), key_files=())
        for wanted in (replace(target, use_agent=True), target):
            access = access_for(wanted, tmp_path, server.known_hosts_line(), use_agent=not wanted.use_agent)
            channel = await open_channel(wanted, access, QUICK)
            await channel.aclose()


async def test_the_agent_is_never_used_unasked(tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    async with serve() as server:
        async with asyncssh.connect_agent(agent) as client:
            await client.add_keys([server.user_key])
        stranger = write_private(
            tmp_path / "stranger", asyncssh.generate_private_key("ssh-ed25519").export_private_key()
        )
        target = replace(target_of(server, "agent", tmp_path), key_files=(str(stranger),))
        assert (await refusal(target, server, tmp_path)).outcome is Outcome.AUTH_FAILED


async def test_nothing_in_the_home_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text("Host *\n  ProxyCommand /bin/false\n  User nobody\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(home))
    async with serve() as server, reach(server, "hello", tmp_path) as channel:
        assert channel.link.account == "hello"


async def test_a_vanished_agent_is_an_authentication_failure(
    tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    async with serve() as server:
        target = replace(target_of(server, "agent", tmp_path), key_files=(), use_agent=True)
        access = access_for(target, tmp_path, server.known_hosts_line())
        os.unlink(agent)  # noqa: PTH108
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access, Limits(total_s=5))
        assert caught.value.outcome is Outcome.AUTH_FAILED
        assert caught.value.reason.startswith("the agent: ")
        assert server.connections == 0
