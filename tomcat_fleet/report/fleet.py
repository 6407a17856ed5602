"""The fleet page arranged: the grid by group, the first things, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import Change, SweepSummary, WaiverUse, Words
from tomcat_fleet.model.status import COMPLETE, Outcome, Severity, Status, worst
from tomcat_fleet.report import edition, image, oddity
from tomcat_fleet.report.edition import Branch, Version
from tomcat_fleet.report.image import Alike
from tomcat_fleet.report.oddity import Twins
from tomcat_fleet.report.row import Row
from tomcat_fleet.report.shared import LISTED as SHARED
from tomcat_fleet.report.shared import Group as Shared
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.tally import Failing, Tally
from tomcat_fleet.report.trend import Figure, figures, outcome_changes

GRID = 1000  # instances up to which the grid shows every host
PAGE = 500  # hosts of one group on a page of their own beyond that
REGISTER = 1000  # hosts on a page of the register by name
GROUPS = 300  # rows of a grid by group; the smallest groups share one
NAMED = 20  # hosts that differ from their group in one item
CHANGED = 100  # verdicts of each kind of change, hosts not seen, waivers
LISTED = 100  # hosts in each list of what is not known; the grid's pages show the rest
KINDS = ("new", "reopened", "fixed")
_TOP = 10
_GROUP_MIN = 5  # hosts with a verdict before one of them can stand out
_OUTLIER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hosts of one zone or inventory group, the worst first."""

    name: str  # "" when the inventory gives neither
    rows: tuple[Row, ...]
    statuses: tuple[Status | None, ...]  # worst per item
    failing: tuple[int, ...]  # hosts failing, per item
    pages: tuple[tuple[str, tuple[Row, ...]], ...]  # file name in groups/, its rows; empty when the grid holds them
    folded: int = 0  # small groups that this one stands for

    @property
    def badness(self) -> tuple[float, ...]:
        """Sorts first the group whose hosts fail most, one host with another, then the one with most unknown."""
        failing = (sum(row.failing[level] for row in self.rows) / len(self.rows) for level in range(3))
        return *(-share for share in failing), -float(self.unsettled)

    @property
    def unsettled(self) -> int:
        """Hosts that were not audited, or not in full."""
        return sum(bool(row.unknown) or row.outcome not in COMPLETE for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """A failing item that many hosts share."""

    item: Item
    hosts: int
    message: Words
    slug: str  # a host to look at
    target: str
    subject: str  # the place most of them share
    same: int  # hosts that share it: one change of the image or the role fixes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """Hosts that fail what nearly all of their group pass."""

    item: Item
    group: str
    passing: int
    judged: int
    hosts: tuple[tuple[str, str], ...]  # target, slug; at most NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPage:
    """Everything the fleet template needs beside the summary."""

    groups: tuple[Group, ...]
    whole: bool  # the grid shows every host
    register: tuple[tuple[str, tuple[tuple[int, Row], ...]], ...]  # file, ranked rows by name; empty when it does
    commonest: tuple[Common, ...]
    worst: tuple[Row, ...]
    versions: tuple[Version, ...]  # at most edition.LISTED, those with most instances
    versions_more: int
    outdated: tuple[Branch, ...]
    alike: tuple[Alike, ...]  # one entry per file that several hosts have and that makes them fail
    outliers: tuple[Outlier, ...]
    outliers_more: int
    unreached: tuple[Row, ...]  # at most LISTED
    unreached_total: int
    unknown: tuple[Row, ...]  # reached hosts with items unknown, in error or partial evidence; at most LISTED
    unknown_total: int
    gaps: tuple[tuple[str, str, int, str], ...]  # gap, help, hosts, first source
    gaps_more: int
    shared: tuple[Shared, ...]  # one entry per password that several hosts have
    shared_more: int
    twins: tuple[Twins, ...]  # one entry per host key that several hosts have
    twins_more: int
    clocks: tuple[tuple[str, str, int], ...]  # target, slug, seconds; the worst
    clocks_more: int
    weak: tuple[tuple[str, str, tuple[str, ...]], ...]  # target, slug, algorithms; the first by name
    weak_total: int
    failing_high: int
    figures: Mapping[str, Figure]
    outcome_changes: Mapping[str, int]
    changed: Mapping[str, tuple[Change, ...]]  # new, reopened, fixed: at most CHANGED of each
    linked: frozenset[str]  # slugs of changed hosts that have a page
    waivers: tuple[WaiverUse, ...]  # at most CHANGED, those that need somebody first
    waivers_more: int


def arrange(rows: Sequence[Row], tally: Tally, items: Mapping[str, Item], summary: SweepSummary) -> FleetPage:
    """The fleet page of all ``rows``, in any order."""
    ordered = sorted(rows, key=lambda row: (row.badness, row.name))
    whole = tally.instances <= GRID and len(rows) <= GRID
    groups = tuple(_groups(ordered, whole=whole))
    unreached = sorted((row for row in rows if not row.reached), key=lambda row: row.name)
    unknown = [row for row in ordered if row.reached and (row.unknown or row.outcome is Outcome.PARTIAL)]
    shared = tally.passwords.shared()
    twins, clocks = tally.oddities.twins(), tally.oddities.clocks()
    versions, outliers = edition.versions(tally.versions), _outliers(groups, tuple(items.values()))
    listed = summary.changes.listed if summary.changes else ()
    changed = {kind: tuple(each for each in listed if each.kind == kind)[:CHANGED] for kind in KINDS}
    waivers = sorted(summary.waivers, key=_concern)
    gaps = sorted(tally.gaps.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return FleetPage(
        groups=groups,
        whole=whole,
        register=() if whole else tuple(_register(ordered)),
        commonest=tuple(_commonest(tally.reasons, items)),
        worst=tuple(row for row in ordered[:_TOP] if any(row.failing)),
        versions=_most(versions),
        versions_more=max(0, len(versions) - edition.LISTED),
        outdated=edition.outdated(tally.outdated)[:_TOP],
        alike=tally.images.alike()[: image.LISTED],
        outliers=tuple(outliers[: 2 * _TOP]),
        outliers_more=max(0, len(outliers) - 2 * _TOP),
        unreached=tuple(unreached[:LISTED]),
        unreached_total=len(unreached),
        unknown=tuple(unknown[:LISTED]),
        unknown_total=len(unknown),
        gaps=tuple((gap, help_, hosts, source) for (gap, help_), (hosts, source) in gaps[: 2 * _TOP]),
        gaps_more=max(0, len(gaps) - 2 * _TOP),
        shared=shared[:SHARED],
        shared_more=max(0, len(shared) - SHARED),
        twins=twins[: oddity.LISTED],
        twins_more=max(0, len(twins) - oddity.LISTED),
        clocks=clocks,
        clocks_more=tally.oddities.clocks_total - len(clocks),
        weak=tally.oddities.weak_links(),
        weak_total=tally.oddities.weak_total,
        failing_high=tally.failing_high,
        figures=figures(summary),
        outcome_changes=outcome_changes(summary),
        changed=changed,
        linked=frozenset(each.slug for each in listed) & {row.slug for row in rows},
        waivers=tuple(waivers[:CHANGED]),
        waivers_more=max(0, len(waivers) - CHANGED),
    )


def _groups(ordered: Sequence[Row], *, whole: bool) -> Iterator[Group]:
    members: dict[str, list[Row]] = {}
    for row in ordered:
        members.setdefault(row.group, []).append(row)
    names = sorted(members, key=lambda name: (not name, name))
    if whole:
        yield from (_group(name, members[name], whole=True) for name in names)
        return
    small = set(sorted(names, key=lambda name: (-len(members[name]), name))[GROUPS:])
    groups = [_group(name, members[name], whole=False) for name in names if name not in small]
    yield from sorted(groups, key=lambda group: group.badness)
    if small:
        yield _group("", [row for row in ordered if row.group in small], whole=False, folded=len(small))


def _group(name: str, rows: Sequence[Row], *, whole: bool, folded: int = 0) -> Group:
    columns = list(zip(*(row.verdicts for row in rows), strict=True))
    return Group(
        name=name,
        rows=tuple(rows),
        statuses=tuple(_worst(column) for column in columns),
        failing=tuple(sum(status is Status.FAIL for status in column) for column in columns),
        pages=() if whole else tuple(_pages(f"\0{folded}" if folded else name, tuple(rows))),
        folded=folded,
    )


def _worst(column: Sequence[Status | None]) -> Status | None:
    known = [status for status in column if status is not None]
    return worst(known) if known else None


def _pages(name: str, rows: tuple[Row, ...]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for start in range(0, len(rows), PAGE):
        yield f"{slug(f'{start // PAGE + 1} {name}')}.html", rows[start : start + PAGE]


def _register(ordered: Sequence[Row]) -> Iterator[tuple[str, tuple[tuple[int, Row], ...]]]:
    ranked = sorted(enumerate(ordered, start=1), key=lambda entry: entry[1].name)
    for start in range(0, len(ranked), REGISTER):
        yield f"{slug(f'names {start // REGISTER + 1}')}.html", tuple(ranked[start : start + REGISTER])


def _commonest(reasons: Mapping[tuple[str, str], Failing], items: Mapping[str, Item]) -> Iterator[Common]:
    weight = {severity: rank for rank, severity in enumerate(Severity)}
    known = [(items[item], found, item, reason) for (item, reason), found in reasons.items() if item in items]
    known.sort(key=lambda entry: (-entry[1].hosts, weight[entry[0].severity], entry[2], entry[3]))
    for item, found, _, _ in known[:_TOP]:
        subject, same = min(found.subjects.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
        yield Common(
            item=item,
            hosts=found.hosts,
            message=found.message,
            target=found.example[0],
            slug=found.example[1],
            subject=subject,
            same=same,
        )


def _most(versions: Sequence[Version]) -> tuple[Version, ...]:
    most = sorted(versions, key=lambda version: -version.instances)[: edition.LISTED]
    return tuple(version for version in versions if version in most)


def _concern(waiver: WaiverUse) -> tuple[int, str, str]:
    """Sorts first what has run out over findings, then what is about to, then what covers nothing."""
    rank = {"expired": 0, "expiring": 1, "in_force": 3}.get(waiver.state, 3)
    return (rank if waiver.findings else 2), waiver.until, waiver.source


def _outliers(groups: Sequence[Group], items: Sequence[Item]) -> list[Outlier]:
    """Those that differ from most others first."""
    found = []
    for group in (group for group in groups if not group.folded):
        for column, item in enumerate(items):
            judged = sum(row.verdicts[column] in (Status.PASS, Status.FAIL) for row in group.rows)
            failing = group.failing[column]
            if judged < _GROUP_MIN or not 0 < failing <= max(1, judged * _OUTLIER):
                continue
            hosts = sorted((row.name, row.slug) for row in group.rows if row.verdicts[column] is Status.FAIL)
            found.append(
                Outlier(
                    item=item, group=group.name, passing=judged - failing, judged=judged, hosts=tuple(hosts[:NAMED])
                )
            )
    return sorted(found, key=lambda one: (-one.passing / one.judged, one.group, one.item.item))
