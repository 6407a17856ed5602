"""The example inventories work and say what their comments say."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from tomcat_fleet.inventory import Inventory, load
from tomcat_fleet.inventory.native import SETTINGS
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.model.target import Become, InstanceHint, Target

_FOLDER = Path(__file__).parents[2] / "inventory"


def _load(name: str) -> dict[str, Target]:
    inventory: Inventory = load([_FOLDER / name])
    assert inventory.warnings == ()
    return {target.name: target for target in inventory.targets}


def test_ini_and_yaml_describe_the_same_fleet() -> None:
    ini, yaml = _load("hosts.ini"), _load("hosts.yml")
    assert len(ini) == 9
    assert ini == {
        name: dataclasses.replace(target, source=ini[name].source) for name, target in _load("hosts.json").items()
    }
    assert set(ini) == set(yaml)
    for name, target in ini.items():
        assert dataclasses.replace(target, source="") == dataclasses.replace(yaml[name], source="")


@pytest.mark.parametrize("name", ["hosts.toml", "hosts.ini", "hosts.yml", "hosts.json"])
def test_every_format_tells_the_same_of_its_hosts(name: str) -> None:
    fleet = _load(name)
    assert fleet["web02"].port == 2222
    assert fleet["web03"].address == "2001:db8::13"
    assert fleet["web03"].zone == "dmz"
    assert [hint.base for hint in fleet["web03"].instances] == ["/srv/tomcat/shop", "/srv/tomcat/intranet"]
    assert fleet["api-b"].jump == "audit@gate.example.com:2222"
    assert fleet["api-b"].groups == ("api", "prod")
    assert fleet["here"].transport == "local"
    old = fleet["old01"]
    assert (old.password, old.ssh_profile, old.discover) == ("env:OLD01_PASSWORD", "legacy-2005", False)
    assert old.become == Become(method="dzdo", user="root")
    assert old.instances[1] == InstanceHint(
        base="/opt/was/inst2", home="/opt/apache-tomcat-7.0.109", was_accounts=("was2", "1002")
    )
    assert {target.user for target in fleet.values()} == {"audit"}


@pytest.mark.parametrize(
    "name", ["hosts.toml", "hosts.ini", "hosts.yml", "hosts.json", "hosts.csv", "ssh_config", "hosts.txt"]
)
def test_every_format_lists_the_same_machines(name: str) -> None:
    known, fleet = _load("hosts.ini"), _load(name)
    assert set(known) - set(fleet) <= {"here"}  # no ssh_config and no plain list can say that no ssh is needed
    for target in fleet.values():
        other = known[target.name]
        assert (target.port, target.user, target.key_files) == (other.port, other.user, other.key_files)
        if name != "hosts.txt":
            assert (target.address, target.jump) == (other.address, other.jump)
        if name not in {"hosts.txt", "ssh_config"}:
            assert (target.groups, target.zone, target.become) == (other.groups, other.zone, other.become)


def test_the_plain_list_with_the_ssh_config_reaches_the_same_machines() -> None:
    known = _load("hosts.ini")
    for target in load([_FOLDER / "hosts.txt"], ssh_config=_FOLDER / "ssh_config").targets:
        other = known[target.name]
        assert (target.address, target.port, target.jump) == (other.address, other.port, other.jump)


@pytest.mark.parametrize("name", ["hosts.toml", "ssh_config"])
def test_the_jump_host_has_a_key_of_its_own(name: str) -> None:
    jumps = load([_FOLDER / name]).jumps
    assert list(jumps) == ["gate.example.com"]
    assert jumps["gate.example.com"].key_files[0].endswith("/.ssh/id_ed25519_gate")


def test_native_example_shows_every_key() -> None:
    text = (_FOLDER / "hosts.toml").read_text("utf-8")
    assert [key for key in SETTINGS if key not in text] == []


def test_ansible_examples_read_their_variable_files() -> None:
    read = {str(Path(path).relative_to(_FOLDER)) for path in load([_FOLDER / "hosts.ini"]).files}
    below = {
        str(path.relative_to(_FOLDER)) for kind in ("group_vars", "host_vars") for path in (_FOLDER / kind).iterdir()
    }
    assert read == {"hosts.ini"} | below


def test_profile_has_the_policy_with_its_defaults() -> None:
    data = tomllib.loads((_FOLDER / "profile.toml").read_text("utf-8"))
    named = {field.name for field in dataclasses.fields(Policy)}
    assert set(data) == named - {"manager_required"}
    for name, value in data.items():
        assert (tuple(value) if isinstance(value, list) else value) == getattr(Policy(), name)


def test_profile_shows_how_a_manager_is_required() -> None:
    text = (_FOLDER / "profile.toml").read_text("utf-8")
    table = text[text.index("# [manager_required]") :].replace("# ", "")
    assert set(tomllib.loads(table)["manager_required"]) == {
        field.name for field in dataclasses.fields(ManagerRequired)
    }
