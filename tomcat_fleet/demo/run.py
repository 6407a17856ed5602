"""The demo: set the fleet up, sweep it as any other, take it down."""

from __future__ import annotations

import os
import stat
import tempfile
from datetime import date
from pathlib import Path

from tomcat_fleet.demo.fleet import HOSTS, fleet
from tomcat_fleet.demo.stage import Stage, stage
from tomcat_fleet.inventory import load
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep import run as sweep
from tomcat_fleet.sweep.event import Watch
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.transport.access import load_access

_CONCURRENCY = 16  # the targets' own work happens on this machine, too


async def run(
    output: Path,
    events: Watch,
    stop: Stop,
    *,
    today: date,
    hosts: int = HOSTS,
    lang: str = "ko",
    templates: Path | None = None,
) -> SweepSummary:
    """Audit a demo fleet of ``hosts`` hosts; reports in ``output``. Nothing of the fleet remains."""
    with tempfile.TemporaryDirectory(prefix="tomcat-fleet-demo-", dir=_place()) as scratch:
        async with stage(Path(scratch), fleet(hosts)) as ready:
            return await sweep.run(_plan(ready, output, today, lang, templates), events, stop)


def _place() -> Path:
    """A directory for scratch that all accounts of the demo can walk into: root's own need not be one."""
    wanted = [Path(name).resolve() for name in (tempfile.gettempdir(), "/tmp", "/var/tmp")]  # noqa: S108  mkdtemp below
    return next((path for path in wanted if os.geteuid() or all(map(_passable, (path, *path.parents)))), wanted[0])


def _passable(path: Path) -> bool:
    return path.is_dir() and bool(path.stat().st_mode & stat.S_IXOTH)


def _plan(ready: Stage, output: Path, today: date, lang: str, templates: Path | None) -> SweepPlan:
    inventory = load([ready.inventory])
    return SweepPlan(
        sweep=clock.sweep_id(clock.now()),
        targets=inventory.targets,
        access=load_access(inventory.targets, known_hosts=ready.known_hosts, key_files=[ready.key]),
        output=output,
        today=today,
        lang=lang,
        concurrency=_CONCURRENCY,
        templates=templates,
        inventory_files=inventory.files,
    )
