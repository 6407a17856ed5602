"""Telling the formats of inventories apart."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path

from tomcat_fleet.inventory.column import recognized
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.shelf import STDIN, name_of
from tomcat_fleet.model.spelling import quoted


class Format(StrEnum):
    """What a file is written in."""

    NATIVE = "toml"
    INI = "ini"
    YAML = "yaml"
    LISTING = "json"
    TABLE = "csv"
    OPENSSH = "ssh_config"
    PLAIN = "list"


_BY_ENDING = {
    ".toml": Format.NATIVE, ".ini": Format.INI, ".cfg": Format.INI, ".yml": Format.YAML, ".yaml": Format.YAML,
    ".json": Format.LISTING, ".csv": Format.TABLE, ".tsv": Format.TABLE, ".ssh_config": Format.OPENSSH,
    ".list": Format.PLAIN,
}  # fmt: skip
_YAML_START = re.compile(r"---|(?:[\w.-]+|\"[^\"]+\"|'[^']+'):(?:\s|\Z)|\{")
_SECTION = re.compile(r"\[[^\]\s]+\]\s*(?:[#;].*)?\Z")
_NATIVE_START = re.compile(r"\[(?:defaults|(?:hosts|groups|jumps)\..+|\[(?:hosts|groups)\..+\])\]\s*(?:#.*)?\Z")
# A host of an INI inventory may be called "host", too, and then has variables.
_OPENSSH_START = re.compile(r"(?:(?:host|include)(?!.*\s\w+=)|match)(?:\s+|\s*=\s*)[\w*?!.~/\"'-]", re.IGNORECASE)
_HOST_LINE = re.compile(r"[\w.\[\]:-]+(?:\s+\w+=.*|\s*[#;].*)?\Z")
_PLAIN_LINE = re.compile(r"(?:[\w.+-]+@)?[\w.\[\]:%-]+\s*(?:[#;].*)?\Z")
_OTHER_TOOLS = frozenset({".xlsx", ".xml", ".sh", ".py"})  # a word alone proves nothing there


def is_korean_table(path: Path) -> bool:
    """Whether a file may be in the code page of a Korean Excel."""
    return path == STDIN or _BY_ENDING.get(path.suffix.lower()) is Format.TABLE


def format_of(path: Path, text: str, ledger: Ledger) -> Format | None:
    """By name and ending, else by what the text looks like; None, with a fault noted, when neither tells."""
    spot = Spot(name_of(path), 0)
    if text.startswith("$ANSIBLE_VAULT"):
        ledger.fault(spot, "the inventory itself is encrypted with Ansible Vault; decrypt it or name another")
    elif text.startswith("#!"):
        ledger.fault(spot, "looks like a program; one that is executable (chmod u+x) is run with --list")
    elif found := _by_name(path) or _by_content(path, text):
        return found
    else:
        ledger.fault(
            spot,
            f"is no inventory that can be read here ({quoted(path.suffix or 'no ending')}): native TOML (.toml), "
            "Ansible INI (no ending, .ini, .cfg), Ansible YAML (.yml, .yaml), ansible-inventory --list (.json), "
            "CSV (.csv, .tsv), ssh_config, a list of hosts (.txt, .list)",
        )
    return None


def _by_name(path: Path) -> Format | None:
    if path.name == "ssh_config" or (path.name == "config" and path.parent.name == ".ssh"):
        return Format.OPENSSH
    return _BY_ENDING.get(path.suffix.lower())


def _by_content(path: Path, text: str) -> Format | None:
    lines = [line for line in map(str.strip, text.split("\n")) if line and line[0] not in "#;"]
    first = lines[0] if lines else ""
    signs = (
        (Format.LISTING, first.startswith("{") and _is_json(text)),
        (Format.NATIVE, path == STDIN and _NATIVE_START.match(first)),
        (Format.INI, _SECTION.match(first)),
        (Format.OPENSSH, _OPENSSH_START.match(first)),
        (Format.TABLE, path.suffix.lower() not in _OTHER_TOOLS and recognized(first)),
        (Format.YAML, _YAML_START.match(first)),
    )
    return next((found for found, sign in signs if sign), None) or _of_hosts(path, lines)


def _is_json(text: str) -> bool:
    """Whether a text is JSON to its end; YAML may begin just so."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _of_hosts(path: Path, lines: list[str]) -> Format | None:
    """INI or a plain list: the same for a list of names, and only the list has accounts before them."""
    first, ending = lines[0] if lines else "", path.suffix.lower()
    may_be_plain = any("@" in line for line in lines) or ending == ".txt"
    if may_be_plain and lines and all(map(_PLAIN_LINE.match, lines)):
        return Format.PLAIN
    if not ending:
        return Format.INI
    return Format.INI if _HOST_LINE.match(first) and ending not in _OTHER_TOOLS else None
