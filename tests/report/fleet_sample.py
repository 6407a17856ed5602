"""A fleet with a history and waivers; and fleets of many hosts, of which only the fleet's own pages are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment

from tests.report import sample
from tomcat_fleet.model.result import (
    Change,
    Changes,
    SweepSummary,
    TargetResult,
    TrendPoint,
    WaiverResult,
    WaiverUse,
)
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report import fleet, fleet_page
from tomcat_fleet.report.row import Row, summarise
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.tally import Tally
from tomcat_fleet.report.template import environment
from tomcat_fleet.report.writer import Beside

SEVERITIES = {code: item.severity for code, item in sample.guide().items.items()}
WAIVER = WaiverResult(who="운영팀", why="이관 예정", until="2027-03-31", source="waivers.toml:3")


def accepted(result: TargetResult, item: str) -> TargetResult:
    """``result`` with a waiver over every failure of ``item``."""
    instances = tuple(
        dataclasses.replace(
            one,
            findings=tuple(
                dataclasses.replace(each, waiver=WAIVER) if each.item == item and each.status is Status.FAIL else each
                for each in one.findings
            ),
        )
        for one in result.instances
    )
    return dataclasses.replace(result, instances=instances)


def _change(kind: str, result: TargetResult, item: str, was: Status | None, since: str = "") -> Change:
    now = Status.PASS if kind == "fixed" else Status.FAIL
    severity = SEVERITIES[item]
    return Change(kind=kind, target=result.target, slug=result.slug, base=sample.BASE, item=item, severity=severity,
                  was=was, now=now, since=since)  # fmt: skip


CHANGES = Changes(
    sweep="20261122T175011Z-2c11",
    started="2026-11-22T17:50:11Z",
    new=2,
    fixed=140,
    reopened=1,
    compared=12,
    score=90.2,
    targets=13,
    instances=12,
    statuses={Status.FAIL: 152, Status.PASS: 90, Status.UNKNOWN: 2, Status.MANUAL: 2, Status.NOT_APPLICABLE: 0},
    outcomes={Outcome.AUDITED: 9, Outcome.UNREACHABLE: 4},
    listed=(
        _change("new", sample.bad(), "WT-01", Status.PASS),
        _change("new", sample.bad(), "WT-13", None),
        _change("reopened", sample.two(), "WT-08", Status.PASS, "2026-11-02"),
        *(_change("fixed", sample.good(), "WT-04", Status.FAIL, "2026-10-03") for _ in range(120)),
        _change("fixed", sample.target("gone-07"), "WT-09", Status.FAIL, "2026-09-01"),
    ),
    unseen=("old-was-01", "old-was-02"),
    unseen_total=3,
)
WAIVERS = (
    WaiverUse(who="운영팀", why="이관 예정", until="2027-03-31", source="waivers.toml:3", state="in_force",
              scope={"items": ("WT-05",), "targets": ("web*",)}, findings=1, hosts=1),
    WaiverUse(who="정보보호팀", why="방화벽으로 차단", until="2026-12-10", source="waivers.toml:9", state="expiring",
              findings=2, hosts=2),
    WaiverUse(who="개발팀", why="교체 전까지", until="2026-11-22", source="waivers.toml:15", state="expired",
              scope={"items": ("WT-13",)}, findings=7, hosts=6),
    WaiverUse(who="개발팀", why="폐기한 서버", until="2027-06-30", source="waivers.toml:21", state="in_force",
              scope={"targets": ("gone-*",)}),
)  # fmt: skip


def trend(sweeps: int = 30) -> tuple[TrendPoint, ...]:
    return tuple(
        TrendPoint(
            sweep=f"s{number}",
            started=f"2026-10-{number % 30 + 1:02}T17:50:00Z",
            targets=15,
            instances=13,
            statuses={Status.FAIL: 100 - 2 * number, Status.PASS: 60 + number},
            incomplete=number % 4,
            score=None if number % 7 == 3 else 50.0 + number,
        )
        for number in range(sweeps)
    )


BESIDE = Beside(waivers=WAIVERS, changes=CHANGES, trend=trend())


def results() -> list[TargetResult]:
    """``sample.fleet`` with a waiver."""
    return [accepted(each, "WT-05") if each.target == sample.bad().target else each for each in sample.fleet()]


def rows(count: int, zones: int = 5) -> tuple[list[Row], Tally]:
    """Many hosts of few kinds, with names as long as such names are."""
    kinds = [accepted(sample.bad(), "WT-05"), sample.two(), sample.unreachable(), *[sample.good()] * 4]
    made = [summarise(each, SEVERITIES, offset=0, length=0) for each in kinds]
    tally, found = Tally(SEVERITIES), []
    for number in range(count):
        name = f"was-{number:06}.shop.prod.internal.example.com"
        kind = number % len(kinds)
        group = f"zone-{number % zones:05}"
        found.append(dataclasses.replace(made[kind], name=name, slug=slug(name), group=group))
        tally.add(dataclasses.replace(kinds[kind], target=name, slug=slug(name), zone=group))
    return found, tally


@cache
def _templates(lang: str) -> Environment:
    made, facts = environment(lang), sample.facts()
    made.globals.update(facts=facts, guide=sample.guide(), classification="대외비", page_policy=dict(facts.policy))
    return made


def pages(
    lang: str, found: Sequence[Row], tally: Tally, beside: Beside = BESIDE
) -> tuple[SweepSummary, Iterator[tuple[str, str, bytes]]]:
    """The fleet's own pages, without those of its hosts."""
    guide, facts = sample.guide(), sample.facts()
    summary = dataclasses.replace(
        tally.summary(facts, "2026-11-23T17:50:20Z"),
        waivers=beside.waivers,
        changes=beside.changes,
        trend=beside.trend,
    )
    return summary, fleet_page.files(_templates(lang), fleet.arrange(found, tally, guide.items, summary), summary)


def write(directory: Path, lang: str, found: Sequence[Row], tally: Tally, beside: Beside = BESIDE) -> list[Path]:
    """Them as files."""
    written = []
    for folder, name, data in pages(lang, found, tally, beside)[1]:
        (directory / folder).mkdir(parents=True, exist_ok=True)
        written.append(directory / folder / name)
        written[-1].write_bytes(data)
    return written
