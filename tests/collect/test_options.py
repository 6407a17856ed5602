"""What the real collector learns of the options in a process's environment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner
from tomcat_fleet.model.evidence import Process
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.target import InstanceHint, Target

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("lone"), pytest.mark.timeout(900)]

BIN, NOBODY = 2, 65534
OPTIONS = {
    "JAVA_TOOL_OPTIONS": "-Da=1\n-Db=2",
    "_JAVA_OPTIONS": "-Da=9 -Ddb.password=C4NARY",
    "SECRET": "C4NARY",
    "NOTE": "x\nJDK_JAVA_OPTIONS=-Dforged=1",
}


@pytest.fixture
def pid() -> Iterator[int]:
    need("root")
    scratch = Path(tempfile.mkdtemp(prefix="tf-options-", dir="/var/tmp"))
    scratch.chmod(0o755)
    jvm = Jvm(scratch)
    jvm._environment |= OPTIONS
    with jvm.running(Path("/nowhere"), Path("/nowhere"), Owner(name="bin", uid=BIN, gid=BIN)) as number:
        yield number
    shutil.rmtree(scratch)


async def _seen(pid: int, user: int, argv: tuple[str, ...] = ("/bin/sh", "-s")) -> Process:
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base="/nowhere"),))
    async with shell(argv, user=user) as channel:
        evidence = (await collect(channel, target, key=b"k" * 32, want=lambda _: [])).evidence
    assert isinstance(evidence.processes, Known)
    assert "C4NARY" not in str(evidence)
    return next(one for one in evidence.processes.value.processes if one.pid == pid)


async def test_root_sees_them(pid: int) -> None:
    found = await _seen(pid, 0)
    assert found.environment_known
    assert found.options_before == ("-Da=1", "-Db=2")
    assert found.options_after == ("-Da=9", "-Ddb.password=[redacted]")


@pytest.mark.parametrize("name", ["dash", "bash", "mksh", "yash", "zsh", "ksh", "busybox"])
async def test_others_know_that_they_do_not(pid: int, name: str) -> None:
    path = need(name)
    found = await _seen(pid, NOBODY, (path, "sh", "-s") if name == "busybox" else (path, "-s"))
    assert not found.environment_known
    assert found.options_before == found.options_after == ()
