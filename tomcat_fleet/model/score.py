"""The score of a set of verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from tomcat_fleet.model.status import Status


def score(statuses: Mapping[Status, int]) -> float | None:
    """Percentage of passes among passes and failures, to one decimal; None when there is neither.

    What is not known or left to a reviewer has no part in it, and a waived failure is a failure.
    """
    passed, failed = statuses.get(Status.PASS, 0), statuses.get(Status.FAIL, 0)
    return round(100 * passed / (passed + failed), 1) if passed + failed else None
