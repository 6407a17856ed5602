"""Reading an inventory: every file, every fault, then the targets."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tomcat_fleet.errors import Fault, InventoryError
from tomcat_fleet.inventory.ansible_yaml import YamlReader
from tomcat_fleet.inventory.format import Format
from tomcat_fleet.inventory.ini import IniReader
from tomcat_fleet.inventory.jump_host import JumpHosts
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.listing import ListingReader
from tomcat_fleet.inventory.native import NativeReader
from tomcat_fleet.inventory.opening import Source, open_source
from tomcat_fleet.inventory.openssh.config import Config, ConfigReader
from tomcat_fleet.inventory.openssh.reader import OpenSshReader
from tomcat_fleet.inventory.openssh.setting import Answers
from tomcat_fleet.inventory.overlay import Overlay
from tomcat_fleet.inventory.pattern import Fleet, select
from tomcat_fleet.inventory.plain import PlainReader
from tomcat_fleet.inventory.precedence import Ancestry, break_cycles
from tomcat_fleet.inventory.program import Bounds
from tomcat_fleet.inventory.resolve import Resolver
from tomcat_fleet.inventory.shelf import STDIN, Shelf, name_of
from tomcat_fleet.inventory.source import files_of
from tomcat_fleet.inventory.table import TableReader
from tomcat_fleet.inventory.tree import ALL, Tree, walk
from tomcat_fleet.inventory.varfile import load_variables
from tomcat_fleet.model.target import Target


class _Reader(Protocol):
    def read(self, text: str) -> None: ...


_READERS: Mapping[Format, Callable[[Tree, Shelf, Source], _Reader]] = {
    Format.NATIVE: lambda tree, _shelf, source: NativeReader(tree, source.file),
    Format.INI: lambda tree, _shelf, source: IniReader(tree, source.file),
    Format.YAML: lambda tree, _shelf, source: YamlReader(tree, source.file),
    Format.LISTING: lambda tree, _shelf, source: ListingReader(tree, source.file, source.ask),
    Format.TABLE: lambda tree, _shelf, source: TableReader(tree, source.file),
    Format.OPENSSH: lambda tree, shelf, source: OpenSshReader(tree, shelf, source.file),
    Format.PLAIN: lambda tree, _shelf, source: PlainReader(tree, source.file),
}
# Formats beside which group_vars and host_vars count: those that Ansible itself reads.
_OF_ANSIBLE = frozenset({Format.INI, Format.YAML, Format.LISTING, Format.PLAIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The machines to audit, in the order in which the files define them."""

    targets: tuple[Target, ...]
    jumps: Mapping[str, Target] = field(default_factory=dict)  # jump hosts that are described, by name
    files: Mapping[str, str] = field(default_factory=dict)  # path -> sha256 of every file read
    warnings: tuple[Fault, ...] = ()

    def carried(self, transport: str | None) -> Inventory:
        """The same with every target reached by ``transport``, where one is given."""
        if transport is None:
            return self
        return replace(self, targets=tuple(replace(target, transport=transport) for target in self.targets))


def load(
    paths: Sequence[Path], limit: str | None = None, ssh_config: Path | None = None, *, bounds: Bounds | None = None
) -> Inventory:
    """Return the targets of all inventories together, cut down to those that ``limit`` (a host pattern) selects.

    ``ssh_config`` fills what the inventories leave open. ``bounds`` hold for inventory scripts. Raises
    ``InventoryError`` with every fault of every file.
    """
    with _without_collector():
        return _load(paths, limit, ssh_config, bounds or Bounds())


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


def _load(paths: Sequence[Path], limit: str | None, ssh_config: Path | None, bounds: Bounds) -> Inventory:
    ledger = Ledger()
    shelf, tree = Shelf(ledger), Tree(ledger)
    if not paths:
        ledger.fault(Spot("", 0), "no inventory was named")
    folders = [folder for path in dict.fromkeys(paths) for folder in _read(path, tree, shelf, bounds)]
    tree.check_promises()
    tree.settle_membership()
    tree.check_names()
    break_cycles(tree)
    # A folder that counts twice counts where it comes last.
    latest = list(dict.fromkeys(reversed(folders)))[::-1]
    files = [load_variables(folder, tree.groups, tree.hosts, shelf) for folder in latest]
    config = _config(ssh_config, shelf)
    if paths and not tree.hosts and not ledger.faults:
        ledger.fault(Spot(name_of(paths[0]), 0), _no_host(ledger))
    names = list(tree.hosts) if limit is None or not tree.hosts else select(limit, _fleet(tree), ledger)
    resolver = Resolver(Ancestry(tree, files), ledger, Overlay(config, Answers(ledger)) if config else None)
    targets = resolver.targets(tree.hosts[name] for name in names)
    jump_hosts = JumpHosts(tree, resolver, tuple([config, *tree.configs] if config else tree.configs))
    jumps = jump_hosts.of(targets)
    if limit is None:
        jump_hosts.note_unused(targets)
    resolver.report()
    if ledger.faults:
        raise InventoryError(ledger.faults)
    return Inventory(
        targets=targets, jumps=jumps, files=dict(shelf.hashes), warnings=tuple(sorted(set(ledger.warnings)))
    )


def _no_host(ledger: Ledger) -> str:
    """What a program said of it belongs to the fault: nobody is shown warnings of a sweep that does not begin."""
    said = "; ".join(warning.message for warning in ledger.warnings if warning.message.startswith("said on stderr"))
    return "the inventory names no host" + (f" ({said})" if said else "")


def _config(path: Path | None, shelf: Shelf) -> Config | None:
    text = shelf.read(path) if path else None
    return None if path is None or text is None else ConfigReader(shelf, str(path)).read(text)


def _read(path: Path, tree: Tree, shelf: Shelf, bounds: Bounds) -> Iterator[Path]:
    """Read what ``-i path`` stands for; yields the folders whose group_vars and host_vars belong to it."""
    ansible = path.is_dir()
    for file in files_of(path, tree.ledger):
        source = open_source(file, shelf, bounds)
        if source:
            _READERS[source.format](tree, shelf, source).read(source.text)
            ansible = ansible or (source.format in _OF_ANSIBLE and file != STDIN)
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
