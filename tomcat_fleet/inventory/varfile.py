"""``group_vars`` and ``host_vars`` beside an inventory.

Which file counts for a name follows Ansible: the first of ``NAME`` (file or directory), ``NAME.yml``, ``NAME.yaml``,
``NAME.json``; a directory is read in sorted order, hidden files and ``~`` copies left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tomcat_fleet.inventory.document import Document, is_empty
from tomcat_fleet.inventory.key import Setting, canonical, settle
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.shelf import Shelf

_ENDINGS = ("", ".yml", ".yaml", ".json")
_VAULT = "$ANSIBLE_VAULT"


@dataclass(frozen=True, slots=True)
class VariableFiles:
    """What one directory's ``group_vars`` and ``host_vars`` say."""

    groups: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)


def load_variables(directory: Path, groups: Iterable[str], hosts: Iterable[str], shelf: Shelf) -> VariableFiles:
    """Variables of those of the given names that have a file; every file read is entered on the shelf."""
    return VariableFiles(
        groups=_load(directory / "group_vars", groups, shelf), hosts=_load(directory / "host_vars", hosts, shelf)
    )


def _load(folder: Path, names: Iterable[str], shelf: Shelf) -> dict[str, dict[str, Setting]]:
    present = _names(folder, shelf.ledger)
    if not present:
        return {}
    found: dict[str, dict[str, Setting]] = {}
    for name in names:
        candidates = [name + ending for ending in _ENDINGS if name + ending in present]
        if candidates:
            found[name] = _variables(folder, candidates, shelf)
    return found


def _names(folder: Path, ledger: Ledger) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        ledger.fault(Spot(str(folder), 0), f"cannot be read: {error.strerror}")
        return frozenset()


def _variables(folder: Path, candidates: list[str], shelf: Shelf) -> dict[str, Setting]:
    first = folder / candidates[0]
    if candidates[0].endswith(_ENDINGS[1:]) and first.is_dir():
        return {}
    for shadowed in candidates[1:]:
        shelf.ledger.warn(Spot(str(folder / shadowed), 0), f"not read, because {candidates[0]} comes before it")
    found: dict[str, Setting] = {}
    for path in _below(first, shelf.ledger) if first.is_dir() else [first]:
        found.update(_read(path, shelf))
    return found


def _below(directory: Path, ledger: Ledger) -> list[Path]:
    """Return the variable files of a directory and of those in it, links followed, each directory once."""
    found: list[Path] = []
    waiting, seen = [directory], set[Path]()
    while waiting:
        folder = waiting.pop()
        if (real := folder.resolve()) in seen:
            continue
        seen.add(real)
        for path in sorted(folder / name for name in _names(folder, ledger)):
            if path.name.startswith(".") or path.name.endswith("~"):
                continue
            if path.is_dir() and not path.suffix:
                waiting.append(path)
            elif path.is_file() and path.suffix in _ENDINGS:
                found.append(path)
    return sorted(found)


def _read(path: Path, shelf: Shelf) -> dict[str, Setting]:
    file, ledger = str(path), shelf.ledger
    text = shelf.read(path)
    if text is None:
        return {}
    if text.startswith(_VAULT):
        ledger.warn(Spot(file, 0), "is encrypted with Ansible Vault and was skipped")
        return {}
    # Tabs between JSON's tokens mean nothing to JSON and are an error in YAML; inside its strings they cannot be.
    document = Document(text.replace("\t", " ") if path.suffix == ".json" else text, file, ledger)
    if document.root is None or is_empty(document.root):
        return {}
    if not isinstance(document.root, yaml.MappingNode):
        ledger.fault(document.spot(document.root), "a file of variables is a mapping of names to values")
        return {}
    return _settings(document, document.root, ledger)


def _settings(document: Document, root: yaml.MappingNode, ledger: Ledger) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for entry in document.entries(root):
        if entry.name == "ansible_group_priority":
            ledger.warn(entry.spot, "ansible_group_priority counts only in the inventory file itself")
        elif setting := settle(entry.name, document.value(entry.node), entry.spot, ledger):
            found[canonical(entry.name)] = setting
    return found
