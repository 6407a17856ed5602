"""Files that only their owner may read, and why a credential cannot be used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CredentialError(ValueError):
    """Why a credential cannot be used; names its place, never its value."""


def read_private(path: Path, limit: int, *, allowed: int = 0) -> bytes:
    """Return the content of a regular file that nobody but its owner may read; raises ``CredentialError``.

    ``allowed`` are bits of the mode that may be set nevertheless where root owns the file.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            _check(os.fstat(stream.fileno()), allowed)
            content = stream.read(limit + 1)
    except OSError as error:
        raise CredentialError(f"cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise CredentialError(f"larger than {limit} bytes")
    return content


def one_line(content: bytes) -> str:
    """Return the only line of ``content``; raises ``CredentialError``, which quotes nothing."""
    try:
        value = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CredentialError("not UTF-8 text") from None
    if not value or "\n" in value:
        raise CredentialError("must hold exactly one line")
    return value


def _check(found: os.stat_result, allowed: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise CredentialError("not a regular file")
    if found.st_mode & (OTHERS & ~allowed if found.st_uid == 0 else OTHERS):
        raise CredentialError(f"mode {stat.S_IMODE(found.st_mode):04o} is open to others; chmod 600")
    if found.st_uid not in {os.geteuid(), 0}:
        raise CredentialError("belongs to another account")


def _without_waiting(path: str, flags: int) -> int:
    """Open a named pipe without waiting for who writes to it; it is refused a moment later."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
