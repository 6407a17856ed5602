"""The place of a sweep in the history: what it has found goes in, what is different since the last one comes out."""

from __future__ import annotations

import logging

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.history import Observed, observed, sweep_of
from tomcat_fleet.model.result import Changes, SweepSummary, TargetResult, TrendPoint
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.sweep.plan import SweepPlan

_log = logging.getLogger(__name__)


class Remembrance:
    """Takes every result of a sweep once, a few hundred bytes of each, and records them together at its end."""

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._seen: list[Observed] = []

    def add(self, result: TargetResult) -> None:
        """Take in one target."""
        if self._plan.history is not None:
            self._seen.append(observed(result))

    def record(self, summary: SweepSummary) -> tuple[Changes | None, tuple[TrendPoint, ...]]:
        """The changes since the sweep before, and the trend up to this one; nothing when there is no history.

        A sweep that was interrupted is not recorded: it may be gone on with. A history that fails costs the comparison,
        never the report; what happened is logged.
        """
        history, plan = self._plan.history, self._plan
        if history is None or summary.outcomes[Outcome.NOT_RUN]:
            return None, ()
        try:
            told = history.record(sweep_of(summary, plan.series, plan.today.isoformat()), self._seen)
        except ConfigError as error:
            _log.error("the sweep is not in the history (`history add %s` tries again): %s", plan.output, error)
            return None, ()
        return told.changes, told.trend
