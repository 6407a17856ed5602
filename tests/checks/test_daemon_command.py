"""The lines that move Tomcat to an account of its own, run by a shell among commands that only say they were called."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.judging import run
from tests.good_instance import daemon, instance, process, unit
from tomcat_fleet.checks import daemon_account
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.instance import Instance

ROOT = process(uid=0, user="root")
CALLED = '#!/bin/sh\necho "${0##*/} $*" >> "$CALLS"\n'


def started_with(shown: str, **other: object) -> Instance:
    argv = ("/usr/bin/java", f"-Dcatalina.base={shown}", "org.apache.catalina.startup.Bootstrap", "start")
    return instance(daemons=Known((daemon(process=replace(ROOT, argv=argv)),)), **other)


def called(folder: Path, one: Instance, pgrep: str) -> list[str]:
    """What the printed lines call when ``pgrep`` answers so."""
    for name in ("runuser", "systemctl", "chown", "id", "sleep", "mkdir", "env"):
        (folder / name).write_text(CALLED)
        (folder / name).chmod(0o755)
    if pgrep:
        (folder / "pgrep").write_text(f"{CALLED}{pgrep}\n")
        (folder / "pgrep").chmod(0o755)
    lines = "\n".join(line for line in run(daemon_account.CHECK, one)[0].commands if not line.startswith("printf"))
    calls = folder / "calls"
    calls.touch()
    environment = {"PATH": str(folder), "CALLS": str(calls)}
    subprocess.run(["/bin/sh", "-c", lines], env=environment, timeout=60, check=False, capture_output=True)
    return calls.read_text().splitlines()


@pytest.mark.parametrize("units", [(), (unit(name="tomcat.service", user=None),)])
@pytest.mark.parametrize("pgrep", ["exit 0", "exit 2", ""])
def test_no_second_jvm_is_started_unless_the_old_one_is_known_to_be_gone(
    tmp_path: Path, units: tuple[object, ...], pgrep: str
) -> None:
    calls = called(tmp_path, started_with("/opt/tomcat", units=units), pgrep)
    assert any(" stop" in call for call in calls)
    assert not any(" start" in call for call in calls)


@pytest.mark.parametrize("units", [(), (unit(name="tomcat.service", user=None),)])
def test_it_is_started_once_the_old_one_is_gone(tmp_path: Path, units: tuple[object, ...]) -> None:
    calls = called(tmp_path, started_with("/opt/tomcat", units=units), "exit 1")
    assert sum(" start" in call for call in calls) == 1
    assert calls[-1].split()[0] == ("systemctl" if units else "runuser")


def test_files_change_hands_after_the_stop(tmp_path: Path) -> None:
    calls = called(tmp_path, started_with("/opt/tomcat", units=()), "exit 1")
    names = [call.split()[0] for call in calls]
    assert names.index("env") < names.index("pgrep") < names.index("chown") < names.index("runuser")


def test_the_old_process_is_looked_for_by_its_own_argument(tmp_path: Path) -> None:
    """The base is a real path; the process may have been started through a link."""
    calls = called(tmp_path, started_with("/opt/current (a+b)[1]", base="/opt/tomcat-9"), "exit 1")
    asked = next(call for call in calls if call.startswith("pgrep"))
    assert asked == "pgrep -f -- -Dcatalina[.]base=/opt/current [(]a[+]b[)][[]1] "


def test_a_stopped_instance_is_not_started() -> None:
    stopped = instance(running=Known(value=False), daemons=Known(()), units=(unit(name="x@1.service", user=None),))
    assert run(daemon_account.CHECK, stopped)[0].commands[-1] == "systemctl try-restart x@1.service"
