"""Accepted risks, from the file to the exit code: shown, never hidden, never in the ledger."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner, Result

from tests import stock
from tests.cli.terminal import fleet, inventory, silence, touched
from tests.property.stream import NONCE, framed, recorded
from tests.sweep.scene import TODAY, lines, plan, targets
from tests.waiver.made import table, waivers
from tomcat_fleet.cli import word
from tomcat_fleet.cli.app import app
from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.verdict import verdict
from tomcat_fleet.cli.word import Lang
from tomcat_fleet.ledger.store import Ledger
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.target import Target
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.sweep.again import Report, evaluate, verify
from tomcat_fleet.sweep.event import Done
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel

FLEET = targets(2)
EVERYTHING = json.dumps([f"WT-{number:02}" for number in range(1, 14)])
YESTERDAY = (TODAY - timedelta(1)).isoformat()
SOON = (TODAY + timedelta(3)).isoformat()
TABLES = (
    table(items=EVERYTHING, targets='["web00000"]', until=SOON, who='"보안팀"'),
    table(items='["WT-06"]', targets='["web00001"]', until=YESTERDAY),
    table(targets='["nobody"]'),
)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def stream() -> bytes:
    return framed(recorded(stock.named("debian"))).replace(NONCE.encode(), TOKEN)


def sweep(stream: bytes, output: Path, **other: Any) -> SweepSummary:
    async def answer(target: Target, access: Access, limits: Limits) -> Channel:
        del target, access, limits
        return ReplayChannel([stream])

    return asyncio.run(run(plan(output, FLEET, answer, **other), lambda _: None))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("waiver")


@pytest.fixture(scope="module")
def swept(place: Path, stream: bytes) -> tuple[Path, SweepSummary]:
    """What a sweep with waivers has written; the file of waivers lies beside it."""
    return place / "out", sweep(stream, place / "out", waivers=waivers(place, *TABLES))


def told(*arguments: str | Path) -> Result:
    """The command without a process of its own: most of one is its start."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_a_malformed_file_stops_the_run_before_any_connection(tmp_path: Path) -> None:
    good = inventory(tmp_path / "w.toml", table())
    bad = inventory(tmp_path / "waivers.toml", table(until='"soon"', items='["WT-99"]'))
    profile = inventory(tmp_path / "p.toml", 'owner_root = "maybe"\n')
    with silence() as server:
        login = 'user = "audit"\npassword = "env:WORD"\n'
        host = f'[hosts.web01]\naddress = "127.0.0.1"\nport = {server.getsockname()[1]}\n{login}'
        hosts = inventory(tmp_path / "a.toml", host)
        (tmp_path / "known_hosts").touch()
        options = ["-i", hosts, "-o", tmp_path / "out", "--known-hosts", tmp_path / "known_hosts", "--timeout", "1"]
        done = fleet("audit", *options, "--waivers", bad, "--profile", profile, WORD="x")
        assert (done.returncode, done.stdout) == (2, "")
        assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{profile}:1", f"{bad}:4", f"{bad}:5"]
        assert not touched(server)
        assert not (tmp_path / "out").exists()
        reached = fleet("audit", *options, "--waivers", good, WORD="x")
        assert (reached.returncode, touched(server)) == (3, True)  # the server is one that would have noticed
    hashes = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["inventory_sha256"]
    assert list(hashes) == [str(hosts), str(good)]


def test_results_have_waivers_and_all_else_is_as_without(swept: tuple[Path, SweepSummary], tmp_path: Path) -> None:
    output, summary = swept
    plain = evaluate(output, Report(output=tmp_path / "bare", lang="ko"))
    assert plain.waivers == ()
    assert (summary.statuses, summary.items, summary.score) == (plain.statuses, plain.items, plain.score)
    assert [use.state for use in summary.waivers] == ["expiring", "expired", "in_force"]
    assert [use.hosts for use in summary.waivers] == [1, 1, 0]
    assert summary.waived["WT-06"] == 1
    assert sum(summary.waived.values()) == plain.statuses[Status.FAIL] // 2  # the other host is made alike
    rows = lines(output)
    for document, written in (("target-result", rows[0]), ("sweep-summary", json.loads(_text(output)))):
        jsonschema.validate(written, json.loads(told("schema", document).stdout))
    over = [finding for finding in _findings(rows) if finding["waiver"]]
    assert {finding["waiver"]["who"] for finding in over} == {"보안팀"}
    assert {finding["status"] for finding in over} <= {"fail", "manual", "unknown"}
    expired = [finding for finding in _findings(rows) if finding["expired_waiver"]]
    assert {finding["item"] for finding in expired} == {"WT-06"}
    for finding in _findings(rows):
        finding.update(waiver=None, expired_waiver=None)
    bare = (tmp_path / "bare" / "results.jsonl").read_bytes().splitlines()
    assert list(map(encoded, rows)) == bare
    with Ledger.reopen(output) as ledger:
        assert [ledger.entry(name).line for name in sorted(ledger.done())] == bare


def test_gone_on_with_or_judged_again_the_results_are_the_same_to_the_byte(
    swept: tuple[Path, SweepSummary], stream: bytes, place: Path, tmp_path: Path
) -> None:
    output, before = swept
    given = waivers(place, *TABLES)
    shutil.copytree(output, tmp_path / "resumed")
    resumed = sweep(stream, tmp_path / "resumed", started=before.started, runs=2, waivers=given)
    again = evaluate(output, Report(output=tmp_path / "again", lang="ko", waivers=given))
    for directory, summary in (("resumed", resumed), ("again", again)):
        assert (tmp_path / directory / "results.jsonl").read_bytes() == (output / "results.jsonl").read_bytes()
        assert (summary.waivers, summary.waived_severities) == (before.waivers, before.waived_severities)
    assert again.inventory_sha256 == {str(place / "waivers.toml"): given.files[0][1]}


def test_rendered_again_on_another_day_the_day_of_the_sweep_decides(
    swept: tuple[Path, SweepSummary], place: Path, tmp_path: Path
) -> None:
    output, before = swept
    assert before.day == TODAY.isoformat() < before.started  # it says of itself that it began on the day of this test
    waivers(place, *TABLES)
    done = told("render", output, "-o", tmp_path / "again", "--waivers", place / "waivers.toml")
    assert done.exit_code == 0, done.output
    for name in ("results.jsonl", "summary.json", "index.html"):
        assert (tmp_path / "again" / name).read_bytes() == (output / name).read_bytes()


def _forged(change: Callable[[Rows], None]) -> Callable[[Path], None]:
    def forge(directory: Path) -> None:
        rows = lines(directory)
        change(rows)
        (directory / "results.jsonl").write_bytes(b"".join(encoded(row) + b"\n" for row in rows))

    return forge


def _text(output: Path) -> str:
    return (output / "summary.json").read_text("utf-8")


def _findings(rows: Rows) -> list[dict[str, Any]]:
    return [finding for row in rows for instance in row["instances"] for finding in instance["findings"]]


def _of(rows: Rows, status: str) -> dict[str, Any]:
    return next(finding for finding in _findings(rows) if finding["status"] == status and not finding["waiver"])


ANY: dict[str, Any] = {"who": "a", "why": "b", "until": "2099-01-01", "source": "w", "expiring": False}
FORGERIES: dict[str, Callable[[Path], None]] = {
    "a verdict": _forged(lambda rows: rows[0]["verdicts"].update({"WT-06": "pass"})),
    "a status below a waiver": _forged(
        lambda rows: next(one for one in _findings(rows) if one["waiver"]).update(status="pass")
    ),
    "a waiver of a pass": _forged(lambda rows: _of(rows, "pass").update(waiver=ANY)),
    "two at once": _forged(lambda rows: _of(rows, "fail").update(waiver=ANY, expired_waiver=ANY)),
    "more than a waiver": _forged(lambda rows: _of(rows, "fail").update(waiver={**ANY, "more": "x"})),
    "a key more": _forged(lambda rows: rows[0].update(more="x")),
    "a key twice": lambda at: (at / "results.jsonl").write_bytes(
        (at / "results.jsonl").read_bytes().replace(b'"outcome":', b'"outcome":"timeout","outcome":', 1)
    ),
    "no instance": _forged(lambda rows: rows[0].pop("instances")),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_is_no_waiver_is_still_found(swept: tuple[Path, SweepSummary], tmp_path: Path, what: str) -> None:
    shutil.copytree(swept[0], tmp_path / "out")
    FORGERIES[what](tmp_path / "out")
    assert any("is not as the ledger has it" in fault for fault in verify(tmp_path / "out").faults)


def test_a_waiver_that_nobody_gave_is_found_with_the_file_at_hand(
    swept: tuple[Path, SweepSummary], place: Path, tmp_path: Path
) -> None:
    shutil.copytree(swept[0], tmp_path / "out")
    _forged(lambda rows: _of(rows, "fail").update(waiver=ANY))(tmp_path / "out")
    (only,) = verify(tmp_path / "out").faults
    assert "results.jsonl: is not the file that was written" in only  # a waiver as such is no forgery
    found = verify(tmp_path / "out", waivers(place, *TABLES)).faults
    assert sum("is not as the ledger has it" in fault for fault in found) == 1
    assert verify(swept[0], waivers(place, *TABLES)).faults == ()


def test_exit_codes_leave_out_what_is_waived_and_nothing_else(
    swept: tuple[Path, SweepSummary], place: Path, tmp_path: Path
) -> None:
    waivers(place, *TABLES)
    sound = told("evaluate", swept[0], "--verify", "--waivers", place / "waivers.toml", "--lang", "en")
    assert (sound.exit_code, sound.stderr) == (0, "")
    codes = {}
    for until in (YESTERDAY, TODAY.isoformat()):
        path = inventory(tmp_path / "all.toml", table(items=EVERYTHING, until=until))
        options = ["--waivers", path, "--fail-on", "low", "--lang", "en"]
        codes[until] = told("evaluate", swept[0], "-o", tmp_path / until, *options).exit_code
    assert codes == {YESTERDAY: 1, TODAY.isoformat(): 0}
    refused = told("evaluate", swept[0], "--verify", "--waivers", tmp_path / "none.toml")
    assert f"{tmp_path}/none.toml: cannot be read" in str(refused.exception)


def test_a_waiver_never_makes_a_sweep_complete(swept: tuple[Path, SweepSummary]) -> None:
    everything = {severity: counts[Status.FAIL] for severity, counts in swept[1].severities.items()}
    for waived, complete, code in (({}, True, 1), (everything, True, 0), (everything, False, 3), ({}, False, 3)):
        one = replace(swept[1], waived_severities=waived, complete=complete)
        assert verdict(one, Severity.LOW) == code
        assert verdict(one, None) == (0 if complete else 3)


@pytest.mark.parametrize("lang", Lang)
def test_the_end_says_what_is_waived_and_names_what_expired(swept: tuple[Path, SweepSummary], lang: Lang) -> None:
    summary, shown = swept[1], {}
    used = replace(summary.waivers[1], who="\x1b[31mred")
    for name, one in (
        ("all", replace(summary, waivers=(summary.waivers[0], *[used] * 25, summary.waivers[2]))),
        ("none", replace(summary, waivers=(), waived={})),
    ):
        closing = Closing(lang)
        closing(Done(summary=one, index=Path("/index.html")))
        screen = Console(file=io.StringIO(), width=80, color_system=None)
        closing.show(screen, 1.0)
        shown[name] = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    more = [line for line in shown["all"] if line not in shown["none"]]
    said = "\n".join(more)
    count = str(sum(summary.waived.values()))
    assert count in next(line for line in more if line)
    assert said.count(f"waivers.toml:7: {'expired ' if lang is Lang.EN else ''}{YESTERDAY}") == 20
    assert said.endswith("5 more" if lang is Lang.EN else "외 5건")
    assert "\x1b" not in said
    assert max(map(cell_len, more)) <= 80


def test_lint_warns_and_list_shows(tmp_path: Path) -> None:
    hosts = inventory(tmp_path / "a.toml", '[groups.prod]\nhosts = ["web00000"]\n')
    path = inventory(tmp_path / "waivers.toml", "".join(TABLES) + table(targets='["prod"]', items='["WT-01"]'))
    checked = told("waiver", "lint", path, "-i", hosts, "--lang", "en")
    assert (checked.exit_code, checked.stderr.count("warning: ")) == (0, len(checked.stderr.splitlines()))
    for said in (f"{path}:13: warning: no host", "'nobody'", f"{path}:19: warning: 'prod' is a group"):
        assert said in checked.stderr
    both = told("waiver", "lint", inventory(tmp_path / "w.toml", "x = 1\n"), "-i", tmp_path / "none")
    assert (both.stdout, len(str(both.exception).splitlines())) == ("", 2)
    listed = told("waiver", "list", path).stdout.splitlines()
    assert len(listed) == 5
    assert [listed[0].split()[0], listed[1].split()[0], listed[2].split()[0]] == [
        "정의",
        *(f"waivers.toml:{line}" for line in (7, 1)),
    ]
    found = json.loads(told("waiver", "list", path, "--json").stdout)
    assert [one["until"] for one in found] == [YESTERDAY, SOON, "2027-03-31", "2027-03-31"]
    assert found[0]["scope"] == {"items": ["WT-06"], "targets": ["web00001"]}


def test_the_words_are_there_in_both_languages_with_the_same_places() -> None:
    words = tomllib.loads(Path(word.__file__).with_name("words.toml").read_text("utf-8"))
    for section in ("waiver", "closing"):
        for name, both in words[section].items():
            korean, english = ({each for _, each, *_ in Formatter().parse(both[lang]) if each} for lang in Lang)
            assert korean == english, name
