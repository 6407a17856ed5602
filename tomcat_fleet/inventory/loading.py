"""Reading an inventory: every file, every fault, then the targets."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tomcat_fleet.errors import Fault, InventoryError
from tomcat_fleet.inventory.ansible_yaml import YamlReader
from tomcat_fleet.inventory.ini import IniReader
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.native import NativeReader
from tomcat_fleet.inventory.pattern import Fleet, select
from tomcat_fleet.inventory.precedence import Ancestry, break_cycles
from tomcat_fleet.inventory.resolve import Resolver
from tomcat_fleet.inventory.source import Format, Shelf, files_of, format_of
from tomcat_fleet.inventory.tree import ALL, Tree, walk
from tomcat_fleet.inventory.varfile import load_variables
from tomcat_fleet.model.target import Target


class _Reader(Protocol):
    def read(self, text: str) -> None: ...


_READERS: Mapping[Format, Callable[[Tree, str], _Reader]] = {
    Format.NATIVE: NativeReader,
    Format.INI: IniReader,
    Format.YAML: YamlReader,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The machines to audit, in the order in which the files define them."""

    targets: tuple[Target, ...]
    jumps: Mapping[str, Target] = field(default_factory=dict)  # jump hosts that are described, by name
    files: Mapping[str, str] = field(default_factory=dict)  # path -> sha256 of every file read
    warnings: tuple[Fault, ...] = ()


def load(paths: Sequence[Path], limit: str | None = None) -> Inventory:
    """Return the targets of all inventories together, cut down to those that ``limit`` (a host pattern) selects.

    Raises ``InventoryError`` with every fault of every file.
    """
    with _without_collector():
        return _load(paths, limit)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A large fleet is millions of small objects, none of them garbage: looking for some takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(paths: Sequence[Path], limit: str | None) -> Inventory:
    ledger = Ledger()
    shelf, tree = Shelf(ledger), Tree(ledger)
    if not paths:
        ledger.fault(Spot("", 0), "no inventory was named")
    folders = [folder for path in dict.fromkeys(paths) for folder in _read(path, tree, shelf)]
    tree.check_promises()
    tree.settle_membership()
    tree.check_names()
    break_cycles(tree)
    # A folder that counts twice counts where it comes last.
    latest = list(dict.fromkeys(reversed(folders)))[::-1]
    files = [load_variables(folder, tree.groups, tree.hosts, shelf) for folder in latest]
    if paths and not tree.hosts and not ledger.faults:
        ledger.fault(Spot(str(paths[0]), 0), "the inventory names no host")
    names = list(tree.hosts) if limit is None or not tree.hosts else select(limit, _fleet(tree), ledger)
    resolver = Resolver(Ancestry(tree, files), ledger)
    targets = resolver.targets(tree.hosts[name] for name in names)
    if ledger.faults:
        raise InventoryError(ledger.faults)
    return Inventory(targets=targets, files=dict(shelf.hashes), warnings=tuple(sorted(set(ledger.warnings))))


def _read(path: Path, tree: Tree, shelf: Shelf) -> Iterator[Path]:
    """Read what ``-i path`` stands for; yields the folders whose group_vars and host_vars belong to it."""
    ansible = path.is_dir()
    for file in files_of(path, tree.ledger):
        text = shelf.read(file)
        found = format_of(file, text, tree.ledger) if text is not None else None
        if text is None or found is None:
            continue
        _READERS[found](tree, str(file)).read(text)
        ansible = ansible or found is not Format.NATIVE
    if ansible:
        yield path if path.is_dir() else path.parent


def _fleet(tree: Tree) -> Fleet:
    groups: dict[str, Sequence[str]] = {}
    for name in tree.groups:
        if name != ALL:
            groups[name] = list(
                dict.fromkeys(host for group in walk(tree, (name,)) for host in tree.groups[group].hosts)
            )
    return Fleet(hosts=tree.hosts, groups=groups | {ALL: list(tree.hosts)})
