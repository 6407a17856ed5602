"""results.cklb: a checklist of STIG Viewer 3 with the rules of the Tomcat 9 STIG that the items are mapped to.

One STIG for every instance, and one for a host without any. A rule that an item examines in full has the item's
verdict. Of a rule that an item is only related to, a failure is open and anything else is not reviewed: a pass of the
item proves nothing of the rest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO, Final

from tomcat_fleet.guide.book import Guide
from tomcat_fleet.model.result import InstanceResult, TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome, Status, worst
from tomcat_fleet.report import detail, json_stream
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import Verdict, identity, verdicts
from tomcat_fleet.report.wording import Wording

STIG: Final = "Tomcat_Application_Server_9_STIG"
_NAME: Final = "Apache Tomcat Application Server 9 Security Technical Implementation Guide"
_PREFIX: Final = "stig-tomcat9:"
_STATUS = {Status.PASS: "not_a_finding", Status.FAIL: "open", Status.NOT_APPLICABLE: "not_applicable"}
_OTHERWISE: Final = "not_reviewed"
_EMPTY = (
    "classification", "discussion", "false_positives", "false_negatives", "security_override_guidance",
    "potential_impacts", "third_party_tools", "ia_controls", "responsibility", "mitigations", "mitigation_control",
    "reference_identifier", "fix_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the STIG. ``decided``: the items examine all that it asks for."""

    group: str  # V-222954
    number: str  # TCAT-AS-000520
    srg: str
    decided: bool
    items: tuple[str, ...]


def rules(guide: Guide) -> tuple[Rule, ...]:
    """The rules that the guide's items are mapped to, in the STIG's order."""
    items: dict[str, list[str]] = {}
    for code, item in guide.items.items():
        for control in item.controls:
            if control.startswith(_PREFIX):
                items.setdefault(control.removeprefix(_PREFIX), []).append(code)
    known = _facts()
    return tuple(
        Rule(group, known[group]["rule"], known[group]["srg"], known[group].get("decided", False), tuple(codes))
        for group, codes in sorted(items.items())
    )


def status(rule: Rule, found: Mapping[str, Status]) -> str:
    """What a checklist says of ``rule`` where its items have these statuses."""
    known = [found[code] for code in rule.items if code in found]
    decisive = worst(known) if len(known) == len(rule.items) else Status.UNKNOWN
    if Status.FAIL in known:
        return _STATUS[Status.FAIL]
    return _STATUS.get(decisive, _OTHERWISE) if rule.decided else _OTHERWISE


def write(file: BinaryIO, material: Material) -> None:
    """The document, one host in memory at a time. Raises OSError."""
    summary, wording = material.summary, material.wording
    known = rules(wording.guide)
    json_stream.write(file, {
        "title": f"tomcat-fleet {summary.sweep}",
        "id": identity(summary.sweep),
        "stigs": (each for result in material.results() for each in _stigs(result, known, wording)),
        "active": True,
        "mode": 2,
        "has_path": False,
        "target_data": {
            "target_type": "Computing", "host_name": "", "ip_address": "", "mac_address": "", "fqdn": "",
            "comments": wording.own("machine.summary", sweep=summary.sweep, date=summary.advisories_date),
            "role": "None", "is_web_database": True, "technology_area": "Web Review", "web_db_site": "",
            "web_db_instance": "", "classification": None,
        },
        "cklb_version": "1.0",
    })  # fmt: skip


@cache
def _facts() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("tomcat_fleet.report").joinpath("stig.toml").read_text("utf-8"))


def _stigs(result: TargetResult, known: tuple[Rule, ...], wording: Wording) -> Iterator[dict[str, Any]]:
    judged: dict[int, dict[str, Verdict]] = {}
    for verdict in verdicts(result, wording.guide):
        judged.setdefault(verdict.number, {})[verdict.item.item] = verdict
    for number, instance in enumerate(result.instances, 1):
        yield _stig(result, instance, known, judged.get(number, {}), wording)
    if not result.instances:
        yield _stig(result, None, known, {}, wording)


def _stig(
    result: TargetResult,
    instance: InstanceResult | None,
    known: tuple[Rule, ...],
    judged: dict[str, Verdict],
    wording: Wording,
) -> dict[str, Any]:
    number = next((verdict.number for verdict in judged.values()), 0)
    own = identity(result.slug, str(number), instance.base if instance else "")
    told = {code: _told(verdict, wording) for code, verdict in judged.items()}
    made = [_rule(rule, result, own, judged, told, wording) for rule in known]
    return {
        "stig_name": _NAME,
        "display_name": f"{result.target} {instance.base}" if instance else result.target,
        "stig_id": STIG,
        "release_info": "",
        "version": "",
        "uuid": own,
        "reference_identifier": result.slug,
        "size": len(made),
        "rules": made,
    }


def _told(verdict: Verdict, wording: Wording) -> str:
    said = f"{verdict.item.item} {wording.status(verdict.status).text}\n{detail.account(verdict.findings, wording)}"
    return shown(said)


def _rule(
    rule: Rule, result: TargetResult, stig: str, judged: dict[str, Verdict], told: dict[str, str], wording: Wording
) -> dict[str, Any]:
    items = [wording.guide.items[code] for code in rule.items]
    found = {code: verdict.status for code, verdict in judged.items()}
    absent = result.outcome is Outcome.NO_TOMCAT
    names = ", ".join(rule.items)
    audited = wording.own("stig.judged" if rule.decided else "stig.related", items=names)
    comments = audited if judged else detail.outcome(result, wording) if absent else wording.own("stig.not_audited")
    if judged and result.outcome not in COMPLETE:
        comments = f"{detail.outcome(result, wording)}\n{comments}"
    return {
        "group_id_src": rule.group,
        "group_tree": [{"id": rule.group, "title": rule.srg, "description": ""}],
        "group_id": rule.group,
        "severity": "medium",
        "group_title": rule.srg,
        "rule_id_src": f"S{rule.group}",
        "rule_id": f"S{rule.group}",
        "rule_version": rule.number,
        "rule_title": " / ".join(f"{item.item} {wording.of(item.title)}" for item in items),
        "weight": "10.0",
        "check_content": "\n".join(wording.of(item.criterion) for item in items),
        "check_content_ref": {"href": f"{STIG}.xml", "name": "M"},
        **dict.fromkeys(_EMPTY, ""),
        "documentable": "false",
        "legacy_ids": [],
        "ccis": [],
        "uuid": identity(stig, rule.group),
        "stig_uuid": stig,
        "status": _STATUS[Status.NOT_APPLICABLE] if absent else status(rule, found),
        "overrides": {},
        "comments": comments,
        "finding_details": "\n\n".join(told[code] for code in rule.items if code in told)
        or detail.outcome(result, wording),
        "srg_id": rule.srg,
    }
