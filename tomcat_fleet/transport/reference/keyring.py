"""``keyring:SERVICE/USER``: the desktop's or the service's keyring, through the optional package ``keyring``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tomcat_fleet.transport.private_file import CredentialError
from tomcat_fleet.transport.reference.patience import within
from tomcat_fleet.transport.secret import Secret


def from_keyring(place: str) -> Secret:
    """Return the password of USER at SERVICE; raises ``CredentialError``."""
    service, _, user = place.rpartition("/")
    if not service or not user:
        raise CredentialError("a keyring entry is given as keyring:SERVICE/USER")
    try:
        keyring = import_module("keyring")
    except ImportError:
        raise CredentialError("a keyring needs the package keyring: pip install 'tomcat-fleet[keyring]'") from None
    try:
        value = within(lambda: _ask(keyring, service, user))
    except CredentialError as error:
        raise CredentialError(f"keyring entry {place}: {error}") from None
    if not value:
        raise CredentialError(f"keyring entry {place}: the keyring has no such entry")
    return Secret(value)


def _ask(keyring: Any, service: str, user: str) -> str | None:
    """Backends raise their own errors, and those of the bus they speak over; none is quoted."""
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.NoKeyringError:
        raise CredentialError("there is no keyring here that could be asked") from None
    except keyring.errors.KeyringLocked:
        raise CredentialError("the keyring is locked") from None
    except (keyring.errors.KeyringError, RuntimeError, OSError, ValueError, LookupError, TypeError, ImportError) as bad:
        raise CredentialError(f"the keyring failed: {type(bad).__name__}") from None
    return value if isinstance(value, str) else None
