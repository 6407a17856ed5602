"""Private key files, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tomcat_fleet.transport.credential import CredentialError, read_private
from tomcat_fleet.transport.secret import Secret

_MAX_BYTES = 64 * 1024
USUAL = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


class EncryptedKeyError(CredentialError):
    """The key needs a passphrase, which only an agent can hold."""


class WrongPassphraseError(CredentialError):
    """The passphrase does not open the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A private key, with its OpenSSH user certificate when ``<file>-cert.pub`` lies beside it."""

    path: str
    key: asyncssh.SSHKey
    certificate: asyncssh.SSHCertificate | None = None


def read_identity(path: Path, passphrase: Secret | None = None) -> Identity:
    """Return the key in ``path``; raises ``CredentialError`` for one that is open to others, encrypted or no key."""
    content = read_private(path, _MAX_BYTES)
    try:
        key = asyncssh.import_private_key(content, passphrase.reveal() if passphrase else None)
    except asyncssh.KeyEncryptionError:
        raise WrongPassphraseError("the passphrase does not open it") from None
    except asyncssh.KeyImportError as error:
        # asyncssh has no exception of its own for a missing passphrase, only this wording.
        if str(error).startswith("Passphrase"):
            raise EncryptedKeyError("encrypted; add it to an agent and ask for the agent") from None
        raise CredentialError("holds no private key that can be used") from None
    except ValueError:
        raise CredentialError("holds no private key that can be used") from None
    return Identity(path=str(path), key=key, certificate=_certificate(Path(f"{path}-cert.pub")))


def _certificate(path: Path) -> asyncssh.SSHCertificate | None:
    if not path.exists():
        return None
    try:
        return asyncssh.read_certificate(path)
    except (OSError, ValueError):
        raise CredentialError(f"its certificate {path.name} cannot be used") from None
