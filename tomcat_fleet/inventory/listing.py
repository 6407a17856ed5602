"""What ``ansible-inventory --list`` and every inventory script print: groups, and ``_meta`` with the hosts' variables.

Rules: Ansible's "Developing dynamic inventory". Names are taken as they are, nothing is expanded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tomcat_fleet.inventory.ansible_yaml import YamlReader
from tomcat_fleet.inventory.ini import set_priority
from tomcat_fleet.inventory.json_lines import locate
from tomcat_fleet.inventory.key import Setting, Vaulted, settle
from tomcat_fleet.inventory.ledger import Spot
from tomcat_fleet.inventory.tree import Group, Host, Tree
from tomcat_fleet.inventory.value import RefusedError, group_name, host_name
from tomcat_fleet.model.spelling import quoted
from tomcat_fleet.model.toml_lines import Lines, Path

Ask: TypeAlias = Callable[[str], object]  # variables of one host, from a script that prints no _meta

_DEPTH = 4  # _meta, hostvars, host, variable
_PARTS = ("hosts", "vars", "children")


class ListingReader:
    """Reads one document into the tree. ``ask`` is there for a script's output."""

    def __init__(self, tree: Tree, file: str, ask: Ask | None = None) -> None:
        self._tree = tree
        self._file = file
        self._ledger = tree.ledger
        self._ask = ask
        self._lines = Lines()
        self._hosts: dict[str, Host] = {}

    def read(self, text: str) -> None:
        """Read the whole document; faults go to the ledger and reading goes on."""
        data = self._parsed(text)
        if data is None:
            return
        if self._ask is None and _is_yaml_inventory(data):
            YamlReader(self._tree, self._file).read(text.replace("\t", " "))
            return
        self._lines, twice = locate(text, _DEPTH)
        for path in twice:
            self._ledger.warn(self._spot(path), f"{quoted(path[-1])} comes twice; the later one counts")
        for name, part in data.items():
            if name != "_meta":
                self._group(name, part)
        self._variables(data.get("_meta"))

    def _parsed(self, text: str) -> Mapping[str, object] | None:
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            # The message never quotes the text, only what was expected.
            self._ledger.fault(Spot(self._file, error.lineno), f"JSON: {error.msg[:1].lower()}{error.msg[1:]}")
        except RecursionError:
            self._ledger.fault(Spot(self._file, 0), "JSON: is nested too deeply")
        except ValueError:
            self._ledger.fault(Spot(self._file, 0), "JSON: holds a number that is too long")
        else:
            if isinstance(data, dict):
                return data
            self._ledger.fault(Spot(self._file, 1), "an inventory in JSON is an object of groups")
        return None

    def _spot(self, path: Path) -> Spot:
        return Spot(self._file, self._lines.near(path))

    def _group(self, name: str, part: object) -> None:
        try:
            group = self._tree.declare(group_name(name), self._spot((name,)))
        except RefusedError as error:
            self._ledger.fault(self._spot((name,)), str(error))
            return
        if isinstance(part, list):
            part = {"hosts": part}
        if not isinstance(part, dict):
            self._ledger.fault(self._spot((name,)), f"the group {quoted(name)} has to be an object or a list of hosts")
            return
        if part and not part.keys() & set(_PARTS):
            self._ledger.fault(self._spot((name,)), f"the group {quoted(name)} has none of {', '.join(_PARTS)}")
        for index, host in enumerate(self._texts(part, "hosts", name)):
            self._host(host, name, self._spot((name, "hosts", index)))
        for index, child in enumerate(self._texts(part, "children", name)):
            self._child(name, child, self._spot((name, "children", index)))
        self._group_variables(group, part.get("vars"))

    def _texts(self, part: Mapping[str, object], key: str, name: str) -> list[str]:
        found = part.get(key, [])
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return found
        self._ledger.fault(self._spot((name, key)), f"{key} of the group {quoted(name)} has to be a list of names")
        return []

    def _host(self, name: str, group: str, spot: Spot) -> None:
        if name not in self._hosts:
            try:
                host_name(name)
            except RefusedError as error:
                self._ledger.fault(spot, f"host {quoted(name)}: {error}")
                return
        self._hosts[name] = self._tree.host(name, group, spot)

    def _child(self, group: str, child: str, spot: Spot) -> None:
        try:
            self._tree.declare(group_name(child), spot)
        except RefusedError as error:
            self._ledger.fault(spot, str(error))
            return
        self._tree.child(group, child, spot)

    def _group_variables(self, group: Group, found: object) -> None:
        path = (group.name, "vars")
        if found is not None and not isinstance(found, dict):
            self._ledger.fault(self._spot(path), f"vars of the group {quoted(group.name)} has to be an object")
            return
        for name, raw in (found or {}).items():
            spot = self._spot((*path, name))
            if name == "ansible_group_priority":
                set_priority(group, raw, spot, self._ledger)
            elif setting := self._setting(name, raw, spot):
                self._tree.put(group, setting)

    def _variables(self, meta: object) -> None:
        found = meta.get("hostvars") if isinstance(meta, dict) else None
        if found is None and self._ask:
            for name, host in self._hosts.items():
                self._host_variables(host, self._ask(name), ("", name))
            return
        if found is not None and not isinstance(found, dict):
            self._ledger.fault(self._spot(("_meta", "hostvars")), "_meta.hostvars has to be an object of hosts")
            return
        found = found or {}
        for name, host in self._hosts.items():
            self._host_variables(host, found.get(name, {}), ("_meta", "hostvars", name))
        strangers = [name for name in found if name not in self._hosts]
        if strangers:
            more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
            self._ledger.warn(
                self._spot(("_meta", "hostvars", strangers[0])),
                f"{quoted(strangers[0])}{more}: has variables and is in no group, so it is no host of the inventory",
            )

    def _host_variables(self, host: Host, found: object, path: Path) -> None:
        if not isinstance(found, dict):
            self._ledger.fault(self._spot(path), f"the variables of host {quoted(host.name)} have to be an object")
            return
        for name, raw in found.items():
            if setting := self._setting(name, raw, self._spot((*path, name))):
                self._tree.put(host, setting)

    def _setting(self, name: str, raw: object, spot: Spot) -> Setting | None:
        return settle(name, _plain(raw) if isinstance(raw, dict | list) else raw, spot, self._ledger)


def _plain(raw: object) -> object:
    """Ansible's two marks taken off: ``__ansible_vault`` and ``__ansible_unsafe``."""
    if isinstance(raw, list):
        return [_plain(part) for part in raw]
    if not isinstance(raw, dict):
        return raw
    if "__ansible_vault" in raw:
        return Vaulted()
    if "__ansible_unsafe" in raw:
        return raw["__ansible_unsafe"]
    return {key: _plain(part) for key, part in raw.items()}


def _is_yaml_inventory(data: Mapping[str, object]) -> bool:
    """Whether groups hold mappings of hosts: the YAML format, written as JSON."""
    groups = [part for part in data.values() if isinstance(part, dict)]
    return "_meta" not in data and any(
        isinstance(part.get(key), dict) for part in groups for key in ("hosts", "children")
    )
