"""What a host inherits, in Ansible's order.

Sources: Ansible's "Using variables", section on precedence, and its inventory guide on merging. Group variables of the
inventory files come first, ``all`` before the others and those by depth, priority and name; the ``group_vars`` files
follow, again ``all`` before the others; then the host's own variables and its ``host_vars`` files. Later overrides
earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tomcat_fleet.inventory.key import Setting
from tomcat_fleet.inventory.ledger import Ledger
from tomcat_fleet.inventory.tree import ALL, UNGROUPED, Group, Host, Tree
from tomcat_fleet.inventory.varfile import VariableFiles
from tomcat_fleet.model.spelling import quoted


@dataclass(frozen=True, slots=True)
class Inherited:
    """What all hosts with the same groups share."""

    groups: tuple[str, ...]  # every group above the host, sorted, without all and ungrouped
    settings: Mapping[str, Setting]


def break_cycles(tree: Tree) -> None:
    """Report every cycle of groups at the line that closes it, and open it there."""
    done: set[str] = set()
    for start in tree.groups:
        if start not in done:
            _search(tree.groups, start, done, tree.ledger)


def _search(groups: Mapping[str, Group], start: str, done: set[str], ledger: Ledger) -> None:
    trail: dict[str, list[str]] = {start: list(groups[start].children)}  # the way down, and what is left to visit
    while trail:
        name, left = next(reversed(trail.items()))
        if not left:
            done.add(name)
            del trail[name]
            continue
        child = left.pop(0)
        if child in trail or child == ALL:
            _report(groups[name], child, list(trail), ledger)
        elif child not in done:
            trail[child] = list(groups[child].children)


def _report(group: Group, child: str, trail: Sequence[str], ledger: Ledger) -> None:
    spot = group.children.pop(child)
    if child == ALL:
        ledger.fault(spot, f"the group {quoted(ALL)} contains every other and cannot be a child")
        return
    way = " > ".join([*trail[trail.index(child) :], child])
    ledger.fault(spot, f"the groups form a cycle: {way}")


@dataclass(slots=True)
class Ancestry:
    """Parents, depths and merged variables of the groups of a tree without cycles."""

    tree: Tree
    files: Sequence[VariableFiles]
    _parents: dict[str, list[str]] = field(default_factory=dict)
    _depths: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[str, ...], Inherited] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, group in self.tree.groups.items():
            for child in group.children:
                self._parents.setdefault(child, []).append(name)
        self._measure()

    def _measure(self) -> None:
        """Depth of a group: the longest way down from ``all``."""
        depths = dict.fromkeys(self.tree.groups, 1) | {ALL: 0}
        missing = {name: len([up for up in self._parents.get(name, ()) if up != ALL]) for name in self.tree.groups}
        ready = [name for name, count in missing.items() if not count]
        for name in ready:
            for child in self.tree.groups[name].children if name != ALL else ():
                depths[child] = max(depths[child], depths[name] + 1)
                missing[child] -= 1
                if not missing[child]:
                    ready.append(child)
        self._depths = depths

    def _above(self, groups: Iterable[str]) -> list[str]:
        found = dict.fromkeys(groups)
        for name in (waiting := list(found)):
            for parent in self._parents.get(name, ()):
                if parent not in found:
                    found[parent] = None
                    waiting.append(parent)
        found.pop(ALL, None)
        return sorted(found, key=lambda name: (self._depths[name], self.tree.groups[name].priority, name))

    def inherited(self, host: Host) -> Inherited:
        """Return what ``host`` has from its groups."""
        key = tuple(host.groups)
        if key not in self._known:
            self._known[key] = self._merge(key)
        return self._known[key]

    def _merge(self, direct: tuple[str, ...]) -> Inherited:
        groups = self._above(direct)
        settings: dict[str, Setting] = {}
        for name in (ALL, *groups):
            settings.update(self.tree.groups[name].settings)
        for names in ((ALL,), groups):
            for folder in self.files:
                for name in names:
                    settings.update(folder.groups.get(name, {}))
        return Inherited(groups=tuple(sorted(set(groups) - {UNGROUPED})), settings=settings)

    def own(self, host: Host) -> Mapping[str, Setting]:
        """Return what is said of ``host`` itself."""
        found: Mapping[str, Setting] = host.settings
        for folder in self.files:
            extra = folder.hosts.get(host.name)
            if extra:
                found = {**found, **extra}
        return found
