"""Values as the operator wrote them, turned into typed ones.

Every function takes the raw value of a TOML, YAML or INI variable and raises ``RefusedError`` (the value is wrong) or
``UnusableError`` (fine for its own tool, but no host can be audited with it). Messages never quote a credential.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tomcat_fleet.inventory.expand import is_ip
from tomcat_fleet.model import escape
from tomcat_fleet.model.spelling import meant, quoted

Where: TypeAlias = tuple[str | int, ...]  # inside a value: (0, "base")
Notes: TypeAlias = list[str]  # warnings about a value that is accepted

_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")
_NAME = re.compile(r"\w[\w.:@%+-]*\Z")
_USER = re.compile(r"\w[\w.@+-]*\Z")
_ACCOUNT = re.compile(r"\w[\w.@+ \\-]*\$?\Z")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]")
_MAX_PORT = 65535


class RefusedError(ValueError):
    """A wrong value. ``problems`` holds (place inside the value, message)."""

    def __init__(self, message: str, problems: Sequence[tuple[Where, str]] = ()) -> None:
        self.problems: tuple[tuple[Where, str], ...] = tuple(problems) or (((), message),)
        super().__init__(message)


class UnusableError(ValueError):
    """A value that counts only against hosts it takes effect on."""


def text(raw: object) -> str:
    """Non-empty text without control characters; a number is taken as its digits."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise RefusedError("needs a text")
    found = str(raw).strip()
    if not found:
        raise RefusedError("is empty")
    if _CONTROL.search(found):
        raise RefusedError("contains a control character")
    return found


def boolean(raw: object) -> bool:
    """Take true or false in any spelling that Ansible takes."""
    word = str(raw).strip().lower()
    if isinstance(raw, bool | int | str) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise RefusedError(f"{quoted(raw)} is neither true nor false")


def port(raw: object) -> int:
    """1 … 65535."""
    digits = str(raw).strip()
    plain = isinstance(raw, int | str) and not isinstance(raw, bool) and digits.isascii() and digits.isdigit()
    if not plain or len(digits) > len(str(_MAX_PORT)) or not 1 <= int(digits) <= _MAX_PORT:
        raise RefusedError(f"{quoted(raw)} is not a port between 1 and {_MAX_PORT}")
    return int(digits)


def address(raw: object) -> str:
    """Return a host name or an IP address, nothing a shell or an option parser could take for something else."""
    found = text(raw)
    if found.startswith("[") and found.endswith("]") and is_ip(found[1:-1]):
        return found[1:-1]
    if _HOST.match(found) or is_ip(found):
        return found
    raise RefusedError(f"{quoted(found)} is neither a host name nor an IP address")


def host_name(raw: str) -> str:
    """Return a name for a machine in the inventory: letters of any script, digits and ``. _ - : @ % +``."""
    found = text(raw)
    if _NAME.match(found) or is_ip(found):
        return found
    raise RefusedError(f"{quoted(found)} is not a host name: letters, digits and . _ - : @ % + only, no leading sign")


def group_name(raw: str) -> str:
    """Return a name for a group: anything that the pattern language can name."""
    found = text(raw)
    if found.startswith(("-", "!", "&", "~", "@")) or re.search(r"[\s\[\]:,*?/\\;|&$`'\"<>(){}!#=]", found):
        raise RefusedError(f"{quoted(found)} is not a group name: letters, digits and . _ - only")
    return found


def user(raw: object) -> str:
    """Return a login name: ``audit``, ``audit@example.com``."""
    found = text(raw)
    if not _USER.match(found):
        raise RefusedError(f"{quoted(found)} is not an account name: letters, digits and . _ @ + - only")
    return found


def word(raw: object) -> str:
    """Return a label such as a zone's name."""
    found = text(raw)
    if not re.match(r"\w[\w.-]*\Z", found):
        raise RefusedError(f"{quoted(found)} is not a name: letters, digits and . _ - only")
    return found


def one_of(raw: object, known: Mapping[str, str]) -> str:
    """Return the meaning of a word out of a fixed list."""
    found = text(raw)
    if found.lower() not in known:
        choice = ", ".join(sorted(set(known.values())))
        raise RefusedError(f"{quoted(found)} is not one of {choice}{meant(found.lower(), known)}")
    return known[found.lower()]


def listed(raw: object) -> Sequence[object]:
    """Return a list; text stands for its comma-separated parts, or for a literal list when it begins with a bracket."""
    if isinstance(raw, str) and raw.strip().startswith(("[", "{", "(")):
        return listed(_literal(raw.strip()))
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, Mapping):
        return [raw]
    if isinstance(raw, list | tuple):
        return raw
    raise RefusedError("needs a list")


def _literal(raw: str) -> object:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(raw)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise RefusedError("is neither a list nor a comma-separated text")


def accounts(raw: object) -> tuple[str, ...]:
    """Account names or numeric ids, a list or comma-separated."""
    found = tuple(text(part) for part in listed([raw] if isinstance(raw, int) else raw))
    for name in found:
        if not _ACCOUNT.match(name):
            raise RefusedError(f"{quoted(name)} is not an account name")
    return found


def key_files(raw: object) -> tuple[str, ...]:
    """Paths of private keys, ``~`` replaced. A single text is one path, commas and all."""
    parts = listed(raw) if not isinstance(raw, str) else [raw]
    try:
        return tuple(str(Path(text(part)).expanduser()) for part in parts)
    except RuntimeError:
        raise RefusedError("names the home directory of an account that does not exist") from None


def path(raw: object) -> str:
    """Return an absolute path of the target, without a closing slash, as evidence spells paths (``escape``)."""
    found = text(raw)
    if found.startswith("/"):
        return escape.from_text(found.rstrip("/") or "/")
    if not _WINDOWS_PATH.match(found):
        raise RefusedError(f"{quoted(found)} is not an absolute path")
    return found
