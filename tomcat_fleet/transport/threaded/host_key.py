"""Whether known_hosts has the host that paramiko reached; asked before anything that authenticates is sent."""

from __future__ import annotations

import base64

import asyncssh
import paramiko
from asyncssh.public_key import SSHOpenSSHCertificate

from tomcat_fleet.transport import failure
from tomcat_fleet.transport.known_hosts import HostKeys, Trust

_HOST = 2  # the type of a host's certificate, PROTOCOL.certkeys


def verify(offered: paramiko.PKey, address: str, known: HostKeys) -> asyncssh.SSHKey:
    """Return the trusted key; raises ``TargetError`` with the outcomes and words that asyncssh's way has.

    The server has proven already that it holds the private key. paramiko leaves a certificate unread, so its
    signature, its type, its time and its principals are asyncssh's business.
    """
    blob = offered.public_blob
    if blob is not None:
        return _certified(blob.key_type, blob.key_blob, address, known)
    key = asyncssh.import_public_key(_line(offered.get_name(), offered.asbytes()))
    trust = known.trust(key)
    if trust is Trust.TRUSTED:
        return key
    if trust is Trust.REVOKED:
        raise failure.of_host_key(None, known, asyncssh.HostKeyNotVerifiable("Host key is revoked"))
    raise failure.of_host_key(key, known, asyncssh.HostKeyNotVerifiable("Host key is not trusted"))


def _certified(kind: str, blob: bytes, address: str, known: HostKeys) -> asyncssh.SSHKey:
    try:
        certificate = asyncssh.import_certificate(_line(kind, blob))
        _check(certificate, address, known)
    except ValueError as error:
        raise failure.of_host_key(None, known, asyncssh.HostKeyNotVerifiable(str(error))) from None
    return certificate.key


def _check(certificate: asyncssh.SSHCertificate, address: str, known: HostKeys) -> None:
    """Raise ``ValueError`` unless an authority that is trusted vouches for this host, today."""
    if not isinstance(certificate, SSHOpenSSHCertificate):
        raise ValueError("Invalid certificate type")  # noqa: TRY004  what the server sent, not what we call
    if certificate.signing_key in known.revoked:
        raise ValueError("Host CA key is revoked")
    if certificate.key in known.revoked:
        raise ValueError("Host key is revoked")
    if certificate.signing_key not in known.authorities:
        raise ValueError("Host CA key is not trusted")
    certificate.validate(_HOST, address)


def _line(kind: str, blob: bytes) -> bytes:
    return f"{kind} ".encode("ascii") + base64.b64encode(blob)
