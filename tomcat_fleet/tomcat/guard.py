"""One valve or filter by address: what it does with a client, in the semantics of each Tomcat version.

RequestFilterValve and its children: deny first, then allow; only deny set lets everybody else in; nothing set refuses
everybody. Syntax of the values: jakarta-regexp parts before 5.5.1, a comma list of java.util.regex up to 7.0.5, one
expression since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tomcat_fleet.model.access import AccessNote, Decision
from tomcat_fleet.tomcat.cidr import CidrError, parse_masks, understood_masks
from tomcat_fleet.tomcat.java_regex import JavaPattern, PatternFault, compile_java
from tomcat_fleet.tomcat.probe import Probe
from tomcat_fleet.tomcat.version import Version

_BLANKS = "".join(map(chr, range(33)))  # what Java's String.trim removes
_QUANTIFIER = re.compile(r"\{\d+,\d*\}")
_BLOCK = re.compile(r"[\d:]/\d")
_SOME_NAME = "client.example.net"


class GuardKind(StrEnum):
    """What a guard compares."""

    ADDRESS = "address"
    HOST = "host"
    CIDR = "cidr"


class Syntax(StrEnum):
    """How allow and deny of a version are read."""

    PARTS = "parts"  # comma list, each found anywhere in the text
    LIST = "list"  # comma list, each matching the whole text
    SINGLE = "single"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard's values. ``ports``: connector ports to append, None when addConnectorPort is off.

    A ``lenient`` one skips what it does not understand of a list of blocks.
    """

    kind: GuardKind
    allow: str
    deny: str
    ports: tuple[int, ...] | None = None
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """What a guard gets to see of a request."""

    probe: Probe
    text: str
    port: int | None


Matcher: TypeAlias = Callable[[Client], bool]


class ValueFault(Exception):  # noqa: N818 - judged, not handled
    """A value without a meaning; ``note`` says why."""

    def __init__(self, note: AccessNote) -> None:
        super().__init__(note.value)
        self.note = note


def syntaxes(version: Version | None) -> tuple[Syntax, ...]:
    """The syntax of ``version``; every one that may apply when it is not known."""
    if version is None:
        return (Syntax.SINGLE, Syntax.LIST)
    if version >= Version.of("7.0.6"):
        return (Syntax.SINGLE,)
    return (Syntax.LIST,) if version >= Version.of("5.5.1") else (Syntax.PARTS,)


def decide(guard: Guard, probes: Sequence[Probe], syntax: Syntax) -> dict[Probe, Decision]:
    """What the guard does with each probe; ``ValueFault`` when a value has no decidable meaning."""
    allow, deny = (_matcher(guard.kind, text, syntax, lenient=guard.lenient) for text in (guard.allow, guard.deny))
    rules = _Rules(allow, deny)
    by_name = guard.kind is GuardKind.HOST
    ports: tuple[int | None, ...] = (None,) if guard.ports is None else guard.ports
    return {probe: _best({rules.decide(probe, port, by_name=by_name) for port in ports}) for probe in probes}


def _best(decisions: set[Decision]) -> Decision:
    """The decision over every port that a client may come in by: one open door is enough."""
    order = (Decision.ALLOWED, Decision.UNDECIDED)
    return next((decision for decision in order if decision in decisions), Decision.REFUSED)


@dataclass(frozen=True, slots=True)
class _Rules:
    allow: Matcher | None
    deny: Matcher | None

    def decide(self, probe: Probe, port: int | None, *, by_name: bool) -> Decision:
        ending = "" if port is None else f";{port}"
        client = Client(probe, probe.text + ending, port)
        if self.admits(client):
            return Decision.ALLOWED  # by_name too: a client without a name is compared by its address
        if by_name and not self.refuses_all((client, Client(probe, _SOME_NAME + ending, port))):
            return Decision.UNDECIDED
        return Decision.REFUSED

    def admits(self, client: Client) -> bool:
        if self.deny and self.deny(client):
            return False
        return self.allow(client) if self.allow else self.deny is not None

    def refuses_all(self, clients: Iterable[Client]) -> bool:
        if self.deny:
            return all(map(self.deny, clients))
        return self.allow is None


def remarks(guard: Guard, probes: Sequence[Probe], syntax: Syntax) -> frozenset[AccessNote]:
    """What is odd about the values of a guard."""
    if not guard.allow and not guard.deny:
        return frozenset({AccessNote.NOTHING_SET})
    if guard.kind is GuardKind.CIDR or syntax is not Syntax.SINGLE:
        return frozenset()
    return frozenset(note for text in (guard.allow, guard.deny) if text for note in _oddities(text, guard.kind, probes))


def _oddities(text: str, kind: GuardKind, probes: Sequence[Probe]) -> Iterable[AccessNote]:
    matcher = _matcher(kind, text, Syntax.SINGLE)
    if matcher and any(matcher(Client(probe, probe.text, None)) for probe in probes):
        return
    if "," in _QUANTIFIER.sub("", text):
        yield AccessNote.COMMA_LIST
    if _BLOCK.search(text):
        yield AccessNote.CIDR_IN_REGEX


def _matcher(kind: GuardKind, text: str, syntax: Syntax, *, lenient: bool = False) -> Matcher | None:
    """A test for one value; None when the value counts as not set."""
    if kind is GuardKind.CIDR:
        return _cidr(text, lenient=lenient) if text else None
    if syntax is Syntax.SINGLE:
        parts = [text] if text else []
    else:
        parts = [part.strip(_BLANKS) for part in text.split(",")] if text.strip(_BLANKS) else []
    patterns = [_pattern(part) for part in parts]
    if not patterns:
        return None
    if syntax is Syntax.PARTS:
        return lambda client: any(pattern.finds(client.text) for pattern in patterns)
    return lambda client: any(pattern.matches(client.text) for pattern in patterns)


def _pattern(text: str) -> JavaPattern:
    compiled = compile_java(text)
    if isinstance(compiled, JavaPattern):
        return compiled
    rejected = compiled is PatternFault.REJECTED
    raise ValueFault(AccessNote.BAD_VALUE if rejected else AccessNote.UNTRANSLATABLE)


def _cidr(text: str, *, lenient: bool) -> Matcher | None:
    try:
        masks = understood_masks(text) if lenient else parse_masks(text)
    except CidrError as exc:
        raise ValueFault(AccessNote.HOST_NAMES if exc.by_name else AccessNote.BAD_VALUE) from exc
    if not masks:
        return None
    return lambda client: any(mask.matches(client.probe.address, client.port) for mask in masks)
