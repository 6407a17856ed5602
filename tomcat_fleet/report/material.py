"""What every other format is made from: the results as they are stored, and their summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.report.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """``results`` begins anew at each call: every target once, sorted by name, one in memory at a time."""

    results: Callable[[], Iterator[TargetResult]]
    summary: SweepSummary
    wording: Wording
    classification: str = ""
