"""A sound tree on disk, damaged one file at a time, read by the real collector under an account without rights."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.plant import plant
from tests.shell_channel import shell
from tests.stock import good
from tests.verdict import result_of, table
from tests.virtual_host import TODAY
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import Settings, examine

pytestmark = pytest.mark.root

NOBODY = 65534
SETTINGS = Settings(policy=Policy(), today=TODAY)
NAMES = ("conf/server.xml", "conf/web.xml", "conf/context.xml", "conf/tomcat-users.xml", "conf/catalina.properties",
         "conf/logging.properties", "lib/catalina.jar", "webapps/ROOT/WEB-INF/web.xml", "webapps/ROOT/error.html",
         "logs/localhost_access_log.2026-11-22.log")  # fmt: skip


@pytest.fixture
def base() -> Iterator[Path]:
    need("root")
    need("unzip")
    directory = Path(tempfile.mkdtemp(prefix="tf-damage-", dir="/var/tmp"))
    directory.chmod(0o755)
    plant(good(base=f"{directory}/tomcat", uid=NOBODY, running=False), f"{directory}/tomcat")
    yield directory / "tomcat"
    shutil.rmtree(directory)


async def _audit(base: Path) -> TargetResult:
    hint = InstanceHint(base=str(base), was_accounts=("nobody",))
    target = Target(name="virtual", address="192.0.2.1", discover=False, instances=(hint,))
    async with shell(["/bin/sh", "-s"], user=NOBODY) as channel:
        collected = await collect(channel, target, key=b"k" * 32, want=lambda e: examine(e, target, SETTINGS).wanted)
    return result_of(collected.evidence, target=target)


def _evidence(result: TargetResult, item: str) -> set[str]:
    """Files whose content or status an item's findings point at."""
    rows = [row for i in result.instances for f in i.findings if f.item == item for row in f.evidence]
    return {row.source.partition("!/")[0] for row in rows if row.kind in {"file", "status"}}


def _delete(path: Path) -> None:
    path.unlink()


def _halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _close(path: Path) -> None:
    path.chmod(0)


async def test_a_sound_tree_passes(base: Path) -> None:
    found = table((await _audit(base)).verdicts)
    assert found == {f"WT-{n:02d}": "pass" for n in range(1, 14)} | {"WT-03": "not_applicable", "WT-05": "manual"}


@pytest.mark.parametrize("damage", [_delete, _halve, _empty, _close], ids=["deleted", "halved", "emptied", "closed"])
async def test_damage_never_makes_a_pass_and_never_leaves_one_without_its_evidence(base: Path, damage: object) -> None:
    before = await _audit(base)
    copy = base.parent / "kept"
    shutil.copytree(base, copy, symlinks=True)
    for name in NAMES:
        path = base / name
        assert callable(damage)
        damage(path)
        after = await _audit(base)
        passing = {item for item, status in table(after.verdicts).items() if status == "pass"}
        assert passing <= {item for item, status in table(before.verdicts).items() if status == "pass"}, name
        for item in passing:
            lost = str(path) in _evidence(before, item) - _evidence(after, item)
            assert not lost, f"{item} passes without {name}"
        _restore(copy / name, path)


def _restore(kept: Path, path: Path) -> None:
    path.unlink(missing_ok=True)
    shutil.copy2(kept, path)
    os.chown(path, NOBODY, NOBODY)
