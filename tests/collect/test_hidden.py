"""Processes that the real collector may not see, or sees in another place than where they live."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.model.evidence import ProcessTable
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.target import InstanceHint, Target

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("lone"), pytest.mark.timeout(900)]

UNPRIVILEGED = "exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -s"


async def _table(argv: list[str]) -> ProcessTable:
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base="/nowhere"),))
    async with shell(argv) as channel:
        evidence = (await collect(channel, target, key=b"k" * 32, want=lambda _: [])).evidence
    assert isinstance(evidence.processes, Known)
    return evidence.processes.value


@pytest.mark.parametrize(("level", "complete"), [(0, True), (1, False), (2, False)])
async def test_a_proc_that_hides_others_is_told(level: int, complete: bool) -> None:  # noqa: FBT001 - table
    need("root")
    need("mount-namespaces")
    script = f"mount -t proc -o hidepid={level} proc /proc && {UNPRIVILEGED}"
    assert (await _table(["unshare", "-m", "sh", "-c", script])).complete is complete


async def test_a_process_of_another_pid_namespace_is_no_process_of_the_host() -> None:
    need("root")
    need("mount-namespaces")
    scratch = Path(tempfile.mkdtemp(prefix="tf-hidden-", dir="/var/tmp"))
    jvm = Jvm(scratch)
    inside = await asyncio.create_subprocess_exec(
        "unshare", "-p", "-f", "--kill-child", str(jvm._java), *jvm._arguments(Path("/nowhere"), Path("/nowhere"))[1:],
        env=jvm._environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        rows = []
        for _ in range(100):
            table = await _table(["/bin/sh", "-s"])
            rows = [one for one in table.processes if one.ppid == inside.pid and str(jvm._java) == one.exe]
            if rows:
                break
        assert [one.root for one in rows] == ["(pid namespace)"]
    finally:
        inside.kill()
        await inside.wait()
        shutil.rmtree(scratch)
