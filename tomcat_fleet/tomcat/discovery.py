"""Which instances a target has, from everything that may tell: processes, units, the inventory, a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.evidence import CandidateOrigin
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat import process as processes
from tomcat_fleet.tomcat import unit as units
from tomcat_fleet.tomcat.claim import believed, leading
from tomcat_fleet.tomcat.document import read_document
from tomcat_fleet.tomcat.process import Launch
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.seen import Seen, SeenKind
from tomcat_fleet.tomcat.unit import Starter

_TABLE = "process table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One CATALINA_BASE and all that names it."""

    base: str  # real path where the target told it
    home: str
    running: Fact[bool]
    launches: tuple[Launch, ...] = ()
    jvms: tuple[Launch, ...] = ()  # launches that hold a JVM and are believed
    lead: Launch | None = None  # the one whose options count
    starters: tuple[Starter, ...] = ()
    units_known: Fact[None] = field(default_factory=lambda: Known(None))  # Unknown: another unit may start it
    hint: InstanceHint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Instances and other things found. ``gaps`` say why there may be more instances."""

    seeds: tuple[Seed, ...]
    seen: tuple[Seen, ...]
    gaps: tuple[Unknown, ...]
    absence: Fact[None]  # Known: proven that nothing but the seeds is Tomcat


@dataclass(slots=True)
class _Found:
    """What names one base, as it accumulates."""

    launches: list[Launch] = field(default_factory=list)
    starters: list[Starter] = field(default_factory=list)
    hint: InstanceHint | None = None
    origins: set[CandidateOrigin] = field(default_factory=set)


def discover(reader: Reader, target: Target) -> Discovery:
    """Instances of the target, each base once, in order of their paths."""
    launches, seen = _processes(reader)
    starters = units.read(reader)
    named = _named(reader, target, launches, starters)
    found = {base: item for base, item in named.items() if target.discover or item.hint}
    rejected = _rejected(reader, found)
    rejected |= {base: Seen(kind=SeenKind.UNLISTED, subject=base) for base in named.keys() - found.keys()}
    doubts = _doubts(reader, launches, seen)
    everything = tuple(sorted({*seen, *rejected.values()}))
    gaps = _gaps(reader, target, doubts)
    return Discovery(
        seeds=tuple(
            _seed(reader, base, item, doubts, starters) for base, item in sorted(found.items()) if base not in rejected
        ),
        seen=everything,
        gaps=gaps,
        absence=_absence(gaps, everything, starters),
    )


def _processes(reader: Reader) -> tuple[tuple[Launch, ...], tuple[Seen, ...]]:
    table = reader.evidence.processes
    rows = table.value.processes if isinstance(table, Known) else ()
    read = [processes.read(reader, row) for row in sorted(rows, key=lambda row: row.pid)]
    launches = processes.with_controllers(tuple(item for item in read if isinstance(item, Launch)))
    return launches, tuple(item for item in read if isinstance(item, Seen))


def _named(
    reader: Reader, target: Target, launches: Iterable[Launch], starters: Iterable[Starter]
) -> dict[str, _Found]:
    """Gather what names a base, by its real path."""
    found: dict[str, _Found] = {}
    for hint in target.instances:
        _at(reader, found, hint.base).hint = hint
    for launch in launches:
        if launch.base:
            _at(reader, found, launch.base).launches.append(launch)
    for starter in starters:
        if starter.base:
            _at(reader, found, starter.base).starters.append(starter)
    for candidate in reader.evidence.candidates:
        _at(reader, found, candidate.path).origins.add(candidate.origin)
    return found


def _at(reader: Reader, found: dict[str, _Found], path: str) -> _Found:
    return found.setdefault(paths.real(reader, paths.absolute(path, "/")), _Found())


def _rejected(reader: Reader, found: Mapping[str, _Found]) -> dict[str, Seen]:
    """Bases that only a search or a unit names and that hold no Tomcat configuration, or are a package's skeleton."""
    out: dict[str, Seen] = {}
    for base, item in found.items():
        if item.launches or item.hint or CandidateOrigin.INVENTORY in item.origins:
            continue
        if paths.name(base) == "skel":
            out[base] = Seen(kind=SeenKind.TEMPLATE, subject=base)
        elif not _may_have_engine(reader, base):
            kind = SeenKind.UNIT if item.starters and not item.origins else SeenKind.CANDIDATE
            out[base] = Seen(kind=kind, subject=base, detail="no conf/server.xml with an Engine")
    return out


def _may_have_engine(reader: Reader, base: str) -> bool:
    """Tell whether base may be Tomcat's: a server.xml that cannot be read keeps its base an instance."""
    root = read_document(reader, paths.absolute("conf/server.xml", base))
    if isinstance(root, Unknown):
        return True
    if root.value is None or root.value.name != "Server":
        return False
    return any(True for service in root.value.each("Service") for _ in service.each("Engine"))


def _doubts(reader: Reader, launches: Iterable[Launch], seen: Iterable[Seen]) -> tuple[Unknown, ...]:
    """Why there may be processes of Tomcat that were not recognised as such."""
    table = reader.evidence.processes
    if isinstance(table, Unknown):
        return (table,)
    out = [] if table.value.complete else [Unknown(Gap.HIDDEN, _TABLE)]
    out += [Unknown(Gap.TRUNCATED, item.subject, item.detail) for item in seen if item.kind == SeenKind.CUT]
    out += [
        Unknown(Gap.UNRESOLVED, _TABLE, f"pid {launch.process.pid}: base relative to an unknown directory")
        for launch in launches
        if launch.base is None and launch.kind is not DaemonKind.WRAPPER
    ]
    return tuple(out)


def _gaps(reader: Reader, target: Target, doubts: tuple[Unknown, ...]) -> tuple[Unknown, ...]:
    """Why there may be more instances. An inventory that restricts the audit to its own list leaves no question."""
    if not target.discover:
        return ()
    named = bool(target.instances)  # the operator knows the bases of processes whose command line is cut
    remaining = tuple(gap for gap in doubts if not (named and gap.gap is Gap.TRUNCATED))
    search = reader.evidence.search_complete
    return (*remaining, search) if isinstance(search, Unknown) else remaining


def _seed(reader: Reader, base: str, item: _Found, doubts: tuple[Unknown, ...], starters: Iterable[Starter]) -> Seed:
    jvms = believed(reader, base, item.launches)
    lead = leading(reader, base, jvms)
    return Seed(
        base=base,
        home=_home(reader, base, item, lead),
        running=_running(item.launches, doubts),
        launches=tuple(item.launches),
        jvms=jvms,
        lead=lead,
        starters=tuple(item.starters),
        units_known=_units_known(item, starters),
        hint=item.hint,
    )


def _units_known(item: _Found, starters: Iterable[Starter]) -> Fact[None]:
    """Unknown when a unit that could not be read may be one of this base, or is."""
    own = (starter for starter in item.starters if starter.unit)
    nameless = (starter for starter in starters if starter.unit and starter.base is None)
    return next((starter.gap for starter in (*own, *nameless) if starter.gap), None) or Known(None)


def _running(launches: Iterable[Launch], doubts: tuple[Unknown, ...]) -> Fact[bool]:
    kinds = {launch.kind for launch in launches}
    if kinds - {DaemonKind.WRAPPER}:
        return Known(value=True)
    if kinds:
        return Unknown(Gap.HIDDEN, _TABLE, "only a wrapper around the JVM was seen")
    return doubts[0] if doubts else Known(value=False)


def _home(reader: Reader, base: str, item: _Found, lead: Launch | None) -> str:
    """CATALINA_HOME: the JVM's own word, then the inventory's, a unit's, a defaults file's; base when none tells."""
    started = [starter.home for starter in sorted(item.starters, key=lambda starter: starter.unit is None)]
    named = (lead.home if lead else None, item.hint.home if item.hint else None, *started)
    return paths.real(reader, paths.absolute(next(filter(None, named), base), base))


def _absence(gaps: Iterable[Unknown], seen: Iterable[Seen], starters: Iterable[Starter]) -> Fact[None]:
    contained = [item for item in seen if item.kind in {SeenKind.CONTAINER, SeenKind.UNLISTED}]
    vague = [starter for starter in starters if starter.may_name_more()]
    reasons = (
        *gaps,
        *(Unknown(Gap.NOT_COLLECTED, item.subject, item.detail) for item in contained),
        *(starter.gap or Unknown(Gap.UNRESOLVED, starter.place.path, "names no CATALINA_BASE") for starter in vague),
    )
    return reasons[0] if reasons else Known(None)
