"""One target, from connection to result."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from tomcat_fleet.collect.budget import Budget, Share
from tomcat_fleet.collect.pace import Pace
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.evaluate.result import failed
from tomcat_fleet.ledger.chain import Chained, chained
from tomcat_fleet.ledger.deposition import Deposition, records
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence, Question
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.report.slug import slug
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.judge import judged
from tomcat_fleet.sweep.plan import Open, SweepPlan
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.sweep.trace import TARGET
from tomcat_fleet.tomcat.examine import Settings, examine
from tomcat_fleet.transport.channel import Channel
from tomcat_fleet.transport.tether import JumpLostError

_BREAKS = 3  # of the way to a target, before its audit is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Outturn:
    """What became of one turn. ``evidence`` is None for a target that was not reached."""

    result: TargetResult
    evidence: Chained | None = None


class Auditor:
    """Audits targets of one sweep. ``key`` fingerprints passwords and is known to this sweep only."""

    def __init__(self, plan: SweepPlan, stop: Stop, key: bytes, open_: Open) -> None:
        self.plan = plan
        self.stop = stop
        self.key = key
        self.settings = Settings(policy=plan.policy, today=plan.today, tables=plan.tables)
        self.context = Context(policy=plan.policy, today=plan.today)
        self.budget = Budget(plan.concurrency)
        self.pace = Pace()
        self._open = open_

    async def open(self, target: Target) -> Channel:
        """A shell on ``target``."""
        return await self._open(target, self.plan.access, self.plan.limits)

    def turn(self, target: Target) -> Turn:
        """``target``'s turn begins."""
        return Turn(self, target)


class Turn:
    """One target's turn in a sweep."""

    def __init__(self, auditor: Auditor, target: Target) -> None:
        self._auditor = auditor
        self._target = target
        self._started = clock.stamp(clock.now())
        self._tick = time.monotonic()

    async def outturn(self) -> Outturn:
        """What became of the target. A deadline, a stop and every ``TargetError`` are results, too."""
        TARGET.set(self._target.name)
        total = self._auditor.plan.limits.total_s
        try:
            with self._auditor.budget.share() as share:
                async with self._auditor.stop.deadline(total):
                    collected = await self._collected(share)
                    async with self._auditor.pace:
                        return self._judged(collected)
        except TargetError as error:
            return self.not_run() if self._auditor.stop.requested else self.failed(error.outcome, error.reason)
        except TimeoutError:
            late = f"not finished within {total:g} s"
            return self.not_run() if self._auditor.stop.requested else self.failed(Outcome.TIMEOUT, late)

    def not_run(self) -> Outturn:
        """The result of a turn that a stop kept from beginning or from ending."""
        return self.failed(Outcome.NOT_RUN, self._auditor.stop.reason)

    def failed(self, outcome: Outcome, reason: str) -> Outturn:
        """A result without verdicts."""
        return Outturn(result=self._failed(TargetError(outcome, reason)))

    def _failed(self, error: TargetError) -> TargetResult:
        return failed(
            self._target,
            error,
            sweep=self._auditor.plan.sweep,
            slug=slug(self._target.name),
            started=self._started,
            duration_s=self._seconds(),
        )

    async def _collected(self, share: Share) -> Collected:
        """Evidence of the target. When the way there breaks, all of it is asked for again over a new one.

        Not so once a password may be counted against its account, which raises no JumpLostError.
        """
        left = _BREAKS
        while True:
            try:
                return await self._asked(share)
            except JumpLostError:
                if not left or self._auditor.stop.requested:
                    raise
                left -= 1

    async def _asked(self, share: Share) -> Collected:
        auditor = self._auditor

        def want(evidence: Evidence) -> Collection[Question]:
            return examine(evidence, self._target, auditor.settings).wanted

        channel = await auditor.open(self._target)
        try:
            return await collect(
                channel,
                self._target,
                key=auditor.key,
                want=want,
                share=share,
                pace=auditor.pace,
                become_password=auditor.plan.access.become_password(self._target),
            )
        finally:
            await channel.aclose()

    def _judged(self, collected: Collected) -> Outturn:
        deposition = Deposition(
            target=self._target,
            slug=slug(self._target.name),
            started=self._started,
            duration_s=self._seconds(),
            collected=collected,
        )
        evidence = chained(records(deposition))
        auditor = self._auditor
        return Outturn(
            result=judged(deposition, evidence.head, auditor.plan.sweep, auditor.settings, auditor.context),
            evidence=evidence,
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self._tick, 3)
