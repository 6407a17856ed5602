"""The native inventory, in TOML. Strict: an unknown key is a fault.

    [defaults]              settings of every host
    [groups.NAME]           hosts = […], children = […], priority = 1, and a table ``vars`` of settings
    [hosts.NAME]            settings of one host, or of all that a range such as ``"web[01:03]"`` stands for
    [jumps.NAME]            how a jump host is reached; ``jump = "NAME"`` leads through it

A host needs no table of its own: being listed in a group is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from tomcat_fleet.inventory import key, value
from tomcat_fleet.inventory.expand import BadRangeError, expand
from tomcat_fleet.inventory.key import KEYS, Setting
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.tree import ALL, UNGROUPED, Group, Host, Tree
from tomcat_fleet.inventory.value import Notes, RefusedError, group_name, host_name
from tomcat_fleet.model.spelling import meant, quoted
from tomcat_fleet.model.toml_lines import Lines, NotTomlError, Path, parse

Table: TypeAlias = Mapping[str, Any]

# key -> (name under which the setting is kept, what TOML may hold)
SETTINGS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "address": (key.ADDRESS.name, (str,)),
    "port": (key.PORT.name, (int,)),
    "user": (key.USER.name, (str,)),
    "key_files": (key.KEY_FILES.name, (list, str)),
    "key_passphrase": (key.KEY_PASSPHRASE.name, (str,)),
    "password": (key.PASSWORD.name, (str,)),
    "use_agent": (key.USE_AGENT.name, (bool,)),
    "transport": (key.TRANSPORT.name, (str,)),
    "become": (key.BECOME.name, (bool, str, dict)),
    "jump": (key.JUMP.name, (str,)),
    "host_key_alias": (key.HOST_KEY_ALIAS.name, (str,)),
    "ssh_profile": (key.SSH_PROFILE.name, (str,)),
    "zone": (key.ZONE.name, (str,)),
    "os": (key.OS.name, (str,)),
    "tomcat_instances": (key.INSTANCES.name, (list,)),
    "tomcat_bases": (key.BASES.name, (list, str)),
    "tomcat_discover": (key.DISCOVER.name, (bool,)),
    "was_accounts": (key.WAS_ACCOUNTS.name, (list, str)),
}
JUMP_SETTINGS = (
    "address", "port", "user", "key_files", "key_passphrase", "password", "use_agent", "ssh_profile", "host_key_alias",
    "jump",
)  # fmt: skip
_TABLES = ("defaults", "groups", "hosts", "jumps")
_GROUP_KEYS = ("hosts", "children", "priority", "vars")
_TYPE_WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


class NativeReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger: Ledger = tree.ledger
        self._lines = Lines()

    def read(self, text: str) -> None:
        """Read the whole file; faults go to the ledger and reading goes on."""
        try:
            data, self._lines = parse(text)
        except NotTomlError as error:
            self._ledger.fault(Spot(self._file, error.line), f"TOML: {error.reason}")
            return
        for name in data:
            if name not in _TABLES:
                self._unknown((name,), _TABLES)
        self._settings(self._tree.groups[ALL], self._table(data, "defaults"), ("defaults",))
        groups, hosts, jumps = (self._table(data, name) for name in _TABLES[1:])
        for name in groups:
            self._group(name, self._table(groups, name, ("groups",)))
        for pattern in hosts:
            self._host(pattern, self._table(hosts, pattern, ("hosts",)))
        for name in jumps:
            self._jump_host(name, self._table(jumps, name, ("jumps",)))

    def _spot(self, path: Path) -> Spot:
        return Spot(self._file, self._lines.near(path))

    def _fault(self, path: Path, message: str) -> None:
        self._ledger.fault(self._spot(path), message)

    def _unknown(self, path: Path, known: tuple[str, ...]) -> None:
        self._fault(path, f"unknown key {quoted(path[-1])}{meant(str(path[-1]), known)}")

    def _table(self, parent: Table, name: str, path: Path = ()) -> Table:
        found = parent.get(name, {})
        if not isinstance(found, dict):
            self._fault((*path, name), f"{quoted(name)} has to be a table")
            return {}
        return found

    def _group(self, name: str, table: Table) -> None:
        path: Path = ("groups", name)
        try:
            group_name(name)
        except RefusedError as error:
            self._fault(path, str(error))
            return
        if name in {ALL, UNGROUPED}:
            self._fault(path, f"the group {quoted(name)} makes itself; settings for every host belong in [defaults]")
            return
        group = self._tree.declare(name, self._spot(path))
        for part in table:
            if part not in _GROUP_KEYS:
                hint = "; settings of a group belong in its table 'vars'" if part in SETTINGS else ""
                known = _GROUP_KEYS if not hint else ()
                self._fault((*path, part), f"unknown key {quoted(part)}{hint}{meant(part, known)}")
        self._members(group, table)
        self._settings(group, self._table(table, "vars", path), (*path, "vars"))

    def _members(self, group: Group, table: Table) -> None:
        path: Path = ("groups", group.name)
        for index, pattern in enumerate(self._texts(table, "hosts", path)):
            for name in self._names(pattern, (*path, "hosts", index)):
                self._tree.host(name, group.name, self._spot((*path, "hosts", index)))
        for index, child in enumerate(self._texts(table, "children", path)):
            spot = self._spot((*path, "children", index))
            self._tree.promise(child, spot, f"the child group {quoted(child)} is not defined")
            self._tree.child(group.name, child, spot)
        priority = table.get("priority", 1)
        if isinstance(priority, bool) or not isinstance(priority, int):
            self._fault((*path, "priority"), "priority: needs a whole number")
        else:
            group.priority = priority

    def _texts(self, table: Table, name: str, path: Path) -> list[str]:
        found = table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
            self._fault((*path, name), f"{name}: needs a list of texts")
            return []
        return found

    def _names(self, pattern: str, path: Path) -> list[str]:
        try:
            found = list(expand(pattern))
            for name in found:
                host_name(name)
        except (BadRangeError, RefusedError) as error:
            self._fault(path, f"host {quoted(pattern)}: {error}")
            return []
        return found

    def _host(self, pattern: str, table: Table) -> None:
        path: Path = ("hosts", pattern)
        spot = self._spot(path)
        names = self._names(pattern, path)
        if len(names) > 1 and "address" in table:
            self._fault((*path, "address"), f"address: {len(names)} hosts cannot share one address")
        found = self._settled(table, path)
        for name in names:
            if not self._tree.take(name, spot):
                continue
            host = self._tree.host(name, ALL, spot)
            host.spot = spot
            for setting in found:
                self._tree.put(host, setting)

    def _jump_host(self, name: str, table: Table) -> None:
        path: Path = ("jumps", name)
        spot = self._spot(path)
        try:
            value.address(name)  # what ``jump`` can name
        except RefusedError as error:
            self._fault(path, str(error))
            return
        for part in table:
            if part in SETTINGS and part not in JUMP_SETTINGS:
                self._fault((*path, part), f"{part}: means nothing for a jump host")
        known = {part: raw for part, raw in table.items() if part not in SETTINGS or part in JUMP_SETTINGS}
        found = Host(name, spot, settings={one.word: one for one in self._settled(known, path)})
        earlier = self._tree.jumps.setdefault(name, found)
        if earlier is not found:
            self._ledger.fault(spot, f"the jump host {quoted(name)} is already defined at {earlier.spot}")

    def _settings(self, owner: Group | Host, table: Table, path: Path) -> None:
        if path == ("defaults",) and "address" in table:
            self._fault((*path, "address"), "address: belongs to a host")
        for setting in self._settled(table, path):
            self._tree.put(owner, setting)

    def _settled(self, table: Table, path: Path) -> list[Setting]:
        found: list[Setting] = []
        for name, raw in table.items():
            if name == "labels":
                found += self._labels(self._table(table, name, path), (*path, name))
            elif name not in SETTINGS:
                self._unknown((*path, name), (*SETTINGS, "labels"))
            elif setting := self._setting(name, raw, (*path, name)):
                found.append(setting)
        return found

    def _setting(self, name: str, raw: object, path: Path) -> Setting | None:
        kept, types = SETTINGS[name]
        if not isinstance(raw, types) or (isinstance(raw, bool) and bool not in types):
            wanted = " or ".join(_TYPE_WORDS[kind] for kind in types)
            self._fault(path, f"{name}: needs {wanted}")
            return None
        if key.has_template(raw):
            self._fault(path, f"{name}: is a template ({{{{ }}}}), which is not expanded here")
            return None
        notes: Notes = []
        try:
            return Setting(kept, KEYS[kept].parse(raw, notes), self._spot(path))
        except RefusedError as error:
            for inside, message in error.problems:
                self._fault((*path, *inside), f"{name}: {message}")
        return None

    def _labels(self, table: Table, path: Path) -> list[Setting]:
        found: list[Setting] = []
        reserved = {*KEYS, *SETTINGS, "labels"}
        for name, raw in table.items():
            if not isinstance(raw, str):
                self._fault((*path, name), f"the label {quoted(name)} needs a text")
            elif name in reserved or key.canonical(name) in KEYS:
                self._fault((*path, name), f"the label {quoted(name)} has the name of a setting")
            else:
                found.append(Setting(name, key.shown(name, raw), self._spot((*path, name))))
        return found
