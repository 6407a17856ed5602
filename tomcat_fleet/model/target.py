"""A machine of the inventory, and what the inventory says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHint:
    """An instance named by the inventory."""

    base: str
    home: str | None = None
    was_accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Become:
    """Escalation that the inventory allows for files denied to the login account."""

    method: str = "sudo"
    user: str = "root"
    password: str | None = None  # a reference; only where the operator wants one to be typed at sudo's prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One machine. ``name`` is unique in its inventory."""

    name: str
    address: str
    port: int = 22
    user: str | None = None  # None: the account that runs the sweep
    key_files: tuple[str, ...] = ()
    key_passphrase: str | None = None  # a reference, for key files that are encrypted
    password: str | None = None  # a reference (env:NAME, file:PATH), never a value
    use_agent: bool = False
    host_key_alias: str | None = None  # the name under which known_hosts has it, where that is not the address
    transport: str = "asyncssh"
    os: str | None = None
    zone: str | None = None
    groups: tuple[str, ...] = ()
    jump: str | None = None
    ssh_profile: str = "modern"
    become: Become | None = None
    instances: tuple[InstanceHint, ...] = ()
    discover: bool = True
    was_accounts: tuple[str, ...] = ()
    source: str = ""  # file:line of its definition
    variables: Mapping[str, str] = field(default_factory=dict)  # other variables, for display and patterns
