"""The exit code of a finished report."""

from __future__ import annotations

from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import Severity, Status

FINDINGS = 1
INCOMPLETE = 3


def verdict(summary: SweepSummary, fail_on: Severity | None) -> int:
    """3 when a target is missing, else 1 for findings asked for that no waiver in force covers, else 0."""
    if not summary.complete:
        return INCOMPLETE
    levels = list(Severity)
    wanted = levels[: levels.index(fail_on) + 1] if fail_on else []
    live = (summary.severities[level][Status.FAIL] - summary.waived_severities.get(level, 0) for level in wanted)
    return FINDINGS if any(live) else 0
