"""Whether the references of the inventory lead to passwords and passphrases. None of these is ever shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tomcat_fleet.doctor.finding import Finding, of_faults, ok, warning
from tomcat_fleet.errors import Fault
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import fault_of
from tomcat_fleet.transport.credential import CredentialError, resolve

_OUTSIDE = frozenset({"cmd", "keyring", "vault"})


def references(target: Target) -> tuple[str, ...]:
    """All that ``target`` has."""
    become = target.become.password if target.become else None
    return tuple(one for one in (target.password, target.key_passphrase, become) if one)


def is_outside(reference: str) -> bool:
    """Whether resolving it runs a program, opens a keyring or asks another machine."""
    scheme, mark, _ = reference.partition(":")
    return bool(mark) and scheme in _OUTSIDE


def asks_outside(target: Target) -> bool:
    """Whether one of its references does."""
    return any(map(is_outside, references(target)))


def examine(targets: Iterable[Target], *, outside: bool) -> Iterator[Finding]:
    """Resolve every distinct reference; ``outside`` ones only when wished."""
    found = {reference: target for target in targets for reference in references(target)}
    left = [reference for reference in found if is_outside(reference) and not outside]
    faults = [
        fault
        for reference, target in found.items()
        if reference not in left and (fault := _fault(reference, target)) is not None
    ]
    yield from of_faults("credentials", faults)
    good = len(found) - len(left) - len(faults)
    if good:
        yield ok("credentials", "credentials_ok", count=good)
    if left:
        yield warning("credentials", "credentials_left", count=len(left))


def _fault(reference: str, target: Target) -> Fault | None:
    try:
        resolve(reference)
    except CredentialError as error:
        return fault_of(target, str(error))
    return None
