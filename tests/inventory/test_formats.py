"""One fleet of twelve machines, written in seven formats: the same machines, reached in the same way."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tomcat_fleet.inventory import load
from tomcat_fleet.model.target import Target


class Machine(NamedTuple):
    name: str
    address: str
    port: int
    user: str
    group: str
    jump: str = ""
    bases: tuple[str, ...] = ()


_FLEET = (
    Machine("web01", "192.0.2.1", 22, "audit", "web"),
    Machine("web02", "192.0.2.2", 2222, "audit", "web"),
    Machine("web03", "web03.example.com", 22, "audit", "web", bases=("/srv/a", "/srv/b")),
    Machine("web04", "2001:db8::4", 2200, "audit", "web"),
    Machine("api-a", "10.0.0.1", 22, "ops", "api", "gate"),
    Machine("api-b", "10.0.0.2", 22, "ops", "api", "gate"),
    Machine("api-c", "10.0.0.3", 2022, "ops", "api", "u@gate:2222,inner"),
    Machine("db1", "10.1.0.1", 22, "oracle", "db"),
    Machine("db2", "10.1.0.2", 65535, "oracle", "db", "[2001:db8::9]:22"),
    Machine("old-01.example.com", "198.51.100.7", 1, "was", "old", bases=("/opt/was",)),
    Machine("old-02.example.com", "198.51.100.8", 22, "was", "old"),
    Machine("192.0.2.99", "192.0.2.99", 22, "audit", "old"),
)


def _variables(machine: Machine) -> dict[str, object]:
    found: dict[str, object] = {
        "ansible_host": machine.address,
        "ansible_port": machine.port,
        "ansible_user": machine.user,
        "jump": machine.jump or None,
        "tomcat_bases": list(machine.bases),
    }
    return {name: part for name, part in found.items() if part}


def _native() -> str:
    tables = []
    for machine in _FLEET:
        tables.append(f'[hosts."{machine.name}"]\naddress = "{machine.address}"\nport = {machine.port}')
        tables.append(f'user = "{machine.user}"\ntomcat_bases = {json.dumps(machine.bases)}')
        tables.append(f'jump = "{machine.jump}"' if machine.jump else "")
    groups = {machine.group: [one.name for one in _FLEET if one.group == machine.group] for machine in _FLEET}
    return "\n".join([*(f"[groups.{name}]\nhosts = {json.dumps(hosts)}" for name, hosts in groups.items()), *tables])


def _ini() -> str:
    lines = []
    for machine in _FLEET:
        found = _variables(machine) | {"tomcat_bases": ",".join(machine.bases) or None}
        pairs = " ".join(f"{name}={part}" for name, part in found.items() if part)
        lines.append(f"[{machine.group}]\n{machine.name} {pairs}")
    return "\n".join(lines)


def _yaml() -> str:
    return yaml.safe_dump(_groups({machine.name: _variables(machine) for machine in _FLEET}))


def _groups(hosts: Mapping[str, object]) -> dict[str, dict[str, dict[str, object]]]:
    return {
        machine.group: {"hosts": {one.name: hosts[one.name] for one in _FLEET if one.group == machine.group}}
        for machine in _FLEET
    }


def _listing() -> str:
    groups = {
        name: {"hosts": list(part["hosts"])}
        for name, part in _groups({machine.name: None for machine in _FLEET}).items()
    }
    hostvars = {machine.name: _variables(machine) for machine in _FLEET}
    return json.dumps({"_meta": {"hostvars": hostvars}, "all": {"children": list(groups)}, **groups}, indent=1)


def _table() -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["서버명", "IP주소", "포트", "계정", "업무구분", "점프", "톰캣 경로"])
    for machine in _FLEET:
        for base in machine.bases or ("",):
            writer.writerow(
                [machine.name, machine.address, machine.port, machine.user, machine.group, machine.jump, base]
            )
    return out.getvalue()


def _openssh() -> str:
    lines = []
    for machine in _FLEET:
        lines.append(f"Host {machine.name}\n  HostName {machine.address}\n  Port {machine.port}\n  User {machine.user}")
        lines.append(f"  ProxyJump {machine.jump}" if machine.jump else "")
    return "\n".join(lines)


def _plain() -> str:
    return "\n".join(f"{machine.user}@{machine.name}:{machine.port}" for machine in _FLEET)


_WRITERS: Mapping[str, Callable[[], str]] = {
    "hosts.toml": _native,
    "hosts.ini": _ini,
    "hosts.yml": _yaml,
    "hosts.json": _listing,
    "hosts.csv": _table,
    "ssh_config": _openssh,
    "hosts.txt": _plain,
}


def _by_name(targets: tuple[Target, ...]) -> dict[str, Target]:
    return {target.name: target for target in targets}


@pytest.mark.parametrize("name", _WRITERS)
def test_every_format_tells_of_the_same_machines(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(_WRITERS[name](), "utf-8")
    inventory = load([path])
    assert inventory.warnings == ()
    targets = _by_name(inventory.targets)
    assert set(targets) == {machine.name for machine in _FLEET}
    for machine in _FLEET:
        target = targets[machine.name]
        assert (target.port, target.user) == (machine.port, machine.user)
        if name == "hosts.txt":
            continue  # an address and a jump host cannot be said there
        assert (target.address, target.jump) == (machine.address, machine.jump or None)
        if name != "ssh_config":
            assert target.groups == (machine.group,)
            assert tuple(hint.base for hint in target.instances) == machine.bases


def test_a_plain_list_with_ssh_config_says_as_much(tmp_path: Path) -> None:
    names, config = tmp_path / "hosts.txt", tmp_path / "config"
    names.write_text("\n".join(machine.name for machine in _FLEET), "utf-8")
    config.write_text(_openssh(), "utf-8")
    targets = _by_name(load([names], ssh_config=config).targets)
    for machine in _FLEET:
        target = targets[machine.name]
        found = (target.address, target.port, target.user, target.jump)
        assert found == (machine.address, machine.port, machine.user, machine.jump or None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_korean_list_in_every_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "자산목록.csv"
    path.write_bytes("호스트명,업무구분,비고\nweb01,홈페이지,똠방각하\n".replace("\n", end).encode(encoding))
    target = load([path]).targets[0]
    assert (target.name, target.groups, target.variables) == ("web01", ("홈페이지",), {"비고": "똠방각하"})


def test_headings_may_be_decomposed_as_on_a_mac(tmp_path: Path) -> None:
    path = tmp_path / "hosts.csv"
    decomposed = unicodedata.normalize("NFD", "호스트명")
    path.write_text(f"{decomposed},ip\nweb01,192.0.2.1\n", "utf-8")
    assert load([path]).targets[0].name == "web01"
