"""Laid over a result, waivers are shown and change nothing; the longest in force counts."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Figure
from tests.report import sample
from tests.waiver.made import table, waivers
from tomcat_fleet.model.result import FindingResult, TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.tally import Tally
from tomcat_fleet.waiver import Overlay, Usage, Waiver, Waivers, bare

DAY = date(2026, 11, 23)
RESULTS = [sample.good(), sample.bad(), sample.two(), sample.absent(), sample.hostile("<b>'\u202e\n[*]")]
WAIVED = {Status.FAIL, Status.MANUAL, Status.UNKNOWN}


def findings(result: TargetResult) -> list[FindingResult]:
    return [finding for instance in result.instances for finding in instance.findings]


def waiver(number: int = 1, **other: object) -> Waiver:
    usual = Waiver(
        who="a",
        why="b",
        until=DAY,
        items=tuple(sample.TITLES),
        targets=("*",),
        source=f"waivers.toml:{number}",
        line=number,
    )
    return replace(usual, **other)  # type: ignore[arg-type]


def lay(result: TargetResult, *each: Waiver, day: date = DAY) -> TargetResult:
    return Overlay(Waivers(each=each), day).lay(result).result


patterns = st.sampled_from(["*", "web*", "was-0[1-3]", "nobody", "*\n*", "/srv/*", "/opt/tomcat", "*.xml", "[*]"])
some = st.lists(patterns, max_size=2).map(tuple)
made = st.builds(
    waiver,
    st.integers(1, 99),
    until=st.integers(-3, 40).map(lambda days: DAY + timedelta(days)),
    items=st.lists(st.sampled_from(list(sample.TITLES)), min_size=1, max_size=13, unique=True).map(tuple),
    targets=st.lists(patterns, min_size=1, max_size=3).map(tuple),
    instances=some,
    subjects=some,
)


@settings(max_examples=40)
@given(st.lists(made, max_size=5), st.sampled_from(RESULTS), st.lists(made, max_size=2))
def test_nothing_else_changes_and_what_is_taken_off_leaves_no_trace(
    each: list[Waiver], result: TargetResult, before: list[Waiver]
) -> None:
    result = bare(result)
    overlay = Overlay(Waivers(each=tuple(each)), DAY)
    laid = overlay.lay(result)
    assert bare(laid.result) == result
    assert encoded(bare(laid.result)) == encoded(result)
    assert overlay.lay(lay(result, *before)) == laid  # whatever was over it
    usage = Usage(overlay)
    usage.add(laid)
    over = [finding for finding in findings(laid.result) if finding.waiver or finding.expired_waiver]
    assert {finding.status for finding in over} <= WAIVED
    assert not any(finding.waiver and finding.expired_waiver for finding in over)
    assert sum(use.findings for use in usage.uses()) == len(over)
    assert [use.source for use in usage.uses()] == [one.source for one in each]


def test_what_expired_yesterday_counts_again_today() -> None:
    bad = bare(sample.bad())
    one = waiver(until=DAY)
    counts = []
    for day in (DAY, DAY + timedelta(1)):
        tally = Tally({code: severity for code, (severity, *_) in sample.TITLES.items()})
        tally.add(lay(bad, one, day=day))
        counts.append((sum(tally.waived.values()), tally.statuses()[Status.FAIL]))
    (waived, failed), (later, still) = counts
    assert waived == failed == still > 0
    assert later == 0
    run_out = [finding.expired_waiver for finding in findings(lay(bad, one, day=DAY + timedelta(1)))]
    assert {found.until for found in run_out if found} == {"2026-11-23"}


@pytest.mark.parametrize(("days", "state"), [(-1, "expired"), (0, "expiring"), (30, "expiring"), (31, "in_force")])
def test_a_waiver_is_expiring_for_thirty_days(days: int, state: str) -> None:
    overlay = Overlay(Waivers(each=(waiver(until=DAY + timedelta(days)),)), DAY)
    usage = Usage(overlay)
    laid = overlay.lay(sample.bad())
    usage.add(laid)
    (use,) = usage.uses()
    assert (use.state, use.hosts) == (state, 1)
    over = next(finding for finding in findings(laid.result) if finding.status is Status.FAIL)
    assert (over.waiver is None, over.expired_waiver is None) == (state == "expired", state != "expired")
    assert over.waiver is None or over.waiver.expiring == (state == "expiring")


def test_the_longest_counts_whatever_the_order() -> None:
    each = [waiver(number, until=DAY + timedelta(days)) for number, days in enumerate((5, -1, 9, 9), 1)]
    for order in (each, each[::-1]):
        laid = lay(sample.bad(), *order)
        longest = next(one.source for one in order if one.until == DAY + timedelta(9))
        assert {finding.waiver.source for finding in findings(laid) if finding.waiver} == {longest}


def test_a_waiver_covers_its_scope_only(tmp_path: Path) -> None:
    found = waivers(
        tmp_path, table(items='["WT-01", "WT-13"]', targets='["was-03"]', instances='["/srv/tomcat/a*"]')
    ).each
    assert lay(sample.two(), *found) == bare(sample.two())  # the other instance is the bad one
    assert lay(sample.bad(), *found) == bare(sample.bad())
    wider = [replace(each, instances=()) for each in found]
    over = [finding for finding in findings(lay(sample.two(), *wider)) if finding.waiver]
    assert {finding.item for finding in over} == {"WT-01", "WT-13"}
    named = [replace(each, subjects=(over[0].subject,)) for each in wider]
    assert {one.subject for one in findings(lay(sample.two(), *named)) if one.waiver} == {over[0].subject}


def test_ten_thousand_hosts_and_a_hundred_waivers_are_no_work(figure: Figure) -> None:
    each = [waiver(n, items=("WT-09",), targets=(f"web{n}*", "db?[1-9]*")) for n in range(99)]
    overlay = Overlay(Waivers(each=(*each, waiver(99, items=("WT-13",)))), DAY)
    usage = Usage(overlay)
    bad = bare(sample.bad())
    results = [replace(bad, target=f"web{n:05}") for n in range(10_000)]
    began = time.process_time()
    for result in results:
        usage.add(overlay.lay(result))
    took = time.process_time() - began
    figure(f"100 waivers over 10,000 hosts in {took:.1f} s")
    assert usage.uses()[-1].hosts == 10_000
    assert took < 20
