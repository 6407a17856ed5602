"""From a deposition to its result: the same whether it was taken now or lay in a ledger."""

from __future__ import annotations

from dataclasses import replace

from tomcat_fleet.evaluate.result import audited
from tomcat_fleet.ledger.deposition import Deposition
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.tomcat.examine import Settings, examine


def judged(deposition: Deposition, head: str, sweep: str, settings: Settings, context: Context) -> TargetResult:
    """The result of ``deposition``; ``head`` is the last link of its records' chain."""
    collected, target = deposition.collected, deposition.target
    return audited(
        replace(collected, method=replace(collected.method, evidence_sha256=head)),
        target,
        examine(collected.evidence, target, settings),
        context,
        sweep=sweep,
        slug=deposition.slug,
        started=deposition.started,
        duration_s=deposition.duration_s,
    )
