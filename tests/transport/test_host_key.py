"""Only a host whose key is known is ever authenticated to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.transport.reach import QUICK, access_for, open_channel, reach, target_of
from tests.transport.server import Server, serve
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome

pytestmark = pytest.mark.usefixtures("carrier")

OTHER = asyncssh.generate_private_key("ssh-ed25519")
OTHER_TYPE = asyncssh.generate_private_key("ecdsa-sha2-nistp256")

Lines = Callable[[Server], list[str]]


def plain(server: Server, key: asyncssh.SSHKey) -> str:
    """An entry under the address alone, as for port 22."""
    return server.known_hosts_line(key).replace(f"[127.0.0.1]:{server.port}", "127.0.0.1")


REFUSED: dict[str, tuple[Lines, Outcome, str]] = {
    "nothing known": (lambda _: [], Outcome.HOSTKEY_UNKNOWN, "known_hosts has no key for it"),
    "only another host known": (
        lambda server: [server.known_hosts_line().replace("127.0.0.1", "192.0.2.1")],
        Outcome.HOSTKEY_UNKNOWN,
        "known_hosts has no key for it",
    ),
    "another key of the same type": (
        lambda server: [server.known_hosts_line(OTHER)],
        Outcome.HOSTKEY_CHANGED,
        OTHER.get_fingerprint(),
    ),
    "another key of another type": (
        lambda server: [server.known_hosts_line(OTHER_TYPE)],
        Outcome.HOSTKEY_CHANGED,
        OTHER_TYPE.get_fingerprint(),
    ),
    "another key under the address alone": (
        lambda server: [plain(server, OTHER)],
        Outcome.HOSTKEY_UNKNOWN,
        "known_hosts has no key for it",
    ),
    "revoked": (
        lambda server: [server.known_hosts_line(), f"@revoked {server.known_hosts_line()}"],
        Outcome.HOSTKEY_CHANGED,
        "revoked",
    ),
    "revoked for every host": (
        lambda server: [server.known_hosts_line(), f"@revoked * {server.known_hosts_line().split(' ', 1)[1]}"],
        Outcome.HOSTKEY_CHANGED,
        "revoked",
    ),
    "only an authority known": (
        lambda server: [f"@cert-authority {server.known_hosts_line(OTHER)}"],
        Outcome.HOSTKEY_UNKNOWN,
        "known_hosts has no key for it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_key_that_is_not_trusted_gets_no_authentication(case: str, tmp_path: Path) -> None:
    lines, outcome, said = REFUSED[case]
    async with serve() as server:
        target = target_of(server, "hello", tmp_path)
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access_for(target, tmp_path, *lines(server)), QUICK)
        assert caught.value.outcome is outcome
        assert said in caught.value.reason
        assert server.connections == 1
        assert server.authentications == []


async def test_the_offered_key_is_named_for_the_operator(tmp_path: Path) -> None:
    async with serve() as server:
        target = target_of(server, "hello", tmp_path)
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access_for(target, tmp_path), QUICK)
        assert f"ssh-ed25519 {server.host_key.get_fingerprint()}" in caught.value.reason


def hashed(line: str, directory: Path) -> str:
    """The entry with its host name hashed, by ssh-keygen."""
    path = directory / "to_hash"
    path.write_text(f"{line}\n", encoding="ascii")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    return path.read_text(encoding="ascii").strip()


TRUSTED: dict[str, Lines] = {
    "its own entry": lambda server: [server.known_hosts_line()],
    "among others": lambda server: [server.known_hosts_line(OTHER), server.known_hosts_line()],
    "under the address alone": lambda server: [plain(server, server.host_key)],
    "a pattern": lambda server: [server.known_hosts_line().replace("127.0.0.1", "127.0.0.*")],
    "another host revoked": lambda server: [server.known_hosts_line(), f"@revoked {server.known_hosts_line(OTHER)}"],
}


@pytest.mark.parametrize("case", TRUSTED)
async def test_a_known_key_is_trusted(case: str, tmp_path: Path) -> None:
    async with serve() as server:
        target = target_of(server, "hello", tmp_path)
        channel = await open_channel(target, access_for(target, tmp_path, *TRUSTED[case](server)), QUICK)
        await channel.aclose()
        assert channel.link.host_key == server.host_key.get_fingerprint()


async def test_a_hashed_name_is_found(tmp_path: Path) -> None:
    async with serve() as server:
        target = target_of(server, "hello", tmp_path)
        entry = hashed(server.known_hosts_line(), tmp_path)
        assert entry.startswith("|1|")
        channel = await open_channel(target, access_for(target, tmp_path, entry), QUICK)
        await channel.aclose()


async def test_a_certificate_of_a_known_authority_is_trusted(tmp_path: Path) -> None:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    certificate = OTHER.generate_host_certificate(host_key, "host", principals=["127.0.0.1"])
    async with serve(host_key, certificate=certificate) as server:
        target = target_of(server, "hello", tmp_path)
        authority = f"@cert-authority {server.known_hosts_line(OTHER)}"
        channel = await open_channel(target, access_for(target, tmp_path, authority), QUICK)
        await channel.aclose()
        assert channel.link.host_key == host_key.get_fingerprint()


Certificate = Callable[[asyncssh.SSHKey], asyncssh.SSHCertificate]
HERE = ["127.0.0.1"]


def signed(authority: asyncssh.SSHKey = OTHER, **options: Any) -> Certificate:
    return lambda key: authority.generate_host_certificate(key, "host", **{"principals": HERE, **options})


def authority_of(server: Server) -> str:
    return f"@cert-authority {server.known_hosts_line(OTHER)}"


UNSIGNED: dict[str, tuple[Certificate, Lines, Outcome]] = {
    "another address": (signed(principals=["192.0.2.1"]), lambda s: [authority_of(s)], Outcome.HOSTKEY_UNKNOWN),
    "another name": (signed(principals=["web02.example.com"]), lambda s: [authority_of(s)], Outcome.HOSTKEY_UNKNOWN),
    "over": (signed(valid_before="20200101"), lambda s: [authority_of(s)], Outcome.HOSTKEY_UNKNOWN),
    "not yet": (signed(valid_after="21000101"), lambda s: [authority_of(s)], Outcome.HOSTKEY_UNKNOWN),
    "of a user": (
        lambda key: OTHER.generate_user_certificate(key, "host", principals=HERE),
        lambda s: [authority_of(s)],
        Outcome.HOSTKEY_UNKNOWN,
    ),
    "another authority": (signed(OTHER_TYPE), lambda s: [authority_of(s)], Outcome.HOSTKEY_UNKNOWN),
    "authority of another port": (
        signed(),
        lambda s: [authority_of(s).replace(f":{s.port}", ":1")],
        Outcome.HOSTKEY_UNKNOWN,
    ),
    "authority trusted as a key only": (signed(), lambda s: [s.known_hosts_line(OTHER)], Outcome.HOSTKEY_CHANGED),
    "authority revoked": (
        signed(),
        lambda s: [authority_of(s), f"@revoked {s.known_hosts_line(OTHER)}"],
        Outcome.HOSTKEY_CHANGED,
    ),
    "authority revoked for every host": (
        signed(),
        lambda s: [authority_of(s), f"@revoked * {s.known_hosts_line(OTHER).split(' ', 1)[1]}"],
        Outcome.HOSTKEY_CHANGED,
    ),
    "key revoked": (
        signed(),
        lambda s: [authority_of(s), f"@revoked {s.known_hosts_line()}"],
        Outcome.HOSTKEY_CHANGED,
    ),
}


@pytest.mark.parametrize("case", UNSIGNED)
async def test_a_certificate_that_does_not_count_gets_no_authentication(case: str, tmp_path: Path) -> None:
    certificate, lines, outcome = UNSIGNED[case]
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    async with serve(host_key, certificate=certificate(host_key)) as server:
        target = target_of(server, "hello", tmp_path)
        with pytest.raises(TargetError) as caught:
            await open_channel(target, access_for(target, tmp_path, *lines(server)), QUICK)
        assert caught.value.outcome is outcome, caught.value.reason
        assert server.authentications == []


@pytest.mark.parametrize("hosts", ["127.0.0.1", "*", "[127.0.0.*]:*", "!192.0.2.1,127.*"])
async def test_an_authority_may_be_filed_under_a_pattern(hosts: str, tmp_path: Path) -> None:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    async with serve(host_key, certificate=signed()(host_key)) as server:
        target = target_of(server, "hello", tmp_path)
        authority = f"@cert-authority {hosts} {OTHER.export_public_key().decode().strip()}"
        channel = await open_channel(target, access_for(target, tmp_path, authority), QUICK)
        await channel.aclose()
        assert channel.link.host_key == host_key.get_fingerprint()


@pytest.mark.parametrize("changes", [{"host_key_alias": "WEB01.example.com"}, {"address": "LOCALHOST"}])
async def test_a_certificate_names_a_host_in_small_letters(changes: dict[str, str], tmp_path: Path) -> None:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    certificate = OTHER.generate_host_certificate(host_key, "host", principals=["web01.example.com", "localhost"])
    async with serve(host_key, certificate=certificate) as server:
        target = replace(target_of(server, "hello", tmp_path), **changes)  # type: ignore[arg-type]
        authority = f"@cert-authority * {OTHER.export_public_key().decode().strip()}"
        channel = await open_channel(target, access_for(target, tmp_path, authority), QUICK)
        await channel.aclose()
        assert channel.link.host_key == host_key.get_fingerprint()


async def test_one_connection_one_command_no_environment_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setenv("TERM", "xterm")
    async with serve() as server, reach(server, "hello", tmp_path) as channel:
        await channel.write(b"echo hello\n")
        assert await channel.read() == b"hello\n"
        assert server.connections == 1
        assert server.commands == ["sh -s"]
        assert server.environments == [{}]
        assert server.terminals == [None]
