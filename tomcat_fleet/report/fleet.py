"""The fleet page arranged: the grid by group, the first things, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import Words
from tomcat_fleet.model.status import WORST_FIRST, Outcome, Severity, Status, worst
from tomcat_fleet.report import oddity
from tomcat_fleet.report.oddity import Twins
from tomcat_fleet.report.row import Row
from tomcat_fleet.report.shared import LISTED as SHARED
from tomcat_fleet.report.shared import Group as Shared
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.tally import Failing, Tally

GRID = 1000  # instances up to which the grid shows every host
PAGE = 500  # hosts of one group on a page of their own beyond that
LISTED = 300  # hosts in each list of what is not known; the grid's pages show the rest
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
    """A host that fails what nearly all of its group pass."""

    row: Row
    item: Item
    group: str
    passing: int
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPage:
    """Everything the fleet template needs beside the summary."""

    groups: tuple[Group, ...]
    whole: bool  # the grid shows every host
    commonest: tuple[Common, ...]
    worst: tuple[Row, ...]
    versions: tuple[tuple[str, int, Mapping[Status, int]], ...]
    outliers: tuple[Outlier, ...]
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


def arrange(rows: Sequence[Row], tally: Tally, items: Mapping[str, Item]) -> FleetPage:
    """The fleet page of all ``rows``, in any order."""
    ordered = sorted(rows, key=lambda row: (row.badness, row.name))
    whole = tally.instances <= GRID and len(rows) <= GRID
    groups = tuple(_groups(ordered, whole=whole))
    unreached = sorted((row for row in rows if not row.reached), key=lambda row: row.name)
    unknown = [row for row in ordered if row.reached and (row.unknown or row.outcome is Outcome.PARTIAL)]
    shared = tally.passwords.shared()
    twins, clocks = tally.oddities.twins(), tally.oddities.clocks()
    gaps = sorted(tally.gaps.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return FleetPage(
        groups=groups,
        whole=whole,
        commonest=tuple(_commonest(tally.reasons, items)),
        worst=tuple(row for row in ordered[:_TOP] if any(row.failing)),
        versions=tuple(_versions(tally)),
        outliers=tuple(_outliers(groups, tuple(items.values()))),
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
    )


def _groups(ordered: Sequence[Row], *, whole: bool) -> Iterator[Group]:
    members: dict[str, list[Row]] = {}
    for row in ordered:
        members.setdefault(row.group, []).append(row)
    for name in sorted(members, key=lambda name: (not name, name)):
        rows = tuple(members[name])
        columns = list(zip(*(row.verdicts for row in rows), strict=True))
        yield Group(
            name=name,
            rows=rows,
            statuses=tuple(_worst(column) for column in columns),
            failing=tuple(sum(status is Status.FAIL for status in column) for column in columns),
            pages=() if whole else tuple(_pages(name, rows)),
        )


def _worst(column: Sequence[Status | None]) -> Status | None:
    known = [status for status in column if status is not None]
    return worst(known) if known else None


def _pages(name: str, rows: tuple[Row, ...]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for start in range(0, len(rows), PAGE):
        yield f"{slug(f'{start // PAGE + 1} {name}')}.html", rows[start : start + PAGE]


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


def _versions(tally: Tally) -> Iterator[tuple[str, int, Mapping[Status, int]]]:
    for version in sorted(tally.versions, key=_version_key):
        counts = tally.versions[version]
        yield version, counts.total(), {status: counts[status] for status in WORST_FIRST if counts[status]}


def _version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    parts = version.replace("-", ".").split(".")
    return tuple((0, int(part)) if part.isascii() and part.isdigit() else (1, part) for part in parts)


def _outliers(groups: Sequence[Group], items: Sequence[Item]) -> Iterator[Outlier]:
    found = 0
    for group in groups:
        for column, item in enumerate(items):
            judged = sum(row.verdicts[column] in (Status.PASS, Status.FAIL) for row in group.rows)
            failing = group.failing[column]
            if judged < _GROUP_MIN or not 0 < failing <= max(1, judged * _OUTLIER):
                continue
            for row in (row for row in group.rows if row.verdicts[column] is Status.FAIL):
                found += 1
                if found > 2 * _TOP:
                    return
                yield Outlier(row=row, item=item, group=group.name, passing=judged - failing, judged=judged)
