"""What a sweep tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import Outcome, Severity, Status, worst
from tomcat_fleet.report.visible import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A sweep begins."""

    sweep: str
    total: int
    concurrency: int
    before: int = 0  # targets that had their result before: the sweep is gone on with


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One target has its result; the result itself is already on its way to disk."""

    target: str
    slug: str
    outcome: Outcome
    reason: str | None  # what the connection said, for a target that was not reached
    instances: int
    worst: Status | None  # None: no instance was judged
    failed: tuple[int, int, int]  # failed instance verdicts of high, medium and low severity
    seconds: float
    before: bool = False  # the result was in the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All results are written and the reports are closed."""

    summary: SweepSummary
    index: Path  # the fleet page


Event: TypeAlias = Started | Finished | Done
Watch: TypeAlias = Callable[[Event], None]


def finished(result: TargetResult, *, before: bool = False) -> Finished:
    """The row that progress displays show for a result: a terminal obeys what it is shown."""
    severities = {found.item: found.severity for instance in result.instances for found in instance.findings}
    failed = [
        severities[item]
        for instance in result.instances
        for item, status in instance.verdicts.items()
        if status is Status.FAIL and item in severities
    ]
    reason = result.outcome_reason
    verdicts = [status for instance in result.instances for status in instance.verdicts.values()]
    return Finished(
        target=one_line(result.target),
        slug=result.slug,
        outcome=result.outcome,
        reason=None if result.outcome is Outcome.PARTIAL or reason is None else one_line(reason),
        instances=len(result.instances),
        worst=worst(verdicts) if verdicts else None,
        failed=(failed.count(Severity.HIGH), failed.count(Severity.MEDIUM), failed.count(Severity.LOW)),
        seconds=result.duration_s,
        before=before,
    )
