"""Keys of files and of the agent, in the shape in which they are offered through paramiko."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import paramiko
from paramiko.agent import AgentSSH

from tomcat_fleet.transport.private_key import Identity
from tomcat_fleet.transport.threaded.authentication import Key

_AGENT_S = 20.0
_CLASSES = {
    "ssh-ed25519": "Ed25519Key",
    "ssh-rsa": "RSAKey",
    "ssh-dss": "DSSKey",  # until paramiko 3
    "ecdsa-sha2-nistp256": "ECDSAKey",
    "ecdsa-sha2-nistp384": "ECDSAKey",
    "ecdsa-sha2-nistp521": "ECDSAKey",
}
_log = logging.getLogger(__name__)


@lru_cache(maxsize=256)  # to read an RSA key takes longer than the rest of a connection
def of_identity(identity: Identity) -> Key | None:
    """Return the key as it is offered, by its certificate when it has one; ``None`` for a type paramiko lacks."""
    algorithm = identity.key.get_algorithm()
    kind = getattr(paramiko, _CLASSES.get(algorithm, ""), None)
    if kind is None:
        _log.info("%s is passed over: paramiko has no %s", identity.path, algorithm)
        return None
    # paramiko takes the newer format for empty where no padding is needed, which happens with ECDSA.
    form = "openssh" if algorithm == "ssh-ed25519" else "pkcs1-pem"
    key = kind(file_obj=io.StringIO(identity.key.export_private_key(form).decode("ascii")))
    if identity.certificate:
        return Key(kind=identity.certificate.get_algorithm(), blob=identity.certificate.public_data, sign=_signer(key))
    return Key(kind=key.get_name(), blob=key.asbytes(), sign=_signer(key))


class Agent(AgentSSH):  # type: ignore[misc]  # paramiko has no types
    """The agent behind a given socket; paramiko's own takes whatever the environment names."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_AGENT_S)
        self._path = path

    def keys(self) -> tuple[Key, ...]:
        """Return its keys; raises ``OSError`` or what paramiko raises."""
        self._socket.connect(self._path)
        self._connect(self._socket)
        return tuple(Key(kind=each.get_name(), blob=each.blob, sign=_signer(each)) for each in self.get_keys())

    def unblock(self) -> None:
        """Tell whoever waits for it that there is no answer; does not block."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection to it."""
        self._socket.close()


def _signer(key: Any) -> Callable[[bytes, str], bytes]:
    def sign(data: bytes, algorithm: str) -> bytes:
        signature = key.sign_ssh_data(data, algorithm)
        return bytes(signature if isinstance(signature, bytes) else signature.asbytes())

    return sign
