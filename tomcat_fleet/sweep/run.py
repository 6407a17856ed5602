"""The sweep itself: a fixed number of workers, results to disk as they come."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator

from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.report.writer import ReportWriter
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.event import Done, Started, Watch, finished
from tomcat_fleet.sweep.fact import facts
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.sweep.target import Auditor
from tomcat_fleet.sweep.trace import frames

_BREATH = 64  # results written in a row without anything to wait for, before others may run
_log = logging.getLogger(__name__)


async def run(plan: SweepPlan, events: Watch, stop: Stop | None = None) -> SweepSummary:
    """Audit every target of ``plan``, write the reports, return the summary.

    Each target has exactly one result. Once ``stop`` is requested nothing more is connected to, the targets left over
    become ``not_run``, and the reports are finished as usual. Raises ConfigError when the output directory is not
    fit, OSError when writing to it fails later.
    """
    with ReportWriter(
        plan.output, lang=plan.lang, classification=plan.classification or None, template_dir=plan.templates
    ) as writer:
        writer.open(facts(plan, clock.stamp(clock.now())))
        events(Started(sweep=plan.sweep, total=len(plan.targets), concurrency=plan.concurrency))
        await _Crew(plan, writer, events, Stop() if stop is None else stop).work()
        summary = writer.finish(clock.stamp(clock.now()))
    events(Done(summary=summary, index=plan.output / "index.html"))
    return summary


class _Crew:
    """Workers that take targets from one queue, and the desk where they hand in results."""

    def __init__(self, plan: SweepPlan, writer: ReportWriter, events: Watch, stop: Stop) -> None:
        self._plan = plan
        self._writer = writer
        self._events = events
        self._stop = stop
        self._auditor = Auditor(plan, stop, secrets.token_bytes(32))
        self._disk_error: OSError | None = None

    async def work(self) -> None:
        """Every target once. Raises the OSError that kept a result from being written."""
        queue = iter(self._plan.targets)
        workers = max(1, min(self._plan.concurrency, len(self._plan.targets)))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(self._worker(queue, number * self._plan.ramp_s))
        except BaseExceptionGroup:
            if self._disk_error is not None:
                raise self._disk_error from None
            raise

    async def _worker(self, queue: Iterator[Target], delay: float) -> None:
        await self._stop.sleep(delay)
        for count, target in enumerate(queue, 1):
            await self._one(target)
            if count % _BREATH == 0:
                await asyncio.sleep(0)

    async def _one(self, target: Target) -> None:
        turn = self._auditor.turn(target)
        try:
            result = self._written(turn.not_run() if self._stop.requested else await turn.result())
        except Exception as error:
            if error is self._disk_error:
                raise
            # A defect of ours on one target must not cost the others. Messages may quote evidence; frames do not.
            _log.error("%s: internal error\n%s", target.name, frames(error))
            result = self._written(turn.failed(Outcome.COLLECTOR_FAILED, "internal"))
        self._events(finished(result))

    def _written(self, result: TargetResult) -> TargetResult:
        try:
            self._writer.write(result)
        except OSError as error:
            self._disk_error = error
            raise
        return result
