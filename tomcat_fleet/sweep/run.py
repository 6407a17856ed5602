"""The sweep itself: a fixed number of workers, results to disk as they come."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TypeVar

import msgspec

from tomcat_fleet.errors import DiskError, EvidenceError
from tomcat_fleet.ledger.opening import UNREADABLE
from tomcat_fleet.ledger.store import Entry, Ledger
from tomcat_fleet.model import ledger_file
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.writer import Beside, ReportWriter
from tomcat_fleet.sweep import clock, reserve
from tomcat_fleet.sweep.event import Done, Started, Watch, finished
from tomcat_fleet.sweep.fact import facts
from tomcat_fleet.sweep.lane import Lanes
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.remember import Remembrance
from tomcat_fleet.sweep.reserve import Reserve
from tomcat_fleet.sweep.resume import open_ledger
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.sweep.target import Auditor, Outturn, Turn
from tomcat_fleet.sweep.trace import frames
from tomcat_fleet.transport.open import Carriers
from tomcat_fleet.waiver import Laid, Overlay, Usage

_BREATH = 64  # results written in a row without anything to wait for, before others may run
_log = logging.getLogger(__name__)
T = TypeVar("T")


async def run(plan: SweepPlan, events: Watch, stop: Stop | None = None) -> SweepSummary:
    """Audit every target of ``plan``, write the reports, return the summary.

    Each target has exactly one result. Once ``stop`` is requested nothing more is connected to, the targets left over
    become ``not_run``, and the reports are finished as usual. Results that are in the ledger already, of a sweep that
    is gone on with, are final. Raises ConfigError when the output directory is not fit, DiskError when it fills up or
    fails later: what was acknowledged until then is in the ledger.
    """
    stop = stop or Stop()
    reserve.check(plan.output)
    writer = ReportWriter(
        plan.output,
        lang=plan.lang,
        classification=plan.classification or None,
        template_dir=plan.templates,
        formats=plan.formats,
        font=plan.font,
    )
    with writer:
        started = plan.started or clock.stamp(clock.now())
        writer.open(facts(plan, started), keep=ledger_file.FILES if plan.resumed else ())
        with Reserve(plan.output) as room, open_ledger(plan, started) as ledger:
            desk = _Desk(plan, writer, ledger, room, stop)
            try:
                summary = await _swept(plan, desk, events, stop)
            except OSError as error:
                raise desk.failure(error) from error
            if stop.full is not None:
                raise desk.failure(stop.full)
    events(Done(summary=summary, index=plan.output / "index.html"))
    return summary


async def _swept(plan: SweepPlan, desk: _Desk, events: Watch, stop: Stop) -> SweepSummary:
    before = desk.before
    events(Started(sweep=plan.sweep, total=len(plan.targets), concurrency=plan.concurrency, before=len(before)))
    carriers = Carriers(plan.limits)
    try:
        crew = _Crew(plan, desk, events, Auditor(plan, stop, secrets.token_bytes(32), plan.open or carriers.open))
        await crew.recall([target for target in plan.targets if target.name in before])
        await crew.work([target for target in plan.targets if target.name not in before])
    finally:
        await carriers.aclose()
    return desk.close()


class _Desk:
    """Where results are handed in: first the ledger, then, with the waivers over it, the report."""

    def __init__(self, plan: SweepPlan, writer: ReportWriter, ledger: Ledger, room: Reserve, stop: Stop) -> None:
        self._plan = plan
        self._writer = writer
        self._ledger = ledger
        self._room = room
        self._stop = stop
        self._overlay = Overlay(plan.waivers, plan.today)
        self._usage = Usage(self._overlay)
        self._remembrance = Remembrance(plan)
        self.before = ledger.done()
        self._done = set(self.before)

    def take(self, outturn: Outturn) -> None:
        """Acknowledge and report a result. Raises OSError, on a full disk only when the reserve is used up, too."""
        laid = self._overlay.lay(outturn.result)
        self._roomy(lambda: self._take(outturn, laid))
        self._note(laid)

    def recall(self, target: Target) -> TargetResult:
        """Report a result that the ledger holds. Raises EvidenceError when it is damaged."""
        try:
            result = msgspec.json.decode(self._ledger.entry(target.name).line, type=TargetResult)
        except UNREADABLE:
            raise EvidenceError("its result is not one of this version of the tool") from None
        laid = self._overlay.lay(result)
        self._roomy(lambda: self._writer.write(laid.result))
        self._note(laid)
        return result

    def close(self) -> SweepSummary:
        """Finish ledger and report."""
        if self._roomy(self._ledger.settle):
            self._writer.include(ledger_file.NAME)
        ended = clock.stamp(clock.now())
        changes, trend = self._remembrance.record(self._writer.counts(ended))
        beside = Beside(waivers=self._usage.uses(), changes=changes, trend=trend)
        return self._roomy(lambda: self._writer.finish(ended, beside))

    def failure(self, error: OSError) -> DiskError:
        """What to tell the operator."""
        return DiskError(
            f"{self._plan.output}: {error.strerror}; {len(self._done)} of {len(self._plan.targets)} results are kept,"
            f" --resume {self._plan.output} goes on with the others"
        )

    def _note(self, laid: Laid) -> None:
        self._usage.add(laid)
        self._remembrance.add(laid.result)

    def _take(self, outturn: Outturn, laid: Laid) -> None:
        result = outturn.result
        if result.outcome is not Outcome.NOT_RUN and result.target not in self._done:
            entry = Entry(target=result.target, line=encoded(result), evidence=outturn.evidence)
            self._ledger.acknowledge(entry)
            self._done.add(result.target)
        self._writer.write(laid.result)

    def _roomy(self, write: Callable[[], T]) -> T:
        try:
            return write()
        except OSError as error:
            if not reserve.is_full(error) or self._stop.full is not None:
                raise
            self._stop.exhausted(error)
            self._room.release()
            return write()


class _Crew:
    """Workers that take targets from one queue."""

    def __init__(self, plan: SweepPlan, desk: _Desk, events: Watch, auditor: Auditor) -> None:
        self._plan = plan
        self._desk = desk
        self._events = events
        self._stop = auditor.stop
        self._auditor = auditor
        self._disk_error: OSError | None = None

    async def recall(self, targets: list[Target]) -> None:
        """Take over results of an earlier run. A damaged one is that target's result now, as a failure."""
        for count, target in enumerate(targets, 1):
            try:
                result = self._desk.recall(target)
            except EvidenceError as error:
                turn = self._auditor.turn(target)
                result = self._handed_in(turn.failed(Outcome.COLLECTOR_FAILED, f"the ledger is damaged: {error}"))
            self._events(finished(result, before=True))
            if count % _BREATH == 0:
                await asyncio.sleep(0)

    async def work(self, targets: list[Target]) -> None:
        """Every target once. Raises the OSError that kept a result from being written."""
        plan = self._plan
        lanes = Lanes(targets, per_jump=plan.per_jump, per_subnet=plan.per_subnet, jumps=plan.access.jumps)
        workers = min(self._plan.concurrency, len(targets))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(self._worker(lanes, number * self._plan.ramp_s))
        except BaseExceptionGroup:
            if self._disk_error is not None:
                raise self._disk_error from None
            raise

    async def _worker(self, lanes: Lanes, delay: float) -> None:
        await self._stop.sleep(delay)
        count = 0
        while (target := await lanes.next()) is not None:
            await self._one(target)
            lanes.done(target)
            count += 1
            if count % _BREATH == 0:
                await asyncio.sleep(0)

    async def _one(self, target: Target) -> None:
        turn = self._auditor.turn(target)
        try:
            result = self._handed_in(turn.not_run() if self._stop.requested else await turn.outturn())
        except Exception as error:
            if error is self._disk_error:
                raise
            result = self._handed_in(self._defect(turn, target, error))
        self._events(finished(result))

    def _defect(self, turn: Turn, target: Target, error: Exception) -> Outturn:
        """A defect of ours on one target must not cost the others. Messages may quote evidence; frames do not."""
        _log.error("%s: internal error\n%s", target.name, frames(error))
        return turn.failed(Outcome.COLLECTOR_FAILED, "internal")

    def _handed_in(self, outturn: Outturn) -> TargetResult:
        try:
            self._desk.take(outturn)
        except OSError as error:
            self._disk_error = error
            raise
        return outturn.result
