"""The command: every fault at once, both languages, aligned, with and without a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import struct
import subprocess
import termios
from fcntl import ioctl
from pathlib import Path

import asyncssh
import pytest
from rich.cells import cell_len

from tests.cli.terminal import command, environment, fleet, inventory
from tests.transport.server import write_private

KEY = asyncssh.generate_private_key("ssh-ed25519")
BAD = """\
[hosts.web01]
address = "192.0.2.1"
key_files = ["/nonexistent/key"]
[hosts.web02]
address = "192.0.2.2"
password = "env:NOT_THERE"
"""


def test_everything_that_would_stop_an_audit_is_told_at_once_and_never_crashes(tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", BAD)
    done = fleet("doctor", "-i", path, "--lang", "en", "--agent", "--known-hosts", tmp_path / "none", cwd=tmp_path)
    audit = fleet("audit", "-i", path, "--agent", "--known-hosts", tmp_path / "none", "-o", tmp_path / "o")
    assert (done.returncode, audit.returncode) == (2, 2)
    assert done.stderr == ""
    faults = [line for line in audit.stderr.splitlines() if line]
    assert faults
    for fault in faults:
        assert fault in done.stdout
    for part in ("NOT_THERE", "/nonexistent/key", "SSH_AUTH_SOCK", "host keys are always verified"):
        assert done.stdout.count(part) == 1, part


def test_a_broken_inventory_is_a_problem_among_the_others(tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", "[hosts.web01]\nadress = 1\n")
    done = fleet("doctor", "-i", path, "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{path}:2: " in done.stdout
    assert "● ok" in done.stdout


def test_a_limit_that_selects_nothing(tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", BAD)
    done = fleet("doctor", "-i", path, "--limit", "all:!all", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 2
    assert "--limit: 'all:!all' selects no host" in done.stdout


def test_a_jump_host_that_no_target_is_behind_stands_in_nobodys_way(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"192.0.2.1 {KEY.export_public_key().decode()}")
    key = write_private(tmp_path / "id", KEY.export_private_key())
    path = inventory(
        tmp_path / "fleet.toml",
        f'[hosts.web01]\naddress = "192.0.2.1"\nkey_files = ["{key}"]\n'
        '[jumps.gate]\naddress = "192.0.2.9"\nkey_files = ["/nonexistent/key"]\n',
    )
    done = fleet("doctor", "-i", path, "--lang", "en", "--known-hosts", known, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "gate" not in done.stdout


FINE = '[hosts.here]\naddress = "127.0.0.1"\ntransport = "local"\n'


@pytest.mark.parametrize(
    ("lang", "words"),
    [("ko", ("● 정상  인벤토리   대상 1대, 경고 0건", "진단할 ")), ("en", ("● ok       inventory   targets: 1", "ok"))],
)
def test_both_languages_and_one_line_each_without_a_terminal(lang: str, words: tuple[str, ...], tmp_path: Path) -> None:
    done = fleet("doctor", "-i", inventory(tmp_path / "fleet.toml", FINE), "--lang", lang, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    for word in words:
        assert word in done.stdout
    assert all(line[0] in "●▲" for line in lines[:-1])
    assert not [line for line in lines if line != line.rstrip()]
    assert "\x1b" not in done.stdout
    starts = {cell_len(re.split(r"(?<=\S) {2,}(?=\S)", line)[0]) for line in lines[:-1]}
    assert len(starts) <= 2  # "ok" and "warning"


def on_terminal(*arguments: str | Path, columns: int = 80, **extra: str) -> str:
    """What the command writes on a terminal of its own."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm-256color", **extra)
    ) as process:
        os.close(theirs)
        text = b""
        try:
            while data := os.read(ours, 65536):
                text += data
        except OSError:
            pass
        process.wait(60)
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_eighty_columns_are_enough_and_colour_is_never_needed(lang: str, tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", BAD)
    words = ("doctor", "-i", path, "--lang", lang, "--known-hosts", tmp_path / "none")
    plain = on_terminal(*words, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", plain)
    assert max(cell_len(line) for line in bare.splitlines()) <= 80
    heads = [line for line in bare.splitlines() if line[:1] in {"●", "▲", "■"}]
    continued = [line for line in bare.splitlines()[:-1] if line.startswith("    ")]
    assert heads
    assert continued
    assert len({len(line) - len(line.lstrip()) for line in continued}) == 1
    coloured = on_terminal(*words)
    assert re.search(r"\x1b\[[0-9;]*31m■", coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()[0] == bare.splitlines()[0]


def test_json_has_both_languages(tmp_path: Path) -> None:
    key = write_private(tmp_path / "id", "no key")
    path = inventory(tmp_path / "fleet.toml", '[hosts.web01]\naddress = "192.0.2.1"\n')
    done = fleet("doctor", "-i", path, "--key", key, "--known-hosts", tmp_path / "none", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["schema"], document["works"]) == (2, "tomcat-fleet/doctor/1", False)
    for each in document["findings"]:
        assert set(each) == {"check", "level", "said", "message", "advice"}
        assert each["message"]["ko"]
        assert each["message"]["en"]
        assert (each["level"] == "ok") == (each["advice"]["en"] == "")
    levels = {each["level"] for each in document["findings"]}
    assert levels <= {"ok", "warning", "problem"}


def test_nothing_of_a_hostile_name_reaches_the_terminal(tmp_path: Path) -> None:
    path = inventory(tmp_path / "fleet.toml", '[hosts.web01]\naddress = "192.0.2.1"\njump = "\\u001b[2Jx\\u202e y"\n')
    done = fleet("doctor", "-i", path, cwd=tmp_path)
    assert done.returncode == 2
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_the_help_says_what_it_speaks_to() -> None:
    said = " ".join(fleet("doctor", "--help").stdout.split())
    assert "Logs in to every jump host" in said
    assert "connects to no target" in said
