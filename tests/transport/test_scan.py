"""Asking servers for their host keys: what they answer, and that nothing is sent that logs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.sshd import Sshd
from tests.transport.server import HOSTILE_TEXT, Server, raw_server, serve, write_private
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.scan import Scanned, places, scan, types_of
from tomcat_fleet.transport.scan_route import Route, jump_hosts

LOCAL = Target(name="web01", address="127.0.0.1")
KINDS = {"ecdsa": "ecdsa-sha2-nistp384", "rsa": "ssh-rsa"}


async def no_tunnel(target: Target) -> None:
    del target


async def asked(*targets: Target, timeout_s: float = 5.0, concurrency: int = 8) -> list[Scanned]:
    return await scan(places(targets), no_tunnel, concurrency=concurrency, timeout_s=timeout_s)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, asyncssh.SSHKey]]:
    """A host key of each type, in a file of its own."""
    directory = tmp_path_factory.mktemp("keys")
    found = {}
    for name, algorithm in KINDS.items():
        key = asyncssh.generate_private_key(algorithm, **({"key_size": 2048} if name == "rsa" else {}))
        found[name] = (write_private(directory / name, key.export_private_key()), key.convert_to_public())
    return found


@pytest.fixture
def sshd(tmp_path: Path, keys: dict[str, tuple[Path, asyncssh.SSHKey]]) -> Iterator[Sshd]:
    """OpenSSH with keys of three types."""
    with Sshd(tmp_path, [f"HostKey {keys[name][0]}" for name in ("ecdsa", "rsa")]) as server:
        yield server


@pytest.mark.sshd
async def test_every_type_of_key_without_a_name(sshd: Sshd, keys: dict[str, tuple[Path, asyncssh.SSHKey]]) -> None:
    (found,) = await asked(replace(LOCAL, port=sshd.port))
    assert found.fault is None
    assert found.keys == (sshd.host_key.convert_to_public(), keys["ecdsa"][1], keys["rsa"][1])
    log = sshd.wait_for_log("Connection closed by 127.0.0.1")
    assert log.count("Connection from") == 3
    assert "user" not in log  # nobody was named


@pytest.mark.sshd
@pytest.mark.parametrize(
    ("algorithm", "profile", "count"),
    [
        ("ssh-rsa", "modern", 0),
        ("ssh-rsa", "legacy-2012", 1),
        ("ssh-dss", "legacy-2012", 0),
        ("ssh-dss", "legacy-2005", 1),
    ],
)
async def test_old_types_are_asked_for_where_the_profile_says_so(
    algorithm: str, profile: str, count: int, tmp_path: Path
) -> None:
    with Sshd(tmp_path, [f"HostKeyAlgorithms {algorithm}"], key_type=algorithm) as server:
        (found,) = await asked(replace(LOCAL, port=server.port, ssh_profile=profile))
        assert found.keys == (server.host_key.convert_to_public(),) * count
        if not count:
            assert found.fault
            assert found.fault.outcome is Outcome.SSH_FAILED
            assert found.fault.reason.startswith("key exchange: ")


@pytest.mark.sshd
async def test_what_nothing_was_agreed_on_says_what_the_server_has(tmp_path: Path) -> None:
    with Sshd(tmp_path, ["KexAlgorithms diffie-hellman-group1-sha1"]) as server:
        (found,) = await asked(replace(LOCAL, port=server.port))
        assert found.fault
        assert found.fault.reason.startswith("key exchange: No matching key exchange algorithm found")
        assert "diffie-hellman-group1-sha1" in found.fault.reason
        server.wait_for_log("Unable to negotiate")
        assert server.log().count("Connection from") == 1  # would be the same for every other type


async def test_a_key_counts_when_it_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that shows a key of somebody else cannot sign with it."""
    async with serve() as server:
        monkeypatch.setattr(asyncssh.SSHServerConnection, "get_server_host_key", lambda _: Liar(server.host_key))
        (found,) = await asked(replace(LOCAL, port=server.port))
        assert found.keys == ()
        assert found.fault
        assert found.fault.reason == "key exchange: Key exchange hash mismatch"
        assert server.connections == 1


class Liar:
    """A key that shows the public half of another."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key = key
        self.public_data = asyncssh.generate_private_key("ssh-ed25519").convert_to_public().public_data

    def sign(self, data: bytes) -> bytes:
        return asyncssh.load_keypairs([self._key])[0].sign(data)


async def test_nobody_is_authenticated_and_one_key_is_enough() -> None:
    async with serve() as server:
        (found,) = await asked(replace(LOCAL, port=server.port, user="audit"))
        assert (found.keys, found.fault) == ((server.host_key.convert_to_public(),), None)
        assert server.authentications == []
        assert server.connections == len(types_of("modern"))


@asynccontextmanager
async def odd(kind: str) -> AsyncIterator[int]:
    """A port where something else answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if kind == "silent":
            await reader.read()
        elif kind == "http":
            await reader.readline()
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif kind == "hostile":
            writer.write(b"SSH-2.0-\x1b[2Jowned\r\n" + HOSTILE_TEXT)
        elif kind == "banners":
            writer.write(b"welcome\r\n" * 100_000)
        elif kind == "breaks off":
            writer.write(b"SSH-2.0-x\r\n")
        await writer.drain()

    async with raw_server(answer) as port:
        yield port


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("silent", Outcome.TIMEOUT),
        ("http", Outcome.SSH_FAILED),
        ("hostile", Outcome.SSH_FAILED),
        ("banners", Outcome.SSH_FAILED),
        ("breaks off", Outcome.SSH_FAILED),
    ],
)
async def test_what_is_no_server_is_a_fault_of_one_safe_line(kind: str, outcome: Outcome) -> None:
    async with odd(kind) as port:
        (found,) = await asked(replace(LOCAL, port=port), timeout_s=1.5)
    assert found.keys == ()
    assert found.fault
    assert found.fault.outcome is outcome
    assert found.fault.reason.isprintable()
    assert len(found.fault.reason.encode()) <= 512


async def test_answers_come_in_the_order_of_the_places() -> None:
    async with serve() as first, serve() as second, odd("silent") as silent:
        ports = [silent, first.port, 1, second.port, first.port]
        targets = [replace(LOCAL, name=f"web{number}", port=port) for number, port in enumerate(ports)]
        found = await asked(*targets, timeout_s=1.5)
    assert [one.place.labels for one in found] == [("web0",), ("web1", "web4"), ("web2",), ("web3",)]
    assert [len(one.keys) for one in found] == [0, 1, 0, 1]
    assert [one.fault and one.fault.outcome for one in found] == [
        Outcome.TIMEOUT,
        None,
        Outcome.UNREACHABLE,
        None,
    ]


async def test_no_more_at_a_time_than_asked_for() -> None:
    under_way, most = 0, 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        writer.write(b"SSH-2.0-x\r\n")
        under_way += 1
        most = max(most, under_way)
        await reader.read(1)
        await asyncio.sleep(0.05)
        under_way -= 1

    async with raw_server(answer) as port:
        targets = [replace(LOCAL, name=f"web{number}", host_key_alias=f"web{number}", port=port) for number in range(9)]
        await asked(*targets, concurrency=3)
    assert most == 3


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "127.0.0.1"),
        ({"port": 2222}, "[127.0.0.1]:2222"),
        ({"address": "Web01.Example.com"}, "web01.example.com"),
        ({"address": "2001:db8::1"}, "2001:db8::1"),
        ({"address": "2001:db8::1", "port": 2222}, "[2001:db8::1]:2222"),
        ({"host_key_alias": "Web01", "port": 2222}, "web01"),
    ],
)
def test_the_name_is_the_one_that_known_hosts_has(changes: dict[str, object], name: str) -> None:
    (place,) = places([replace(LOCAL, **changes)])  # type: ignore[arg-type]
    assert place.name == name


def test_the_older_profile_of_two_counts() -> None:
    old = replace(LOCAL, name="old", ssh_profile="legacy-2005")
    (place,) = places([LOCAL, old, replace(LOCAL, name="local", transport="local")])
    assert place.labels == ("web01", "old")
    assert place.target.ssh_profile == "legacy-2005"


@pytest.mark.parametrize("address", ["*", "web*", "!web01", "a,b", "@revoked", "|1|a|b", "#web", "web 01", "웹", "-x"])
async def test_an_address_that_would_be_more_than_one_name_is_not_asked(address: str) -> None:
    (found,) = await asked(replace(LOCAL, address=address, host_key_alias=address))
    assert found.fault
    assert found.fault.reason == "its address cannot stand in known_hosts"


class TestJump:
    @staticmethod
    async def behind(target: Server, jump: Sshd, *lines: str) -> list[Scanned]:
        """What is found of a jump host and of a target behind it, with ``lines`` as known_hosts."""
        machine = Target(
            name="inner", address="127.0.0.1", port=target.port, jump=f"{jump.account}@127.0.0.1:{jump.port}",
            key_files=(str(jump.user_key_file),),
        )  # fmt: skip
        known = jump.directory / "known"
        known.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        route = Route(load_access([machine], known_hosts=known), Limits(connect_s=3, login_s=5, total_s=10))
        try:
            return await scan(places([*jump_hosts([machine], {}), machine]), route.tunnel, concurrency=4, timeout_s=5)
        finally:
            await route.aclose()

    @pytest.mark.sshd
    async def test_a_machine_behind_a_known_one_is_asked_through_it(self, sshd: Sshd) -> None:
        async with serve() as server:
            jump, inner = await self.behind(server, sshd, sshd.known_hosts_line())
            assert len(jump.keys) == 3
            assert jump.place.labels == (f"127.0.0.1:{sshd.port}",)
            assert (inner.keys, inner.fault) == ((server.host_key.convert_to_public(),), None)
            assert server.authentications == []
            assert sshd.log().count("Accepted publickey") == 1

    @pytest.mark.sshd
    async def test_behind_an_unknown_one_is_not_reached_and_told_why(self, sshd: Sshd) -> None:
        async with serve() as server:
            jump, inner = await self.behind(server, sshd)
            assert len(jump.keys) == 3
            assert inner.keys == ()
            assert inner.fault
            assert inner.fault.outcome is Outcome.JUMP_FAILED
            assert "hostkey_unknown: the server offers" in inner.fault.reason
            assert server.connections == 0
            assert "Accepted" not in sshd.log()

    async def test_without_any_known_key_nothing_is_logged_in_to(self) -> None:
        machine = replace(LOCAL, jump="audit@192.0.2.1")
        route = Route(None, Limits())
        (found,) = await scan(places([machine]), route.tunnel, concurrency=4, timeout_s=5)
        await route.aclose()
        assert found.fault
        assert "approve that first" in found.fault.reason

    def test_every_hop_comes_before_its_target_with_the_way_to_it(self) -> None:
        described = Target(name="bastion", address="192.0.2.9", user="gate")
        inner = replace(LOCAL, jump="bastion,ops@192.0.2.2:2222")
        hops = jump_hosts([inner, replace(inner, name="web02", address="192.0.2.50")], {"bastion": described})
        assert hops[0] == described
        assert [(hop.address, hop.port, hop.user, hop.jump) for hop in hops[1:]] == [
            ("192.0.2.2", 2222, "ops", "bastion")
        ]

    def test_a_described_one_is_reached_by_the_way_that_is_written_as_an_audit_reaches_it(self) -> None:
        near = Target(name="near", address="192.0.2.9", user="gate")
        far = Target(name="far", address="10.0.0.5", port=2200, user="hop", jump="other")
        hops = jump_hosts([replace(LOCAL, jump="near,ops@far:2222")], {"near": near, "far": far})
        assert [(hop.address, hop.port, hop.user, hop.jump) for hop in hops] == [
            ("192.0.2.9", 22, "gate", None),
            ("10.0.0.5", 2222, "ops", "near"),
        ]
        other = replace(near, name="other", address="192.0.2.8")
        first, second = jump_hosts([replace(LOCAL, jump="far")], {"far": far, "other": other})
        assert first == other
        assert (second.port, second.user, second.jump) == (2200, "hop", "other")


def test_a_jump_host_that_leads_to_another_is_asked_first() -> None:
    gate = Target(name="gate", address="192.0.2.9")
    inner = Target(name="inner", address="192.0.2.10", jump="gate")
    web = Target(name="web01", address="192.0.2.11", jump="inner")
    asked = jump_hosts([web, replace(web, name="web02")], {"gate": gate, "inner": inner})
    assert [(hop.name, hop.jump) for hop in asked] == [("gate", None), ("inner", "gate")]
    circle = {"gate": replace(gate, jump="inner"), "inner": inner}
    assert {hop.name for hop in jump_hosts([web], circle)} == {"gate", "inner"}, "refused elsewhere; here it ends"
