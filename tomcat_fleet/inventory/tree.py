"""Groups and hosts as all inventory files together define them, before anything is inherited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tomcat_fleet.inventory.key import KEYS, Setting, canonical
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.openssh.config import Config
from tomcat_fleet.model.spelling import meant, quoted

ALL = "all"
UNGROUPED = "ungrouped"


@dataclass(slots=True)
class Group:
    """A group under construction. ``children`` keeps where each child was named."""

    name: str
    spot: Spot
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, Spot] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    priority: int = 1


@dataclass(slots=True)
class Host:
    """A host under construction."""

    name: str
    spot: Spot
    groups: dict[str, None] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    config: Config | None = None  # the OpenSSH configuration that named it, which says everything of it


@dataclass(slots=True)
class Tree:
    """Everything the files define. ``promised`` holds groups that are named and must be ``declared`` somewhere."""

    ledger: Ledger
    groups: dict[str, Group] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    promised: list[tuple[str, Spot, str]] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    taken: dict[str, Spot] = field(default_factory=dict)  # hosts that only one place may describe
    jumps: dict[str, Host] = field(default_factory=dict)  # jump hosts with a table of their own
    configs: list[Config] = field(default_factory=list)  # OpenSSH configurations among the inventories

    def __post_init__(self) -> None:
        for name in (ALL, UNGROUPED):
            self.declare(name, Spot("", 0))

    def group(self, name: str, spot: Spot) -> Group:
        """Return the group of that name, made when it is new."""
        if name not in self.groups:
            self.groups[name] = Group(name, spot)
        return self.groups[name]

    def declare(self, name: str, spot: Spot) -> Group:
        """Return the group of that name, from now on a defined one."""
        self.declared.add(name)
        return self.group(name, spot)

    def host(self, name: str, group: str, spot: Spot) -> Host:
        """Return the host of that name, made when it is new, as a member of ``group``."""
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = Host(name, spot)
        if group != ALL:
            host.groups[group] = None
            self.groups[group].hosts[name] = None
        return host

    def take(self, name: str, spot: Spot) -> bool:
        """Whether ``name`` is described for the first time; a fault where it is not and may be only once."""
        earlier = self.taken.setdefault(name, spot)
        if earlier is not spot:
            self.ledger.fault(spot, f"the host {quoted(name)} is already defined at {earlier}")
        return earlier is spot

    def child(self, parent: str, child: str, spot: Spot) -> None:
        """Make ``child`` a subgroup of ``parent``."""
        self.group(parent, spot).children.setdefault(child, spot)

    def promise(self, name: str, spot: Spot, message: str) -> None:
        """Expect the group ``name`` to be defined by the time every file is read; ``message`` if it is not."""
        self.promised.append((name, spot, message))

    def put(self, owner: Group | Host, setting: Setting) -> None:
        """Set a variable; a later definition counts, and one that contradicts an earlier is noted."""
        name = canonical(setting.word)
        earlier = owner.settings.get(name)
        if earlier and name in KEYS and (earlier.value, earlier.spot) != (setting.value, setting.spot):
            self._contradiction(owner, earlier, setting)
        owner.settings[name] = setting

    def _contradiction(self, owner: Group | Host, earlier: Setting, setting: Setting) -> None:
        if earlier.value != setting.value:
            self.ledger.warn(
                setting.spot, f"{setting.word} of {quoted(owner.name)} replaces the value set at {earlier.spot}"
            )

    def check_promises(self) -> None:
        """Report every group that was named and never declared, and forget it as a child."""
        for name, spot, message in self.promised:
            if name not in self.declared:
                self.ledger.fault(spot, message + meant(name, self.declared))
        for group in self.groups.values():
            group.children = {name: spot for name, spot in group.children.items() if name in self.declared}

    def check_names(self) -> None:
        """Note every name that is both a host's and a group's: a pattern means the host."""
        for name in self.hosts.keys() & self.groups.keys():
            self.ledger.warn(self.hosts[name].spot, f"{quoted(name)} is the name of a host and of a group")

    def settle_membership(self) -> None:
        """Give every host without a group to ``ungrouped``, and take the others out of it."""
        for host in self.hosts.values():
            if len(host.groups) > 1:
                host.groups.pop(UNGROUPED, None)
            elif not host.groups:
                host.groups[UNGROUPED] = None
        self.groups[UNGROUPED].hosts = {name: None for name, host in self.hosts.items() if UNGROUPED in host.groups}


def walk(tree: Tree, start: Iterable[str]) -> Iterator[str]:
    """``start`` and all groups below, nearest first, each once."""
    waiting, seen = list(start), set[str]()
    for name in waiting:
        if name in seen or name not in tree.groups:
            continue
        seen.add(name)
        yield name
        waiting.extend(tree.groups[name].children)
