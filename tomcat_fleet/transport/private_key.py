"""Private key files, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tomcat_fleet.transport.private_file import CredentialError, read_private
from tomcat_fleet.transport.reference.patience import LateError, within
from tomcat_fleet.transport.secret import Secret

_MAX_BYTES = 64 * 1024
USUAL = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
# asyncssh tells these only by their words.
_IS_ENCRYPTED = "Passphrase must be"
_WITHOUT_BCRYPT = "requires bcrypt"
_UNKNOWN_CIPHER = ("Unknown cipher", "Unknown kdf")


class AgentKeyError(CredentialError):
    """Only an agent can use the key as things are."""


class EncryptedKeyError(AgentKeyError):
    """The key needs a passphrase, and none is given."""


class WrongPassphraseError(CredentialError):
    """The passphrase that is given does not open the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A private key, with its OpenSSH user certificate when ``<file>-cert.pub`` lies beside it."""

    path: str
    key: asyncssh.SSHKey
    certificate: asyncssh.SSHCertificate | None = None


def read_identity(path: Path, passphrase: Secret | None = None) -> Identity:
    """Return the key in ``path``; raises ``CredentialError`` for one that is open to others or no key.

    An encrypted one raises ``EncryptedKeyError`` without a passphrase and ``WrongPassphraseError`` with a wrong one.
    A passphrase for a key that needs none is not used.
    """
    content = read_private(path, _MAX_BYTES)
    try:
        key = _import(content)
    except EncryptedKeyError:
        if passphrase is None:
            raise
        key = _decrypt(content, passphrase)
    if key.get_algorithm().startswith("sk-"):
        raise AgentKeyError("is kept in a FIDO authenticator; add it to an agent and ask for the agent")
    return Identity(path=str(path), key=key, certificate=_certificate(Path(f"{path}-cert.pub")))


def _import(content: bytes) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(content)
    except (ValueError, ArithmeticError) as error:
        if str(error).startswith(_IS_ENCRYPTED):
            raise EncryptedKeyError("encrypted; set key_passphrase, or add it to an agent and ask for that") from None
        raise CredentialError("holds no private key that can be used") from None


def _decrypt(content: bytes, passphrase: Secret) -> asyncssh.SSHKey:
    try:
        return within(lambda: asyncssh.import_private_key(content, passphrase.reveal()))
    except LateError:
        raise CredentialError("encrypted; opening it takes too long; ssh-keygen -p -a 16 writes it anew") from None
    except (ValueError, ArithmeticError) as error:
        said = str(error)
    if _WITHOUT_BCRYPT in said:
        raise CredentialError("encrypted; opening it needs the package bcrypt")
    if said.startswith(_UNKNOWN_CIPHER):
        raise CredentialError("encrypted in a way that is not known here; ssh-keygen -p writes it anew")
    # A wrong passphrase can lead to padding that looks right, and then to any complaint about what is inside.
    raise WrongPassphraseError("the passphrase does not open it")


def _certificate(path: Path) -> asyncssh.SSHCertificate | None:
    if not path.exists():
        return None
    try:
        return asyncssh.read_certificate(path)
    except (OSError, ValueError, ArithmeticError):
        raise CredentialError(f"its certificate {path.name} cannot be used") from None
