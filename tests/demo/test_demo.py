"""The whole way: servers, SSH, the collector, Tomcat's model, the checks, the reports."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.alone import alone
from tests.cli.terminal import command, environment, fleet, until_said
from tomcat_fleet.demo.fleet import HOSTS, kinds
from tomcat_fleet.demo.fleet import fleet as demo_fleet
from tomcat_fleet.demo.trees.modern import ALL_FLAWS, FAILS, Flaw

ITEMS = [f"WT-{number:02}" for number in range(1, 14)]
ROOT = os.geteuid() == 0
# An account in sudo, wheel or docker is a question for a person; whoever runs this may be in one of them.
OWN_ACCOUNT = {"pass"} if ROOT else {"pass", "manual"}
# The tables are dated; after ninety days a pass becomes a question.
NEWEST = {"pass", "manual"}


@dataclass(frozen=True)
class Report:
    directory: Path
    process: subprocess.CompletedProcess[str]
    lines: Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A directory that the demo's other accounts can walk into; pytest's own are closed to them."""
    path = Path(tempfile.mkdtemp(prefix="tf-"))
    path.chmod(0o711)
    yield path
    path.rmdir()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Report:
    output = tmp_path_factory.mktemp("demo") / "out"
    with alone():
        process = fleet("demo", "-o", output, "--hosts", str(HOSTS + 4), "--lang", "en", TMPDIR=str(scratch))
    assert process.returncode == 0, process.stderr
    assert list(scratch.iterdir()) == []
    rows = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    lines = {row["target"]: row for row in rows}
    assert len(lines) == len(rows)
    return Report(output, process, lines)


def verdicts(report: Report, target: str, instance: int = 0) -> dict[str, str]:
    return dict(report.lines[target]["instances"][instance]["verdicts"])


def expected(flaws: frozenset[Flaw]) -> dict[str, set[str]]:
    failed = {item for flaw in flaws for item in FAILS[flaw]}
    table = {item: {"fail"} if item in failed else {"pass"} for item in ITEMS}
    return {**table, "WT-05": OWN_ACCOUNT, "WT-13": table["WT-13"] if "WT-13" in failed else NEWEST}


def assert_fits(found: Mapping[str, str], table: Mapping[str, set[str]]) -> None:
    assert {item: status for item, status in found.items() if status not in table[item]} == {}


def test_every_demo_host_has_exactly_one_line(report: Report) -> None:
    assert sorted(report.lines) == sorted(host.name for host in demo_fleet(HOSTS + 4))


def test_the_sound_host_passes_everything(report: Report) -> None:
    row = report.lines["web-good"]
    # A container with a Tomcat on the machine that runs this would be one that was not examined.
    assert row["outcome"] == "audited"
    assert row["gaps"] == []
    assert_fits(verdicts(report, "web-good"), expected(frozenset()))


def test_the_neglected_host_fails_everything(report: Report) -> None:
    table = expected(ALL_FLAWS)
    assert_fits(verdicts(report, "web-bad"), {**table, "WT-05": {"fail"} if ROOT else OWN_ACCOUNT})
    assert report.lines["web-bad"]["instances"][0]["uid"] == os.geteuid()


def test_two_instances_are_told_apart(report: Report) -> None:
    bases = {Path(row["base"]).name: row["verdicts"] for row in report.lines["app-two"]["instances"]}
    assert_fits(bases["shop"], expected(frozenset()))
    assert_fits(bases["board"], expected(ALL_FLAWS - {Flaw.OLD_VERSION}))


def test_the_packaged_layout_is_followed_through_links_and_descriptors(report: Report) -> None:
    fails = {"WT-01", "WT-04", "WT-06", "WT-07", "WT-11", "WT-12"}
    table = {item: {"fail"} if item in fails else {"pass"} for item in ITEMS}
    table |= {"WT-03": {"not_applicable"}, "WT-05": OWN_ACCOUNT, "WT-13": NEWEST}
    assert_fits(verdicts(report, "pkg-debian"), table)


def test_the_old_layout_is_understood(report: Report) -> None:
    passes = {"WT-04", "WT-05", "WT-08"}
    table = {item: {"pass"} if item in passes else {"fail"} for item in ITEMS}
    assert_fits(verdicts(report, "old-55"), {**table, "WT-05": OWN_ACCOUNT})
    assert report.lines["old-55"]["instances"][0]["version"] == "5.5.36"


def test_what_cannot_be_read_is_unknown_and_never_pass(report: Report) -> None:
    assert report.lines["web-locked"]["outcome"] == "partial"
    unknown = {"WT-01", "WT-02", "WT-03", "WT-08", "WT-09"}
    found = verdicts(report, "web-locked")
    assert {item for item in unknown if found[item] != "unknown"} == set()
    assert {item for item, status in found.items() if status == "pass"} <= {"WT-05", "WT-13"}
    assert report.lines["web-locked"]["gaps"]


def test_hosts_that_cannot_be_reached_say_why(report: Report) -> None:
    assert report.lines["net-down"]["outcome"] == "unreachable"
    assert report.lines["net-rekeyed"]["outcome"] == "hostkey_changed"
    assert report.lines["net-down"]["verdicts"] == report.lines["net-rekeyed"]["verdicts"] == {}


@pytest.mark.parametrize("host", demo_fleet(HOSTS + 4)[HOSTS:], ids=lambda host: host.name)
def test_variations_fail_by_their_flaws_alone(report: Report, host: Any) -> None:
    (flaws,) = host.flaws.values()
    assert_fits(verdicts(report, host.name), {**expected(flaws), "WT-05": {"manual"}})
    assert report.lines[host.name]["instances"][0]["running"] is False


def test_passwords_stay_where_they_are(report: Report) -> None:
    written = [path for path in report.directory.rglob("*") if path.is_file()]
    assert len(written) > HOSTS
    for path in written:
        assert b"Vx7#mq2!Tz9p" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_passwords_that_demo_hosts_share_are_shown(report: Report) -> None:
    told = json.loads((report.directory / "summary.json").read_text("utf-8"))["shared_passwords"]
    groups = {tuple(group["accounts"]): set(group["targets"]) for group in told}
    assert {"app-two", "old-55", "web-bad"} <= groups["both", "role1", "tomcat"]
    assert {"app-two", "web-good"} <= groups["ops_deploy_kr",]
    assert "Passwords shared by several hosts: 2" in report.process.stdout


def test_the_page_to_open_is_said_last(report: Report) -> None:
    said = report.process.stdout.splitlines()[-1]
    assert said.endswith(str(report.directory / "index.html"))
    assert (report.directory / "index.html").is_file()
    assert "Traceback" not in report.process.stderr


@pytest.mark.usefixtures("lone")
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, scratch: Path) -> None:
    with subprocess.Popen(
        command("demo", "-o", tmp_path / "out"),
        env=environment(TMPDIR=str(scratch)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until_said(process, "진단")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert list(scratch.iterdir()) == []
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(scratch).encode() in _read(path)]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_there_is_a_host_of_every_kind() -> None:
    assert len({host.name for host in kinds()}) == HOSTS == 8
    assert [host.name for host in demo_fleet(30)][:HOSTS] == [host.name for host in kinds()]
    assert len(demo_fleet(30)) == 30
    assert demo_fleet(30)[20].flaws == demo_fleet(40)[20].flaws
