"""What the log says at each level, and that it stays on stderr."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from tests.cli.terminal import command, environment, fleet


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """An audit of one host whose port is closed, by a key of its own."""
    key = tmp_path / "id"
    key.touch(mode=0o600)
    key.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    (tmp_path / "known_hosts").write_text("")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    (tmp_path / "hosts.toml").write_text(f'[hosts.web01]\naddress = "127.0.0.1"\nport = {port}\nuser = "audit"\n')
    return ["audit", "-i", str(tmp_path / "hosts.toml"), "-o", str(tmp_path / "out"), "--lang", "en", "--key", str(key),
            "--known-hosts", str(tmp_path / "known_hosts")]  # fmt: skip


def log(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Lines of the log, without their time of day."""
    assert done.returncode == 3, done.stderr
    assert not re.search(r"^(\d\d:\d\d:\d\d )?(info|debug):", done.stdout, re.MULTILINE)
    lines = [
        line for line in done.stderr.splitlines() if re.match(r"(\d\d:\d\d:\d\d )?(info|debug|warning|error): ", line)
    ]
    return [re.sub(r"\A\d\d:\d\d:\d\d ", "", line) for line in lines]


def test_by_itself_the_log_is_quiet(arguments: list[str]) -> None:
    assert log(fleet(*arguments)) == []


def test_asyncio_does_not_tell_of_every_write_to_a_broken_connection() -> None:
    program = (
        "import logging; from tomcat_fleet.cli.logs import to_stderr; to_stderr();"
        "logging.getLogger('asyncio').warning('socket.send() raised exception.');"
        "logging.getLogger('asyncio').error('a task that was lost')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "error: a task that was lost\n"


def test_one_v_tells_what_happens_to_each_target(arguments: list[str]) -> None:
    lines = log(fleet(*arguments, "-v"))
    assert re.match(r"info: sweep \S+: 1 targets, 64 at a time$", lines[0])
    assert re.match(r"info: web01: connecting to 127\.0\.0\.1 port \d+ as audit$", lines[1])
    assert re.match(r"info: web01 unreachable \d+\.\d\d s: connect: .*Connect call failed", lines[-2])
    assert re.match(r"info: sweep \S+: reports written, .*/out/index\.html$", lines[-1])
    assert not [line for line in lines if line.startswith("debug")]
    assert "Opening SSH connection" not in "\n".join(lines)


@pytest.mark.parametrize("option", ["-vv", "-vvvvv"])
def test_two_tell_how_a_connection_comes_about(arguments: list[str], option: str) -> None:
    text = "\n".join(log(fleet(*arguments, option)))
    for said in (
        "debug: web01: offers 1 keys of files, no password",
        "ssh-ed25519 SHA256:",
        "debug: web01: known_hosts has 0 keys and 0 authorities for it",
        "info: web01: Opening SSH connection to 127.0.0.1",
        "debug: web01: attempt ended, unreachable: connect: ",
    ):
        assert said in text


def test_packets_are_dumped_at_no_level() -> None:
    code = "from tomcat_fleet.cli.logs import to_stderr, verbose\nimport asyncssh.logging as logs\n"
    code += "logs.logger.set_debug_level(3)\nto_stderr()\nverbose(9)\nprint(logs.logger._debug_level)\n"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1\n"


@pytest.mark.parametrize("verb", ["audit", "demo"])
def test_the_option_is_described(verb: str) -> None:
    done = subprocess.run(
        command(verb, "--help"), env=environment(COLUMNS="200"), capture_output=True, text=True, check=True
    )
    (line,) = [line for line in done.stdout.splitlines() if "--verbose" in line]
    assert "-v" in line
    assert "-vv also how each connection comes about" in " ".join(done.stdout.split())
