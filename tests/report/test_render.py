"""``render``: stored results become the same report again, or another one, and nothing altered becomes any."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from tests.need import need
from tests.report import sample
from tests.report.reading import files
from tomcat_fleet.cli.app import app
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.result import Changes, TrendPoint, WaiverResult, WaiverUse
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report import render
from tomcat_fleet.report.finished import finished, held
from tomcat_fleet.report.render import Look
from tomcat_fleet.report.writer import Beside, ReportWriter

ENDED = "2026-11-23T17:50:20Z"
USE = WaiverUse(who="보안팀", why="교체 예정", until="2026-12-31", source="waivers.toml:1", state="in_force",
               findings=1, hosts=1)  # fmt: skip
STATUSES = dict.fromkeys(Status, 3)
BESIDE = Beside(
    waivers=(USE,),
    changes=Changes(sweep="20261122", started="2026-11-22T17:50:14Z", new=1, fixed=2, reopened=0, compared=4,
                    score=50.0, targets=6, instances=4, statuses=STATUSES, outcomes=dict.fromkeys(Outcome, 1)),
    trend=(TrendPoint(sweep="20261122", started="2026-11-22T17:50:14Z", targets=6, instances=4, statuses=STATUSES,
                      incomplete=2, score=50.0),),
)  # fmt: skip
LOOK = Look(lang="ko", classification="대외비")
ALL = {"html", "json", "csv", "xlsx"}


def waived() -> list[sample.TargetResult]:
    found = sample.fleet()
    first = next(result for result in found if Status.FAIL in result.verdicts.values())
    over = WaiverResult(who=USE.who, why=USE.why, until=USE.until)
    instance = replace(
        first.instances[0], findings=tuple(replace(finding, waiver=over) for finding in first.instances[0].findings)
    )
    return [replace(each, instances=(instance, *each.instances[1:])) if each is first else each for each in found]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "out"
    with ReportWriter(folder, lang="ko", classification="대외비", formats=ALL) as writer:
        writer.open(replace(sample.facts(), runs=2))
        for result in waived():
            writer.write(result)
        writer.finish(ENDED, BESIDE)
    return folder


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


def sums_hold(folder: Path) -> set[str]:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    return {line.split("  ")[1] for line in lines}


def test_the_same_look_gives_the_same_bytes(original: Path, tmp_path: Path) -> None:
    render.anew(finished(original), tmp_path / "again", LOOK, ALL)
    assert files(tmp_path / "again") == files(original)
    sums_hold(tmp_path / "again")


def test_another_language_tells_the_same_results(original: Path, tmp_path: Path) -> None:
    summary = render.anew(finished(original), tmp_path / "en", Look(lang="en"), {"html", "json"})
    assert summary == finished(original).summary
    for name in ("results.jsonl", "summary.json", "failed.retry"):
        assert (tmp_path / "en" / name).read_bytes() == (original / name).read_bytes()
    assert '<html lang="en"' in (tmp_path / "en" / "index.html").read_text()
    assert not (tmp_path / "en" / "results.csv").exists()


def test_a_format_joins_what_is_there(copy: Path, original: Path) -> None:
    for name in ("results.csv", "results.xlsx"):
        (copy / name).unlink()
    assert render.add(finished(copy), LOOK, {"csv", "xlsx"}) == (copy / "results.csv", copy / "results.xlsx")
    assert files(copy) == files(original)


def test_waivers_of_today_take_the_place_of_those_stored(original: Path, tmp_path: Path) -> None:
    def bare(result: sample.TargetResult) -> sample.TargetResult:
        return replace(result, instances=tuple(
            replace(one, findings=tuple(replace(finding, waiver=None) for finding in one.findings))
            for one in result.instances))  # fmt: skip

    accepted = render.Accepted(lay=bare, uses=lambda: (), files={"w.toml": "0" * 64})
    before = finished(original).summary
    after = render.anew(finished(original), tmp_path / "bare", LOOK, (), accepted)
    assert sum(before.waived.values()) > 0
    assert (sum(after.waived.values()), after.waivers) == (0, ())
    assert after.statuses == before.statuses


def cut(folder: Path) -> None:
    path = folder / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-200])


def flipped(folder: Path) -> None:
    path = folder / "results.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"fail"', b'"pass"', 1))


def counted(folder: Path) -> None:
    path = folder / "summary.json"
    path.write_bytes(re.sub(rb'"targets": \d+', b'"targets": 1', path.read_bytes(), count=1))


def summed(folder: Path) -> None:
    """Whoever can rewrite the sums as well still cannot lose a host."""
    path = folder / "results.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums = folder / "SHA256SUMS"
    sums.write_text(re.sub(r"[0-9a-f]{64}  results\.jsonl", f"{digest}  results.jsonl", sums.read_text()))


DAMAGES: dict[Callable[[Path], object], str] = {
    cut: r"results\.jsonl: is not the file that the sweep has written",
    flipped: r"results\.jsonl: is not the file that the sweep has written",
    counted: r"summary\.json: is not the file that the sweep has written",
    summed: r"results\.jsonl: holds \d+ results; the summary counts \d+",
    lambda folder: (folder / "SHA256SUMS").unlink(): "holds no finished report",
    lambda folder: (folder / "results.jsonl").unlink(): r"results\.jsonl: cannot be read",
    lambda folder: (folder / "SHA256SUMS").write_text("x\n"): r"SHA256SUMS:1: is no checksum",
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_altered_results_become_no_report(damage: Callable[[Path], object], copy: Path, tmp_path: Path) -> None:
    damage(copy)
    with pytest.raises(ConfigError, match=DAMAGES[damage]):
        finished(copy)
    ran = CliRunner().invoke(app, ["render", str(copy), "-o", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists(), ran.output


def test_a_sweep_and_a_rendering_do_not_write_at_once(copy: Path) -> None:
    folder = held(finished(copy))
    with pytest.raises(ConfigError, match="another sweep is writing"):
        render.add(finished(copy), LOOK, {"csv"})
    folder.close()


def test_a_rendering_that_fails_leaves_sums_that_hold(copy: Path) -> None:
    report = finished(copy)
    render.add(report, LOOK, {"junit"})
    (copy / "metrics.prom").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        render.add(report, replace(LOOK, lang="en"), {"csv", "prometheus"})
    assert {"results.csv", "junit.xml"} <= sums_hold(copy)


def test_the_verb(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    monkeypatch.chdir(tmp_path)
    copy.rename("tomcat-fleet-20261123")
    ended = run.invoke(app, ["render", "20261123", "-o", "en", "--lang", "en", "--format", "xlsx"])
    assert (ended.exit_code, ended.stdout) == (0, "en/index.html\n")
    assert (
        openpyxl.load_workbook("en/results.xlsx").sheetnames[0]
        != openpyxl.load_workbook("tomcat-fleet-20261123/results.xlsx").sheetnames[0]
    )
    ended = run.invoke(app, ["render", "tomcat-fleet-20261123/results.jsonl", "--format", "csv"])
    assert (ended.exit_code, ended.stdout) == (0, "tomcat-fleet-20261123/results.csv\n")
    for wrong in (
        ["render", "en"],
        ["render", "en", "-o", "en"],
        ["render", "en", "-o", "en/x"],
        ["render", "en", "--format", "docx", "-o", "x"],
    ):
        assert run.invoke(app, wrong).exit_code == 2 or isinstance(run.invoke(app, wrong).exception, ConfigError)


@pytest.mark.browser
def test_pages_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMCAT_FLEET_BROWSER", need("chromium"))
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        with ReportWriter(folder, lang="ko") as writer:
            writer.open(sample.facts())
            writer.write(sample.bad())
            writer.finish(ENDED)
        written = render.add(finished(folder), LOOK, {"pdf"})
        assert [path.name for path in written] == ["index.pdf", f"{sample.bad().slug}.pdf"]
        assert {f"hosts/{sample.bad().slug}.pdf", "index.pdf", "index.html"} <= sums_hold(folder)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    made = written[1].read_bytes()
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", made)) > 2
    with ReportWriter(folder, lang="ko") as writer:  # a report with PDF files is a report like any other
        writer.open(sample.facts())


@pytest.mark.browser
def test_the_browser_is_given_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the auditor may hold what env: references name, or the URL of a history."""
    noted, wrapper = tmp_path / "noted", tmp_path / "browser"
    wrapper.write_text(
        f'#!/bin/sh\ncat /proc/self/environ /proc/$PPID/environ >{noted}\nexec {need("chromium")} "$@"\n'
    )
    wrapper.chmod(0o700)
    monkeypatch.setenv("TOMCAT_FLEET_BROWSER", str(wrapper))
    monkeypatch.setenv("WEB_PASSWORD", "C4NARY-environment")
    with ReportWriter(tmp_path / "r", lang="ko") as writer:
        writer.open(sample.facts())
        writer.finish(ENDED)
    assert render.add(finished(tmp_path / "r"), LOOK, {"pdf"}) == (tmp_path / "r" / "index.pdf",)
    assert b"PATH=" in noted.read_bytes()
    assert b"C4NARY" not in noted.read_bytes()
    assert os.environ["WEB_PASSWORD"] == "C4NARY-environment"


def test_a_browser_that_is_not_there_is_said_before_anything(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMCAT_FLEET_BROWSER", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="needs Chromium, Chrome or Edge"):
        CliRunner().invoke(
            app, ["render", str(original), "-o", str(tmp_path / "o"), "--format", "pdf"], catch_exceptions=False
        )
    assert not (tmp_path / "o").exists()
