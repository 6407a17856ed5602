"""Who may reach a context by address: the AND of every valve and filter on a request's path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tomcat_fleet.model.access import Access, AccessNote, AddressClass, AddressFilter, Decision, ProbeResult
from tomcat_fleet.model.fact import Unknown
from tomcat_fleet.tomcat.config import Config, ServiceNode, flag
from tomcat_fleet.tomcat.connector import listens_on_loopback, ports_of
from tomcat_fleet.tomcat.document import attribute
from tomcat_fleet.tomcat.guard import Guard, GuardKind, ValueFault, decide, remarks, syntaxes
from tomcat_fleet.tomcat.pipeline import Pipeline, Step
from tomcat_fleet.tomcat.probe import Probe
from tomcat_fleet.tomcat.version import Version

_PACKAGE = "org.apache.catalina."
_KINDS: Mapping[str, GuardKind] = {
    f"{_PACKAGE}{place}.Remote{name}{suffix}": kind
    for place, suffix in (("valves", "Valve"), ("filters", "Filter"))
    for name, kind in (("Addr", GuardKind.ADDRESS), ("Host", GuardKind.HOST), ("CIDR", GuardKind.CIDR))
}
_REMOTE_IP = frozenset({f"{_PACKAGE}valves.RemoteIpValve", f"{_PACKAGE}filters.RemoteIpFilter"})
_BLOCK_ENDS = frozenset({"10.255.255.254", "172.31.255.254", "192.168.255.254"})
_VALIDATES = Version.of("7.0.23")
# RemoteCIDRValve is a RequestFilterValve since then, with its settings and its check at start. Before, setAllow and
# setDeny keep the parts they understand, and Digester only logs the exception that they throw.
_FULL_CIDR = ("8.5.63", "9.0.43", "10.0.2")
# Setters of RequestFilter and RemoteCIDRFilter; FilterBase.init throws for any other parameter of these two, for
# isConfigProblemFatal says so. Read in the last release of each branch, so nothing older is relied upon.
_FILTER_SETTINGS = frozenset({"allow", "deny", "denyStatus"})
_FATAL_SETTINGS = ("7.0.109", "8.5.100", "9.0.122", "10.1.60", "11.0.25")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruling:
    """What one step does with each probe. ``filter`` is None for a class that is not Tomcat's."""

    decisions: Mapping[Probe, Decision]
    filter: AddressFilter | None
    notes: frozenset[AccessNote] = frozenset()
    starts: bool = True


def is_address_step(step: Step) -> bool:
    """Whether this step is one of Tomcat's own filters by address."""
    return step.class_name in _KINDS


def judge_access(config: Config, service: ServiceNode, pipeline: Pipeline, probes: Sequence[Probe]) -> Access:
    """What becomes of each probe on its way to the context, and why."""
    judge = _Judge(config, service, pipeline.preemptive, tuple(probes))
    rulings = tuple(judge.rulings(pipeline.steps))
    results = tuple(
        ProbeResult(
            address=probe.shown,
            address_class=probe.address_class,
            decision=_conjunction(ruling.decisions[probe] for ruling in rulings),
        )
        for probe in judge.probes
    )
    notes = {note for ruling in rulings for note in ruling.notes} | set(_summary(results, rulings))
    if pipeline.misspelt:
        notes.add(AccessNote.MISSPELT)
    if listens_on_loopback(config, service):
        notes.add(AccessNote.LOOPBACK_CONNECTORS)
    return Access(
        starts=all(ruling.starts for ruling in rulings),
        results=results,
        filters=tuple(ruling.filter for ruling in rulings if ruling.filter),
        notes=frozenset(notes),
    )


def _conjunction(decisions: Iterable[Decision]) -> Decision:
    present = set(decisions)
    order = (Decision.REFUSED, Decision.UNDECIDED)
    return next((decision for decision in order if decision in present), Decision.ALLOWED)


def _summary(results: Sequence[ProbeResult], rulings: Sequence[_Ruling]) -> Iterator[AccessNote]:
    if not rulings:
        yield AccessNote.NO_FILTER
        return
    public = {result.decision for result in results if result.address_class is AddressClass.PUBLIC}
    filters = [ruling.filter for ruling in rulings if ruling.filter]
    if public == {Decision.ALLOWED} and any(one.allow for one in filters):
        yield AccessNote.ALLOW_ALL
    if Decision.ALLOWED in public and any(one.deny and not one.allow for one in filters):
        yield AccessNote.DENY_ONLY
    inside = {result.address for result in results if result.decision is Decision.ALLOWED}
    if Decision.ALLOWED not in public and inside & _BLOCK_ENDS:
        yield AccessNote.PRIVATE_BLOCK


@dataclass(frozen=True, slots=True)
class _Judge:
    config: Config
    service: ServiceNode
    preemptive: bool
    probes: tuple[Probe, ...]

    def rulings(self, steps: Iterable[Step]) -> Iterator[_Ruling]:
        """What each step rules that may rule at all."""
        rewritten = False
        for step in steps:
            rewritten = rewritten or step.class_name in _REMOTE_IP
            ruling = self._ruling(step)
            if ruling:
                yield self._behind_proxy(step, ruling) if rewritten else ruling

    def _ruling(self, step: Step) -> _Ruling | None:
        kind = _KINDS.get(step.class_name)
        if kind is None:
            known_class = step.class_name.startswith(_PACKAGE)
            return None if known_class else self._undecided(None, AccessNote.CUSTOM_CLASS)
        shown = AddressFilter(
            class_name=step.class_name,
            allow=attribute(step.element, "allow") or None,
            deny=attribute(step.element, "deny") or None,
            place=step.place,
            level=step.level,
        )
        if not self._exists(kind, step):
            return self._undecided(shown, AccessNote.CUSTOM_CLASS)
        if self._rejects_settings(kind, step):
            return self._unstarted(shown, AccessNote.BAD_VALUE)
        guard = self._guard(kind, step, shown)
        if guard is None:
            return self._undecided(shown, AccessNote.UNRESOLVED_PROPERTY)
        return self._with_login(step, self._decided(guard, shown))

    def _exists(self, kind: GuardKind, step: Step) -> bool:
        """Whether this version has the class at all."""
        version = self.config.version
        if version is None:
            return True
        if kind is GuardKind.CIDR:
            return version.since("7.0.89", "8.5.32", "9.0.9")
        return step.level != "filter" or version >= Version.of("7.0.0")

    def _rejects_settings(self, kind: GuardKind, step: Step) -> bool:
        """Whether a filter has a parameter that keeps it, and so its context, from starting."""
        version = self.config.version
        if step.level != "filter" or version is None or not version.since(*_FATAL_SETTINGS):
            return False
        known = _FILTER_SETTINGS - {"denyStatus"} if kind is GuardKind.CIDR else _FILTER_SETTINGS
        return any(name[:1].lower() + name[1:] not in known for name in step.element.attributes)

    def _guard(self, kind: GuardKind, step: Step, shown: AddressFilter) -> Guard | None:
        """The guard's values; None when one of them hangs on something unknowable."""
        if self.config.doubt(shown.allow) or self.config.doubt(shown.deny):
            return None
        valve = step.level != "filter"  # a filter knows no such setting
        firsts = _FULL_CIDR if kind is GuardKind.CIDR else ("7.0.79", "8.0.45", "8.5.17", "9.0.0")
        adds_port = valve and self._flag(step, "addConnectorPort", firsts)
        ports = ports_of(self.config, self.service) if adds_port else None
        if adds_port is None or (adds_port and ports is None):
            return None
        lenient = valve and kind is GuardKind.CIDR and not self._validates(kind)
        return Guard(kind=kind, allow=shown.allow or "", deny=shown.deny or "", ports=ports, lenient=lenient)

    def _validates(self, kind: GuardKind) -> bool:
        """Whether a valve of this version is known not to start with a bad value."""
        version = self.config.version
        if version is None:
            return False
        return version.since(*_FULL_CIDR) if kind is GuardKind.CIDR else version >= _VALIDATES

    def _flag(self, step: Step, name: str, firsts: tuple[str, ...]) -> bool | None:
        """A boolean setting that exists since ``firsts``; None when its value cannot be known."""
        version = self.config.version
        if version is not None and not version.since(*firsts):
            return False
        value = flag(step.element, name, self.config.properties, default=False)
        return None if isinstance(value, Unknown) else value.value

    def _decided(self, guard: Guard, shown: AddressFilter) -> _Ruling:
        possible = syntaxes(self.config.version)
        try:
            answers = [decide(guard, self.probes, syntax) for syntax in possible]
            notes = set(remarks(guard, self.probes, possible[0]))
        except ValueFault as fault:
            return self._faulty(guard, shown, fault.note)
        decisions = {probe: self._agreed({answer[probe] for answer in answers}) for probe in self.probes}
        if guard.kind is GuardKind.HOST and Decision.UNDECIDED in decisions.values():
            notes.add(AccessNote.HOST_NAMES)
        return _Ruling(decisions=decisions, filter=shown, notes=frozenset(notes))

    @staticmethod
    def _agreed(decisions: set[Decision]) -> Decision:
        return decisions.pop() if len(decisions) == 1 else Decision.UNDECIDED

    def _faulty(self, guard: Guard, shown: AddressFilter, note: AccessNote) -> _Ruling:
        """A filter that does not take its values never starts; a valve only where it checks them at start."""
        if note is not AccessNote.BAD_VALUE:
            return self._undecided(shown, note)
        if shown.level == "filter" or self._validates(guard.kind):
            return self._unstarted(shown, note)
        return self._undecided(shown, AccessNote.BAD_VALUE_OLD)

    def _unstarted(self, shown: AddressFilter, note: AccessNote) -> _Ruling:
        refused = dict.fromkeys(self.probes, Decision.REFUSED)
        return _Ruling(decisions=refused, filter=shown, notes=frozenset({note}), starts=False)

    def _undecided(self, shown: AddressFilter | None, note: AccessNote) -> _Ruling:
        decisions = dict.fromkeys(self.probes, Decision.UNDECIDED)
        return _Ruling(decisions=decisions, filter=shown, notes=frozenset({note}))

    def _with_login(self, step: Step, ruling: _Ruling) -> _Ruling:
        """With both switches set, RequestFilterValve.denyRequest passes the request on to a login."""
        if step.level == "filter" or not self.preemptive or not ruling.starts:
            return ruling
        switch = self._flag(step, "invalidAuthenticationWhenDeny", ("7.0.58", "8.0.16", "8.5.0"))
        if switch is False:
            return ruling
        instead = Decision.UNDECIDED if switch is None else Decision.ALLOWED
        return self._instead_of_refusal(ruling, instead, AccessNote.LOGIN_INSTEAD_OF_DENIAL)

    def _behind_proxy(self, step: Step, ruling: _Ruling) -> _Ruling:
        """A client inside internalProxies can claim any address that the step would let through."""
        nobody = set(ruling.decisions.values()) == {Decision.REFUSED}
        peer = self._flag(step, "usePeerAddress", ("8.5.62", "9.0.42", "10.0.1"))
        if nobody or (peer and step.level != "filter"):
            return ruling
        return self._instead_of_refusal(ruling, Decision.UNDECIDED, AccessNote.REMOTE_IP)

    @staticmethod
    def _instead_of_refusal(ruling: _Ruling, instead: Decision, note: AccessNote) -> _Ruling:
        decisions = {
            probe: instead if decision is Decision.REFUSED else decision for probe, decision in ruling.decisions.items()
        }
        return replace(ruling, decisions=decisions, notes=ruling.notes | {note})
