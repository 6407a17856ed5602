"""Who may reach a context by address: the facts behind WT-01."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network

from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.place import Place


class Decision(StrEnum):
    """What the filters of a context do with a request from one address."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNDECIDED = "undecided"  # files alone cannot tell


class AddressClass(StrEnum):
    """Which kind of client a probe address stands for."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


class AccessNote(StrEnum):
    """Why a decision is what it is; several may hold."""

    NO_FILTER = "no-filter"  # nothing on the path looks at the address
    ALLOW_ALL = "allow-all"  # an allow expression that every public address matches
    DENY_ONLY = "deny-only"  # no allow expression: everyone not denied comes in
    COMMA_LIST = "comma-list"  # since 7.0.6 a comma list is one regular expression that never matches
    CIDR_IN_REGEX = "cidr-in-regex"  # RemoteAddrValve given a CIDR block
    NOTHING_SET = "nothing-set"  # neither allow nor deny: everyone is refused
    BAD_VALUE = "bad-value"  # the valve rejects the value and the context does not start
    BAD_VALUE_OLD = "bad-value-old"  # same on a version that does not validate
    LOGIN_INSTEAD_OF_DENIAL = "login-instead-of-denial"  # invalidAuthenticationWhenDeny + preemptiveAuthentication
    HOST_NAMES = "host-names"  # RemoteHostValve decides by name
    CUSTOM_CLASS = "custom-class"  # a valve or filter class that is not Tomcat's own
    UNRESOLVED_PROPERTY = "unresolved-property"
    UNTRANSLATABLE = "untranslatable"  # Java regular expression without an equivalent here
    REMOTE_IP = "remote-ip"  # RemoteIpValve / RemoteIpFilter rewrites the address
    LOOPBACK_CONNECTORS = "loopback-connectors"  # every connector listens on loopback only
    PRIVATE_BLOCK = "private-block"  # a whole private block is allowed
    MISSPELT = "misspelt"  # an element such as <valve> that Tomcat ignores
    IGNORED_META_INF = "ignored-meta-inf"  # META-INF/context.xml has a filter that a descriptor displaces


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """The decision for one probe address."""

    address: str
    address_class: AddressClass
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFilter:
    """One valve or filter by address, as configured after ``${}`` replacement."""

    class_name: str
    allow: str | None
    deny: str | None
    place: Place
    level: str  # engine, host, context, filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The effective address filter of one context: the AND of everything on the request's path."""

    starts: bool  # False: a rejected value keeps the context from starting, nobody gets in
    results: tuple[ProbeResult, ...]
    filters: tuple[AddressFilter, ...] = ()
    notes: frozenset[AccessNote] = frozenset()


class AdminKind(StrEnum):
    """Which of Tomcat's administration applications a context serves."""

    MANAGER = "manager"
    HOST_MANAGER = "host-manager"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminContext:
    """A context that serves Tomcat's administration code, whatever its name."""

    path: str  # context path, e.g. /manager, /tools/mgr
    kind: AdminKind
    host: str  # name of the virtual host
    doc_base: str
    deployed: Fact[bool]  # Known(False): present on disk, but Tomcat does not serve it
    standard_name: bool  # False: a renamed copy
    definition: Place  # the file that defines the context, or its web.xml when nothing does
    servlet: Place  # where its administration servlet is declared
    access: Fact[Access]
    presence: tuple[Place, ...] = field(default=())  # directory, war, link, descriptor: all that deploys it


def forbidden(access: Access, networks: Sequence[str]) -> tuple[ProbeResult, ...]:
    """Select the probes that must be refused: public ones, or with ``networks`` (CIDR) every one outside of them."""
    if not networks:
        return tuple(probe for probe in access.results if probe.address_class is AddressClass.PUBLIC)
    blocks = [ip_network(network, strict=False) for network in networks]
    return tuple(probe for probe in access.results if not any(ip_address(probe.address) in block for block in blocks))


def is_restricted(context: AdminContext, networks: Sequence[str]) -> bool:
    """Whether it is proven that no forbidden address reaches the context: the condition under which WT-01 passes."""
    if context.deployed == Known(value=False):
        return True
    if not isinstance(context.access, Known):
        return False
    access = context.access.value
    if not access.starts:
        return True
    probes = forbidden(access, networks)
    return bool(probes) and all(probe.decision is Decision.REFUSED for probe in probes)
