"""``audit`` from the outside: exit codes, what goes to which stream, what is left behind."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
from pathlib import Path

import asyncssh
import pytest

from tests.cli.terminal import command, environment, fleet, inventory, silence, touched, until_said
from tomcat_fleet.transport.threaded.offer import unable


@pytest.fixture
def keys(tmp_path: Path) -> list[str]:
    """Options that name a usable key and a known_hosts file."""
    path = tmp_path / "id"
    path.touch(mode=0o600)
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    (tmp_path / "known_hosts").write_text("")
    return ["--key", str(path), "--known-hosts", str(tmp_path / "known_hosts")]


def host(port: int, name: str = "web01") -> str:
    return f'[hosts.{name}]\naddress = "127.0.0.1"\nport = {port}\nuser = "audit"\n\n'


def outcomes(directory: Path) -> list[str]:
    return [json.loads(line)["outcome"] for line in (directory / "results.jsonl").read_text("utf-8").splitlines()]


def test_all_faults_are_said_at_once_and_nothing_is_connected_to(tmp_path: Path, keys: list[str]) -> None:
    with silence() as server:
        good = inventory(tmp_path / "a.toml", host(server.getsockname()[1]))
        bad = inventory(tmp_path / "b.toml", '[hosts.web02]\nadress = "x"\nport = 99999\n')
        profile = inventory(tmp_path / "p.toml", '\n\nowner_root = "maybe"\n')
        done = fleet("audit", "-i", good, "-i", bad, "--profile", profile, "-o", tmp_path / "out", *keys)
        assert not touched(server)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{bad}:2", f"{bad}:3", f"{profile}:3"]
    assert not (tmp_path / "out").exists()


def test_faults_of_transports_and_of_logins_are_said_together(tmp_path: Path) -> None:
    lacking = unable("legacy-2005")
    old = 'transport = "paramiko"\nssh_profile = "legacy-2005"\npassword = "env:NO_SUCH_VALUE"\n'
    path = inventory(tmp_path / "a.toml", host(22).rstrip() + f"\n{old}")
    done = fleet("audit", "-i", path, "--known-hosts", tmp_path / "none", "-o", tmp_path / "out")
    assert done.returncode == 2
    for said in (lacking or "", "NO_SUCH_VALUE", f"{tmp_path}/none"):
        assert said in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "html,docx"], "docx"),
        (["--fail-on", "critical"], "critical"),
        (["--concurrency", "0"], "--concurrency"),
        (["--timeout", "0"], "--timeout"),
        (["--transport", "telnet"], "telnet"),
        (["--lang", "fr"], "fr"),
        (["--resume", "x"], "--resume"),
        (["--limit", "nobody"], "nobody"),
        (["--profile", "/nonexistent/profile.toml"], "/nonexistent/profile.toml"),
        (["--known-hosts", "/nonexistent/known_hosts"], "/nonexistent/known_hosts"),
        (["--key", "/nonexistent/key"], "/nonexistent/key"),
    ],
)
def test_operator_errors_exit_with_two(tmp_path: Path, keys: list[str], options: list[str], said: str) -> None:
    given = [] if options[0] in keys else keys
    if options[0] in keys:
        given = [part for part in keys if part not in {options[0], keys[keys.index(options[0]) + 1]}]
    with silence() as server:
        path = inventory(tmp_path / "a.toml", host(server.getsockname()[1]))
        done = fleet("audit", "-i", path, "-o", tmp_path / "out", *given, *options)
        assert not touched(server)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_host_that_is_down_makes_the_sweep_incomplete(tmp_path: Path, keys: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        path = inventory(tmp_path / "a.toml", host(closed.getsockname()[1]))
        done = fleet("audit", "-i", path, "-o", tmp_path / "out", "--lang", "en", "--fail-on", "low", *keys)
    assert done.returncode == 3, done.stderr
    assert outcomes(tmp_path / "out") == ["unreachable"]
    assert "web01  unreachable" in done.stdout
    assert done.stdout.splitlines()[-1] == str(tmp_path / "out" / "index.html")
    assert "\x1b" not in done.stdout + done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["policy"]["dir_group_execute"] == "literal"
    assert list(summary["inventory_sha256"]) == [str(path)]


def test_tables_are_written_when_asked_for(tmp_path: Path, keys: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        path = inventory(tmp_path / "a.toml", host(closed.getsockname()[1]))
        done = fleet("audit", "-i", path, "-o", tmp_path / "out", "--format", "csv, xlsx", *keys)
    assert done.returncode == 3, done.stderr
    made = {one.name for one in (tmp_path / "out").iterdir()}
    assert made == {
        "hosts",
        "ledger.db",
        "index.html",
        "results.jsonl",
        "results.csv",
        "results.xlsx",
        "summary.json",
        "failed.retry",
        "SHA256SUMS",
    }
    assert (tmp_path / "out" / "failed.retry").read_text() == "web01\n"
    again = fleet("inventory", "list", "-i", path, "--limit", f"@{tmp_path}/out/failed.retry")
    assert again.returncode == 0
    assert "web01" in again.stdout
    assert '"접속 불가"' in (tmp_path / "out" / "results.csv").read_text("utf-8-sig")


def test_the_output_directory_is_named_after_the_sweep_and_private(tmp_path: Path, keys: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        path = inventory(tmp_path / "a.toml", host(closed.getsockname()[1]))
        (tmp_path / "here").mkdir()
        done = fleet("audit", "-i", path, *keys, cwd=tmp_path / "here")
    (made,) = (tmp_path / "here").iterdir()
    assert done.stdout.splitlines()[-1] == f"{made.name}/index.html"
    assert made.name.startswith("tomcat-fleet-")
    assert json.loads((made / "summary.json").read_text())["sweep"] == made.name.removeprefix("tomcat-fleet-")
    for each in (made, *made.rglob("*")):
        assert stat.S_IMODE(each.stat().st_mode) == (0o700 if each.is_dir() else 0o600)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_sweep_with_its_reports_written(
    tmp_path: Path, keys: list[str], number: signal.Signals, code: int
) -> None:
    with silence() as server:
        hosts = "".join(host(server.getsockname()[1], f"web{index:02}") for index in range(20))
        path = inventory(tmp_path / "a.toml", hosts)
        with subprocess.Popen(
            command("audit", "-i", path, "-o", tmp_path / "out", "--concurrency", "3", "--lang", "en", *keys),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            _until_connected(server)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert outcomes(tmp_path / "out") == ["not_run"] * 20
    assert (tmp_path / "out" / "index.html").exists()
    assert "Interrupted" in out
    assert "Traceback" not in err


def test_a_second_signal_ends_it_at_once(tmp_path: Path, keys: list[str]) -> None:
    with silence() as server:
        port = server.getsockname()[1]
        path = inventory(tmp_path / "a.ini", f"web[0001:3000] ansible_host=127.0.0.1 ansible_port={port}\n")
        with subprocess.Popen(
            command("audit", "-i", path, "-o", tmp_path / "out", "--concurrency", "3", *keys),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            _until_connected(server)
            process.send_signal(signal.SIGINT)
            until_said(process, "중단")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "index.html").exists()


def _until_connected(server: socket.socket) -> None:
    server.settimeout(60)
    server.accept()[0].close()


def test_without_a_terminal_progress_is_plain_lines_on_stderr(tmp_path: Path, keys: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        path = inventory(tmp_path / "a.toml", host(closed.getsockname()[1]))
        done = fleet("audit", "-i", path, "-o", tmp_path / "out", *keys)
    assert done.stderr.splitlines()[0].startswith("진단 2")
    assert "완료 0 · 미완료 1 · 남음 0" in done.stderr
    assert "접속 불가" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()[:-1]) <= 80


def test_an_output_directory_of_another_kind_is_refused(tmp_path: Path, keys: list[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with silence() as server:
        path = inventory(tmp_path / "a.toml", host(server.getsockname()[1]))
        done = fleet("audit", "-i", path, "-o", tmp_path / "out", *keys)
        assert not touched(server)
    assert done.returncode == 2
    assert "thesis.txt" in done.stderr


def test_the_machine_itself_can_be_audited_without_keys(tmp_path: Path) -> None:
    path = inventory(
        tmp_path / "a.toml",
        f'[hosts.here]\naddress = "localhost"\ntomcat_discover = false\ntomcat_bases = ["{tmp_path}/none"]\n',
    )
    done = fleet("audit", "-i", path, "-o", tmp_path / "out", "--transport", "local", HOME=str(tmp_path))
    assert done.returncode in {0, 3}, done.stderr
    (line,) = (tmp_path / "out" / "results.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["method"]["transport"] == "local"


def test_without_room_for_its_results_a_sweep_does_not_begin(tmp_path: Path, keys: list[str]) -> None:
    with silence() as server:
        path = inventory(tmp_path / "a.toml", host(server.getsockname()[1]))
        arguments = command("audit", "-i", path, "-o", tmp_path / "out", *keys)
        done = subprocess.run(
            ["/bin/sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *arguments],
            env=environment(PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not touched(server)
    assert done.returncode == 2, done.stderr
    assert "needs 16 MiB of free space before a sweep begins" in done.stderr
    assert not (tmp_path / "out" / ".reserve").exists()
