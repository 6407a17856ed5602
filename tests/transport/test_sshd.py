"""Against OpenSSH's own server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sshd import Sshd
from tests.transport.reach import CARRIER, QUICK, access_for, open_channel
from tests.transport.test_behaviour import drain
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.threaded.offer import unable

pytestmark = [pytest.mark.sshd, pytest.mark.usefixtures("carrier")]


def target_of(server: Sshd) -> Target:
    return Target(
        name="web01",
        address="127.0.0.1",
        port=server.port,
        user=server.account,
        key_files=(str(server.user_key_file),),
        transport=CARRIER.name,
    )


async def answer(server: Sshd, target: Target, tmp_path: Path, script: bytes = b"echo hello; exit\n") -> bytes:
    channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
    try:
        await channel.write(script)
        return await drain(channel)
    finally:
        await channel.aclose()


async def test_one_connection_and_one_session_carry_everything(tmp_path: Path) -> None:
    with Sshd(tmp_path) as server:
        target = target_of(server)
        channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
        await channel.write(b"echo hello; tty; echo $SSH_ORIGINAL_COMMAND; exit\n")
        assert await drain(channel) == b"hello\nnot a tty\n\n"
        await channel.aclose()
        log = server.wait_for_log("Disconnected")
    assert log.count("Connection from") == 1
    assert log.count("Starting session:") == 1
    assert "Starting session: command for" in log
    assert "subsystem" not in log
    assert log.count("Accepted publickey") == 1
    assert "Failed" not in log
    assert channel.link.host_key == server.host_key.get_fingerprint()
    assert channel.link.account == server.account


@pytest.mark.parametrize("key_type", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
async def test_host_keys_of_every_usual_type(key_type: str, tmp_path: Path) -> None:
    with Sshd(tmp_path, key_type=key_type) as server:
        assert await answer(server, target_of(server), tmp_path) == b"hello\n"


LEGACY_2012 = (
    "KexAlgorithms diffie-hellman-group14-sha1",
    "Ciphers aes128-cbc",
    "MACs hmac-sha1",
    "HostKeyAlgorithms ssh-rsa",
)


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields:UserWarning")
async def test_an_old_server_is_reached_by_its_profile_and_never_by_itself(tmp_path: Path, carrier: str) -> None:
    with Sshd(tmp_path, options=LEGACY_2012, key_type="ssh-rsa") as server:
        with pytest.raises(TargetError) as caught:
            await answer(server, target_of(server), tmp_path)
        assert caught.value.outcome is Outcome.SSH_FAILED
        assert caught.value.reason.startswith("key exchange: ")
        old = replace(target_of(server), ssh_profile="legacy-2012")
        if carrier == "paramiko" and unable("legacy-2012"):
            return  # this paramiko has none of it and is refused before, see test_threaded
        assert await answer(server, old, tmp_path) == b"hello\n"


async def test_a_forced_command_instead_of_a_shell_is_seen_as_what_it_says(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("ForceCommand echo maintenance",)) as server:
        target = target_of(server)
        channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
        assert await drain(channel) == b"maintenance\n"
        await channel.aclose()


async def test_a_server_that_allows_no_session_refuses_the_shell(tmp_path: Path) -> None:
    with Sshd(tmp_path, options=("MaxSessions 0",)) as server, pytest.raises(TargetError) as caught:
        await answer(server, target_of(server), tmp_path)
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    assert caught.value.reason.startswith("no session was opened: ")
