"""Evidence and instances into one ``TargetResult``: the line of results.jsonl."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tomcat_fleet.checks import ALL
from tomcat_fleet.errors import TargetError
from tomcat_fleet.evaluate import gap, item, password
from tomcat_fleet.evaluate.witness import Witness
from tomcat_fleet.guide.book import Guide, load
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.evidence import Evidence, HostFacts
from tomcat_fleet.model.fact import Fact, Known, T
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.result import (
    GapResult,
    HostResult,
    InstanceResult,
    MethodResult,
    SeenResult,
    TargetResult,
    Words,
)
from tomcat_fleet.model.status import Outcome, Status, worst
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Examination
from tomcat_fleet.tomcat.seen import SeenKind

_INCOMPLETE = frozenset({Status.UNKNOWN, Status.ERROR})
_UNAUDITED = frozenset({SeenKind.CONTAINER, SeenKind.CUT, SeenKind.DEFECT})


def audited(
    collected: Collected,
    target: Target,
    examination: Examination,
    context: Context,
    *,
    sweep: str,
    slug: str,
    started: str,
    duration_s: float,
) -> TargetResult:
    """The result of a target that was reached."""
    guide = load()
    witness = Witness(collected.evidence)
    instances = tuple(_instance(instance, context, guide, witness) for instance in examination.instances)
    gaps = gap.listed(collected.evidence, target)
    outcome, reason = _outcome(instances, examination, collected.evidence, target)
    return TargetResult(
        sweep=sweep,
        target=target.name,
        slug=slug,
        address=target.address,
        port=target.port,
        zone=target.zone,
        groups=target.groups,
        outcome=outcome,
        outcome_reason=reason,
        outcome_message=_message(guide, outcome, reason, gaps),
        started=started,
        duration_s=duration_s,
        host=_host(collected.evidence.host, started),
        verdicts=_over(instances),
        instances=instances,
        seen=tuple(SeenResult(kind=s.kind, subject=s.subject, detail=s.detail) for s in examination.seen),
        gaps=gaps,
        method=collected.method,
    )


def failed(
    target: Target, error: TargetError, *, sweep: str, slug: str, started: str, duration_s: float
) -> TargetResult:
    """The result of a target that could not be audited: an outcome, and no verdict at all."""
    return TargetResult(
        sweep=sweep,
        target=target.name,
        slug=slug,
        address=target.address,
        port=target.port,
        zone=target.zone,
        groups=target.groups,
        outcome=error.outcome,
        outcome_reason=error.reason,
        outcome_message=load().outcomes[error.outcome.value],
        started=started,
        duration_s=duration_s,
        method=MethodResult(transport=target.transport, account=target.user or "", jump=target.jump),
    )


def _message(guide: Guide, outcome: Outcome, reason: str | None, gaps: tuple[GapResult, ...]) -> Words:
    if reason:
        return guide.defects[reason]
    return guide.defects["noted"] if gaps and outcome is Outcome.AUDITED else guide.outcomes[outcome.value]


def _outcome(
    instances: tuple[InstanceResult, ...], examination: Examination, evidence: Evidence, target: Target
) -> tuple[Outcome, str | None]:
    # Home directories closed to the login account are everyday and stay visible among the gaps; an audit that found
    # its instances is not incomplete for them.
    gaps = [gap for gap in examination.gaps if gap != evidence.search_complete]
    telling = _UNAUDITED if target.discover else {SeenKind.DEFECT}  # a closed list of bases leaves no question open
    if gaps or any(seen.kind in telling for seen in examination.seen):
        return Outcome.PARTIAL, "unexamined"
    if not instances:
        if isinstance(examination.absence, Known):
            return Outcome.NO_TOMCAT, None
        return Outcome.PARTIAL, "undiscovered"
    if any(status in _INCOMPLETE for instance in instances for status in instance.verdicts.values()):
        return Outcome.PARTIAL, "partial"
    return Outcome.AUDITED, None


def _instance(instance: Instance, context: Context, guide: Guide, witness: Witness) -> InstanceResult:
    found = tuple(finding for check in ALL for finding in item.findings(check, instance, context, guide, witness))
    verdicts = {check.item: worst(f.status for f in found if f.item == check.item) for check in ALL}
    uid, user = _account(instance)
    return InstanceResult(
        base=instance.base,
        home=instance.home,
        version=_value(instance.version.number),
        running=_value(instance.running),
        uid=uid,
        user=user,
        verdicts=verdicts,
        findings=found,
        passwords=password.taken(instance),
    )


def _account(instance: Instance) -> tuple[int | None, str | None]:
    daemons = _value(instance.daemons) or ()
    owners = instance.owners.uids  # not an account that only claims the base
    for daemon in sorted(daemons, key=lambda one: (one.process.uid not in owners, one.process.pid)):
        if daemon.kind in {DaemonKind.JAVA, DaemonKind.JSVC_CHILD}:
            return daemon.process.uid, daemon.process.user or None
    return None, None


def _value(fact: Fact[T]) -> T | None:
    return fact.value if isinstance(fact, Known) else None


def _over(instances: Iterable[InstanceResult]) -> dict[str, Status]:
    listed = tuple(instances)
    if not listed:
        return {}
    return {check.item: worst(instance.verdicts[check.item] for instance in listed) for check in ALL}


def _host(host: HostFacts, started: str) -> HostResult:
    return HostResult(
        os=host.os, hostname=host.hostname, release=host.release, kernel=host.kernel, clock_skew_s=_skew(host, started)
    )


def _skew(host: HostFacts, started: str) -> int | None:
    try:
        seconds = (datetime.fromisoformat(host.clock) - datetime.fromisoformat(started)).total_seconds()
    except ValueError:
        return None
    return round(seconds)
