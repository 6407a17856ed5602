"""results.hdf.json: Heimdall Data Format, results of one profile, for MITRE Heimdall and what converts from it.

A control is one item on one instance. Heimdall calls a control passed when one of its results is, whatever else was
skipped; were an item of the whole fleet one control, a host that passes would hide those that a person must judge. So
a control holds the findings that decide its verdict, and no others. Waived ones are not skipped: the status remains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import FindingResult, SweepSummary, TargetResult
from tomcat_fleet.model.status import Outcome, Severity, Status
from tomcat_fleet.report import detail, json_stream
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import Verdict, fingerprint, verdicts
from tomcat_fleet.report.wording import Wording

_IMPACT = {Severity.HIGH: 0.7, Severity.MEDIUM: 0.5, Severity.LOW: 0.3}  # where Heimdall draws its own lines
_STATUS = {
    Status.PASS: "passed",
    Status.FAIL: "failed",
    Status.MANUAL: "skipped",  # not reviewed
    Status.NOT_APPLICABLE: "skipped",  # with an impact of 0: not applicable
    Status.UNKNOWN: "error",
    Status.ERROR: "error",
}


def write(file: BinaryIO, material: Material) -> None:
    """The document, one host in memory at a time. Raises OSError."""
    summary, wording = material.summary, material.wording
    json_stream.write(file, {
        "platform": {"name": "tomcat-fleet", "release": summary.tool, "target_id": summary.sweep},
        "version": summary.tool,
        "statistics": {"controls": _statistics(summary)},
        "profiles": [{
            "name": "tomcat-fleet",
            "title": wording.page("title"),
            "version": summary.guide,
            "sha256": fingerprint(summary.guide),
            "summary": wording.own("machine.summary", sweep=summary.sweep, date=summary.advisories_date),
            "status": "loaded",
            "supports": [],
            "attributes": [{"name": key, "options": {"value": value}} for key, value in sorted(summary.policy.items())],
            "groups": [],
            "controls": (each for result in material.results() for each in _controls(result, wording)),
        }],
    })  # fmt: skip


def _statistics(summary: SweepSummary) -> dict[str, dict[str, int]]:
    found = {"passed": Status.PASS, "failed": Status.FAIL}
    empty = summary.outcomes.get(Outcome.NO_TOMCAT, 0)  # controls of their own
    return {key: {"total": summary.statuses[status]} for key, status in found.items()} | {
        "skipped": {"total": summary.statuses[Status.MANUAL] + summary.statuses[Status.NOT_APPLICABLE] + empty}
    }


def _controls(result: TargetResult, wording: Wording) -> Iterator[dict[str, Any]]:
    if result.outcome is not Outcome.AUDITED:
        yield _host(result, wording)
    for verdict in verdicts(result, wording.guide):
        yield _control(result, verdict, wording)


def _host(result: TargetResult, wording: Wording) -> dict[str, Any]:
    """What became of a host that was not fully audited, so that it is not missed."""
    absent = result.outcome is Outcome.NO_TOMCAT
    said = detail.outcome(result, wording)
    return {
        "id": f"HOST {result.slug}",
        "title": f"{wording.own('host.audit')} ({result.target})",
        "desc": said,
        "impact": 0 if absent else _IMPACT[Severity.HIGH],
        "refs": [],
        "tags": _tags(result),
        "source_location": {},
        "results": [{"status": "skipped" if absent else "error", "code_desc": said, "start_time": result.started}],
    }


def _control(result: TargetResult, verdict: Verdict, wording: Wording) -> dict[str, Any]:
    item = verdict.item
    absent = verdict.status is Status.NOT_APPLICABLE
    waiver = {"waiver_data": _waiver(verdict)} if verdict.waivers else {}
    return {
        "id": f"{item.item} {result.slug} {verdict.number}",
        "title": f"{item.item} {wording.of(item.title)} ({result.target} {verdict.instance.base})",
        "desc": wording.of(item.criterion),
        "descriptions": _descriptions(item),
        "impact": 0 if absent else _IMPACT[item.severity],
        "refs": [],
        "tags": _tags(result) | {
            "item": item.item,
            "severity": item.severity.value,
            "status": verdict.status.value,
            "waived": verdict.waived,
            "instance": verdict.instance.base,
            "version": verdict.instance.version or "",
            "controls": list(item.controls),
        },
        "source_location": {},
        "results": [_finding(result, verdict, finding, wording) for finding in verdict.findings] or [
            {"status": _STATUS[verdict.status], "code_desc": item.item, "start_time": result.started}
        ],
        **waiver,
    }  # fmt: skip


def _descriptions(item: Item) -> list[dict[str, str]]:
    """Titles in both languages; the longer words of the guide are the same on every host."""
    return [{"label": "title.ko", "data": item.title.ko}, {"label": "title.en", "data": item.title.en}]


def _finding(result: TargetResult, verdict: Verdict, finding: FindingResult, wording: Wording) -> dict[str, Any]:
    message = "message" if verdict.status in (Status.FAIL, Status.PASS) else "skip_message"
    return {
        "status": _STATUS[verdict.status],
        "code_desc": finding.subject or verdict.instance.base,
        message: detail.account([finding], wording),
        "start_time": result.started,
    }


def _waiver(verdict: Verdict) -> dict[str, Any]:
    return {
        "justification": "\n".join(f"{one.who}: {one.why}" for one in verdict.waivers),
        "expiration_date": min(one.until for one in verdict.waivers),
        "run": True,
        "skipped_due_to_waiver": False,
    }


def _tags(result: TargetResult) -> dict[str, Any]:
    return {
        "target": result.target,
        "slug": result.slug,
        "address": result.address,
        "zone": result.zone or "",
        "outcome": result.outcome.value,
    }
