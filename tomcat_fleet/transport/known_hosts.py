"""Host keys the operator trusts: one file, parsed once, asked once per connection.

Lookup follows ssh(1): a port other than 22 is looked up as ``[host]:port`` and only then as ``host``; the address
that a name resolves to is not consulted (``CheckHostIP no``). Hashed names, patterns, ``@cert-authority`` and
``@revoked`` are honoured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import asyncssh

from tomcat_fleet.errors import ConfigError, Fault

_SSH_PORT = 22
# ssh(1) skips keys of types it does not know; a broken key of one of these is a broken line.
_COMMON_TYPES = frozenset({
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
})  # fmt: skip
_MARKERS = frozenset({"@cert-authority", "@revoked"})


class Trust(StrEnum):
    """What the file says of a key that a host offered."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"  # no key is known for this host
    CHANGED = "changed"  # other keys are known for this host
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeys:
    """What the file says of one host and port."""

    keys: tuple[asyncssh.SSHKey, ...] = ()
    authorities: tuple[asyncssh.SSHKey, ...] = ()
    revoked: tuple[asyncssh.SSHKey, ...] = ()
    exact: bool = True  # found under the very name and port, not under the name alone

    def trust(self, key: asyncssh.SSHKey) -> Trust:
        """Return what is to be thought of ``key``, offered by this host as its own."""
        if key in self.revoked:
            return Trust.REVOKED
        if key in self.keys:
            return Trust.TRUSTED
        return Trust.CHANGED if self.keys and self.exact else Trust.UNKNOWN


class KnownHosts:
    """A parsed known_hosts file."""

    def __init__(self, hosts: asyncssh.SSHKnownHosts | None = None) -> None:
        self._hosts = hosts or asyncssh.SSHKnownHosts()

    def of(self, address: str, port: int) -> HostKeys:
        """Return the keys of the host reached as ``address`` and ``port``."""
        name = address.lower()
        plain = self._match(name)
        if port == _SSH_PORT:
            return plain
        exact = self._match(f"[{name}]:{port}")
        revoked = (*exact.revoked, *plain.revoked)
        if exact.keys or exact.authorities:
            return HostKeys(keys=exact.keys, authorities=exact.authorities, revoked=revoked)
        return HostKeys(keys=plain.keys, authorities=plain.authorities, revoked=revoked, exact=False)

    def _match(self, name: str) -> HostKeys:
        keys, authorities, revoked, *_ = self._hosts.match(name, "", None)
        return HostKeys(keys=tuple(keys), authorities=tuple(authorities), revoked=tuple(revoked))


def read_known_hosts(path: Path) -> KnownHosts:
    """Return the file's keys; raises ``ConfigError`` with every malformed line, or for a file that cannot be read."""
    try:
        # Only comments may hold other bytes than ASCII, and those are dropped below.
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        message = f"cannot be read: {error.strerror}; host keys are always verified, so this file is needed"
        raise ConfigError([Fault(str(path), 0, message)]) from None
    hosts = asyncssh.SSHKnownHosts()
    faults = tuple(_load(hosts, text.split("\n"), str(path)))
    if faults:
        raise ConfigError(faults)
    return KnownHosts(hosts)


def _load(hosts: asyncssh.SSHKnownHosts, lines: Iterable[str], file: str) -> Iterable[Fault]:
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        complaint = _load_line(hosts, fields)
        if complaint:
            yield Fault(file, number, complaint)


def _load_line(hosts: asyncssh.SSHKnownHosts, fields: list[str]) -> str | None:
    marker = fields[:1] if fields[0].startswith("@") else []
    if marker and marker[0] not in _MARKERS:
        return "unknown marker; @cert-authority and @revoked exist"
    entry = fields[len(marker) : len(marker) + 3]
    if len(entry) != len(("hosts", "type", "key")):
        return "not an entry: host names, key type and key are needed"
    try:
        asyncssh.import_public_key(" ".join(entry[1:]))
    except asyncssh.KeyImportError:
        return f"damaged {entry[1]} key" if entry[1] in _COMMON_TYPES else None
    try:
        hosts.load(" ".join([*marker, *entry]))
    except ValueError:
        return "damaged hashed host name"
    return None
