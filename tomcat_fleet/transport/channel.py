"""What every transport offers: one conversation with one remote shell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deadlines in seconds and caps in bytes for one target."""

    connect_s: float = 10.0  # TCP
    login_s: float = 20.0  # key exchange and authentication
    total_s: float = 300.0  # everything on this target
    idle_s: float = 60.0  # no byte of progress while waiting for the shell
    stdout_bytes: int = 64 * 1024 * 1024
    stderr_bytes: int = 4 * 1024 * 1024  # a start-up file that traces every command makes it a tenth of that
    stderr_kept: int = 64 * 1024
    window: int = 128 * 1024
    retries: int = 2  # after a connection fault before the key exchange; never after


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a target was reached, for the report's method section."""

    transport: str
    address: str
    account: str
    host_key: str = ""  # SHA256:… fingerprint
    jump: str | None = None
    profile: str = ""  # ssh_profile
    algorithms: tuple[str, ...] = ()  # what was agreed on: key exchange, host key, cipher, MAC


class Channel(Protocol):
    """One running ``sh -s``. Every method raises ``TargetError`` only."""

    @property
    def link(self) -> Link:
        """How the target was reached."""
        ...

    async def write(self, data: bytes) -> None:
        """Send to the shell's standard input; waits while the peer does not read."""
        ...

    async def read(self) -> bytes:
        """Next bytes of standard output; ``b""`` at its end, once the shell has told how it ended or a moment later.

        Standard error is drained, counted and kept capped.
        """
        ...

    async def end_input(self) -> None:
        """Close the shell's standard input."""
        ...

    def stderr(self) -> str:
        """Return what standard error said so far: escaped, at most 512 bytes."""
        ...

    def ending(self) -> str:
        """Return how the shell ended: ``exit status 1``, ``signal KILL``; empty while it runs or when not told."""
        ...

    async def aclose(self) -> None:
        """Close channel and connection; never raises, never waits long."""
        ...
