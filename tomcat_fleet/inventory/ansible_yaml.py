"""Ansible's YAML inventory: groups with ``hosts``, ``vars`` and ``children``."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from tomcat_fleet.inventory.document import Document, Entry, is_empty
from tomcat_fleet.inventory.ini import members, set_priority
from tomcat_fleet.inventory.key import settle
from tomcat_fleet.inventory.ledger import Spot
from tomcat_fleet.inventory.tree import Group, Host, Tree
from tomcat_fleet.inventory.value import RefusedError, group_name
from tomcat_fleet.model.spelling import meant, quoted

_SECTIONS = ("hosts", "vars", "children")
_MOST_AGAIN = 10_000


class _Way(NamedTuple):
    """A group as read at one place."""

    name: str
    node: int


class YamlReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger = tree.ledger
        self._waiting: list[Entry | tuple[Group, Entry] | _Way] = []  # the next thing to read comes last
        self._way: set[_Way] = set()  # groups that are being read just now
        self._seen: set[_Way] = set()
        self._again = 0

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
        self._waiting.extend(groups[::-1])
        self._read_waiting(document)

    def _read_waiting(self, document: Document) -> None:
        """Go through everything in the document's order: where a variable is set twice, the later one counts."""
        while self._waiting:
            item = self._waiting.pop()
            if isinstance(item, Entry):
                self._group(document, item)
            elif isinstance(item, _Way):
                self._way.discard(item)
            else:
                self._section(document, *item)

    def _may_enter(self, entry: Entry) -> bool:
        """Whether to read a group; aliases may lead back into it, or to the same groups without end."""
        way = _Way(entry.name, id(entry.node))
        if way in self._way:
            return False
        self._again += way in self._seen
        if self._again == _MOST_AGAIN:
            self._ledger.fault(entry.spot, f"YAML: aliases repeat groups more than {_MOST_AGAIN} times")
        self._way.add(way)
        self._seen.add(way)
        self._waiting.append(way)
        return self._again < _MOST_AGAIN

    def _group(self, document: Document, entry: Entry) -> None:
        if not self._may_enter(entry):
            return
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
        self._waiting.extend([(group, section) for section in document.entries(entry.node)][::-1])

    def _section(self, document: Document, group: Group, section: Entry) -> None:
        """Enter hosts and variables, and line up the child groups."""
        if section.name not in _SECTIONS:
            self._ledger.warn(
                section.spot,
                f"{quoted(section.name)} in the group {quoted(group.name)} has no meaning"
                f"{meant(section.name, _SECTIONS)}; a group has hosts, vars and children",
            )
            return
        entries = self._mapping(document, section)
        for entry in entries:
            if section.name == "vars":
                self._variable(document, group, entry)
            elif section.name == "hosts":
                self._host(document, group, entry)
            else:
                self._tree.child(group.name, entry.name, entry.spot)
        if section.name == "children":
            self._waiting.extend(entries[::-1])

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
