"""Plans for tests: channels come from a function of the test's own, judging and writing are the real ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.plan import Open, SweepPlan
from tomcat_fleet.transport.access import Access

TODAY = date(2026, 11, 23)


def targets(count: int) -> tuple[Target, ...]:
    return tuple(Target(name=f"web{number:05}", address="192.0.2.1") for number in range(count))


def plan(output: Path, fleet: tuple[Target, ...], open_: Open, **other: Any) -> SweepPlan:
    values: dict[str, Any] = {"concurrency": 8, "ramp_s": 0, "access": Access(account="tester"), **other}
    return SweepPlan(
        sweep="20261123T175014Z-0001",
        targets=fleet,
        output=output,
        today=TODAY,
        open=open_,
        **values,
    )


def lines(output: Path) -> list[dict[str, Any]]:
    """results.jsonl, parsed."""
    return [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]


def outcomes(output: Path) -> dict[str, str]:
    """Target -> outcome; a target that comes twice fails the test."""
    rows = lines(output)
    found = {row["target"]: row["outcome"] for row in rows}
    assert len(found) == len(rows)
    return found


def verdicts(result: TargetResult) -> dict[str, str]:
    return {item: status.value for item, status in result.verdicts.items()}
