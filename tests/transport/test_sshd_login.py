"""Logging in to OpenSSH's own server in every way there is, by either library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.sshd import Sshd
from tests.transport.agent import empty_agent
from tests.transport.reach import CARRIER, QUICK, access_for, open_channel
from tests.transport.server import write_private
from tests.transport.test_behaviour import drain
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.channel import Link

pytestmark = [pytest.mark.sshd, pytest.mark.usefixtures("carrier")]


def target_of(server: Sshd, *keys: Path) -> Target:
    return Target(
        name="web01",
        address="127.0.0.1",
        port=server.port,
        user=server.account,
        key_files=tuple(map(str, keys)),
        transport=CARRIER.name,
    )


async def logged_in(target: Target, directory: Path, *servers: Sshd, script: bytes = b"echo hello\n") -> Link:
    access = access_for(target, directory, *(server.known_hosts_line() for server in servers))
    channel = await open_channel(target, access, QUICK)
    try:
        await channel.write(script + b"exit\n")
        assert (await drain(channel)).endswith(b"hello\n")
        return channel.link
    finally:
        await channel.aclose()


def new_key(directory: Path, name: str, kind: str = "ssh-ed25519") -> tuple[asyncssh.SSHKey, Path]:
    key = asyncssh.generate_private_key(kind)
    return key, write_private(directory / name, key.export_private_key())


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    with empty_agent(tmp_path) as path:
        yield path


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
async def test_a_user_certificate_beside_the_key_file(kind: str, tmp_path: Path) -> None:
    ca, _ = new_key(tmp_path, "ca")
    (tmp_path / "ca.pub").write_bytes(ca.export_public_key())
    with Sshd(tmp_path, options=(f"TrustedUserCAKeys {tmp_path / 'ca.pub'}",)) as server:
        key, path = new_key(tmp_path, "stranger", kind)
        with pytest.raises(TargetError) as caught:
            await logged_in(target_of(server, path), tmp_path, server)
        assert caught.value.outcome is Outcome.AUTH_FAILED
        certificate = ca.generate_user_certificate(key, "ops", principals=[server.account])
        (tmp_path / "stranger-cert.pub").write_bytes(certificate.export_certificate())
        await logged_in(target_of(server, path), tmp_path, server)
        assert "Accepted certificate ID" in server.wait_for_log("Accepted certificate ID")


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
@pytest.mark.parametrize("certified", [False, True])
async def test_the_agent(
    kind: str,
    certified: bool,  # noqa: FBT001  a case
    tmp_path: Path,
    agent: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    ca, _ = new_key(tmp_path, "ca")
    key, _ = new_key(tmp_path, "in-the-agent", kind)
    (tmp_path / "ca.pub").write_bytes(ca.export_public_key())
    with Sshd(tmp_path, options=(f"TrustedUserCAKeys {tmp_path / 'ca.pub'}",)) as server:
        if certified:
            certificate = ca.generate_user_certificate(key, "ops", principals=[server.account])
        else:
            certificate = None
            (tmp_path / "authorized_keys").write_bytes(key.export_public_key())
        async with asyncssh.connect_agent(agent) as client:
            await client.add_keys([(key, certificate)])
        await logged_in(replace(target_of(server), use_agent=True), tmp_path, server)


async def test_two_hops(tmp_path: Path) -> None:
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
    with Sshd(tmp_path / "near") as near, Sshd(tmp_path / "far") as far:
        keys = b"".join((tmp_path / name / "authorized_keys").read_bytes() for name in ("near", "far"))
        for name in ("near", "far"):
            (tmp_path / name / "authorized_keys").write_bytes(keys)
        hops = ",".join(f"{server.account}@127.0.0.1:{server.port}" for server in (near, far))
        target = replace(target_of(near, near.user_key_file), jump=hops)
        much = b"yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 3000000; echo hello\n"
        link = await logged_in(target, tmp_path, near, far, script=much)
        assert link.host_key == near.host_key.get_fingerprint()
        assert far.wait_for_log("Disconnected").count("Accepted publickey") == 1
        assert near.wait_for_log("Disconnected").count("Accepted publickey") == 2


async def test_more_keys_than_the_server_lets_anyone_try(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("MaxAuthTries 2",)) as server:
        strangers = [new_key(tmp_path, f"stranger{number}")[1] for number in range(5)]
        with pytest.raises(TargetError) as caught:
            await logged_in(target_of(server, *strangers, server.user_key_file), tmp_path, server)
        assert caught.value.outcome is Outcome.AUTH_FAILED
        assert "its MaxAuthTries are used up" in caught.value.reason
        assert server.wait_for_log("Connection from").count("Connection from") == 1


async def test_a_key_after_others_that_are_not_wanted(tmp_path: Path) -> None:
    with Sshd(tmp_path) as server:
        kinds = ["ssh-ed25519", "ecdsa-sha2-nistp384", "ssh-rsa"]
        strangers = [new_key(tmp_path, f"stranger-{kind}", kind)[1] for kind in kinds]
        await logged_in(target_of(server, *strangers, server.user_key_file), tmp_path, server)


async def test_two_keys_where_the_server_wants_both(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("AuthenticationMethods publickey,publickey",)) as server:
        second, path = new_key(tmp_path, "second")
        with (tmp_path / "authorized_keys").open("ab") as file:
            file.write(second.export_public_key())
        await logged_in(target_of(server, server.user_key_file, path), tmp_path, server)
        with pytest.raises(TargetError) as caught:
            await logged_in(target_of(server, path), tmp_path, server)
        assert caught.value.outcome is Outcome.AUTH_FAILED


async def test_new_keys_in_the_middle_of_much_output(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("RekeyLimit 256K",)) as server:
        target = target_of(server, server.user_key_file)
        access = access_for(target, tmp_path, server.known_hosts_line())
        channel = await open_channel(target, access, replace(QUICK, total_s=30))
        try:
            await channel.write(b"i=0; while [ $i -lt 300 ]; do printf '%010000d' $i; i=$((i+1)); done; exit\n")
            assert await drain(channel) == b"".join(b"%010000d" % number for number in range(300))
        finally:
            await channel.aclose()


async def test_what_was_agreed_on_is_told(tmp_path: Path, carrier: str) -> None:
    options = ("Ciphers aes256-ctr", "MACs hmac-sha2-512-etm@openssh.com", "KexAlgorithms ecdh-sha2-nistp384")
    with Sshd(tmp_path, options=options, key_type="ssh-rsa") as server:
        link = await logged_in(target_of(server, server.user_key_file), tmp_path, server)
    assert link.transport == carrier
    if carrier == "paramiko":  # asyncssh's are looked at where they are told
        assert link.profile == "modern"
        assert link.algorithms == (
            "ecdh-sha2-nistp384", "rsa-sha2-256 2048", "aes256-ctr", "hmac-sha2-512-etm@openssh.com",
        )  # fmt: skip
