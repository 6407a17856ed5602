"""``history`` and ``diff`` as an officer runs them, over directories that sweeps have left."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from typer.main import get_command

from tests.cli.terminal import fleet
from tests.report import sample
from tests.report.shape import HIDDEN
from tomcat_fleet.cli.app import app
from tomcat_fleet.errors import UserError
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report.writer import ReportWriter

OLD, NEW = "20261123T175014Z-7f3a", "20261124T175014Z-0b1c"


def directory(path: Path, sweep: str, started: str, results: list[TargetResult]) -> Path:
    with ReportWriter(path, lang="ko", guide=sample.guide()) as writer:
        writer.open(replace(sample.facts(), sweep=sweep, started=started))
        for one in results:
            writer.write(replace(one, sweep=sweep, started=started))
        writer.finish(started)
    return path


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bad host gets better, a good one worse, one is left out."""
    place = tmp_path_factory.mktemp("sweeps")
    first = [sample.good(), sample.bad(), sample.two(), sample.absent(), sample.unreachable()]
    better = replace(sample.bad(), instances=(sample.instance(sample.good_findings()),))
    worse = replace(sample.good(), instances=(sample.instance(sample.bad_findings()),))
    return (
        directory(place / "old", OLD, "2026-11-23T17:50:14Z", first),
        directory(place / "new", NEW, "2026-11-24T17:50:14Z", [better, worse, sample.absent(), sample.unreachable()]),
    )


@pytest.fixture(scope="module")
def place(sweeps: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("place") / "h.db"
    done = run(path, "history", "add", sweeps[1], sweeps[0])  # taken by their time, whatever the order
    assert re.findall(r"기록했습니다: 진단 (\S+), 대상 (\d)대", done.stdout) == [(OLD, "5"), (NEW, "4")]
    return path


def run(place: Path, *arguments: str | Path) -> Result:
    done = CliRunner().invoke(get_command(app), [*map(str, arguments)], env={"TOMCAT_FLEET_HISTORY": str(place)})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def cells(text: str) -> list[list[str]]:
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def test_sweeps_are_listed_and_taken_once(place: Path, sweeps: tuple[Path, Path]) -> None:
    shown = cells(run(place, "history", "list").stdout)
    assert [row[1] for row in shown] == ["진단", OLD, NEW]
    for row, folder in zip(shown[1:], sweeps, strict=True):
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        expected = (summary["targets"], 2, summary["instances"], *(summary["statuses"][key] for key in
                    ("pass", "fail", "manual", "unknown")), summary["score"])  # fmt: skip
        assert row[3:] == [str(each) for each in expected]
    again = run(place, "history", "add", sweeps[0], "--lang", "en").stdout
    assert f"sweep {OLD} had been recorded before" in again
    listed = json.loads(run(place, "history", "list", "--json").stdout)
    assert [one["sweep"] for one in listed] == [OLD, NEW]
    trend = json.loads(run(place, "history", "trend", "--zone", "intranet", "--json").stdout)
    assert [point["targets"] for point in trend] == [2, 1]
    assert len(cells(run(place, "history", "trend", "--last", "1").stdout)) == 2


def test_what_a_sweep_has_changed(place: Path) -> None:
    changed = json.loads(run(place, "history", "show", NEW, "--json").stdout)
    assert (changed["new"], changed["fixed"], changed["reopened"]) == (6, 6, 0)
    assert changed["unseen"] == ["was-03"]
    for shown in (run(place, "history", "show", NEW).stdout, run(place, "diff", OLD, NEW).stdout):
        assert "신규 취약 6건 · 조치 완료 6건 · 재발 0건 (비교한 인스턴스 2개)" in shown
        assert "이번 진단에 없는 호스트 1대: was-03" in shown
        assert sum("부터 취약" in line for line in shown.splitlines()) == 6
    assert "the first sweep of its series" in run(place, "history", "show", OLD, "--lang", "en").stdout


def test_what_is_open_and_what_is_known_of_a_host(place: Path) -> None:
    found = json.loads(run(place, "history", "open", "--json").stdout)
    assert {one["target"] for one in found} == {"web01", "was-03"}
    assert found == sorted(found, key=lambda one: one["since"])
    assert [one["days"] for one in found] == sorted((one["days"] for one in found), reverse=True)
    days = sorted({one["days"] for one in found})
    late = json.loads(run(place, "history", "open", "--older-than", str(days[0]), "--json").stdout)
    assert [one["target"] for one in late] == ["was-03"] * 6
    shown = run(place, "history", "open", "--lang", "en").stdout
    assert "Open failures: 12" in shown
    host = cells(run(place, "history", "show", "was-03").stdout)
    assert len([row for row in host if row[0].startswith("/srv/tomcat/")]) == 26
    assert {row[-1] for row in host if row[0].startswith("/srv/tomcat/")} == {found[0]["confirmed"]}
    assert "2026-11-2" in run(place, "history", "show", sample.unreachable().target).stdout


def test_json_has_every_change_where_a_table_has_the_first(tmp_path: Path) -> None:
    one = sample.instance([])
    for at, (sweep, status) in enumerate([(OLD, Status.PASS), (NEW, Status.FAIL)]):
        verdicts = dict.fromkeys(sample.TITLES, status)
        found = tuple(replace(one, base=f"/srv/{number}", verdicts=verdicts) for number in range(24))
        directory(tmp_path / sweep, sweep, f"2026-11-{23 + at}T17:50:14Z", [sample.target("many", found)])
        run(tmp_path / "h.db", "history", "add", tmp_path / sweep)
    for words in (("diff", OLD, NEW), ("history", "show", NEW)):
        told = json.loads(run(tmp_path / "h.db", *words, "--json").stdout)
        assert told["new"] == len(told["listed"]) == 24 * 13
    assert "외 12건" in run(tmp_path / "h.db", "diff", OLD, NEW).stdout


def test_two_directories_need_no_history(sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    shown = run(tmp_path / "none.db", "diff", *sweeps).stdout
    assert "이전 취약 12건: 조치 완료 6 · 일부 조치 0 · 미조치 0 · 확인 불가 6" in shown
    assert "그 밖: 신규 취약 6" in shown
    assert sum(row[0] == "확인 불가" and row[-1] == "진단 대상 아님" for row in cells(shown)) == 6
    told = json.loads(run(tmp_path / "none.db", "diff", *sweeps, "--json").stdout)
    assert (told["old"], told["new"]) == (OLD, NEW)
    assert all(finding["message"]["ko"] for row in told["rows"] for finding in row["was"]["findings"])
    assert not (tmp_path / "none.db").exists()


def test_exports(place: Path, tmp_path: Path) -> None:
    for ending in ("csv", "jsonl", "db"):
        run(place, "history", "export", tmp_path / f"all.{ending}")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["base"] for row in rows] == [line["base"] for line in lines]
    assert sum(line["status"] == "fail" and not line["ended"] for line in lines) == 12
    assert run(tmp_path / "all.db", "history", "list").stdout == run(place, "history", "list").stdout
    assert run(tmp_path / "all.db", "history", "prune", "--keep", "1d").stdout.startswith("20")
    assert [row[1] for row in cells(run(tmp_path / "all.db", "history", "list").stdout)] == ["진단", NEW]
    kept = json.loads(run(tmp_path / "all.db", "history", "open", "--json").stdout)
    assert kept == json.loads(run(place, "history", "open", "--json").stdout)


def test_names_that_hide_something_are_shown(tmp_path: Path) -> None:
    odd = replace(sample.bad(), target="web\u202e\x1b[31m", slug="web-12345678")
    folder = directory(tmp_path / "odd", OLD, "2026-11-23T17:50:14Z", [odd])
    place = tmp_path / "h.db"
    run(place, "history", "add", folder)
    for arguments in (["open"], ["open", "--json"], ["show", odd.target], ["show", odd.target, "--json"]):
        shown = run(place, "history", *arguments).stdout
        assert HIDDEN.search(shown) is None
        assert "31m" in shown


def test_operator_errors_are_one_line_and_exit_code_two(place: Path, sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    done = fleet("history", "list", "--history", "postgresql://audit:sesame@127.0.0.1:1/fleet")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"postgresql://audit@127.0.0.1:1/fleet: cannot be used: .+\n", done.stderr)
    assert "sesame" not in done.stderr
    cut = Path(shutil.copytree(sweeps[0], tmp_path / "cut")) / "results.jsonl"
    cut.write_bytes(cut.read_bytes()[:-900])
    left = replace(sample.unreachable(), outcome=Outcome.NOT_RUN, outcome_reason="interrupted")
    directory(tmp_path / "interrupted", "20261124T175014Z-7f3a", "2026-11-24T17:50:14Z", [left])
    for said, arguments in {
        "interrupted: was interrupted; 'tomcat-fleet audit --resume'": ("history", "add", tmp_path / "interrupted"),
        "there is no history yet": ("history", "list", "--history", tmp_path / "none.db"),
        "neither a sweep nor a host": ("history", "show", "nobody"),
        "has no sweep yesterday": ("diff", "yesterday", NEW),
        "was recorded after": ("diff", NEW, OLD),
        "not one of each": ("diff", sweeps[0], NEW),
        "results.jsonl: is not the file that the sweep has written": ("history", "add", tmp_path / "cut"),
        "holds no finished report": ("history", "add", tmp_path),
        "has to end in": ("history", "export", "all.xml"),
        "cannot be made: File exists": ("history", "export", place),
    }.items():  # fmt: skip
        with pytest.raises(UserError, match=re.escape(said)):
            run(place, *arguments)
    assert not (tmp_path / "none.db").exists()
