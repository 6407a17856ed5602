"""``env:NAME``, ``file:PATH`` and ``systemd-creds:NAME``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tomcat_fleet.transport.private_file import CredentialError, one_line, read_private
from tomcat_fleet.transport.secret import Secret

_MAX_BYTES = 4096


def from_environment(name: str) -> Secret:
    """Return the value of an environment variable; raises ``CredentialError``."""
    value = os.environ.get(name)
    if not value:
        raise CredentialError(f"the environment variable {name} is not set or is empty")
    return Secret(value)


def from_file(place: str) -> Secret:
    """Return the only line of a private file; raises ``CredentialError``."""
    try:
        return Secret(one_line(read_private(Path(place).expanduser(), _MAX_BYTES)))
    except CredentialError as error:
        raise CredentialError(f"password file {place}: {error}") from None
    except RuntimeError:  # ~nobody-of-that-name
        raise CredentialError(f"password file {place}: there is no such home directory") from None


def from_systemd(name: str) -> Secret:
    """Return a credential that systemd hands to this service; raises ``CredentialError``."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if "/" in name or name in {".", ".."}:
        raise CredentialError(f"systemd credential {name}: a name without / is expected")
    if not directory:
        raise CredentialError(
            f"systemd credential {name}: CREDENTIALS_DIRECTORY is not set; LoadCredential= of the service sets it"
        )
    try:
        # The access list by which systemd lets the service's account in shows as a bit of the group.
        return Secret(one_line(read_private(Path(directory, name), _MAX_BYTES, allowed=stat.S_IRGRP)))
    except CredentialError as error:
        raise CredentialError(f"systemd credential {name}: {error}") from None
