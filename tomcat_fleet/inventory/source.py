"""Finding the files that an inventory consists of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tomcat_fleet.inventory.ledger import Ledger, Spot

_LEFT_OUT = (
    "~", ".bak", ".orig", ".cfg", ".retry", ".swp", ".pyc", ".pyo", ".rpm", ".rpmsave", ".rpmnew", ".dpkg-old",
    ".dpkg-dist", ".md", ".txt", ".rst",
)  # fmt: skip
_NOT_INVENTORIES = frozenset({"group_vars", "host_vars", "vars_plugins"})


def files_of(path: Path, ledger: Ledger) -> Iterator[Path]:
    """Return the inventory files that ``-i path`` stands for: itself, or those of a directory in Ansible's order."""
    if not path.is_dir():
        yield path
        return
    found = False
    for each in _below(path, ledger):
        found = True
        yield each
    if not found:
        ledger.fault(Spot(str(path), 0), "the directory holds no inventory file")


def _below(directory: Path, ledger: Ledger) -> Iterator[Path]:
    waiting, seen = [directory], set[str]()
    while waiting:
        path = waiting.pop()
        if not path.is_dir():
            yield path
            continue
        if (real := os.path.realpath(path)) in seen:
            continue
        seen.add(real)
        try:
            found = sorted(path.iterdir(), reverse=True)
        except OSError as error:
            ledger.fault(Spot(str(path), 0), f"cannot be read: {error.strerror}")
            continue
        waiting.extend(each for each in found if _counts(each.name))


def _counts(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_LEFT_OUT) and name not in _NOT_INVENTORIES
