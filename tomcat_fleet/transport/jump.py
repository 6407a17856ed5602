"""Jump hosts as the inventory writes them: ``user@host:port,…`` from the nearest to the farthest."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOP = re.compile(
    r"(?:(?P<user>[^@\s,]+)@)?(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^@:\s,\[\]]+))(?::(?P<port>\d{1,5}))?"
)
_LAST_PORT = 65535
SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One jump host, as it is written."""

    address: str
    port: int | None = None
    user: str | None = None

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port or SSH_PORT}"

    @property
    def written(self) -> str:
        """As ``parse_jump`` reads it: with no account and no port where none is given."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return (f"{self.user}@" if self.user else "") + address + (f":{self.port}" if self.port else "")


def parse_jump(text: str | None) -> tuple[Hop, ...]:
    """Return the hops of ``text``, none for ``None``; raises ``ValueError`` saying which part is no hop."""
    return tuple(_hop(part.strip()) for part in text.split(",")) if text else ()


def _hop(text: str) -> Hop:
    found = _HOP.fullmatch(text)
    if found is None or not 0 < int(found["port"] or SSH_PORT) <= _LAST_PORT:
        raise ValueError(f"not a jump host: {text!r}; user@host:port is expected")
    port = int(found["port"]) if found["port"] else None
    return Hop(address=found["six"] or found["host"], port=port, user=found["user"])
