"""defectdojo.json: DefectDojo's "Generic Findings Import".

A failure has the guide's severity. What a person must judge or nobody knows is of severity Info, and so is a host that
was not fully audited: nothing that is open is left out. A waived failure is risk_accepted and, as DefectDojo itself has
it for accepted risks, not active.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.status import COMPLETE, Severity, Status
from tomcat_fleet.report import detail, json_stream
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import finding_fingerprint, fingerprint
from tomcat_fleet.report.wording import Wording

_SEVERITY = {Severity.HIGH: "High", Severity.MEDIUM: "Medium", Severity.LOW: "Low"}
_CLOSED = frozenset({Status.PASS, Status.NOT_APPLICABLE})
_MARKS = re.compile(r"[\\`*_\[\]<>!#&|~]")  # what Markdown or HTML would obey
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9.]{7,15}")
_TITLE, _NAME, _TAG = 500, 200, 100  # characters that DefectDojo keeps of each


def write(file: BinaryIO, material: Material) -> None:
    """The document, one host in memory at a time. Raises OSError."""
    summary, wording = material.summary, material.wording
    json_stream.write(file, {
        "name": "tomcat-fleet",
        "type": "tomcat-fleet",
        "version": summary.tool,
        "description": wording.own("machine.summary", sweep=summary.sweep, date=summary.advisories_date),
        "static_tool": True,
        "dynamic_tool": False,
        "findings": (each for result in material.results() for each in _findings(result, wording)),
    })  # fmt: skip


def _findings(result: TargetResult, wording: Wording) -> Iterator[dict[str, Any]]:
    if result.outcome not in COMPLETE:
        yield _host(result, wording)
    for instance in result.instances:
        for finding in instance.findings:
            if finding.status not in _CLOSED:
                yield _finding(result, instance, finding, wording)


def _host(result: TargetResult, wording: Wording) -> dict[str, Any]:
    outcome = wording.outcome(result.outcome).text
    title = f"[{outcome}] {wording.own('host.audit')} ({result.target})"
    return {
        "title": _cut(title, _TITLE),
        "severity": "Info",
        "description": _plain(detail.outcome(result, wording)),
        **_state(active=True),
        "unique_id_from_tool": fingerprint(result.target, "host"),
        "vuln_id_from_tool": f"host-{result.outcome}",
        **_place(result, ["host", f"outcome:{result.outcome}"]),
    }


def _finding(
    result: TargetResult, instance: InstanceResult, finding: FindingResult, wording: Wording
) -> dict[str, Any]:
    item = wording.guide.items.get(finding.item)
    failed = finding.status is Status.FAIL
    name = f"{finding.item} {wording.of(item.title)}" if item else finding.item
    status = wording.status(finding.status).text
    title = f"{name} ({result.target})"
    file = next((row for row in finding.evidence if row.kind == "file"), None)
    tags = [finding.item, f"status:{finding.status}", f"severity:{finding.severity}"]
    return {
        "title": _cut(title if failed else f"[{status}] {title}", _TITLE),
        "severity": _SEVERITY[finding.severity] if failed else "Info",
        "description": _description(instance, finding, wording),
        "mitigation": _plain(wording.steps(finding.remediation)) + _code(detail.commands(finding, wording)),
        "impact": _plain(wording.of(item.impact)) if item else "",
        "severity_justification": _plain(wording.of(item.criterion)) if item else "",
        "references": "\n".join(item.controls) if item else "",
        **_state(active=not (failed and finding.waiver), accepted=failed and bool(finding.waiver), verified=failed),
        "under_review": finding.status is Status.MANUAL,
        "unique_id_from_tool": finding_fingerprint(result, instance, finding),
        "vuln_id_from_tool": finding.item,
        "component_name": _cut(instance.base, _NAME),
        "component_version": _cut(instance.version or "", 100),
        **({"file_path": _cut(file.source, 1_000)} if file else {}),
        **({"line": file.line} if file and file.line else {}),
        **_place(result, [*tags, *(["waived"] if finding.waiver else [])]),
    }


def _state(*, active: bool, accepted: bool = False, verified: bool = False) -> dict[str, bool]:
    return {"active": active, "verified": verified, "risk_accepted": accepted, "static_finding": True,
            "dynamic_finding": False}  # fmt: skip


def _place(result: TargetResult, tags: list[str]) -> dict[str, Any]:
    """An endpoint only where the name can be one; DefectDojo refuses the whole file for one that it cannot parse."""
    host = next((name for name in (result.target, result.address) if _HOST.fullmatch(name)), None)
    return {
        "date": result.started[:10],
        "service": _cut(result.target, _NAME),
        "tags": [_cut(tag, _TAG) for tag in (*tags, result.slug)],
        **({"endpoints": [host]} if host else {}),
    }


def _description(instance: InstanceResult, finding: FindingResult, wording: Wording) -> str:
    parts = (
        ("finding", _plain(detail.sentence(finding, wording))),
        ("base", _plain(instance.base)),
        ("subject", _plain(finding.subject)),
        ("waiver", _plain(detail.waiver(finding, wording))),
        ("evidence", _code(detail.evidence(finding, wording))),
    )
    return "\n\n".join(f"**{wording.own(f'column.{key}')}**: {text}" for key, text in parts if text)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\g<0>", shown(text))


def _code(text: str) -> str:
    lines = [line for line in shown(text).split("\n") if line]
    return "\n\n" + "\n".join(f"    {line}" for line in lines) if lines else ""


def _cut(text: str, most: int) -> str:
    return shown(text).replace("\n", " ")[:most]
