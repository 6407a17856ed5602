"""A whole sweep in this process over targets that are given, with real connections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tests.transport.server import Server, write_private
from tests.virtual_host import TODAY
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Limits

ITEMS = [f"WT-{number:02d}" for number in range(1, 14)]


async def swept(
    targets: Sequence[Target], directory: Path, *known: str, limits: Limits, today: date = TODAY
) -> dict[str, dict[str, Any]]:
    """The line of every target in results.jsonl, by its name; a target that comes twice fails the test."""
    known_hosts = directory / "known_hosts"
    known_hosts.write_text("\n".join([*known, ""]), "utf-8")
    output = directory / "report"
    await run(
        SweepPlan(
            sweep="20261125T000000Z-0000",
            targets=targets,
            access=load_access(targets, known_hosts=known_hosts),
            output=output,
            today=today,
            limits=limits,
            concurrency=len(targets),
            ramp_s=0,
        ),
        lambda _event: None,
    )
    lines = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    found = {line["target"]: line for line in lines}
    assert sorted(found) == sorted(target.name for target in targets)
    assert len(found) == len(lines)
    return found


def targets_of(server: Server, directory: Path, users: Mapping[str, object] | Sequence[str]) -> list[Target]:
    """One target for every user name, all of them on one server."""
    key = write_private(directory / "user_key", server.user_key.export_private_key())
    return [
        Target(name=user, address="127.0.0.1", port=server.port, user=user, key_files=(str(key),)) for user in users
    ]


def passes(line: Mapping[str, Any]) -> list[str]:
    """Items that pass anywhere on the host."""
    every = [line["verdicts"], *(instance["verdicts"] for instance in line["instances"])]
    return sorted({item for verdicts in every for item, status in verdicts.items() if status == "pass"})
