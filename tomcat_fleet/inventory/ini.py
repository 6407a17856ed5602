"""Ansible's INI format.

Rules: the documentation of its ``ini`` plugin, and what ``ansible-inventory`` makes of values: Python literals where
they can be, on a host line and in a ``[group:vars]`` section alike. A section line, a host line and a child line
may end in a comment; on a ``:vars`` line everything after the ``=`` is the value, unless it is a literal.
"""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Callable

from tomcat_fleet.inventory.expand import BadRangeError, expand, split_port
from tomcat_fleet.inventory.key import settle
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.tree import UNGROUPED, Group, Host, Tree
from tomcat_fleet.inventory.value import RefusedError, group_name, host_name
from tomcat_fleet.model.spelling import meant, quoted

_SECTION = re.compile(r"\[(?P<group>[^:\]\s]+)(?::(?P<kind>\w+))?\]\s*(?:[#;].*)?\Z")
_CHILD = re.compile(r"(?P<group>[^:\]\s]+)\s*(?:[#;].*)?\Z")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_SURELY_TEXT = re.compile(r"(?!(?:True|False|None)\Z)(?:[A-Za-z_/~][\w./:@~-]*|\d+\.\d+\.\d+\.\d+)\Z", re.ASCII)
_QUOTING = re.compile(r"""["'\\#]""")


def literal(written: str) -> object:
    """Return what a Python literal stands for; ``written`` itself when it is none."""
    if _SURELY_TEXT.match(written):
        return written
    if _INTEGER.match(written) and len(written) < 19:
        return int(written)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: object = ast.literal_eval(written)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return written
    return _coerced(found)


def _coerced(found: object) -> object:
    """Take what a literal can be and a variable cannot for its nearest kind."""
    if isinstance(found, list | tuple | set):
        return [_coerced(part) for part in found]
    if isinstance(found, dict):
        return {key: _coerced(part) for key, part in found.items()}
    if isinstance(found, bytes):
        return found.decode("utf-8", "surrogateescape")
    return "..." if found is ... else str(found) if isinstance(found, complex) else found


class IniReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger: Ledger = tree.ledger
        self._group = UNGROUPED
        self._kind = "hosts"
        self._line: dict[str, Callable[[str, Spot], None]] = {
            "hosts": self._host_line,
            "vars": self._variable_line,
            "children": self._child_line,
            "": lambda _line, _spot: None,  # below a section that was refused
        }

    def read(self, text: str) -> None:
        """Read every line of the file; faults go to the ledger and reading goes on."""
        for number, raw in enumerate(text.split("\n"), 1):
            line = raw.strip()
            if not line or line[0] in "#;":
                continue
            spot = Spot(self._file, number)
            if line[0] == "[" and self._is_header(line):
                self._header(line, spot)
            else:
                self._line[self._kind](line, spot)

    def _is_header(self, line: str) -> bool:
        if _SECTION.match(line) or line.endswith("]") or "]" not in line:
            return True
        return self._kind != "hosts"

    def _header(self, line: str, spot: Spot) -> None:
        found = _SECTION.match(line)
        kind = (found["kind"] or "hosts") if found else ""
        self._kind = ""
        if not found:
            self._ledger.fault(spot, f"{quoted(line)} is not a section: [group], [group:vars] or [group:children]")
            return
        if kind not in {"hosts", "vars", "children"}:
            known = ("hosts", "vars", "children")
            self._ledger.fault(spot, f"section of unknown kind {quoted(kind)}{meant(kind, known)}")
            return
        if self._named(found["group"], spot):
            self._group, self._kind = found["group"], kind
            self._open(spot)

    def _open(self, spot: Spot) -> None:
        if self._kind != "vars":
            self._tree.declare(self._group, spot)
        else:
            self._tree.promise(self._group, spot, f"[{self._group}:vars] is for a group that is not defined")

    def _named(self, group: str, spot: Spot) -> bool:
        try:
            group_name(group)
        except RefusedError as error:
            self._ledger.fault(spot, str(error))
            return False
        return True

    def _child_line(self, line: str, spot: Spot) -> None:
        found = _CHILD.match(line)
        if not found or "=" in line:
            shown = "this" if "=" in line else quoted(line)  # a misplaced variable may be a password
            self._ledger.fault(spot, f"{shown} is not a group name; [{self._group}:children] lists one per line")
        elif self._named(found["group"], spot):
            child = found["group"]
            self._tree.promise(
                child, spot, f"[{self._group}:children] names the group {quoted(child)}, which is not defined"
            )
            self._tree.child(self._group, child, spot)

    def _variable_line(self, line: str, spot: Spot) -> None:
        name, equals, written = (part.strip() for part in line.partition("="))
        if not equals or not name:
            self._ledger.fault(spot, f"[{self._group}:vars] needs name=value on every line")
            return
        self._set(self._tree.group(self._group, spot), name, literal(written), spot)

    def _host_line(self, line: str, spot: Spot) -> None:
        try:
            words = shlex.split(line, comments=True) if _QUOTING.search(line) else line.split()
        except ValueError:
            self._ledger.fault(spot, "a quote is not closed")
            return
        if "=" in words[0]:  # not quoted: it may well be a password
            self._ledger.fault(spot, "a line begins with a host; variables of a group belong in its :vars section")
            return
        hosts = members(self._tree, words[0], self._group, spot)
        for position, word in enumerate(words[1:], 2):
            name, equals, written = word.partition("=")
            if not equals or not name:
                self._ledger.fault(spot, f"after the host come name=value pairs; word {position} of the line is none")
                continue
            self._set_all(hosts, name, literal(written), spot)

    def _set_all(self, hosts: list[Host], name: str, raw: object, spot: Spot) -> None:
        setting = settle(name, raw, spot, self._ledger)
        for host in hosts if setting else ():
            assert setting is not None
            self._tree.put(host, setting)

    def _set(self, group: Group, name: str, raw: object, spot: Spot) -> None:
        if name == "ansible_group_priority":
            set_priority(group, raw, spot, self._ledger)
        elif setting := settle(name, raw, spot, self._ledger):
            self._tree.put(group, setting)


def set_priority(group: Group, raw: object, spot: Spot, ledger: Ledger) -> None:
    """``ansible_group_priority``: among groups of one depth, the higher counts."""
    digits = str(raw).strip()
    if isinstance(raw, bool) or not re.match(r"-?\d{1,9}\Z", digits, re.ASCII):
        ledger.fault(spot, f"ansible_group_priority: {quoted(raw)} is not a whole number")
        return
    group.priority = int(digits)


def members(tree: Tree, pattern: str, group: str, spot: Spot) -> list[Host]:
    """Enter every host that ``pattern`` stands for into ``group``; its port counts for hosts that are new."""
    try:
        names = _names(pattern)
    except (BadRangeError, RefusedError) as error:
        tree.ledger.fault(spot, f"host {quoted(pattern)}: {error}")
        return []
    earlier = {name: tree.hosts[name].spot for name in names if name in tree.hosts}
    hosts = [tree.host(name, group, spot) for name in names]
    _, port = split_port(pattern)
    setting = settle("ansible_port", port, spot, tree.ledger) if port is not None else None
    for host in hosts if setting else ():
        assert setting is not None
        if host.name not in earlier:
            tree.put(host, setting)
        elif not (known := host.settings.get("ansible_port")) or known.value != port:
            named = f"{quoted(host.name)} was named before ({earlier[host.name]})"
            tree.ledger.warn(spot, f"the port {port} does not count, as {named}")
    return hosts


def _names(pattern: str) -> list[str]:
    name, _ = split_port(pattern)
    if name.endswith(":"):
        raise RefusedError("a port has to follow the colon")
    found = list(expand(name))
    for each in found:
        host_name(each)
    return found
