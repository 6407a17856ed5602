"""Finding and reading inventory files, and telling their formats apart."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tomcat_fleet.inventory.ledger import Ledger, Spot, quoted


class Format(StrEnum):
    """What a file is written in."""

    NATIVE = "toml"
    INI = "ini"
    YAML = "yaml"


_BY_ENDING = {".toml": Format.NATIVE, ".ini": Format.INI, ".cfg": Format.INI, ".yml": Format.YAML, ".yaml": Format.YAML}
_LEFT_OUT = (
    "~", ".bak", ".orig", ".retry", ".swp", ".pyc", ".pyo", ".rpm", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist",
    ".md", ".txt", ".rst",
)  # fmt: skip
_NOT_INVENTORIES = frozenset({"group_vars", "host_vars", "vars_plugins"})
_YAML_START = re.compile(r"---|[\w.-]+:(?:\s|\Z)")
_INI_START = re.compile(r"\[[^\]\s]+\]\s*(?:[#;].*)?\Z")
_HOST_LINE = re.compile(r"[\w.\[\]:-]+(?:\s+\w+=.*|\s*[#;].*)?\Z")
_OTHER_TOOLS = frozenset({".csv", ".tsv", ".json", ".xlsx", ".xml", ".sh", ".py"})  # a word alone proves nothing there


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads files, remembering the hash of each."""

    ledger: Ledger
    hashes: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path) -> str | None:
        """Text of a UTF-8 file with any line ends; None, with a fault noted, when there is none."""
        file = str(path)
        try:
            raw = path.read_bytes()
        except OSError as error:
            self.ledger.fault(Spot(file, 0), f"cannot be read: {error.strerror}")
            return None
        self.hashes[file] = hashlib.sha256(raw).hexdigest()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.ledger.fault(Spot(file, line), "is not UTF-8 text")
            return None
        if "\0" in text:
            self.ledger.fault(Spot(file, text.count("\n", 0, text.index("\0")) + 1), "is not text: it holds a NUL")
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n")


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


def format_of(path: Path, text: str, ledger: Ledger) -> Format | None:
    """By the ending, else by the first line that says something; None, with a fault noted, when neither tells."""
    spot = Spot(str(path), 0)
    if text.startswith("$ANSIBLE_VAULT"):
        ledger.fault(spot, "the inventory itself is encrypted with Ansible Vault; decrypt it or name another")
    elif text.startswith("#!"):
        ledger.fault(spot, "looks like a program; inventories are read, never run")
    elif found := _BY_ENDING.get(path.suffix.lower()) or _by_content(path, text):
        return found
    else:
        ledger.fault(
            spot,
            f"is no inventory that can be read here ({quoted(path.suffix or 'no ending')}): "
            "native TOML (.toml), Ansible INI (no ending, .ini, .cfg) or Ansible YAML (.yml, .yaml)",
        )
    return None


def _by_content(path: Path, text: str) -> Format | None:
    first = next((line.strip() for line in text.split("\n") if line.strip() and line.strip()[0] not in "#;"), "")
    if _INI_START.match(first):
        return Format.INI
    if _YAML_START.match(first):
        return Format.YAML
    if not path.suffix:
        return Format.INI
    return Format.INI if _HOST_LINE.match(first) and path.suffix.lower() not in _OTHER_TOOLS else None
