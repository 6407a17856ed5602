"""Secrets that the inventory refers to: where a value is found, never the value itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from tomcat_fleet.transport.private_file import OTHERS, CredentialError, read_private
from tomcat_fleet.transport.reference.command import ended_by_signals, from_command
from tomcat_fleet.transport.reference.keyring import from_keyring
from tomcat_fleet.transport.reference.local import from_environment, from_file, from_systemd
from tomcat_fleet.transport.reference.vault import Vault
from tomcat_fleet.transport.secret import Secret

__all__ = ["OTHERS", "CredentialError", "read_private", "resolve", "resolve_all"]

# Password managers ask an agent or a network: one after the other, a large fleet would wait for minutes.
_AT_A_TIME = 4
_FORMS = "env:NAME, file:PATH, cmd:PROGRAM, keyring:SERVICE/USER, systemd-creds:NAME or vault:PATH#FIELD"

_SOURCES: Mapping[str, Callable[[str], Secret]] = MappingProxyType(
    {
        "env": from_environment,
        "file": from_file,
        "cmd": from_command,
        "keyring": from_keyring,
        "systemd-creds": from_systemd,
    }
)


def resolve(reference: str) -> Secret:
    """Return the secret behind ``reference``; raises ``CredentialError``. For several, see ``resolve_all``."""
    found = resolve_all([reference])[reference]
    if isinstance(found, CredentialError):
        raise found
    return found


def resolve_all(references: Iterable[str]) -> dict[str, Secret | CredentialError]:
    """Return the secret behind each reference, or why there is none.

    Each is looked up once, with one login to a Vault for all, and each path of it is read once. A reference of no
    known form is not repeated in its error: it may be a password written by mistake.
    """
    wanted = list(dict.fromkeys(references))
    vault = Vault()

    def one(reference: str) -> Secret | CredentialError:
        try:
            return _resolve(reference, vault)
        except CredentialError as error:
            return error

    with ended_by_signals(), ThreadPoolExecutor(_AT_A_TIME, "credential") as pool:
        return dict(zip(wanted, pool.map(one, wanted), strict=True))


def _resolve(reference: str, vault: Vault) -> Secret:
    scheme, _, place = reference.partition(":")
    if place.strip() and scheme == "vault":
        return _text(scheme, vault.secret(place))
    if place.strip() and scheme in _SOURCES:
        return _text(scheme, _SOURCES[scheme](place))
    raise CredentialError(f"a secret is given by reference: {_FORMS}")


def _text(scheme: str, secret: Secret) -> Secret:
    """``secret``, which is sent as UTF-8 wherever it goes."""
    try:
        secret.reveal().encode("utf-8")
    except UnicodeEncodeError:
        raise CredentialError(f"what {scheme}: leads to is not UTF-8 text") from None
    return secret
