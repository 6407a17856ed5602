"""Host keys that were seen and are not trusted yet: their standing, and the file in which they wait for review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import asyncssh

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model import escape
from tomcat_fleet.transport.known_hosts import REVOKED, KnownHosts, decode_key

# What a line may have as its one host name: no list, pattern, marker, hash or comment.
HOST_NAME = re.compile(r"[A-Za-z0-9_:\[][A-Za-z0-9._:%\[\]/+=~-]*")
_WITH_PORT = re.compile(r"\[(?P<host>[^\[\]]+)\]:(?P<port>\d{1,5})")
_MAX_BYTES = 64 * 1024 * 1024


class State(StrEnum):
    """How a key that a machine offered stands to known_hosts."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"  # other keys are known under this name
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One line of a pending file."""

    line: int
    name: str  # in known_hosts
    key: asyncssh.SSHKey
    labels: tuple[str, ...] = ()  # the inventory's names

    def is_meant_by(self, host: str) -> bool:
        """Whether the operator's word ``host`` is one of its names."""
        found = _WITH_PORT.fullmatch(self.name)
        return host in self.labels or host.lower() in {self.name, found["host"] if found else self.name}


def standing(known: KnownHosts, name: str, offered: Sequence[asyncssh.SSHKey]) -> list[State]:
    """Return how each of the keys that one machine offered stands.

    A machine of which another key of the same type is known, or whose known keys it did not show, has changed: none
    of its keys is merely new then.
    """
    entries = known.under(name)
    kept = [entry.key for entry in entries if not entry.marker]
    found = _WITH_PORT.fullmatch(name)
    plain = known.under(found["host"]) if found else ()
    revoked = [entry.key for entry in (*entries, *plain) if entry.marker == REVOKED]
    types = {key.get_algorithm() for key in kept}
    others = [key for key in offered if key not in kept]
    stayed = any(key in kept for key in offered) and not any(key.get_algorithm() in types for key in others)
    unknown = State.NEW if stayed or not kept else State.CHANGED
    return [State.REVOKED if key in revoked else State.KNOWN if key in kept else unknown for key in offered]


def kept_instead(known: KnownHosts, name: str, offered: Sequence[asyncssh.SSHKey]) -> list[asyncssh.SSHKey]:
    """Return the keys known under ``name`` that the machine did not offer: what its new ones would replace."""
    return [entry.key for entry in known.under(name) if not entry.marker and entry.key not in offered]


def key_text(key: asyncssh.SSHKey) -> str:
    """Return type and key as known_hosts has them."""
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])


def size(key: asyncssh.SSHKey) -> int:
    """Return the bits of a key, as ``ssh-keygen -l`` counts them."""
    public = key.pyca_key
    return int(getattr(public, "key_size", 256))


def pending_line(name: str, key: asyncssh.SSHKey, labels: Iterable[str]) -> str:
    """Return a line of a pending file: known_hosts' own, with the inventory's names behind."""
    return f"{name} {key_text(key)} {', '.join(escape.one_line(label) for label in labels)}".rstrip()


def parse_pending(content: bytes, file: str) -> list[Pending]:
    """Return the keys of a pending file; raises ``ConfigError`` with every line that is not one of its own kind."""
    if len(content) > _MAX_BYTES:
        raise ConfigError([Fault(file, 0, f"larger than {_MAX_BYTES} bytes")])
    faults: list[Fault] = []
    found: list[Pending] = []
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        for one in _parsed(number, line):
            if isinstance(one, str):
                faults.append(Fault(file, number, one))
            else:
                found.append(one)
    faults += [Fault(file, line, complaint) for line, complaint in _ambiguous(found)]
    if faults:
        raise ConfigError(faults)
    return found


def _ambiguous(found: Iterable[Pending]) -> Iterator[tuple[int, str]]:
    """Two machines under one name: behind two jump hosts one address may stand for two."""
    first: dict[tuple[str, str], Pending] = {}
    for one in found:
        kind = one.key.get_algorithm()
        other = first.setdefault((one.name, kind), one)
        if other.key != one.key:
            clash = f"{one.name} has another {kind} key on line {other.line}"
            yield one.line, f"{clash}; delete one, or give one of the machines a host key alias in the inventory"


def _parsed(number: int, line: str) -> Iterator[Pending | str]:
    fields = line.split(maxsplit=3)
    if not fields or fields[0].startswith("#"):
        return
    if len(fields) < len(("host", "type", "key")):
        yield "not an entry: host name, key type and key are needed"
        return
    name, kind, text = fields[:3]
    if not HOST_NAME.fullmatch(name):
        yield "one plain host name is expected, as known-hosts scan writes it; no marker, list, pattern or hash"
        return
    key = decode_key(kind, text)
    if isinstance(key, asyncssh.SSHKey):
        labels = tuple(label.strip() for label in fields[3].split(",")) if len(fields) > 3 else ()
        yield Pending(line=number, name=name.lower(), key=key, labels=labels)
    else:
        yield key or "a key of a type that is not known here"
