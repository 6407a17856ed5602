"""``vault:PATH#FIELD``: the key-value store of a HashiCorp Vault, through the optional package ``hvac``."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tomcat_fleet.transport.private_file import CredentialError
from tomcat_fleet.transport.reference.patience import within
from tomcat_fleet.transport.reference.vault_session import Answer, Session, open_session
from tomcat_fleet.transport.secret import Secret

_PLACE = re.compile(r"/*(?P<path>[^#?%\\\x00-\x1f\x7f]+?)/*#(?P<field>[^#\x00-\x1f\x7f]+)")
_OK, _NOT_FOUND, _REDIRECTS = 200, 404, range(300, 400)
_MEANING: Mapping[int, str] = MappingProxyType(
    {
        400: "Vault does not take the request (400)",
        403: "the token may not read it (403)",
        404: "Vault has nothing there (404)",
        429: "Vault has too many requests (429)",
        473: "this Vault is a standby that does not answer (473)",
        501: "Vault is not initialised (501)",
        503: "Vault is sealed or down for maintenance (503)",
    }
)


class Vault:
    """One Vault for one batch of references: a login at the first of them, every path read once."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._session: Session | CredentialError | None = None
        self._read: dict[str, Mapping[str, Any] | CredentialError] = {}

    def secret(self, place: str) -> Secret:
        """Return the field that ``PATH#FIELD`` names; raises ``CredentialError``, which names no value."""
        found = _PLACE.fullmatch(place)
        if found is None or ".." in found["path"].split("/"):
            raise CredentialError("a secret of Vault is given as vault:PATH#FIELD")
        try:
            return _field(self._data(found["path"]), found["field"])
        except CredentialError as error:
            raise CredentialError(f"Vault secret {place}: {error}") from None

    def _data(self, path: str) -> Mapping[str, Any]:
        with self._turn:
            if path not in self._read:
                self._read[path] = self._fetched(path)
        found = self._read[path]
        if isinstance(found, CredentialError):
            raise found
        return found

    def _fetched(self, path: str) -> Mapping[str, Any] | CredentialError:
        try:
            return _fetch(self._open(), path)
        except VaultDownError as error:
            self._session = error  # nobody else needs to wait for it
            return error
        except CredentialError as error:
            return error

    def _open(self) -> Session:
        if self._session is None:
            self._session = _opened()
        if isinstance(self._session, CredentialError):
            raise self._session
        return self._session


class VaultDownError(CredentialError):
    """No answer came, or none of a Vault: the next path would fare no better."""


def _opened() -> Session | CredentialError:
    try:
        return within(open_session)
    except CredentialError as error:
        return error


def _fetch(session: Session, path: str) -> Mapping[str, Any]:
    """The fields at ``path``, found as ``vault kv get`` finds them: the mount says which version it has."""
    mount = _answer(session, f"sys/internal/ui/mounts/{path}")
    found = _answer(session, _api_path(path, mount) if mount.status == _OK else path)
    if found.status in _REDIRECTS:
        raise CredentialError("Vault redirects to another address; name that one in VAULT_ADDR")
    if found.status != _OK:
        raise CredentialError(_MEANING.get(found.status, f"Vault answered with status {found.status}"))
    inner = found.data.get("data")
    return inner if isinstance(inner, dict) and isinstance(found.data.get("metadata"), dict) else found.data


def _answer(session: Session, path: str) -> Answer:
    try:
        return within(lambda: session.get(path))
    except CredentialError as error:
        raise VaultDownError(str(error)) from None


def _api_path(path: str, mount: Answer) -> str:
    """Version 2 of the store keeps its values below ``data/``; whoever wrote that already meant the same."""
    options, name = mount.data.get("options"), mount.data.get("path")
    if not isinstance(name, str) or not isinstance(options, dict) or options.get("version") != "2":
        return path
    inner = path.removeprefix(name)
    return path if inner == path or inner.startswith("data/") else f"{name}data/{inner}"


def _field(data: Mapping[str, Any], field: str) -> Secret:
    if field not in data:
        raise CredentialError("the secret has no such field")
    value = data[field]
    if not isinstance(value, str) or not value or "\n" in value:
        raise CredentialError("the field does not hold one line of text")
    return Secret(value)
