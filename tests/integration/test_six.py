"""Six instances on disk with processes of their own, found by the real collector."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.need import need
from tests.plant import plant
from tests.shell_channel import shell
from tests.six import Expected, said, six
from tests.verdict import result_of
from tests.virtual_host import TODAY
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Settings, examine

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("lone"), pytest.mark.timeout(900)]

SETTINGS = Settings(policy=Policy(), today=TODAY)
TARGET = Target(name="virtual", address="192.0.2.1")


@pytest.fixture
def machine() -> Iterator[tuple[str, tuple[Expected, ...]]]:
    """The trees below one of the usual places, and a process for each instance that runs."""
    need("root")
    need("unzip")
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="tf-six-", dir="/srv"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)
        host, expected = six(str(root))
        plant(host, str(root))
        scratch = Path(tempfile.mkdtemp(prefix="tf-six-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, scratch)
        scratch.chmod(0o755)
        jvm = Jvm(scratch)
        for one in expected:
            if one.uid is not None:
                account = Owner(name=str(one.uid), uid=one.uid, gid=one.uid)
                stack.enter_context(jvm.running(Path(one.base), Path(one.home), account))
        yield str(root), expected


async def test_six_instances_of_four_versions(machine: tuple[str, tuple[Expected, ...]]) -> None:
    root, expected = machine
    async with shell(["/bin/sh", "-s"]) as channel:
        collected = await collect(
            channel, TARGET, key=b"k" * 32, want=lambda evidence: examine(evidence, TARGET, SETTINGS).wanted
        )
    result = result_of(collected.evidence)
    assert said(result, root) == expected
    assert not [seen for seen in result.seen if root in seen.subject]
