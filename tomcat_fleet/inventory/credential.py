"""Credentials in an inventory are references; a value is refused and never repeated."""

from __future__ import annotations

import re

from tomcat_fleet.inventory.value import Notes, RefusedError

SCHEMES = ("env", "file", "cmd", "keyring", "systemd-creds", "vault")

_SECRET_VARIABLE = re.compile(
    r"ansible_(?:\w+_)?(?:pass|passwd|password|passphrase)\Z|ansible_(?:ssh_)?private_key\Z", re.IGNORECASE
)
_SECRET_LOOKING = re.compile(
    r"pass|pwd|secret|token|key(?!store|alias|board)|credential|비밀번호|패스워드|암호|비번", re.IGNORECASE
)
_REFERENCE = re.compile(rf"(?:{'|'.join(SCHEMES)}):[^\x00-\x1f\x7f]*\S\Z")


def is_secret(name: str) -> bool:
    """Whether Ansible reads a password, a passphrase or a key from the variable ``name``."""
    return _SECRET_VARIABLE.match(name) is not None


def looks_secret(name: str) -> bool:
    """Whether a variable of that name may hold a secret, so that its value is not kept for display."""
    return _SECRET_LOOKING.search(name) is not None


def reference(raw: object) -> str:
    """``env:NAME``, ``file:/path`` and so on, unchanged."""
    if not isinstance(raw, str) or not _REFERENCE.match(raw):
        schemes = " ".join(f"{scheme}:" for scheme in SCHEMES)
        raise RefusedError(f"holds a value; write a reference instead ({schemes})")
    return raw


def ignored_reference(raw: object, notes: Notes) -> None:
    """Refuse a plain password even where none is ever sent; note that a reference has no effect."""
    reference(raw)
    notes.append("has no effect here")
