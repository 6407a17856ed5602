"""A jump host that records everything sees the target's version line and ciphertext, and gets nothing to use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.hostile.actor import HONEST, honest
from tests.transport.agent import empty_agent
from tests.transport.reach import QUICK, access_for, open_channel, target_of
from tests.transport.server import PASSWORD, Server, serve, write_private
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target

SCRIPT = b"TF_NONCE=0123456789abcdef0123456789abcdef\n# C4NARY in the script\n"
PLAIN_SSH = (b"ssh-userauth", b"ssh-connection", b"publickey", b"password", b"exec", b"sh -s", b"session")


class Tapped(asyncssh.SSHServer):
    """Logs in whoever has the key, forwards, and keeps every byte that goes through."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key = key
        self.seen = bytearray()
        self.users: list[str] = []
        self.sessions = 0
        self.agent: list[bool] = []
        self.connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn

    def begin_auth(self, username: str) -> bool:
        self.users.append(username)
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        del username
        return key.public_data == self._key.public_data

    def public_key_auth_supported(self) -> bool:
        return True

    def session_requested(self) -> bool:
        self.sessions += 1
        return False

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> asyncssh.SSHTCPSession[bytes]:
        del dest_host, orig_host, orig_port
        return Tap(self, dest_port)


class Tap(asyncssh.SSHTCPSession[bytes]):
    """One forwarded connection, recorded in both directions."""

    def __init__(self, jump: Tapped, port: int) -> None:
        self._jump = jump
        self._port = port
        self._onward: asyncio.StreamWriter | None = None
        self._early = bytearray()

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._chan = chan
        self._task = asyncio.get_running_loop().create_task(self._carry())

    async def _carry(self) -> None:
        reader, self._onward = await asyncio.open_connection("127.0.0.1", self._port)
        self._onward.write(bytes(self._early))
        while data := await reader.read(65536):
            self._jump.seen += data
            self._chan.write(data)
        self._chan.write_eof()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        del datatype
        self._jump.seen += data
        if self._onward:
            self._onward.write(data)
        else:
            self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._task.cancel()
        if self._onward:
            self._onward.close()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    with empty_agent(tmp_path) as path:
        yield path


async def _listening(jump: Tapped, host_key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    return await asyncssh.listen(
        "127.0.0.1", 0, config=None, server_factory=lambda: jump, server_host_keys=[host_key], encoding=None
    )


def _behind(server: Server, port: int, directory: Path, user: str) -> Target:
    return replace(target_of(server, user, directory), jump=f"ops@127.0.0.1:{port}")


def _known(port: int, key: asyncssh.SSHKey) -> str:
    return f"[127.0.0.1]:{port} {key.export_public_key().decode().strip()}"


@pytest.mark.parametrize("user", ["good", "password"])
async def test_it_sees_ciphertext_only(user: str, tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    jump = Tapped(key)
    listener = await _listening(jump, host_key)
    async with serve(user_key=key, behaviours=HONEST) as web:
        target = replace(_behind(web, listener.get_port(), tmp_path, user), password="env:WEB_PASSWORD")
        access = access_for(target, tmp_path, web.known_hosts_line(), _known(listener.get_port(), host_key))
        channel = await open_channel(target, access, QUICK)
        await channel.write(SCRIPT)
        answer = await channel.read()
        await channel.aclose()
        assert answer
    listener.close()
    await listener.wait_closed()
    seen = bytes(jump.seen)
    assert seen.startswith(b"SSH-2.0-")
    assert len(seen) > len(answer)
    # After both version lines and the negotiation nothing of the inner connection can be read.
    for secret in (*PLAIN_SSH, PASSWORD.encode(), user.encode() + b"\0", b"C4NARY", b"TF_NONCE", b"BEGIN 1 base64"):
        assert secret not in seen, secret
    assert honest()[200:260] not in seen
    assert (jump.users, jump.sessions) == (["ops"], 0)
    assert web.passwords == ([PASSWORD] if user == "password" else [])


async def test_it_gets_no_agent_and_no_way_back(tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    async with asyncssh.connect_agent(agent) as client:
        await client.add_keys([key])
    jump = Tapped(key)
    listener = await _listening(jump, host_key)
    async with serve(user_key=key, behaviours=HONEST) as web:
        target = replace(_behind(web, listener.get_port(), tmp_path, "good"), key_files=(), use_agent=True)
        access = access_for(target, tmp_path, web.known_hosts_line(), _known(listener.get_port(), host_key))
        channel = await open_channel(target, access, QUICK)
        assert jump.connection
        with pytest.raises(asyncssh.ChannelOpenError, match="Auth agent forwarding disabled"):
            await jump.connection.create_unix_channel()._open(b"auth-agent@openssh.com")
        await channel.aclose()
    listener.close()
    await listener.wait_closed()


async def test_it_cannot_stand_in_for_the_target(tmp_path: Path) -> None:
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    jump = Tapped(key)
    listener = await _listening(jump, host_key)
    async with serve(user_key=key) as web, serve(user_key=key) as impostor:
        target = _behind(web, listener.get_port(), tmp_path, "hello")
        known = web.known_hosts_line(), _known(listener.get_port(), host_key)
        monkey = replace(target, port=impostor.port)  # where it leads the connection to
        lines = [known[0].replace(f":{web.port} ", f":{impostor.port} "), known[1]]
        with pytest.raises(TargetError) as caught:
            await open_channel(monkey, access_for(monkey, tmp_path, *lines), QUICK)
        assert caught.value.outcome is Outcome.HOSTKEY_CHANGED
        assert impostor.authentications == []
    listener.close()
    await listener.wait_closed()


async def test_jump_host_and_target_may_have_keys_of_their_own(tmp_path: Path) -> None:
    near, far = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    files = [write_private(tmp_path / name, each.export_private_key()) for name, each in (("near", near), ("far", far))]
    async with serve(user_key=far) as web, serve(user_key=near) as bastion:
        target = replace(
            target_of(web, "hello", tmp_path), key_files=tuple(map(str, files)), jump=f"ops@127.0.0.1:{bastion.port}"
        )
        known = [server.known_hosts_line() for server in (web, bastion)]
        channel = await open_channel(target, access_for(target, tmp_path, *known), QUICK)
        await channel.aclose()
    assert (web.authentications, bastion.authentications) == (["hello"], ["ops"])
