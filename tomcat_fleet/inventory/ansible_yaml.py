"""Ansible's YAML inventory: groups with ``hosts``, ``vars`` and ``children``."""

from __future__ import annotations

import yaml

from tomcat_fleet.inventory.document import Document, Entry, is_empty
from tomcat_fleet.inventory.ini import members, set_priority
from tomcat_fleet.inventory.key import settle
from tomcat_fleet.inventory.ledger import Spot, meant, quoted
from tomcat_fleet.inventory.tree import Group, Host, Tree
from tomcat_fleet.inventory.value import RefusedError, group_name

_SECTIONS = ("hosts", "vars", "children")


class YamlReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger = tree.ledger
        self._waiting: list[Entry] = []
        self._seen: set[tuple[str, int]] = set()

    def read(self, text: str) -> None:
        """Read the whole document; faults go to the ledger and reading goes on."""
        faults = len(self._ledger.faults)
        document = Document(text, self._file, self._ledger)
        root = document.root
        if len(self._ledger.faults) > faults or is_empty(root) or root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            self._ledger.fault(document.spot(root), "a YAML inventory is a mapping of group names")
            return
        groups = list(document.entries(root))
        plugin = next((entry for entry in groups if entry.name == "plugin"), None)
        if plugin:
            self._ledger.fault(
                plugin.spot,
                "this configures an inventory plugin; export its hosts with ansible-inventory --list --yaml",
            )
            return
        self._waiting = groups[::-1]
        while self._waiting:
            self._group(document, self._waiting.pop())

    def _group(self, document: Document, entry: Entry) -> None:
        if (entry.name, id(entry.node)) in self._seen:
            return
        self._seen.add((entry.name, id(entry.node)))
        try:
            group = self._tree.declare(group_name(entry.name), entry.spot)
        except RefusedError as error:
            self._ledger.fault(entry.spot, str(error))
            return
        if is_empty(entry.node):
            return
        if not isinstance(entry.node, yaml.MappingNode):
            self._ledger.fault(
                entry.spot, f"the group {quoted(entry.name)} has to be a mapping of hosts, vars, children"
            )
            return
        children: list[Entry] = []
        for section in document.entries(entry.node):
            children += self._section(document, group, section)
        self._waiting.extend(children[::-1])

    def _section(self, document: Document, group: Group, section: Entry) -> list[Entry]:
        """Enter hosts and variables; returns the child groups, still to be read."""
        if section.name not in _SECTIONS:
            self._ledger.warn(
                section.spot,
                f"{quoted(section.name)} in the group {quoted(group.name)} has no meaning"
                f"{meant(section.name, _SECTIONS)}; a group has hosts, vars and children",
            )
            return []
        entries = self._mapping(document, section)
        for entry in entries:
            if section.name == "vars":
                self._variable(document, group, entry)
            elif section.name == "hosts":
                self._host(document, group, entry)
            else:
                self._tree.child(group.name, entry.name, entry.spot)
        return entries if section.name == "children" else []

    def _mapping(self, document: Document, section: Entry) -> list[Entry]:
        """Entries of a section; a lone text stands for one entry without content."""
        if is_empty(section.node):
            return []
        if isinstance(section.node, yaml.ScalarNode) and section.name != "vars":
            nothing = yaml.ScalarNode("tag:yaml.org,2002:null", "", section.node.start_mark, section.node.end_mark)
            return [Entry(section.node.value, nothing, document.spot(section.node))]
        if not isinstance(section.node, yaml.MappingNode):
            self._ledger.fault(section.spot, f"{section.name} has to be a mapping (name: …), not a list or a text")
            return []
        return list(document.entries(section.node))

    def _variable(self, document: Document, group: Group, entry: Entry) -> None:
        raw = document.value(entry.node)
        if entry.name == "ansible_group_priority":
            set_priority(group, raw, entry.spot, self._ledger)
        elif setting := settle(entry.name, raw, entry.spot, self._ledger):
            self._tree.put(group, setting)

    def _host(self, document: Document, group: Group, entry: Entry) -> None:
        hosts = members(self._tree, entry.name, group.name, entry.spot)
        if is_empty(entry.node):
            return
        if not isinstance(entry.node, yaml.MappingNode):
            self._ledger.fault(entry.spot, f"the variables of host {quoted(entry.name)} have to be a mapping")
            return
        for variable in document.entries(entry.node):
            self._host_variable(document, hosts, variable)

    def _host_variable(self, document: Document, hosts: list[Host], variable: Entry) -> None:
        spot: Spot = variable.spot
        setting = settle(variable.name, document.value(variable.node), spot, self._ledger)
        for host in hosts if setting else ():
            assert setting is not None
            self._tree.put(host, setting)
