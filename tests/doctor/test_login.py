"""What logging in takes: keys, certificates, the agent, known_hosts, references, jump hosts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from tests.cli.terminal import fleet, inventory, silence, touched
from tests.doctor.test_machine import said, told
from tests.sshd import Sshd
from tests.transport.agent import empty_agent
from tests.transport.server import write_private
from tomcat_fleet.doctor import agent, credential, host_key, key, route
from tomcat_fleet.doctor.examine import Case, _ways
from tomcat_fleet.doctor.finding import Finding
from tomcat_fleet.errors import TargetError
from tomcat_fleet.inventory import Inventory
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Become, Target

AUTHORITY = asyncssh.generate_private_key("ssh-ed25519")
USER_KEY = asyncssh.generate_private_key("ssh-ed25519")


def made(directory: Path, mode: int = 0o600, certificate: asyncssh.SSHCertificate | None = None, *,
         secret: asyncssh.SSHKey = USER_KEY, passphrase: str | None = None) -> Path:  # fmt: skip
    path = write_private(directory / "id", secret.export_private_key("openssh", passphrase))
    path.chmod(mode)
    if certificate:
        certificate.write_certificate(f"{path}-cert.pub")
    return path


def signed(**terms: object) -> asyncssh.SSHCertificate:
    return AUTHORITY.generate_user_certificate(USER_KEY, "id", principals=["audit"], **terms)  # type: ignore[arg-type]


KEYS: dict[str, tuple[Callable[[Path], Path], list[tuple[str, str]]]] = {
    "fine": (made, [("ok", "keys_ok")]),
    "open to others": (lambda path: made(path, 0o640), [("problem", "fault")]),
    "missing": (lambda path: path / "none", [("problem", "fault")]),
    "encrypted": (lambda path: made(path, passphrase="p"), [("problem", "fault")]),
    "no key": (lambda path: write_private(path / "id", "hello"), [("problem", "fault")]),
    "rsa 1024": (
        lambda path: made(path, secret=asyncssh.generate_private_key("ssh-rsa", key_size=1024)),
        [("warning", "key_weak"), ("ok", "keys_ok")],
    ),
    "rsa 2048": (
        lambda path: made(path, secret=asyncssh.generate_private_key("ssh-rsa", key_size=2048)), [("ok", "keys_ok")],
    ),
    "dsa": (
        lambda path: made(path, secret=asyncssh.generate_private_key("ssh-dss")),
        [("warning", "key_weak"), ("ok", "keys_ok")],
    ),
    "certificate": (lambda path: made(path, certificate=signed()), [("ok", "keys_ok")]),
    "certificate expired": (
        lambda path: made(path, certificate=signed(valid_after=1, valid_before=2)),
        [("warning", "certificate_expired"), ("ok", "keys_ok")],
    ),
    "certificate of tomorrow": (
        lambda path: made(path, certificate=signed(valid_after=1 << 40, valid_before=1 << 41)),
        [("warning", "certificate_early"), ("ok", "keys_ok")],
    ),
    "certificate of a host": (
        lambda path: made(path, certificate=AUTHORITY.generate_host_certificate(USER_KEY, "id")),
        [("warning", "certificate_kind"), ("ok", "keys_ok")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS)
def test_key_files(case: str, tmp_path: Path) -> None:
    make, expected = KEYS[case]
    path = str(make(tmp_path))
    assert said([*key.examine([key.Wanted(path=path, accounts=("audit",))], usual=False)]) == expected


def test_a_certificate_that_lacks_an_account(tmp_path: Path) -> None:
    path = str(made(tmp_path, certificate=signed()))
    targets = [Target(name=name, address="192.0.2.1", user=name, key_files=(path,)) for name in ("audit", "root")]
    first, _ = key.examine(key.wanted(targets, (), "nobody"), usual=False)
    assert first.said == "certificate_principal"
    assert first.params["accounts"] == "root"


def test_usual_keys_are_looked_at_where_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert said([*key.examine([], usual=True)]) == [("warning", "usual_none")]
    (tmp_path / ".ssh").mkdir()
    write_private(tmp_path / ".ssh" / "id_ed25519", USER_KEY.export_private_key())
    write_private(tmp_path / ".ssh" / "id_rsa", USER_KEY.export_private_key("openssh", "p"))
    assert said([*key.examine([], usual=True)]) == [("ok", "usual_ok"), ("warning", "usual_passed")]


async def test_the_agent(tmp_path: Path) -> None:
    with empty_agent(tmp_path) as path:
        assert said([await agent.examine(path)]) == [("problem", "agent_empty")]
        async with asyncssh.connect_agent(path) as client:
            await client.add_keys([USER_KEY])
        found = await agent.examine(path)
    assert said([found]) == [("ok", "agent_ok")]
    assert found.params["count"] == 1
    assert said([await agent.examine(path)]) == [("problem", "agent_broken")]


async def test_an_agent_that_never_answers(tmp_path: Path) -> None:
    path = f"{tmp_path}/silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        assert said([await agent.examine(path, 0.2)]) == [("problem", "agent_silent")]


PUBLIC = USER_KEY.export_public_key().decode().strip()
WEB = Target(name="web01", address="192.0.2.1", jump="192.0.2.9:2222")
KNOWN = f"192.0.2.1 {PUBLIC}\n"
BASTION = f"[192.0.2.9]:2222 {PUBLIC}\n"


@pytest.mark.parametrize(
    ("text", "target", "expected", "names"),
    [
        (KNOWN + BASTION, WEB, ("ok", "hosts_ok"), None),
        (f"@cert-authority * {PUBLIC}\n", WEB, ("ok", "hosts_ok"), None),
        (KNOWN, WEB, ("warning", "hosts_missing"), "192.0.2.9:2222"),
        (BASTION, WEB, ("warning", "hosts_missing"), "web01"),
        ("", WEB, ("problem", "hosts_missing"), "web01, 192.0.2.9:2222"),
        (f"alias {PUBLIC}\n", replace(WEB, jump=None, host_key_alias="alias"), ("ok", "hosts_ok"), None),
        (None, WEB, ("problem", "fault"), None),
        ("192.0.2.1 ssh-ed25519 AAAA\n", WEB, ("problem", "fault"), None),
    ],
    ids=["both", "authority", "target alone", "jump host alone", "empty", "alias", "absent", "damaged"],
)  # fmt: skip
def test_known_hosts(
    text: str | None, target: Target, expected: tuple[str, str], names: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "known_hosts"
    if text is not None:
        path.write_text(text)
    (finding,) = host_key.examine(path, [target], {}, "-i fleet.toml")
    assert said([finding]) == [expected]
    assert finding.params.get("names") == names


def test_a_jump_host_that_is_described_is_looked_up_by_its_address(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(KNOWN + BASTION)
    bastion = Target(name="bastion", address="192.0.2.9", port=2222)
    (finding,) = host_key.examine(path, [replace(WEB, jump="bastion")], {"bastion": bastion}, "")
    assert said([finding]) == [("ok", "hosts_ok")]
    elsewhere = replace(bastion, port=22)
    (finding,) = host_key.examine(path, [replace(WEB, jump="bastion:2222")], {"bastion": elsewhere}, "")
    assert said([finding]) == [("ok", "hosts_ok")], "the port that a way names comes before the table's"


def test_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "C4NARY")
    file = write_private(tmp_path / "password", "C4NARY")
    plain = Target(name="web01", address="192.0.2.1", source="fleet.toml:3")
    good = replace(plain, password="env:WEB_PASSWORD", become=Become(password=f"file:{file}"))
    assert said([*credential.examine([good, good], outside=False)]) == [("ok", "credentials_ok")]
    assert [*credential.examine([plain], outside=False)] == []
    file.chmod(0o644)
    bad = [*credential.examine([good, replace(good, password="env:NONE")], outside=False)]
    assert said(bad) == [("problem", "fault"), ("problem", "fault"), ("ok", "credentials_ok")]
    assert all(str(each.params["fault"]).startswith("fleet.toml:3: web01: ") for each in bad[:2])
    assert "C4NARY" not in str(bad)
    asking = replace(plain, password="vault:kv/tomcat#password", key_passphrase="cmd:pass show key")
    assert said([*credential.examine([asking], outside=False)]) == [("warning", "credentials_left")]


def closed_at(*names: str) -> route.Reach:
    async def reach(target: Target) -> None:
        await asyncio.sleep(0)
        if target.name in names:
            raise TargetError(Outcome.JUMP_FAILED, f"jump host {target.jump}: unreachable: no")

    return reach


def behind(name: str, jump: str) -> Target:
    return Target(name=name, address="192.0.2.1", jump=jump)


async def test_ways_are_tried_once_each_and_the_worst_is_said() -> None:
    ways = route.routes([behind("a", "one"), behind("b", "one"), behind("c", "two"), Target(name="d", address="x")])
    assert [(each.name, each.targets) for each in ways] == [("one", 2), ("two", 1)]

    async def levels(*closed: str, direct: bool = False) -> list[str]:
        return [each.level.value for each in await route.examine(ways, closed_at(*closed), direct=direct)]

    assert await levels() == ["ok", "ok"]
    assert await levels("a") == ["warning", "ok"]
    assert await levels("a", "c") == ["problem", "problem"]
    assert await levels("a", "c", direct=True) == ["warning", "warning"]


async def test_not_all_ways_are_tried_at_a_time() -> None:
    under_way = most = 0

    async def reach(_: Target) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1

    found: list[Finding] = await route.examine(
        route.routes([behind(f"t{number}", f"jump{number}") for number in range(40)]), reach, direct=False
    )
    assert (len(found), most) == (40, route.AT_A_TIME)


async def test_ways_of_targets_whose_password_is_not_asked_for_are_not_tried(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.touch()
    key_file = str(made(tmp_path))
    asking = replace(behind("a", "one"), password="vault:kv/tomcat#password", key_files=(key_file,))
    case = Case(inventory=(), known_hosts=known, now=datetime.now(UTC))
    found = await _ways(case, Inventory(targets=(asking,)), [asking])
    assert said(found) == [("ok", "agent_unasked"), ("warning", "route_untried")]


@pytest.mark.sshd
def test_a_real_jump_host_up_and_down_and_no_word_to_the_target(tmp_path: Path) -> None:
    with silence() as target:
        server = Sshd(tmp_path)
        with server:
            text = (
                f'[hosts.web01]\naddress = "127.0.0.1"\nport = {target.getsockname()[1]}\n'
                f'jump = "{server.account}@127.0.0.1:{server.port}"\nkey_files = ["{server.user_key_file}"]\n'
            )
            words = ("doctor", "-i", inventory(tmp_path / "fleet.toml", text), "--format", "json",
                     "--known-hosts", server.known_hosts_file)  # fmt: skip
            up = fleet(*words, cwd=tmp_path)
            log = server.wait_for_log("Disconnected")
        down = fleet(*words, cwd=tmp_path)
        assert not touched(target)
    assert up.returncode == 0
    assert told(up)["route_open"] == (
        "ok", f"{server.account}@127.0.0.1:{server.port} lets us through (targets behind it: 1) → ",
    )  # fmt: skip
    assert log.count("Accepted publickey") == 1
    assert "Starting session" not in log
    assert "direct-tcpip" not in log
    assert down.returncode == 2
    level, line = told(down)["route_closed"]
    assert level == "problem"
    assert "connection refused (127.0.0.1" in line
