"""A login to Vault, as the environment of its own command line describes it.

Read are ``VAULT_ADDR``, ``VAULT_NAMESPACE``, ``VAULT_CACERT`` and one of ``VAULT_TOKEN``, ``VAULT_ROLE_ID`` with
``VAULT_SECRET_ID`` (AppRole) and ``~/.vault-token``. The server's certificate is always verified, no proxy and no
``.netrc`` is used, and no redirect is followed: a token goes to the named address only.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tomcat_fleet.transport.private_file import CredentialError, one_line, read_private

_ANSWER_S = 10.0
_MAX_TOKEN = 4096
_MAX_ANSWER = 1024 * 1024
_OK = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What Vault said: the status, and the data of a 200."""

    status: int
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Session:
    """Asks one Vault with one token."""

    def __init__(self, adapter: Any, failures: tuple[type[Exception], ...]) -> None:
        self._adapter = adapter
        self._failures = failures

    def get(self, path: str) -> Answer:
        """Return what is at ``path``; raises ``CredentialError`` when no answer of a Vault comes."""
        return self._ask("get", path, "data")

    def login(self, role: str, secret: str) -> None:
        """Take the token of an AppRole; raises ``CredentialError``."""
        answer = self._ask("post", "auth/approle/login", "auth", json={"role_id": role, "secret_id": secret})
        token = answer.data.get("client_token")
        if answer.status != _OK or not isinstance(token, str):
            raise CredentialError(f"Vault refused the AppRole login ({answer.status})")
        self._adapter.token = token

    def _ask(self, method: str, path: str, part: str, **options: Any) -> Answer:
        try:
            response = self._adapter.request(method, f"/v1/{path}", raise_exception=False, stream=True, **options)
            with response:
                content = response.raw.read(_MAX_ANSWER, decode_content=True)
            if response.status_code != _OK:
                return Answer(response.status_code)
            document = json.loads(content)
        except self._failures as error:
            # Its text may quote the request. The class says enough: ConnectTimeout, SSLError.
            raise CredentialError(f"no answer from VAULT_ADDR: {type(error).__name__}") from None
        except ValueError:
            raise CredentialError("what answers at VAULT_ADDR is no Vault") from None
        found = document.get(part) if isinstance(document, dict) else None
        if not isinstance(found, dict):
            raise CredentialError("what answers at VAULT_ADDR is no Vault")
        return Answer(_OK, found)


def open_session() -> Session:
    """Return a session with a token; raises ``CredentialError``."""
    try:
        hvac, requests = import_module("hvac"), import_module("requests")
        errors = import_module("urllib3.exceptions")
    except ImportError:
        raise CredentialError("Vault needs the package hvac: pip install 'tomcat-fleet[vault]'") from None
    address, authority = _address(), _authority()
    role, secret = os.environ.get("VAULT_ROLE_ID"), os.environ.get("VAULT_SECRET_ID")
    token = os.environ.get("VAULT_TOKEN") or ("" if role and secret else _token_file())
    if not (token.isascii() and token.isprintable()):
        raise CredentialError("the token for Vault is not one line of ASCII")
    http = requests.Session()
    http.trust_env = False
    client = hvac.Client(
        url=address,
        token=token,
        verify=authority,
        timeout=_ANSWER_S,
        allow_redirects=False,
        namespace=os.environ.get("VAULT_NAMESPACE") or None,
        session=http,
        adapter=hvac.adapters.RawAdapter,
    )
    session = Session(client.adapter, (requests.RequestException, errors.HTTPError, OSError))
    if not token and role and secret:
        session.login(role, secret)
    return session


def _address() -> str:
    address = os.environ.get("VAULT_ADDR", "")
    if not address:
        raise CredentialError("VAULT_ADDR is not set")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise CredentialError("VAULT_ADDR is no address") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise CredentialError("VAULT_ADDR is no address; https://HOST:PORT is expected")
    if parts.scheme == "http" and not _is_loopback(host):
        raise CredentialError("VAULT_ADDR is not https; a token would cross the network in the clear")
    return address.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authority() -> str | bool:
    path = os.environ.get("VAULT_CACERT")
    if not path:
        return True
    if not Path(path).is_file():
        raise CredentialError(f"VAULT_CACERT {path}: is not there")
    return path


def _token_file() -> str:
    path = Path("~/.vault-token").expanduser()
    try:
        return one_line(read_private(path, _MAX_TOKEN))
    except CredentialError as error:
        wanted = "VAULT_TOKEN, or VAULT_ROLE_ID with VAULT_SECRET_ID"
        raise CredentialError(f"{wanted} is not set, and ~/.vault-token {error}") from None
