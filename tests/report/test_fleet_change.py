"""What the fleet page says of the sweeps before and of accepted risks: on the data, and in the page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report import fleet_sample, sample
from tests.report.reading import Page, files, read, report
from tomcat_fleet.model.result import Changes
from tomcat_fleet.model.status import Status
from tomcat_fleet.report import trend
from tomcat_fleet.report.row import summarise
from tomcat_fleet.report.tally import Tally
from tomcat_fleet.report.writer import Beside


@pytest.fixture(scope="module", params=["en", "ko"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changes")
    for lang in ("en", "ko"):
        report(folder / lang, fleet_sample.results(), lang, beside=fleet_sample.BESIDE)
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return read(written / "en" / "index.html")


def said(page: Page, identity: str) -> str:
    return " ".join(page.one(identity).text.split())


def test_the_sentence_has_the_change(page: Page, written: Path) -> None:
    assert (
        "2 of 13 instances fail at least one high item; 2 of 15 hosts could not be audited; "
        "2 new, 1 reopened and 140 fixed since 2026-11-22." in said(page, "state")
    )
    korean = (
        "인스턴스 13개 중 2개가 위험도 상 항목에서 취약하고, 호스트 15대 중 2대는 진단하지 못했으며, "
        "2026-11-22 진단 이후 신규 취약 2건, 재발 1건, 조치 완료 140건입니다."
    )
    assert korean in said(read(written / "ko" / "index.html"), "state")


def test_every_number_stands_beside_its_change_and_a_line(page: Page) -> None:
    numbers = said(page, "numbers")
    for part in (
        "Hosts15 Change +2",
        "Instances13 Change +1",
        "Hosts not fully audited3 Change −1",
        "Pass140 Change +50",
    ):
        assert part in numbers, numbers
    assert "Fail12 (1 accepted) Change −140" in numbers
    assert "Unreachable1 (Change −3)" in numbers
    lines = [node for node in page.all("svg") if node.attrs.get("class") == "spark"]
    assert len(lines) == 9
    assert all(node.attrs["role"] == "img" for node in lines)
    assert lines[4].attrs["aria-label"] == "last 30 sweeps, lowest 42, highest 100"
    assert not [node for node in page.nodes if "style" in node.attrs]


def test_items_say_how_many_failures_are_accepted(page: Page) -> None:
    (row,) = [node.text for node in page.all("tr") if node.text.strip().startswith("WT-05") and "accepted" in node.text]
    assert " ".join(row.split()).startswith("WT-05Daemon accountMedium 2 (1 accepted)")


def test_an_accepted_failure_is_still_a_failure_in_the_grid(page: Page) -> None:
    labels = [node.attrs.get("aria-label") for node in page.all("a") if "waived" in (node.attrs.get("class") or "")]
    assert labels == ["WT-05 Fail (accepted)"]


def test_a_failure_elsewhere_on_the_host_keeps_an_item_from_being_accepted() -> None:
    both = sample.two()
    one, other = both.instances
    failing = replace(other, findings=one.findings, verdicts=one.verdicts)
    waived = fleet_sample.accepted(replace(both, instances=(one,)), "WT-05").instances[0]
    mixed = replace(both, instances=(waived, failing))
    row = summarise(mixed, fleet_sample.SEVERITIES, offset=0, length=0)
    assert row.waived == frozenset()
    alone = summarise(replace(both, instances=(waived, other)), fleet_sample.SEVERITIES, offset=0, length=0)
    assert alone.waived == {"WT-05"}


def test_changes_are_listed_by_kind_with_links(page: Page) -> None:
    text = said(page, "changes")
    for part in ("New (2)", "Reopened (1)", "Fixed (140)", "not seen before", "2026-11-02", "2026-10-03"):
        assert part in text
    assert "Further ones, listed by tomcat-fleet diff for the directories of both sweeps: 40." in text
    links = [node.attrs["href"] for node in page.all("a")]
    assert f"hosts/{sample.two().slug}.html#wt-08" in links


def test_a_change_on_a_host_without_a_page_is_named_without_a_link() -> None:
    gone = next(each for each in fleet_sample.CHANGES.listed if each.target == "gone-07")
    page = with_changes(replace(fleet_sample.CHANGES, listed=(gone,)))
    assert "gone-07" in page.one("changes").text
    assert not [node for node in page.all("a") if gone.slug in (node.attrs["href"] or "")]


def test_hosts_that_are_gone_are_named_and_counted(page: Page) -> None:
    text = said(page, "changes")
    assert "old-was-01, old-was-02 and 1 more" in text


def test_hosts_without_a_past_are_named_for_their_failures_are_not_new() -> None:
    page = with_changes(replace(fleet_sample.CHANGES, first_seen=("new-01",), first_seen_total=1200))
    assert "Hosts audited for the first time, whose failures are not counted as new: 1,200." in said(page, "state")
    assert "Hosts audited for the first time (1,200)" in said(page, "changes")
    assert "new-01 and 1,199 more" in said(page, "changes")


def test_waivers_by_concern_first_what_has_run_out(page: Page) -> None:
    rows = [" ".join(node.text.split()) for node in page.all("tr") if "waivers.toml:" in node.text]
    assert [re.split(r"\d{4}-", row)[0] for row in rows] == ["Expired", "Expires soon", "Unused", "In force"]
    assert "findings: 7, hosts: 6" in rows[0]
    assert "everything" in rows[1]
    assert "items WT-05; hosts web*" in rows[3]
    assert "Failures whose acceptance has run out and that count again: 7." in said(page, "changes")


def test_without_an_earlier_sweep_one_quiet_line(tmp_path: Path) -> None:
    report(tmp_path, [sample.good(), sample.bad()], "en")
    page = read(tmp_path / "index.html")
    assert said(page, "changes") == (
        "6What has changed, and accepted risks This is the first sweep known: there is nothing to compare it with."
    )
    assert "Change" not in page.one("numbers").text
    assert not [node for node in page.all("svg") if node.attrs.get("class") == "spark"]
    assert "since" not in said(page, "state")


def test_nothing_changed_says_so() -> None:
    same = replace(fleet_sample.CHANGES, new=0, fixed=0, reopened=0, listed=(), unseen=(), unseen_total=0)
    page = with_changes(same)
    assert "no failure is new, reopened or fixed since 2026-11-22." in said(page, "state")
    assert "No failure is new, reopened or fixed." in said(page, "changes")
    assert not [node for node in page.all("table") if "changes" in node.parents]


def test_numbers_of_an_earlier_sweep_that_are_not_known_are_not_taken_for_nothing() -> None:
    unknown = replace(fleet_sample.CHANGES, statuses={}, outcomes={}, score=None)
    assert "Fail12 Unknown2 Review2 Pass" in said(with_changes(unknown), "numbers")


def test_same_history_same_bytes(tmp_path: Path, written: Path) -> None:
    report(tmp_path, reversed(fleet_sample.results()), "ko", beside=fleet_sample.BESIDE)
    assert files(tmp_path) == files(written / "ko")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ([1, 3, 2], "M3.0 21.0 L60.0 3.0 L117.0 12.0"),
        ([5, 5], "M3.0 12.0 L117.0 12.0"),
        ([1, None, 3, 3], "M3.0 21.0h.01 M79.0 3.0 L117.0 3.0"),
    ],
)
def test_a_line_has_a_gap_where_a_sweep_has_no_number(values: list[float | None], path: str) -> None:
    line = trend.draw(values)
    assert line is not None
    assert line.path == path


@pytest.mark.parametrize("values", [[], [3], [None, 3, None]])
def test_one_number_is_no_line(values: list[float | None]) -> None:
    assert trend.draw(values) is None


def test_a_line_ends_with_this_sweep_and_has_thirty_at_most() -> None:
    line = trend.draw([*range(100, 200)])
    assert line is not None
    assert (line.sweeps, line.low, line.high, line.end) == (30, 170, 199, ("117.0", "3.0"))
    cut = trend.draw([1, 2, None])
    assert cut is not None
    assert cut.end is None


def with_changes(changes: Changes) -> Page:
    results = [sample.good(), sample.bad(), sample.two()]
    tally = Tally(fleet_sample.SEVERITIES)
    for result in results:
        tally.add(result)
    rows = [summarise(result, fleet_sample.SEVERITIES, offset=0, length=0) for result in results]
    *_, (_, _, data) = fleet_sample.pages("en", rows, tally, Beside(changes=changes))[1]
    page = Page()
    page.feed(data.decode())
    page.close()
    return page


def test_statuses_of_the_trend_are_those_of_the_sweeps() -> None:
    assert fleet_sample.trend()[-1].statuses[Status.FAIL] == 42
