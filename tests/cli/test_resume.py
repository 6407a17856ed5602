"""Sweeps that end early, and the next one that goes on with them: as an operator meets it."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from tests.cli.terminal import command, environment, fleet, inventory, silence, until_said
from tests.need import need
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.ledger.store import Ledger

QUICK, SLOW = 30, 4  # hosts that refuse at once, and hosts that never say a word


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """What every sweep of these tests is given."""
    path = tmp_path / "id"
    path.touch(mode=0o600)
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    (tmp_path / "known_hosts").write_text("")
    return [
        "-i", str(tmp_path / "fleet.toml"), "--key", str(path), "--known-hosts", str(tmp_path / "known_hosts"),
        "--lang", "en", "--concurrency", "16",
    ]  # fmt: skip


@pytest.fixture
def port() -> Iterator[int]:
    """A port that refuses."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1]


def hosts(quick: int, slow: int, *, count: int = QUICK) -> str:
    return "".join(
        f'[hosts.web{number:02}]\naddress = "127.0.0.1"\nport = {quick if number < count else slow}\nuser = "audit"\n'
        for number in range(count + SLOW)
    )


def done(output: Path) -> int:
    """How many results the ledger has; it may not be there yet."""
    try:
        with Ledger.reopen(output) as ledger:
            return len(ledger.done())
    except (ConfigError, OSError):
        return 0


def outcomes(output: Path) -> dict[str, str]:
    rows = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    assert len({row["target"] for row in rows}) == len(rows)
    return {row["target"]: row["outcome"] for row in rows}


@contextmanager
def under_way(*arguments: str | Path, prefix: tuple[str, ...] = (), output: Path) -> Iterator[subprocess.Popen[str]]:
    """A sweep that has all its quick hosts and waits for the others."""
    with subprocess.Popen(
        [*prefix, *command("audit", *arguments, "-o", output)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _wait(lambda: done(output) >= QUICK)
            yield process
        finally:
            process.kill()


def _wait(until: object) -> None:
    assert callable(until)
    deadline = time.monotonic() + 90
    while not until():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.05)


@pytest.fixture
def killed(tmp_path: Path, options: list[str], port: int) -> Path:
    """The directory of a sweep that was killed with its quick hosts done."""
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        with under_way(*options, output=tmp_path / "out") as process:
            process.kill()
            process.wait(60)
    assert not (tmp_path / "out" / "results.jsonl").exists()
    return tmp_path / "out"


@pytest.mark.parametrize("by", ["directory", "id"])
def test_a_killed_sweep_goes_on_with_the_hosts_it_had_not(killed: Path, options: list[str], by: str) -> None:
    with Ledger.reopen(killed) as ledger:
        sweep, before = ledger.opening().sweep, {name: ledger.entry(name).line for name in ledger.done()}
    named = str(killed) if by == "directory" else sweep
    ended = fleet("audit", *options, "--resume", named, "-o", killed, "--timeout", "2")
    assert ended.returncode == 3, ended.stderr
    assert "Resumed: targets that have their results already: 30" in ended.stderr
    found = outcomes(killed)
    assert list(found.values()) == ["unreachable"] * (QUICK + SLOW)  # by now the silent server is gone
    lines = {json.loads(line)["target"]: line for line in (killed / "results.jsonl").read_bytes().splitlines()}
    assert before.items() <= lines.items()
    assert json.loads((killed / "summary.json").read_text())["sweep"] == sweep
    verified = fleet("evaluate", killed, "--verify", "--lang", "en")
    assert verified.returncode == 0, verified.stderr


def test_a_new_sweep_says_whose_results_it_replaces(killed: Path, options: list[str]) -> None:
    ended = fleet("audit", *options, "-o", killed, "--timeout", "2")
    assert f"(30 of 34 targets) are replaced by a new sweep; --resume {killed} would keep them" in ended.stderr
    assert len(outcomes(killed)) == QUICK + SLOW


def test_two_halves_must_be_of_one_piece(killed: Path, options: list[str], tmp_path: Path, port: int) -> None:
    changed = hosts(port, port).replace("[hosts.web07]", "[hosts.db07]").replace(f"port = {port}", "port = 9", 1)
    inventory(tmp_path / "fleet.toml", changed)
    profile = inventory(tmp_path / "profile.toml", 'owner_root = "fail"\n')
    ended = fleet("audit", *options, "--resume", killed, "--profile", profile)
    assert ended.returncode == 2
    place = f"{killed}/ledger.db: cannot be resumed: "
    assert ended.stderr.splitlines()[:3] == [
        f"{place}--profile is not the one that it was begun with",
        f"{place}db07 is new in the inventory",
        f"{place}web00 is changed in the inventory",
    ]
    assert f"{place}web07 is not in the inventory any more" in ended.stderr
    assert done(killed) == QUICK


@pytest.mark.parametrize("named", ["20261123T175014Z-0001", "nowhere"])
def test_what_cannot_be_found_cannot_be_resumed(killed: Path, options: list[str], named: str, tmp_path: Path) -> None:
    del killed
    ended = fleet("audit", *options, "--resume", named, cwd=tmp_path)
    assert ended.returncode == 2
    assert f"--resume {named}: no ledger of a sweep in {named}, tomcat-fleet-{named}" in ended.stderr


def test_a_finished_sweep_may_be_resumed_and_stays_what_it_is(killed: Path, options: list[str]) -> None:
    fleet("audit", *options, "--resume", killed, "--timeout", "1")
    before = (killed / "results.jsonl").read_bytes()
    again = fleet("audit", *options, "--resume", killed, "--timeout", "1")
    assert again.returncode == 3
    assert (killed / "results.jsonl").read_bytes() == before


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path: Path, options: list[str], port: int) -> None:
    out = tmp_path / "out dir"
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        with under_way(*options, output=out) as process:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 143
        assert f"The same options with --resume '{out}' audit the others." in said
        assert list(outcomes(out).values()).count("not_run") == SLOW
        ended = fleet("audit", *options, "--resume", out, "--timeout", "1")
    assert ended.returncode == 3
    assert list(outcomes(out).values()).count("timeout") == SLOW


def test_a_directory_in_use_is_refused(tmp_path: Path, options: list[str], port: int) -> None:
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        with under_way(*options, output=tmp_path / "out") as process:
            other = ["--limit", "web00", "-o", tmp_path / "out"]
            for more in ([], ["--resume", tmp_path / "out"]):
                refused = fleet("audit", *options, *other, *more)
                assert refused.returncode == 2
                assert refused.stderr.splitlines()
            assert "another sweep is writing its results here" in fleet("audit", *options, *other).stderr
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert len(outcomes(tmp_path / "out")) == QUICK + SLOW


def test_a_second_sweep_of_an_inventory_waits_or_is_refused(tmp_path: Path, options: list[str], port: int) -> None:
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        with under_way(*options, output=tmp_path / "first") as process:
            refused = fleet("audit", *options, "-o", tmp_path / "second", "--overlap", "refuse")
            assert refused.returncode == 2
            assert "another sweep of this inventory is under way" in refused.stderr
            elsewhere = fleet("audit", *options, "-o", tmp_path / "third", "--limit", "web00", "--overlap", "refuse")
            assert elsewhere.returncode == 3  # other hosts may be audited meanwhile
            waiting = subprocess.Popen(
                command("audit", *options, "-o", tmp_path / "second", "--timeout", "1"),
                env=environment(),
                stderr=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
            with waiting:
                until_said(waiting, "this one begins when it ends")
                assert not (tmp_path / "second").exists()
                process.kill()  # the kernel gives the lock back
                waiting.communicate(timeout=90)
    assert len(outcomes(tmp_path / "second")) == QUICK + SLOW


def test_a_hangup_ends_the_sweep_with_its_reports_written(tmp_path: Path, options: list[str], port: int) -> None:
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        with under_way(*options, output=tmp_path / "out") as process:
            process.send_signal(signal.SIGHUP)
            process.communicate(timeout=60)
    assert process.returncode == 129
    assert list(outcomes(tmp_path / "out").values()).count("not_run") == SLOW


@pytest.mark.parametrize(("ignoring", "code", "rest"), [(False, 129, "not_run"), (True, 3, "timeout")])
def test_a_terminal_that_is_closed_costs_no_result(
    tmp_path: Path,
    options: list[str],
    port: int,
    ignoring: bool,  # noqa: FBT001 - table
    code: int,
    rest: str,
) -> None:
    """Closed: SIGHUP comes, and every write to it fails. Under nohup the sweep goes on without an audience."""
    out = tmp_path / "out"
    first, second = pty.openpty()
    with silence() as server:
        inventory(tmp_path / "fleet.toml", hosts(port, server.getsockname()[1]))
        trap = "trap '' HUP; exec \"$@\"" if ignoring else 'exec "$@"'
        process = subprocess.Popen(
            ["setsid", "-c", "/bin/sh", "-c", trap, "sh", *command("audit", *options, "-o", out, "--timeout", "8")],
            env=environment(TERM="xterm"),
            stdin=second,
            stdout=second,
            stderr=second,
        )
        os.close(second)
        try:
            _wait(lambda: _heard(first) and done(out) >= QUICK)
            os.close(first)
            assert process.wait(60) == code
        finally:
            process.kill()
            process.wait(60)
    found = list(outcomes(out).values())
    assert (found.count("unreachable"), found.count(rest)) == (QUICK, SLOW)
    assert (out / "index.html").exists()


def _heard(terminal: int) -> bool:
    """Take what is shown, so that nobody waits for the screen."""
    os.set_blocking(terminal, False)
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    return True


FULL = """
set -eu
out=$1 kept=$2; shift 2
mount -t tmpfs -o size=20m,mode=700 none "$out"
"$@" -o "$out/report" && code=0 || code=$?
echo "first $code" >> "$kept/codes"
ls -A "$out/report" > "$kept/left"
mount -o remount,size=900m "$out"
"$@" --resume "$out/report" && code=0 || code=$?
echo "second $code" >> "$kept/codes"
cp "$out/report/results.jsonl" "$out/report/SHA256SUMS" "$kept/"
(cd "$out/report" && sha256sum -c SHA256SUMS) > "$kept/sums"
"""


def test_a_full_disk_keeps_what_is_done_and_the_rest_is_audited_later(
    tmp_path: Path, options: list[str], port: int
) -> None:
    need("root")
    need("mount-namespaces")
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept").mkdir()
    inventory(tmp_path / "fleet.toml", hosts(port, port, count=1200))
    arguments = ["unshare", "-m", "/bin/sh", "-c", FULL, "sh", str(tmp_path / "disk"), str(tmp_path / "kept")]
    ended = subprocess.run(
        [*arguments, *command("audit", *options, "--concurrency", "64")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "kept" / "codes").read_text() == "first 4\nsecond 3\n"
    assert "No space left on device" in ended.stderr
    assert "of 1204 results are kept, --resume " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ".reserve" not in (tmp_path / "kept" / "left").read_text().split()
    assert all(line.endswith(": OK") for line in (tmp_path / "kept" / "sums").read_text().splitlines())
    found = outcomes(tmp_path / "kept")
    assert len(found) == 1204
    assert set(found.values()) == {"unreachable"}
