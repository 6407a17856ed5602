"""Ansible's formats mean here what the real ``ansible-inventory`` says they mean, over generated inventories."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.inventory.ansible_inventory import AnsibleInventory, Listing
from tests.thorough import times
from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import Inventory, load
from tomcat_fleet.model.target import Target

_EXAMPLES = times(150, 500, "TOMCAT_FLEET_AGREEMENTS")
_GROUPS = ("alpha", "beta", "gamma", "delta", "web")
_PATTERNS = ("h1", "h2", "h3", "n[1:3]", "n[01:03]", "db-[a:c]", "x[1:5:2].lan", "h1", "p:2222", "q[1:2]:2200")
_CONNECTIONS = {"ssh": "asyncssh", "smart": "asyncssh", "local": "local", "paramiko": "paramiko"}
_OURS = frozenset({
    "ansible_host", "ansible_port", "ansible_user", "ansible_connection", "ansible_ssh_private_key_file",
    "ansible_ssh_common_args", "ansible_become", "ansible_become_method", "ansible_become_user",
})  # fmt: skip


@pytest.fixture(name="ansible", scope="module")
def _ansible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnsibleInventory]:
    found = AnsibleInventory(tmp_path_factory.mktemp("ansible"))
    yield found
    found.close()


# --- what is generated ----------------------------------------------------------------------------------------------

_TEXTS = st.sampled_from(
    ["plain", "Two Words", "a#b", "a # b", "it's", 'say "x"', "a=b", "a: b", "[1, 2]", "{'a': 1}", "true", "yes",
     "1_000", "0x10", "010", "1.50", "-3", "", " padded ", "ü", "웹", "a;b", "\\d+", "*x", "&y", "!z", "%h", "1e3", "~"]
)  # fmt: skip
_OWN = st.one_of(_TEXTS, st.integers(-5, 99999), st.booleans(), st.none(), st.lists(st.integers(0, 9), max_size=2))
_VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "ansible_host": st.sampled_from(["192.0.2.1", "192.0.2.2", "a.example.com", "2001:db8::1"]),
    "ansible_port": st.integers(1, 65535),
    "ansible_user": st.sampled_from(["audit", "ops", "a.b", "u@example.com"]),
    "ansible_connection": st.sampled_from(sorted(_CONNECTIONS)),
    "ansible_ssh_private_key_file": st.sampled_from(["/k/id", "/k/with blank", "k,comma"]),
    "ansible_ssh_common_args": st.sampled_from(
        ["-J gate", "-o ProxyJump=u@gate:22", "", "-J a,b", '-o "ProxyJump gate"']
    ),
    "ansible_become": st.sampled_from([True, False, "yes", "no", "true", "1"]),
    "ansible_become_method": st.sampled_from(["sudo", "dzdo", "su"]),
    "ansible_become_user": st.sampled_from(["root", "tomcat"]),
    "note": _OWN,
    "http_port": _OWN,
    "Flag": _OWN,
}
_VARIABLES = st.lists(st.sampled_from(sorted(_VALUES)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _VALUES[name] for name in names})
)


@st.composite
def _structure(draw: st.DrawFn) -> dict[str, Any]:
    """Groups with hosts, children and variables. A child always comes later: no cycles."""
    groups: dict[str, Any] = {}
    for number, name in enumerate(_GROUPS):
        groups[name] = {
            "hosts": draw(st.dictionaries(st.sampled_from(_PATTERNS), _VARIABLES, max_size=3)),
            "children": draw(st.lists(st.sampled_from(_GROUPS[number + 1 :]), max_size=2, unique=True))
            if number < 4
            else [],
            "vars": draw(_VARIABLES),
        }
        if draw(st.integers(0, 3)) == 0:
            groups[name]["vars"]["ansible_group_priority"] = draw(st.integers(0, 20))
    groups["all"] = {"hosts": draw(st.dictionaries(st.sampled_from(_PATTERNS), _VARIABLES, min_size=1, max_size=2)),
                     "children": [], "vars": draw(_VARIABLES)}  # fmt: skip
    return groups


@st.composite
def _files(draw: st.DrawFn) -> dict[str, str]:
    """Files of variables beside the inventory."""
    found: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(["all", *_GROUPS, "ungrouped"]), max_size=3, unique=True)):
        where = draw(st.sampled_from([f"group_vars/{name}", f"group_vars/{name}.yml", f"group_vars/{name}/10.yaml"]))
        found[where] = _dump(draw, draw(_VARIABLES))
    for name in draw(st.lists(st.sampled_from(["h1", "h2", "n1", "n01", "db-b", "p"]), max_size=2, unique=True)):
        found[draw(st.sampled_from([f"host_vars/{name}.yml", f"host_vars/{name}.json"]))] = _dump(
            draw, draw(_VARIABLES)
        )
    return found


def _dump(draw: st.DrawFn, data: object) -> str:
    return yaml.safe_dump(
        data,
        default_flow_style=draw(st.sampled_from([True, False, None])),
        default_style=draw(st.sampled_from([None, None, None, '"', "'"])),
        allow_unicode=True,
        width=draw(st.sampled_from([20, 200])),
    )


def _as_yaml(draw: st.DrawFn, groups: Mapping[str, Any]) -> str:
    nested = draw(st.booleans())

    def one(name: str, seen: tuple[str, ...]) -> dict[str, Any]:
        part = groups[name]
        children = {child: one(child, (*seen, name)) if nested else None for child in part["children"]}
        kept = {
            "hosts": {host: found or None for host, found in part["hosts"].items()},
            "vars": part["vars"],
            "children": children,
        }
        return {key: found for key, found in kept.items() if found}

    return _dump(draw, {name: one(name, ()) or None for name in groups})


_INI_WORDS = ["{}", '"{}"', "'{}'"]


def _ini_value(draw: st.DrawFn, raw: object) -> str:
    """A value for a host line; quotes are needed where blanks or comment signs are."""
    written = "" if raw is None else str(raw)
    return draw(st.sampled_from([found for found in _INI_WORDS if _survives(found, written)] or ["plain"])).format(
        written
    )


def _survives(quoting: str, written: str) -> bool:
    if quoting == "{}":
        return not set(written) & set(" #'\"\\")
    return quoting[0] not in written and "\\" not in written


def _as_ini(draw: st.DrawFn, groups: Mapping[str, Any]) -> str:
    sections: list[str] = []
    for name, part in groups.items():
        hosts = [
            " ".join([host, *(f"{key}={_ini_value(draw, raw)}" for key, raw in found.items())])
            + draw(st.sampled_from(["", "  # said", ""]))
            for host, found in part["hosts"].items()
        ]
        if name == "all":
            ungrouped = "\n".join(hosts)
        else:
            sections.append("\n".join([f"[{name}]", *hosts]))
        if part["children"]:
            sections.append("\n".join([f"[{name}:children]", *part["children"]]))
        if part["vars"]:
            lines = [
                f"{key}{draw(st.sampled_from(['=', ' = ']))}{'' if raw is None else raw}"
                for key, raw in part["vars"].items()
            ]
            sections.append("\n".join([f"[{name}:vars]", *lines]))
    return "\n".join([ungrouped, *draw(st.permutations(sections))]) + "\n"


@st.composite
def _inventory(draw: st.DrawFn) -> dict[str, str]:
    groups = draw(_structure())
    write = draw(st.sampled_from([_as_yaml, _as_ini]))
    return {"hosts": write(draw, groups), **draw(_files())}


# --- what is compared -----------------------------------------------------------------------------------------------


def _as_text(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, list | dict):
        return f"({len(raw)} entries)"
    return "" if raw is None else str(raw)


def _wanted(host: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What Ansible's variables make of a target, read here without the product's help."""
    port, key_file = found.get("ansible_port"), found.get("ansible_ssh_private_key_file")
    arguments = found.get("ansible_ssh_common_args", "").replace('"', "").replace("=", " ").split()
    become = str(found.get("ansible_become", "no")).lower() in {"true", "yes", "1"}
    return {
        "address": str(found.get("ansible_host", host)),
        "port": 22 if port is None else int(port),
        "user": found.get("ansible_user"),
        "transport": _CONNECTIONS[found.get("ansible_connection", "ssh")],
        "key_files": (key_file,) if key_file else (),
        "jump": arguments[-1] if arguments else None,
        "become": (found.get("ansible_become_method", "sudo"), found.get("ansible_become_user", "root"))
        if become
        else None,
        "variables": {name: _as_text(raw) for name, raw in found.items() if name not in _OURS},
    }


def _got(target: Target) -> dict[str, Any]:
    become = target.become
    return {
        "address": target.address,
        "port": target.port,
        "user": target.user,
        "transport": target.transport,
        "key_files": target.key_files,
        "jump": target.jump,
        "become": (become.method, become.user) if become else None,
        "variables": dict(target.variables),
    }


def _groups(listing: Listing) -> dict[str, tuple[str, ...]]:
    members = {name: hosts for name, hosts in listing.members().items() if name not in {"all", "ungrouped"}}
    hosts = frozenset[str]().union(*listing.members().values())
    return {host: tuple(sorted(name for name in members if host in members[name])) for host in hosts}


def _without_place(inventory: Inventory) -> dict[str, Target]:
    return {target.name: dataclasses.replace(target, source="") for target in inventory.targets}


@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink what starts processes takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(files=_inventory())
def test_generated_inventories(ansible: AnsibleInventory, files: dict[str, str]) -> None:
    ansible.write(files)
    listing = ansible.list()
    assert listing.code == 0, listing.errors
    inventory = load([ansible.folder / "hosts"])
    assert {target.name: target.groups for target in inventory.targets} == _groups(listing)
    for target in inventory.targets:
        assert _got(target) == _wanted(target.name, listing.variables(target.name)), target.name
    listed = ansible.folder.with_name("listing.json")
    listed.write_text(listing.output, "utf-8")
    assert _without_place(load([listed])) == _without_place(inventory)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("hosts", "[web]\na;b\n", "is not a host name"),
        ("hosts", "[we;b]\na\n", "is not a group name"),
        ("hosts", "a ansible_port=0\n", "is not a port"),
        ("hosts", "a ansible_port='{{ p }}'\n", "is a template"),
        ("hosts", "a ansible_user='x y'\n", "is not an account name"),
        ("hosts", "a ansible_password=value\n", "holds a value"),
        ("hosts", "a ansible_become=perhaps\n", "is neither true nor false"),
        ("hosts", "a ansible_connection=winrm\n", "is not one of"),
        ("hosts", "a ansible_host=-oProxyCommand=x\n", "is neither a host name nor an IP address"),
        ("hosts", "all:\n  hosts:\n    a: {ansible_port: 1.5}\n", "is not a port"),
        ("hosts", "a[3:1]\n", "runs backwards"),
        ("hosts", "n[1:3000000]\n", "stands for more than"),
    ],
)
def test_what_ansible_takes_and_is_refused_here_is_a_fault(
    ansible: AnsibleInventory, name: str, text: str, fault: str
) -> None:
    ansible.write({name: text})
    if "3000000" not in text:
        assert ansible.list().code == 0
    with pytest.raises(InventoryError, match=fault):
        load([ansible.folder / name])


@pytest.mark.parametrize(
    "text",
    [
        "[web:vars]\nx=1\n",
        "[web:hots]\na\n",
        "[web:children]\nnowhere\n",
        "a stray\n",
        "a x='open\n",
        "[a:children]\nb\n[b:children]\na\n",
        "all:\n  hosts: [a]\n  children: 3\nx: y\n",
    ],
)
def test_what_ansible_refuses_is_a_fault(ansible: AnsibleInventory, text: str) -> None:
    ansible.write({"hosts": text})
    assert ansible.list().code != 0
    with pytest.raises(InventoryError):
        load([ansible.folder / "hosts"])
