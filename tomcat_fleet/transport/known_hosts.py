"""Host keys the operator trusts: one file, parsed once, asked once per connection.

Lookup follows ssh(1): a port other than 22 is looked up as ``[host]:port`` and only then as ``host``; an alias is
looked up under that name alone; the address that a name resolves to is not consulted (``CheckHostIP no``). Hashed
names, patterns, ``@cert-authority`` and ``@revoked`` are honoured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import asyncssh

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.transport.host_name import HASHED, HostIndex, split_hash

SSH_PORT = 22
CERT_AUTHORITY, REVOKED = "@cert-authority", "@revoked"
_MARKERS = frozenset({CERT_AUTHORITY, REVOKED})
# ssh(1) skips keys of types it does not know; a broken key of one of these is a broken line.
COMMON_TYPES = frozenset({
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
})  # fmt: skip


class Trust(StrEnum):
    """What the file says of a key that a host offered."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"  # no key is known for this host
    CHANGED = "changed"  # other keys are known for this host
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the file that holds a key."""

    line: int
    marker: str  # @cert-authority, @revoked or nothing
    hosts: str  # as written
    key: asyncssh.SSHKey

    @property
    def hashed(self) -> bool:
        """Whether its host name can only be compared, not read."""
        return self.hosts.startswith(HASHED)


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

    def __init__(self, entries: tuple[Entry, ...] = ()) -> None:
        self.entries = entries
        self._index = HostIndex([entry.hosts for entry in entries])

    def of(self, address: str, port: int, alias: str | None = None) -> HostKeys:
        """Return the keys of the host reached as ``address`` and ``port``.

        ``alias`` is the name under which the operator filed them instead (``HostKeyAlias``), whatever the port.
        """
        plain = self._keys(lookup_name(address, SSH_PORT, alias))
        if alias is not None or port == SSH_PORT:
            return plain
        exact = self._keys(lookup_name(address, port))
        return HostKeys(
            keys=exact.keys or plain.keys,
            # A key has nothing to do with authorities: ssh(1) looks for each under both names.
            authorities=(*exact.authorities, *plain.authorities),
            revoked=(*exact.revoked, *plain.revoked),
            exact=bool(exact.keys),
        )

    def under(self, name: str) -> tuple[Entry, ...]:
        """Return the entries whose host names match ``name``, in the file's order: what ``ssh-keygen -F`` finds."""
        return tuple(self.entries[number] for number in self._index.find(name))

    def _keys(self, name: str) -> HostKeys:
        found = self.under(name)
        keys, authorities, revoked = (
            tuple(entry.key for entry in found if entry.marker == marker) for marker in ("", CERT_AUTHORITY, REVOKED)
        )
        return HostKeys(keys=keys, authorities=authorities, revoked=revoked)


def lookup_name(address: str, port: int, alias: str | None = None) -> str:
    """Return the name under which ssh(1) files the key of a host."""
    if alias is not None:
        return alias.lower()
    return address.lower() if port == SSH_PORT else f"[{address.lower()}]:{port}"


def read_known_hosts(path: Path) -> KnownHosts:
    """Return the file's keys; raises ``ConfigError`` with every malformed line, or for a file that cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}; host keys are always verified, so this file is needed"
        if isinstance(error, FileNotFoundError):
            message += " ('tomcat-fleet known-hosts scan' collects keys for it)"
        raise ConfigError([Fault(str(path), 0, message)]) from None
    return parse_known_hosts(content, str(path))


def parse_known_hosts(content: bytes, file: str) -> KnownHosts:
    """Return the keys in ``content``; raises ``ConfigError`` with every malformed line."""
    reader = _Reader(file)
    # Only comments may hold other bytes than ASCII.
    entries = tuple(reader.entries(content.decode("utf-8", "replace").split("\n")))
    if reader.faults:
        raise ConfigError(reader.faults)
    return KnownHosts(entries)


class _Reader:
    """Reads lines and remembers what is wrong. Fleets cloned from one image repeat keys: each is decoded once."""

    def __init__(self, file: str) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._decoded: dict[tuple[str, str], asyncssh.SSHKey | str | None] = {}

    def entries(self, lines: list[str]) -> Iterator[Entry]:
        for number, line in enumerate(lines, 1):
            fields = line.split(maxsplit=4)
            if not fields or fields[0].startswith("#"):
                continue
            found = self._entry(number, fields)
            if isinstance(found, str):
                self.faults.append(Fault(self._file, number, found))
            elif found is not None:
                yield found

    def _entry(self, number: int, fields: list[str]) -> Entry | str | None:
        """The entry in ``fields``, ``None`` for a key of a type from the future, or what is wrong."""
        marker = fields[0] if fields[0].startswith("@") else ""
        if marker and marker not in _MARKERS:
            return "unknown marker; @cert-authority and @revoked exist"
        parts = fields[bool(marker) :]
        if len(parts) < len(("hosts", "type", "key")):
            return "not an entry: host names, key type and key are needed"
        hosts, kind, text = parts[:3]
        key = self._key(kind, text)
        if not isinstance(key, asyncssh.SSHKey):
            return key
        if hosts.startswith(HASHED) and split_hash(hosts) is None:
            return "damaged hashed host name"
        return Entry(line=number, marker=marker, hosts=hosts, key=key)

    def _key(self, kind: str, text: str) -> asyncssh.SSHKey | str | None:
        if (kind, text) not in self._decoded:
            self._decoded[kind, text] = decode_key(kind, text)
        return self._decoded[kind, text]


def decode_key(kind: str, text: str) -> asyncssh.SSHKey | str | None:
    """Return the public key in ``text``, what is wrong with it, or ``None`` for a type that is not known here."""
    try:
        return asyncssh.import_public_key(f"{kind} {text}")
    except (ValueError, ArithmeticError):  # also a key of another type than the line says
        return f"damaged {kind} key" if kind in COMMON_TYPES else None
