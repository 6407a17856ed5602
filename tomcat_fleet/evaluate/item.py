"""One check on one instance. The only place that catches what a check raises."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from tomcat_fleet.evaluate.witness import Witness
from tomcat_fleet.guide.book import Guide
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.result import FindingResult, Steps, Words
from tomcat_fleet.model.status import Status

_log = logging.getLogger(__name__)
_NO_STEPS = Steps(ko=(), en=())


def findings(
    check: Check, instance: Instance, context: Context, guide: Guide, witness: Witness
) -> tuple[FindingResult, ...]:
    """All findings of ``check``. A check that fails or stays silent is one finding of status ``error``."""
    try:
        found = tuple(_worded(check, finding, guide, witness) for finding in check.judge(instance, context))
    except Exception as exc:  # noqa: BLE001 - a defect in one check must not cost the others
        _log.exception("check %s failed", check.item)
        return (_defect(check, guide, "check", {"defect": type(exc).__name__}),)
    return found or (_defect(check, guide, "silent", {}),)


def _worded(check: Check, finding: Finding, guide: Guide, witness: Witness) -> FindingResult:
    return FindingResult(
        item=check.item,
        status=finding.status,
        severity=check.severity,
        reason=finding.reason.value,
        subject=finding.subject,
        message=guide.say(check.item, finding.reason.value, finding.params),
        notes=tuple(guide.say(check.item, note.value, finding.params) for note in finding.notes),
        evidence=tuple(witness.row(ref) for ref in finding.refs),
        remediation=_steps(check, finding, guide),
        commands=finding.commands,
    )


def _steps(check: Check, finding: Finding, guide: Guide) -> Steps:
    item = guide.items[check.item]
    own = item.remedies.get(finding.reason.value)
    if own is not None:
        return Steps(ko=_filled(own.ko, finding), en=_filled(own.en, finding))
    if finding.status is Status.FAIL:
        return item.remedy
    if finding.status in {Status.MANUAL, Status.UNKNOWN}:
        return item.manual_steps
    return _NO_STEPS


def _filled(lines: Iterable[str], finding: Finding) -> tuple[str, ...]:
    return tuple(line.format_map(finding.params) if "{" in line else line for line in lines)


def _defect(check: Check, guide: Guide, key: str, params: dict[str, str]) -> FindingResult:
    words = guide.defects[key]
    return FindingResult(
        item=check.item,
        status=Status.ERROR,
        severity=check.severity,
        reason="defect",
        subject="",
        message=Words(ko=words.ko.format_map(params), en=words.en.format_map(params)),
    )
