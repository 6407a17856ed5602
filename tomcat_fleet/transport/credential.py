"""Password references of the inventory: where a value is found, never the value itself."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tomcat_fleet.transport.secret import Secret

_MAX_BYTES = 4096
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CredentialError(ValueError):
    """Why a credential cannot be used; names its place, never its value."""


def resolve(reference: str) -> Secret:
    """Return the secret behind ``env:NAME`` or ``file:PATH``; raises ``CredentialError``.

    A reference of any other form is not repeated in the message: it may be a password written by mistake.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env" and place:
        return _from_environment(place)
    if scheme == "file" and place:
        return _from_file(place)
    raise CredentialError("a password is given as env:NAME or file:PATH")


def read_private(path: Path, limit: int) -> bytes:
    """Return the content of a regular file that nobody but its owner may read; raises ``CredentialError``."""
    try:
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise CredentialError("not a regular file")
            if found.st_mode & OTHERS:
                raise CredentialError(f"mode {stat.S_IMODE(found.st_mode):04o} is open to others; chmod 600")
            if found.st_uid not in {os.geteuid(), 0}:
                raise CredentialError("belongs to another account")
            content = stream.read(limit + 1)
    except OSError as error:
        raise CredentialError(f"cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise CredentialError(f"larger than {limit} bytes")
    return content


def _from_environment(name: str) -> Secret:
    value = os.environ.get(name)
    if not value:
        raise CredentialError(f"the environment variable {name} is not set or is empty")
    return Secret(value)


def _from_file(place: str) -> Secret:
    try:
        content = read_private(Path(place).expanduser(), _MAX_BYTES)
        value = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CredentialError(f"password file {place}: not UTF-8 text") from None
    except CredentialError as error:
        raise CredentialError(f"password file {place}: {error}") from None
    if not value or "\n" in value:
        raise CredentialError(f"password file {place}: must hold exactly one line")
    return Secret(value)
