"""A run that was forked is the run of a new process: the same words, the same endings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import command, environment, fresh, inventory
from tests.cli.warm import warm

RUNS = {
    "help": (["audit", "--help"], 0),
    "words": (["guide", "WT-08", "--lang", "ko"], 0),
    "no verb": (["audits"], 2),
    "faults": (["inventory", "lint", "-i", "fleet.toml"], 2),
    "list": (["inventory", "list", "-i", "good.toml", "--lang", "en"], 0),
}


@pytest.mark.parametrize("name", RUNS)
def test_it_says_what_a_new_process_says(name: str, tmp_path: Path) -> None:
    inventory(tmp_path / "fleet.toml", "[hosts.a]\nport = 0\n[hosts.b]\nuser = 'x y'\n")
    inventory(tmp_path / "good.toml", '[hosts."한글"]\naddress = "192.0.2.1"\n')
    arguments, code = RUNS[name]
    forked = warm().run(arguments, environment(), tmp_path, 60)
    new = fresh(*arguments, cwd=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (new.returncode, new.stdout, new.stderr)
    assert forked.returncode == code


def test_a_run_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    process = warm()
    english = process.run(["guide"], environment(TOMCAT_FLEET_LANG="en"), tmp_path, 60)
    korean = process.run(["guide"], environment(), Path("/"), 60)
    assert "Password" in english.stdout
    assert "패스워드" in korean.stdout or "비밀번호" in korean.stdout


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    process = warm()
    with pytest.raises(subprocess.TimeoutExpired):
        process.run(["guide"], environment(), tmp_path, 0.0001)
    assert process.run(["--version"], environment(), tmp_path, 60).returncode == 0


def test_the_command_is_the_module() -> None:
    assert command("x")[1:] == ["-m", "tomcat_fleet", "x"]
