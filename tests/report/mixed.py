"""A sweep of fifty hosts in which everything happens: every outcome and status, all kinds of waivers, evil names."""

from __future__ import annotations

import dataclasses

from tests.report import sample
from tomcat_fleet.model.result import (
    Change,
    Changes,
    FindingResult,
    InstanceResult,
    TargetResult,
    TrendPoint,
    WaiverResult,
    WaiverUse,
)
from tomcat_fleet.model.status import Outcome, Severity, Status
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.writer import Beside

HOSTS = 50
ACCEPTED = WaiverResult(who="김보안", why="망 분리 구간", until="2027-03-31", source="waivers.toml:3")
ENDING = dataclasses.replace(ACCEPTED, until="2026-12-01", expiring=True, source="waivers.toml:9")
ENDED = dataclasses.replace(ACCEPTED, until="2026-11-22", source="waivers.toml:15")
EVIL = (
    *sample.HOSTILE,
    "=1+1",
    "@SUM(A1)",
    '<r></is></c><c r="A9"><f>1+1</f></c><c t="inlineStr"><is><t>x</t></r>',
    "](http://192.0.2.9/x) ![a](http://192.0.2.9/y)",
    "\ud800half",
    "\ufffe\x00",
)


def named(result: TargetResult, name: str, **more: object) -> TargetResult:
    made = dataclasses.replace(result, target=name, slug=slug(name))
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def _instance(findings: list[FindingResult], base: str = sample.BASE) -> TargetResult:
    made: InstanceResult = sample.instance(findings, base)
    return sample.target("x", (made,))


def waived() -> TargetResult:
    """WT-01 and WT-08 wholly waived, WT-07 in half, WT-13 until yesterday."""
    found = []
    for number, one in enumerate(sample.bad_findings()):
        failed = one.status is Status.FAIL
        if failed and (one.item in ("WT-01", "WT-08") or (one.item == "WT-07" and number % 2)):
            found.append(dataclasses.replace(one, waiver=ENDING if one.item == "WT-08" else ACCEPTED))
        elif failed and one.item == "WT-13":
            found.append(dataclasses.replace(one, expired_waiver=ENDED))
        else:
            found.append(one)
    return _instance(found)


def defective() -> TargetResult:
    """An item in error beside one that is failed and unknown at once."""
    found = {one.item: [one] for one in sample.good_findings()}
    odd = sample.words("점검 도구의 결함입니다.", "A defect of the tool.")
    gap = sample.words("읽지 못했습니다.", "It could not be read.")
    found["WT-02"] = [sample.finding("WT-02", Status.ERROR, "defect", odd)]
    found["WT-06"] = [sample.finding("WT-06", Status.UNKNOWN, "unreadable", gap, "/opt/tomcat/work", waiver=ACCEPTED),
                      sample.finding("WT-06", Status.FAIL, "open", gap, "/opt/tomcat/temp")]  # fmt: skip
    found["WT-09"] = [*found["WT-09"], sample.finding("WT-09", Status.MANUAL, "look", gap, "/app")]
    return _instance([one for code in sample.TITLES for one in found[code]])


def results() -> list[TargetResult]:
    made = [named(sample.hostile(text), text) for text in EVIL]
    failed = [one for one in Outcome if one not in {Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT}]
    made += [named(sample.unreachable(), f"gone{at:02}", outcome=one) for at, one in enumerate(failed)]
    made += [named(sample.absent(), "batch-01"), named(sample.absent(), "batch-02"), named(waived(), "was-waived"),
             named(defective(), "was-odd"), named(sample.unreachable(), "half", outcome=Outcome.PARTIAL),
             named(sample.good(), "half-seen", outcome=Outcome.PARTIAL, outcome_reason="gaps")]  # fmt: skip
    kinds = (sample.good(), sample.bad(), sample.two())
    made += [named(kinds[at % 3], f"web{at:02}") for at in range(HOSTS - len(made))]
    return sorted(made, key=lambda one: one.target)


def beside() -> Beside:
    scope: dict[str, tuple[str, ...]] = {"items": ("WT-01", "WT-08"), "targets": ("was-*",)}
    uses = tuple(
        WaiverUse(who=one.who, why=one.why, until=one.until, source=one.source, state=state, scope=scope,
                  findings=count, hosts=min(count, 1))
        for one, state, count in ((ACCEPTED, "in_force", 3), (ENDING, "expiring", 1), (ENDED, "expired", 1),
                                  (dataclasses.replace(ACCEPTED, source="waivers.toml:21"), "in_force", 0))
    )  # fmt: skip
    change = Change(kind="fixed", target="web01", slug=slug("web01"), base=sample.BASE, item="WT-04",
                    severity=Severity.HIGH, was=Status.FAIL, now=Status.PASS, since="2026-11-02")  # fmt: skip
    counts = dict.fromkeys(Status, 3)
    point = TrendPoint(sweep="20261122T175014Z-1111", started="2026-11-22T17:50:14Z", targets=50, instances=60,
                       statuses=counts, incomplete=2, score=61.5)  # fmt: skip
    earlier = Changes(sweep=point.sweep, started=point.started, new=4, fixed=7, reopened=1, compared=60, score=61.5,
                      targets=50, instances=60, statuses=counts, listed=(change,), unseen=("old01",),
                      unseen_total=1)  # fmt: skip
    return Beside(waivers=uses, changes=earlier, trend=(point,))
