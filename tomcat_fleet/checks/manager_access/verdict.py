"""What the probes of one served context mean, and everything that can be said of it."""

from __future__ import annotations

from enum import StrEnum

from tomcat_fleet.model.access import Access, AccessNote, AddressClass, Decision, ProbeResult, forbidden
from tomcat_fleet.model.status import Status


class Reason(StrEnum):
    """Everything this check can say."""

    NOT_DEPLOYED = "not-deployed"
    NOT_SERVED = "not-served"
    DOES_NOT_START = "does-not-start"
    RESTRICTED = "restricted"
    PUBLIC_ALLOWED = "public-allowed"
    OUTSIDE_NETWORKS = "outside-networks"
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"
    DEPLOYMENT_UNKNOWN = "deployment-unknown"
    # The names of AccessNote: they decide a verdict or qualify it.
    NO_FILTER = "no-filter"
    ALLOW_ALL = "allow-all"
    DENY_ONLY = "deny-only"
    COMMA_LIST = "comma-list"
    CIDR_IN_REGEX = "cidr-in-regex"
    NOTHING_SET = "nothing-set"
    BAD_VALUE = "bad-value"
    BAD_VALUE_OLD = "bad-value-old"
    LOGIN_INSTEAD_OF_DENIAL = "login-instead-of-denial"
    HOST_NAMES = "host-names"
    CUSTOM_CLASS = "custom-class"
    UNRESOLVED_PROPERTY = "unresolved-property"
    UNTRANSLATABLE = "untranslatable"
    REMOTE_IP = "remote-ip"
    LOOPBACK_CONNECTORS = "loopback-connectors"
    PRIVATE_BLOCK = "private-block"
    MISSPELT = "misspelt"
    IGNORED_META_INF = "ignored-meta-inf"


_OPENS = (AccessNote.LOGIN_INSTEAD_OF_DENIAL, AccessNote.DENY_ONLY, AccessNote.ALLOW_ALL, AccessNote.NO_FILTER)
_CLOUDS = (
    AccessNote.REMOTE_IP,
    AccessNote.HOST_NAMES,
    AccessNote.CUSTOM_CLASS,
    AccessNote.UNRESOLVED_PROPERTY,
    AccessNote.UNTRANSLATABLE,
)


def verdict(access: Access, networks: tuple[str, ...]) -> tuple[Status, Reason]:
    """Status and reason; ``access`` has at least one address that must be refused, or does not start."""
    if not access.starts:
        return Status.PASS, Reason.DOES_NOT_START
    entering = allowed(access, networks)
    if entering and AccessNote.LOOPBACK_CONNECTORS in access.notes:
        return Status.MANUAL, Reason.LOOPBACK_CONNECTORS
    if entering:
        return Status.FAIL, _why_open(access, entering)
    if all(probe.decision is Decision.REFUSED for probe in forbidden(access, networks)):
        return Status.PASS, Reason.RESTRICTED
    if AccessNote.BAD_VALUE_OLD in access.notes:
        return Status.UNKNOWN, Reason.BAD_VALUE_OLD
    return Status.MANUAL, _first(access, _CLOUDS, Reason.UNDECIDED)


def allowed(access: Access, networks: tuple[str, ...]) -> tuple[ProbeResult, ...]:
    """Probes that get in although they must be refused."""
    return tuple(probe for probe in forbidden(access, networks) if probe.decision is Decision.ALLOWED)


def notes(access: Access, reason: Reason) -> tuple[Reason, ...]:
    """What else qualifies the verdict, in one order. The login prompt is a fault only where it is the reason."""
    found = {Reason(note.value) for note in access.notes}
    return tuple(sorted(found - {reason, Reason.LOGIN_INSTEAD_OF_DENIAL}))


def _why_open(access: Access, entering: tuple[ProbeResult, ...]) -> Reason:
    if not any(probe.address_class is AddressClass.PUBLIC for probe in entering):
        return Reason.OUTSIDE_NETWORKS
    return _first(access, _OPENS, Reason.PUBLIC_ALLOWED)


def _first(access: Access, order: tuple[AccessNote, ...], default: Reason) -> Reason:
    return next((Reason(note.value) for note in order if note in access.notes), default)
