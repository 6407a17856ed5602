"""What the machine has to offer: open files, disk, clock, tables, templates. Each with a state that fails it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.cli.terminal import command, environment, fleet, inventory
from tests.need import need
from tests.sshd import Sshd
from tests.transport.agent import empty_agent
from tests.transport.reach import QUICK, access_for, open_channel
from tests.transport.test_sshd import target_of
from tomcat_fleet.doctor import clock, disk, open_file, table
from tomcat_fleet.doctor.finding import Finding, Level

LOCAL = '[hosts.here]\naddress = "127.0.0.1"\ntransport = "local"\n'


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.level.value, each.said) for each in findings]


def told(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """What JSON says: word -> level and English sentence with its advice."""
    assert done.returncode in {0, 2}, done.stderr
    return {
        each["said"]: (each["level"], f"{each['message']['en']} → {each['advice']['en']}")
        for each in json.loads(done.stdout)["findings"]
    }


@pytest.mark.parametrize(
    ("soft", "hard", "concurrency", "expected"),
    [
        (256, 256, 64, ("ok", "files_ok")),
        (-1, -1, 1000, ("ok", "files_ok")),
        (255, 4096, 64, ("warning", "files_few")),
        (200, -1, 64, ("warning", "files_few")),
        (255, 255, 64, ("warning", "files_hard")),
        (127, 4096, 64, ("problem", "files_few")),
        (127, 200, 64, ("problem", "files_hard")),
    ],
)
def test_open_files(soft: int, hard: int, concurrency: int, expected: tuple[str, str]) -> None:
    (finding,) = open_file.examine(soft, hard, concurrency)
    assert said([finding]) == [expected]
    if finding.level is not Level.OK:
        fits = finding.params["fits"]
        assert isinstance(fits, int)
        assert open_file.needed(fits) <= max(soft, open_file.needed(1))


@pytest.mark.parametrize(("limit", "level"), [(100, "problem"), (300, "ok")])
def test_the_limit_of_this_process_is_what_counts(limit: int, level: str, tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", LOCAL)
    line = f'ulimit -n {limit} && exec "$@"'
    words = ["sh", "-c", line, "sh", *command("doctor", "-i", path, "--format", "json")]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False, cwd=tmp_path)
    found = told(done)
    (key,) = [key for key in found if key.startswith("files_")]
    assert found[key][0] == level
    assert done.returncode == (2 if level == "problem" else 0)
    assert level == "ok" or "--concurrency" in found[key][1]


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.mark.sshd
async def test_no_target_takes_more_files_than_the_formula_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 10
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, open_files())
            await asyncio.sleep(0)

    with empty_agent(tmp_path) as socket, Sshd(tmp_path) as server:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        target = target_of(server)
        access = access_for(target, tmp_path, server.known_hosts_line(), use_agent=True)
        before = open_files()
        watcher = asyncio.create_task(watch())
        async with AsyncExitStack() as stack:
            for channel in await asyncio.gather(*(open_channel(target, access, QUICK) for _ in range(many))):
                stack.push_async_callback(channel.aclose)
        watcher.cancel()
    assert many <= peak - before <= open_file.EACH * many


def test_a_place_for_the_results(tmp_path: Path) -> None:
    made = tmp_path / "results"
    (finding,) = disk.examine(made / "deeper", tmp_path, 10)
    assert said([finding]) == [("ok", "disk_ok")]
    assert finding.params["path"] == tmp_path
    made.mkdir(mode=0o700)
    assert said([*disk.examine(made, tmp_path, 10)]) == [("ok", "disk_ok")]
    made.chmod(0o750)
    assert said([*disk.examine(made, tmp_path, 10)]) == [("ok", "disk_ok"), ("warning", "disk_open")]
    assert said([*disk.examine(made, tmp_path, 10**12)])[0] == ("warning", "disk_low")
    file = tmp_path / "file"
    file.touch()
    assert said([*disk.examine(file, tmp_path, 1)]) == [("problem", "disk_no_directory")]


def test_where_it_is_run_may_be_open_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert said([*disk.examine(None, tmp_path, 1)]) == [("ok", "disk_ok")]


MOUNTED = {
    "size=8m": [("problem", "disk_full")],
    "size=64m": [("warning", "disk_low")],
    "size=512m,nr_inodes=20": [("ok", "disk_ok"), ("problem", "disk_inodes")],
    "size=512m,ro": [("problem", "disk_read_only")],
    "size=512m": [("ok", "disk_ok")],
}


@pytest.mark.root
@pytest.mark.parametrize("options", MOUNTED)
def test_real_disks(options: str, tmp_path: Path) -> None:
    need("root")
    need("mount-namespaces")
    program = (
        "import sys; from pathlib import Path; from tomcat_fleet.doctor import disk\n"
        "for each in disk.examine(Path(sys.argv[1]), Path('/tmp'), 200): print(each.level.value, each.said)"
    )
    line = f'mount -t tmpfs -o mode=700,{options} none "$1" && exec "$2" -c "$3" "$1"'
    words = ["unshare", "-m", "sh", "-c", line, "sh", str(tmp_path), sys.executable, program]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True)
    assert [tuple(line.split()) for line in done.stdout.splitlines() if "temporary" not in line] == MOUNTED[options]


@pytest.mark.root
def test_a_small_temporary_directory_is_told(tmp_path: Path) -> None:
    need("root")
    need("mount-namespaces")
    path = inventory(tmp_path / "fleet.toml", LOCAL)
    small = tmp_path / "small"
    small.mkdir()
    line = f'mount -t tmpfs -o size=1m none {small} && TMPDIR={small} exec "$@"'
    words = ["unshare", "-m", "sh", "-c", line, "sh", *command("doctor", "-i", path, "--format", "json")]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told(done)["disk_temporary"][0] == "warning"


@pytest.mark.parametrize(
    ("now", "synchronised", "expected"),
    [
        ("2027-01-01", True, ("ok", "clock_ok")),
        ("2027-01-01", None, ("ok", "clock_unknown")),
        ("2027-01-01", False, ("warning", "clock_loose")),
        ("1970-01-01", True, ("problem", "clock_past")),
        ("2026-11-22", None, ("problem", "clock_past")),
    ],
)
def test_the_clock(now: str, synchronised: bool | None, expected: tuple[str, str]) -> None:  # noqa: FBT001
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert said([*clock.examine(moment, date(2026, 11, 23), synchronised=synchronised)]) == [expected]


@pytest.mark.parametrize(
    ("script", "expected"),
    [("echo yes", True), ("echo no", False), ("echo maybe", None), ("echo yes; exit 1", None), (None, None)],
)
def test_what_systemd_says_of_the_clock(
    script: str | None,
    expected: bool | None,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if script:
        program = tmp_path / "timedatectl"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin" if script else str(tmp_path))
    assert clock.ntp() is expected


def test_tables_grow_old(tmp_path: Path) -> None:
    newest = table.newest()
    for days, expected in ((0, ("ok", "tables_ok")), (60, ("ok", "tables_ok")), (61, ("warning", "tables_old"))):
        today = date.fromordinal(newest.toordinal() + days)
        assert said([*table.tables(tmp_path, today)]) == [expected]


def test_a_damaged_table_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "advisories.json").write_text("{")
    (finding,) = table.tables(tmp_path, date(2026, 11, 25))
    assert said([finding]) == [("problem", "fault")]
    assert "advisories.json" in str(finding.params["fault"])


def test_templates_compile_or_are_a_problem(tmp_path: Path) -> None:
    assert said([*table.templates("ko", None)]) == [("ok", "templates_ok")]
    (tmp_path / "host.html.j2").write_text("{% if %}")
    (finding,) = table.templates("en", tmp_path)
    assert said([finding]) == [("problem", "fault")]
    assert "host.html.j2:1" in str(finding.params["fault"])


def test_a_local_fleet_needs_nothing_of_ssh(tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", LOCAL)
    found = told(fleet("doctor", "-i", path, "--format", "json", cwd=tmp_path, HOME=str(tmp_path)))
    assert not {"hosts_ok", "hosts_missing", "agent_unasked", "usual_none"} & set(found)
    assert found["inventory_ok"] == ("ok", "targets: 1, warnings: 0 → ")
