"""JSON Schemas (draft 2020-12) of the files a sweep writes."""

from __future__ import annotations

from typing import Any

import msgspec

from tomcat_fleet.model.result import SCHEMA, SUMMARY_SCHEMA, SweepSummary, TargetResult

ITEMS = tuple(f"WT-{number:02d}" for number in range(1, 14))
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HASH = "^[0-9a-f]{64}$"
_FINGERPRINT = "^[0-9a-f]{16}$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"


def schema() -> dict[str, Any]:
    """One schema for both files: a line of results.jsonl or the whole of summary.json."""
    return _document("results", "A line of results.jsonl, or summary.json.", (TargetResult, SweepSummary))


def target_schema() -> dict[str, Any]:
    """The schema of one line of results.jsonl."""
    return _document("target-result", "One target of the inventory: a line of results.jsonl.", (TargetResult,))


def summary_schema() -> dict[str, Any]:
    """The schema of summary.json."""
    return _document("sweep-summary", "Counts of one sweep: summary.json.", (SweepSummary,))


def _document(name: str, description: str, types: tuple[type, ...]) -> dict[str, Any]:
    references, parts = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for part in parts.values():
        part.pop("description", None) if not part.get("properties") else None
    _tighten(parts)
    return {
        "$schema": _DIALECT,
        "$id": f"urn:tomcat-fleet:schema:{name}:1",
        "title": f"tomcat-fleet {name}",
        "description": description,
        **({"oneOf": list(references)} if len(references) > 1 else references[0]),
        "$defs": parts,
    }


def _tighten(parts: dict[str, Any]) -> None:
    """What the Python types cannot say: constants, item codes, hashes, moments. More keys may always be added."""
    if "WaiverResult" in parts:
        parts["WaiverResult"]["properties"]["until"] = {"type": "string", "pattern": _DAY}
    if "TargetResult" in parts:
        target = parts["TargetResult"]["properties"]
        target["schema"] = {"const": SCHEMA}
        target["started"] = {"type": "string", "pattern": _MOMENT}
        target["slug"] = {"type": "string", "pattern": "^[a-z0-9.-]{1,80}-[0-9a-f]{8}$"}
        target["verdicts"] = {"anyOf": [{**_verdicts(), "maxProperties": 0}, {**_verdicts(), "required": list(ITEMS)}]}
        parts["TargetResult"]["required"] = sorted({*parts["TargetResult"]["required"], "schema", "verdicts"})
        parts["InstanceResult"]["properties"]["verdicts"] = {**_verdicts(), "required": list(ITEMS)}
        parts["PasswordResult"]["properties"]["fingerprint"] = {"type": "string", "pattern": _FINGERPRINT}
        parts["FindingResult"]["properties"]["item"] = {"enum": list(ITEMS)}
        parts["EvidenceRow"]["properties"]["kind"] = {"enum": ["file", "status", "process", "gap", "observation"]}
        parts["MethodResult"]["properties"]["files"]["additionalProperties"] = {"type": "string", "pattern": _HASH}
    if "SweepSummary" in parts:
        summary = parts["SweepSummary"]["properties"]
        summary["schema"] = {"const": SUMMARY_SCHEMA}
        summary["started"] = summary["finished"] = {"type": "string", "pattern": _MOMENT}
        summary["items"]["propertyNames"] = {"enum": list(ITEMS)}
        parts["TableResult"]["properties"]["sha256"] = {"type": "string", "pattern": _HASH}
        summary["inventory_sha256"]["additionalProperties"] = {"type": "string", "pattern": _HASH}
        _tighten_beside(parts)
        parts["SweepSummary"]["required"] = sorted({*parts["SweepSummary"]["required"], "schema"})


def _tighten_beside(parts: dict[str, Any]) -> None:
    """What stands in a summary beside the counts: waivers, changes, the trend."""
    summary, change = parts["SweepSummary"]["properties"], parts["Change"]["properties"]
    use = parts["WaiverUse"]["properties"]
    use["until"] = {"type": "string", "pattern": _DAY}
    use["state"] = {"enum": ["in_force", "expiring", "expired"]}
    use["scope"]["propertyNames"] = {"enum": ["items", "targets", "instances", "subjects"]}
    for count in (use["findings"], use["hosts"]):
        count["minimum"] = 0
    change["kind"] = {"enum": ["new", "fixed", "reopened"]}
    change["item"] = {"enum": list(ITEMS)}
    change["since"] = {"type": "string", "pattern": f"^$|{_DAY}", "default": ""}
    for part in ("Changes", "TrendPoint"):
        parts[part]["properties"]["started"] = {"type": "string", "pattern": _MOMENT}
    summary["day"] = {"type": "string", "pattern": f"^$|{_DAY}", "default": ""}
    summary["waived"]["propertyNames"] = {"enum": list(ITEMS)}
    summary["trend"]["maxItems"] = 30


def _verdicts() -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"enum": list(ITEMS)},
        "additionalProperties": {"$ref": "#/$defs/Status"},
    }
