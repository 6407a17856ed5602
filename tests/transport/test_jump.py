"""Jump hosts: each verified like a target, each failure under its own name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.reach import QUICK, access_for, open_channel, target_of
from tests.transport.server import PASSWORD, Server, raw_server, serve
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.jump import Hop, parse_jump

pytestmark = pytest.mark.usefixtures("carrier")

KEY = asyncssh.generate_private_key("ssh-ed25519")


def through(server: Server, directory: Path, *hops: Server, user: str = "hello") -> Target:
    jump = ",".join(f"ops@127.0.0.1:{hop.port}" for hop in hops)
    return replace(target_of(server, user, directory), jump=jump)


def trusting(target: Target, directory: Path, *servers: Server) -> Access:
    return access_for(target, directory, *(server.known_hosts_line() for server in servers))


async def failure_of(target: Target, access: Access) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await open_channel(target, access, QUICK)
    return caught.value


async def test_one_hop_and_two(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, serve(user_key=KEY) as far:
        for hops in ([near], [near, far]):
            target = through(web, tmp_path, *hops)
            channel = await open_channel(target, trusting(target, tmp_path, web, near, far), QUICK)
            await channel.write(b"echo hello\n")
            assert await channel.read() == b"hello\n"
            await channel.aclose()
            assert channel.link.jump == target.jump
            assert channel.link.host_key == web.host_key.get_fingerprint()
        assert near.forwards == [("127.0.0.1", web.port), ("127.0.0.1", far.port)]
        assert far.forwards == [("127.0.0.1", web.port)]
        assert near.authentications == ["ops", "ops"]
        assert near.commands == []


async def test_a_jump_host_that_is_down_is_named(tmp_path: Path) -> None:
    async def nothing(*_: object) -> None:
        return

    async with raw_server(nothing) as port:
        pass
    async with serve() as web:
        target = replace(target_of(web, "hello", tmp_path), jump=f"127.0.0.1:{port}")
        error = await failure_of(target, trusting(target, tmp_path, web))
        assert error.outcome is Outcome.JUMP_FAILED
        assert error.reason.startswith(f"jump host 127.0.0.1:{port}: unreachable: connect: ")
        assert web.connections == 0


async def test_an_unknown_second_hop_is_named_and_not_logged_in_to(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near, serve(user_key=KEY) as far:
        target = through(web, tmp_path, near, far)
        error = await failure_of(target, trusting(target, tmp_path, web, near))
        assert error.outcome is Outcome.JUMP_FAILED
        assert error.reason.startswith(f"jump host 127.0.0.1:{far.port}: hostkey_unknown: ")
        assert far.authentications == []
        assert web.connections == 0


async def test_the_targets_own_key_is_verified_through_the_jump_host(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = through(web, tmp_path, near)
        error = await failure_of(target, trusting(target, tmp_path, near))
        assert error.outcome is Outcome.HOSTKEY_UNKNOWN
        assert web.authentications == []


async def test_a_jump_host_that_forbids_forwarding(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY, forwarding=False) as near:
        target = through(web, tmp_path, near)
        error = await failure_of(target, trusting(target, tmp_path, web, near))
        assert error.outcome in {Outcome.JUMP_FAILED, Outcome.UNREACHABLE}
        assert error.reason.startswith("through the jump host: ")


async def test_a_target_that_is_down_behind_a_jump_host_is_unreachable(tmp_path: Path) -> None:
    async with serve(user_key=KEY) as web, serve(user_key=KEY) as near:
        target = through(web, tmp_path, near)
        access = trusting(target, tmp_path, web, near)
        async with serve() as gone:
            port = gone.port
        error = await failure_of(replace(target, port=port), access)
        assert error.outcome is Outcome.UNREACHABLE


async def test_the_targets_password_never_reaches_a_jump_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", PASSWORD)
    async with serve() as web, serve() as near:
        target = replace(
            through(web, tmp_path, near, user="password"),
            password="env:WEB_PASSWORD",
            jump=f"password@127.0.0.1:{near.port}",
        )
        error = await failure_of(target, trusting(target, tmp_path, web, near))
        assert error.outcome is Outcome.JUMP_FAILED
        assert near.authentications == ["password"]
        assert near.passwords == []


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        (None, ()),
        ("", ()),
        ("bastion", (Hop(address="bastion"),)),
        ("ops@bastion:2222", (Hop(address="bastion", port=2222, user="ops"),)),
        ("a, b:23", (Hop(address="a"), Hop(address="b", port=23))),
        ("ops@[2001:db8::1]:22", (Hop(address="2001:db8::1", port=22, user="ops"),)),
    ],
)
def test_hops_are_read(text: str | None, hops: tuple[Hop, ...]) -> None:
    assert parse_jump(text) == hops


@pytest.mark.parametrize("text", ["a,,b", "@host", "host:", "host:0", "host:70000", "a b", "2001:db8::1", "host:22:23"])
def test_what_is_no_hop_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a jump host"):
        parse_jump(text)
