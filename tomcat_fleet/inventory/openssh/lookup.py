"""What a configuration says of one host: the first value of a keyword counts, files of keys add up."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from functools import cache

from tomcat_fleet.inventory.ledger import Spot
from tomcat_fleet.inventory.openssh.condition import Condition, ExecError, Subject
from tomcat_fleet.inventory.openssh.config import Block, Config, Directive

_ADDED_UP = frozenset({"identityfile", "certificatefile"})


@dataclass(slots=True)
class Found:
    """Lines in force for a host. ``undecided`` are Match lines that only a program could decide."""

    host: str
    first: dict[str, Directive] = field(default_factory=dict)
    listed: dict[str, list[Directive]] = field(default_factory=dict)
    undecided: list[Spot] = field(default_factory=list)

    def take(self, directive: Directive) -> None:
        """Enter a line unless an earlier one has said it."""
        name = directive.name
        if name in _ADDED_UP:
            same = self.listed.setdefault(name, [])
            if directive.value not in {other.value for other in same}:
                same.append(directive)
        elif not self._bars(name):
            self.first.setdefault(name, directive)

    def _bars(self, name: str) -> bool:
        """Whether the other way through a jump host came first; only ``ProxyJump none`` leaves the choice open."""
        if name == "proxyjump":
            return "proxycommand" in self.first
        jump = self.first.get("proxyjump") if name == "proxycommand" else None
        return jump is not None and not is_none(jump)

    def host_name(self) -> str:
        """Return where ``HostName`` leads as far as it is known, ``%h`` and ``%%`` replaced."""
        written = self.first.get("hostname")
        return expand_host(written.value, self.host) if written else self.host


def is_none(directive: Directive) -> bool:
    """Whether a line says that there is nothing."""
    return directive.value.strip().lower() == "none"


def expand_host(written: str, host: str) -> str:
    """``written`` with ``%h`` replaced; raises ``ValueError`` for any other token."""
    return expand(written, {"h": host})


def expand(written: str, tokens: dict[str, str]) -> str:
    """``written`` with its ``%`` tokens replaced; raises ``ValueError`` for one that has no value."""
    parts = written.split("%")
    found, at = [parts[0]], 1
    while at < len(parts):
        part = parts[at]
        if not part:  # %%
            found.append("%" + (parts[at + 1] if at + 1 < len(parts) else ""))
            at += 2
            continue
        if part[0] not in tokens:
            raise ValueError(f"the token %{part[0]} is not understood")
        found.append(tokens[part[0]] + part[1:])
        at += 1
    return "".join(found)


def lookup(config: Config, host: str, user: str | None = None) -> Found:
    """Return the lines in force for ``ssh host``, or ``ssh user@host``."""
    found = Found(host)
    decided: dict[int, bool] = {}  # a Match line is decided once, where it stands
    for block in config.blocks(host):
        if all(_holds(condition, found, user, decided, block) for condition in block.conditions):
            for directive in block.directives:
                found.take(directive)
    return found


def _holds(condition: Condition, found: Found, user: str | None, decided: dict[int, bool], block: Block) -> bool:
    known = decided.get(id(condition))
    if known is not None:
        return known
    local = local_user()
    named = found.first.get("user")
    try:
        host = found.host_name()
    except ValueError:
        host = found.host
    subject = Subject(original=found.host, host=host, user=user or (named.value if named else local), local_user=local)
    try:
        holds = condition.holds(subject)
    except ExecError:
        holds = False
        if block.directives:
            found.undecided.append(condition.spot)
    decided[id(condition)] = holds
    return holds


@cache
def local_user() -> str:
    """Return the account that runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
