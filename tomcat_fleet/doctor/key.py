"""Whether the private keys that targets log in with can be used, and are worth it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asyncssh.public_key import CERT_TYPE_USER, SSHOpenSSHCertificate

from tomcat_fleet.doctor.finding import Finding, of_faults, ok, warning
from tomcat_fleet.errors import Fault
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.credential import CredentialError
from tomcat_fleet.transport.private_key import USUAL, Identity, read_identity

_RSA_BITS = 2048
_NAMED = 3
# asyncssh tells what is wrong with a certificate by these words only.
_VALIDITY = {"Certificate expired": "certificate_expired", "Certificate not yet valid": "certificate_early"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A key file and the accounts that log in with it."""

    path: str
    accounts: tuple[str, ...]


def wanted(targets: Iterable[Target], shared: Sequence[str], account: str) -> tuple[Wanted, ...]:
    """Key files that ``targets`` name or share. Those with a passphrase of their own are opened by the audit only."""
    accounts: dict[str, dict[str, None]] = {path: {} for path in shared}
    for target in targets:
        if not target.key_passphrase:
            for path in target.key_files or shared:
                accounts.setdefault(path, {})[target.user or account] = None
    return tuple(Wanted(path=path, accounts=tuple(users)) for path, users in accounts.items())


def examine(keys: Sequence[Wanted], *, usual: bool) -> Iterator[Finding]:
    """Read every key; ``usual`` says that some target falls back to those of ``~/.ssh``."""
    good = 0
    for one in keys:
        try:
            identity = read_identity(Path(one.path).expanduser())
        except CredentialError as error:
            yield from of_faults("keys", [Fault(one.path, 0, f"private key {error}")])
            continue
        good += 1
        yield from _worth(identity, one)
    if good:
        yield ok("keys", "keys_ok", count=good)
    if usual:
        yield from _usual()


def _usual() -> Iterator[Finding]:
    """A usual key that is absent is none; one that cannot be used is passed over by an audit, and worth a word."""
    found = [path for path in USUAL if Path(path).expanduser().exists()]
    for path in found:
        try:
            yield from _worth(read_identity(Path(path).expanduser()), Wanted(path=path, accounts=()))
        except CredentialError as error:
            yield warning("keys", "usual_passed", path=path, why=str(error))
        else:
            yield ok("keys", "usual_ok", path=path)
    if not found:
        yield warning("keys", "usual_none", paths=", ".join(USUAL))


def _worth(identity: Identity, one: Wanted) -> Iterator[Finding]:
    kind = identity.key.get_algorithm()
    bits = int(getattr(identity.key.pyca_key, "key_size", 0))
    if kind == "ssh-dss" or (kind == "ssh-rsa" and bits < _RSA_BITS):
        yield warning("keys", "key_weak", path=one.path, kind=kind, bits=bits)
    if isinstance(identity.certificate, SSHOpenSSHCertificate):
        yield from _certificate(identity.certificate, one)


def _certificate(certificate: SSHOpenSSHCertificate, one: Wanted) -> Iterator[Finding]:
    path = f"{one.path}-cert.pub"
    lost = []
    for account in one.accounts or (None,):
        try:
            certificate.validate(CERT_TYPE_USER, account)
        except ValueError as error:
            if str(error) in _VALIDITY:
                yield warning("keys", _VALIDITY[str(error)], path=path)
                return
            if "principal" not in str(error):
                yield warning("keys", "certificate_kind", path=path)
                return
            lost.append(one_line(str(account), 64))
    if lost:
        names = ", ".join(lost[:_NAMED]) + (", …" if len(lost) > _NAMED else "")
        yield warning("keys", "certificate_principal", path=path, accounts=names)
