"""results.sarif: SARIF 2.1.0 for code-scanning views.

A result is a finding that fails, that a person must judge or that nothing is known of. Passes are left out, as usual in
SARIF; defects of the tool and hosts that were not fully audited are notifications, for they are no results.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import EvidenceRow, FindingResult, InstanceResult, TargetResult, Words
from tomcat_fleet.model.status import COMPLETE, Outcome, Severity, Status
from tomcat_fleet.report import detail, json_stream
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import finding_fingerprint
from tomcat_fleet.report.wording import Wording

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_KIND = {Status.FAIL: "fail", Status.MANUAL: "review", Status.UNKNOWN: "open"}
_ERROR = "check-error"
_LONGEST_PATH = 1_000


def write(file: BinaryIO, material: Material) -> None:
    """The document, one host in memory at a time. Raises OSError."""
    summary, wording = material.summary, material.wording
    json_stream.write(file, {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": _driver(wording, summary.tool)},
            "language": wording.lang,
            "translations": [_translation(wording, lang) for lang in ("ko", "en") if lang != wording.lang],
            "columnKind": "unicodeCodePoints",
            "automationDetails": {"id": f"tomcat-fleet/{summary.sweep}"},
            "results": (each for result in material.results() for each in _results(result, wording)),
            "invocations": [{
                "executionSuccessful": summary.complete,
                "startTimeUtc": summary.started,
                "endTimeUtc": summary.finished,
                "toolExecutionNotifications": (
                    each for result in material.results() for each in _notifications(result, wording)
                ),
            }],
        }],
    })  # fmt: skip


def _driver(wording: Wording, version: str) -> dict[str, Any]:
    outcomes = [
        {"id": outcome.value, "shortDescription": {"text": wording.outcome(outcome).text}}
        for outcome in Outcome if outcome not in COMPLETE
    ]  # fmt: skip
    error = {"id": _ERROR, "shortDescription": {"text": wording.status(Status.ERROR).text}}
    return {
        "name": "tomcat-fleet",
        "version": version,
        "language": wording.lang,
        "rules": [
            {
                **_rule(item, wording.lang),
                "name": item.slug,
                "defaultConfiguration": {"level": _LEVEL[item.severity]},
                "properties": {"severity": item.severity.value, "tags": list(item.controls)},
            }
            for item in wording.guide.items.values()
        ],
        "notifications": [*outcomes, error],
    }


def _translation(wording: Wording, lang: str) -> dict[str, Any]:
    return {
        "name": "tomcat-fleet",
        "language": lang,
        "contents": ["localizedData"],
        "rules": [_rule(item, lang) for item in wording.guide.items.values()],
    }


def _rule(item: Item, lang: str) -> dict[str, Any]:
    def said(words: Words) -> str:
        return str(getattr(words, lang))

    steps = "\n".join(f"{at}) {step}" for at, step in enumerate(getattr(item.remedy, lang), 1))
    return {
        "id": item.item,
        "shortDescription": {"text": said(item.title)},
        "fullDescription": {"text": said(item.why)},
        "help": {"text": f"{said(item.criterion)}\n\n{steps}\n\n{said(item.impact)}"},
    }


def _results(result: TargetResult, wording: Wording) -> Iterator[dict[str, Any]]:
    numbers = {code: number for number, code in enumerate(wording.guide.items)}
    for instance in result.instances:
        for finding in instance.findings:
            if finding.status in _KIND and finding.item in numbers:
                yield _result(result, instance, finding, numbers[finding.item], wording)


def _result(
    result: TargetResult, instance: InstanceResult, finding: FindingResult, number: int, wording: Wording
) -> dict[str, Any]:
    failed = finding.status is Status.FAIL
    return {
        "ruleId": finding.item,
        "ruleIndex": number,
        "kind": _KIND[finding.status],
        "level": _LEVEL[finding.severity] if failed else "none",  # any kind but a failure has no level
        "message": {"text": f"{result.target}: {detail.sentence(finding, wording)}"},
        "locations": [_location(result, instance, finding)],
        "partialFingerprints": {"tomcatFleetFinding/v1": finding_fingerprint(result, instance, finding)},
        "suppressions": _suppressions(finding),  # an empty list too: either every result says it or none
        "properties": _about(result) | {
            "instance": instance.base,
            "version": instance.version or "",
            "status": finding.status.value,
            "severity": finding.severity.value,
            "subject": finding.subject,
            **({"waiver": detail.waiver(finding, wording)} if finding.waiver or finding.expired_waiver else {}),
        },
    }  # fmt: skip


def _suppressions(finding: FindingResult) -> list[dict[str, Any]]:
    """Of a failure only: viewers hide what is suppressed, and what is not known has to stay in sight."""
    waiver = finding.waiver
    if waiver is None or finding.status is not Status.FAIL:
        return []
    said = f"{waiver.who} · {waiver.why} · {waiver.until}"
    return [{"kind": "external", "status": "accepted", "justification": said}]


def _location(result: TargetResult, instance: InstanceResult, finding: FindingResult) -> dict[str, Any]:
    row = next((row for row in finding.evidence if row.kind in ("file", "status", "gap") and _is_path(row)), None)
    path = row.source if row else instance.base
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(result.target, path)}}
    if row and row.line and row.line > 0:
        place["region"] = {"startLine": row.line}
    return {
        "physicalLocation": place,
        "logicalLocations": [{"name": finding.subject or instance.base, "kind": "resource",
                              "fullyQualifiedName": f"{result.target}:{instance.base}:{finding.subject}"}],
    }  # fmt: skip


def _is_path(row: EvidenceRow) -> bool:
    return row.source.startswith("/") or row.source[1:3] in (":\\", ":/")


def _uri(host: str, path: str) -> str:
    """The file on its host: file://web01/opt/tomcat/conf/server.xml."""
    plain = shown(path)[:_LONGEST_PATH].replace("\\", "/").lstrip("/")
    return f"file://{quote(shown(host)[:_LONGEST_PATH], safe='')}/{quote(plain)}"


def _notifications(result: TargetResult, wording: Wording) -> Iterator[dict[str, Any]]:
    if result.outcome not in COMPLETE:
        yield {
            "descriptor": {"id": result.outcome.value},
            "level": "error",
            "message": {"text": f"{result.target}: {detail.outcome(result, wording)}"},
            "properties": _about(result),
        }
    for instance in result.instances:
        for finding in (one for one in instance.findings if one.status is Status.ERROR):
            yield {
                "descriptor": {"id": _ERROR},
                "associatedRule": {"id": finding.item},
                "level": "error",
                "message": {"text": f"{result.target}: {detail.sentence(finding, wording)}"},
                "properties": _about(result) | {"instance": instance.base, "status": finding.status.value},
            }


def _about(result: TargetResult) -> dict[str, Any]:
    return {
        "target": result.target, "slug": result.slug, "address": result.address, "zone": result.zone or "",
        "outcome": result.outcome.value,
    }  # fmt: skip
