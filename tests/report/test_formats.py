"""One mixed sweep in every format, each read again by a reader that is not ours: the totals are those of summary.json.

What a format cannot say: results.csv has the outcome of a host only where it has no instance or was not fully audited;
SARIF and DefectDojo have no passes and nothing of hosts without Tomcat; a checklist has the rules that items are mapped
to, and no items.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import junitparser
import msgspec
import openpyxl
import pytest
from defusedxml import ElementTree
from prometheus_client.parser import text_string_to_metric_families

from tests.report import mixed, sample
from tests.report.shape import HIDDEN
from tomcat_fleet.guide import book
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome, Severity, Status, worst
from tomcat_fleet.report.format import FORMATS
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.prometheus import MOST_HOSTS
from tomcat_fleet.report.template import environment
from tomcat_fleet.report.wording import Wording
from tomcat_fleet.report.writer import ReportWriter

SCHEMAS = Path(__file__).parent / "schema"
KOREAN = {"양호": "pass", "취약": "fail", "수동확인": "manual", "진단불가": "unknown", "해당없음": "not_applicable",
          "점검오류": "error"}  # fmt: skip
OPEN = (Status.FAIL, Status.ERROR, Status.UNKNOWN, Status.MANUAL)
DECIDED = {"V-222954", "V-222958", "V-222970", "V-222984", "V-222996"}
Pairs = Counter[tuple[str, Status]]


@dataclass(frozen=True)
class Sweep:
    folder: Path
    summary: SweepSummary
    results: list[TargetResult]

    def read(self, name: str) -> bytes:
        return (self.folder / FORMATS[name].file).read_bytes()

    @property
    def pairs(self) -> Pairs:
        """Item and status of every instance, as summary.json counts them."""
        return Counter(
            {(item, status): count for item, counts in self.summary.items.items() for status, count in counts.items()}
        )

    @property
    def open(self) -> Pairs:
        return Counter({key: count for key, count in self.pairs.items() if key[1] in OPEN})

    @property
    def incomplete(self) -> Counter[str]:
        return Counter({key.value: n for key, n in self.summary.outcomes.items() if key not in COMPLETE and n})


def wording(lang: str) -> Wording:
    return Wording(lang, environment(lang).globals["w"], book.load())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("formats") / "report"
    with ReportWriter(folder, lang="ko", formats=FORMATS.keys(), classification="대외비") as writer:
        writer.open(sample.facts())
        for result in mixed.results():
            writer.write(result)
        writer.finish("2026-11-23T17:50:20Z", mixed.beside())
    lines = (folder / "results.jsonl").read_bytes().splitlines()
    summary = msgspec.json.decode((folder / "summary.json").read_bytes(), type=SweepSummary)
    return Sweep(folder, summary, [msgspec.json.decode(line, type=TargetResult) for line in lines])


def test_everything_happens_in_the_sweep(sweep: Sweep) -> None:
    assert sweep.summary.targets == mixed.HOSTS
    assert all(sweep.summary.outcomes.values())
    assert all(sweep.summary.statuses.values())
    assert 0 < sum(sweep.summary.waived.values()) < sweep.summary.statuses[Status.FAIL]


# -- tables ----------------------------------------------------------------------------------------------------------


def test_csv(sweep: Sweep) -> None:
    csv.field_size_limit(1 << 24)
    rows = list(csv.DictReader(io.StringIO(sweep.read("csv").decode("utf-8-sig"), newline="")))
    groups: dict[tuple[str, str, str], set[Status]] = {}
    for row in (row for row in rows if row["코드"]):
        key = (row["호스트 보고서"].partition("#")[0], row["인스턴스 (CATALINA_BASE)"], row["코드"])
        groups.setdefault(key, set()).add(Status(KOREAN[row["판정"]]))
    assert Counter((item, worst(found)) for (_, _, item), found in groups.items()) == +sweep.pairs
    assert len({(page, base) for page, base, _ in groups}) == sweep.summary.instances
    assert len({row["호스트 보고서"].partition("#")[0] for row in rows}) == sweep.summary.targets
    assert [row["No"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    silent = Counter(row["사유 코드"] for row in rows if not row["코드"])
    assert silent == Counter(
        one.outcome.value for one in sweep.results if not one.instances or one.outcome not in COMPLETE
    )


@pytest.fixture(scope="module")
def workbook(sweep: Sweep) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(sweep.read("xlsx")))


def table(workbook: openpyxl.Workbook, name: str) -> list[dict[str, Any]]:
    heads, *rows = workbook[name].iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def test_workbook_totals(sweep: Sweep, workbook: openpyxl.Workbook) -> None:
    names = ["표지·개요", "요약", "호스트별 점수", "상세 결과", "진단불가", "예외(위험 수용)"]
    assert workbook.sheetnames == names
    scores = table(workbook, "호스트별 점수")
    found = ((code, Status(KOREAN[row[code]])) for row in scores for code in sweep.summary.items if row[code] in KOREAN)
    assert Counter(found) == +sweep.pairs
    korean = wording("ko")
    words = {korean.outcome(one).text: one for one in Outcome}
    hosts = {row["호스트명"]: words[row["진단 결과"]] for row in scores}
    assert Counter(hosts.values()) == +Counter(sweep.summary.outcomes)
    assert sum(row["인스턴스 (CATALINA_BASE)"] is not None for row in scores) == sweep.summary.instances
    facts = {row[0]: row[1:] for row in workbook["요약"].iter_rows(values_only=True) if row[0]}
    assert {code: facts[code][-1] for code in sweep.summary.items} == {
        code: sweep.summary.waived.get(code, 0) for code in sweep.summary.items
    }
    cover = {row[0]: row for row in workbook["표지·개요"].iter_rows(values_only=True) if row[0]}
    assert {key: cover[word][2] for word, key in KOREAN.items()} == dict(sweep.summary.statuses)
    assert cover["문서 등급"][1] == "대외비"
    assert cover["전부 진단하지 못한 호스트"][1] == sum(sweep.incomplete.values())


def test_workbook_shows_every_waiver(sweep: Sweep, workbook: openpyxl.Workbook) -> None:
    rows = table(workbook, "예외(위험 수용)")
    uses = [row for row in rows if row["구분"] == "위험 수용"]
    assert [row["상태"] for row in uses] == ["적용 중", "만료 임박", "만료됨", "적용 중 · 해당 결과 없음"]
    assert uses[0]["적용 범위"] == "항목: WT-01, WT-08\n호스트: was-*"
    assert {row["승인자"] for row in uses} == {"김보안"}
    covered = [row for row in rows if row["호스트명"] == "was-waived"]
    assert Counter((row["코드"], row["상태"]) for row in covered) == Counter(
        {("WT-01", "적용 중"): 1, ("WT-07", "적용 중"): 2, ("WT-08", "만료 임박"): 1, ("WT-13", "만료됨"): 1}
    )
    assert {row["판정"] for row in covered} == {"취약"}
    unknown = {row["호스트명"] for row in table(workbook, "진단불가")}
    assert {one.target for one in sweep.results if one.target.startswith("gone")} <= unknown


# -- formats for other programs --------------------------------------------------------------------------------------


def test_junit(sweep: Sweep) -> None:
    suites = junitparser.JUnitXml.fromstring(sweep.read("junit"))
    pairs: Pairs = Counter()
    waived: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    instances = set()
    kinds: Counter[str] = Counter()
    for suite in suites:
        about = {one.name: one.value for one in suite.properties()}
        outcomes[about["outcome"]] += 1
        for case in suite:
            known = {one.get("name"): one.get("value") for one in case._elem.iter("property")}
            kind = [type(one).__name__ for one in case.result]
            kinds.update(kind or ["Passed"])
            if not known:
                assert kind == ["Skipped" if about["outcome"] == "no_tomcat" else "Error"]
                continue
            pairs[known["item"], Status(known["status"])] += 1
            instances.add((about["slug"], known["instance"]))
            waived[known["item"]] += "waived" in known
            if known["status"] == "fail":
                assert kind == ["Failure"]
    assert pairs == +sweep.pairs
    assert outcomes == +Counter({key.value: n for key, n in sweep.summary.outcomes.items()})
    assert len(instances) == sweep.summary.instances
    assert +waived == Counter(sweep.summary.waived)
    assert len(list(suites)) == sweep.summary.targets
    assert (suites.failures, suites.errors, suites.skipped) == (kinds["Failure"], kinds["Error"], kinds["Skipped"])
    assert suites.tests == kinds.total()
    counts = sweep.summary.statuses
    assert kinds["Passed"] == counts[Status.PASS]
    assert kinds["Failure"] == counts[Status.FAIL]


def samples(text: str) -> dict[str, list[Any]]:
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def test_prometheus(sweep: Sweep) -> None:
    text = sweep.read("prometheus").decode()
    found = samples(text)
    value = {name: one[0].value for name, one in found.items() if len(one) == 1}
    verdicts = found["tomcat_fleet_verdicts"]
    assert (
        Counter({(one.labels["item"], Status(one.labels["status"])): int(one.value) for one in verdicts}) == sweep.pairs
    )
    for severity, counts in sweep.summary.severities.items():
        mine = [one for one in verdicts if one.labels["severity"] == severity]
        assert {s: sum(one.value for one in mine if one.labels["status"] == s) for s in Status} == counts
    assert {one.labels["outcome"]: one.value for one in found["tomcat_fleet_targets"]} == sweep.summary.outcomes
    assert value["tomcat_fleet_instances"] == sweep.summary.instances
    assert value["tomcat_fleet_score_percent"] == sweep.summary.score
    assert value["tomcat_fleet_sweep_complete"] == 0
    assert value["tomcat_fleet_sweep_end_timestamp_seconds"] - value["tomcat_fleet_sweep_start_timestamp_seconds"] == 6
    waived = {one.labels["item"]: one.value for one in found["tomcat_fleet_waived_failures"]}
    assert {item: count for item, count in waived.items() if count} == sweep.summary.waived
    assert {one.labels["state"]: one.value for one in found["tomcat_fleet_waivers"]} == {
        "in_force": 2, "expiring": 1, "expired": 1,
    }  # fmt: skip
    assert {one.labels["kind"]: one.value for one in found["tomcat_fleet_changed_verdicts"]} == {
        "new": 4, "fixed": 7, "reopened": 1,
    }  # fmt: skip
    named = found["tomcat_fleet_target_failed_verdicts"]
    assert sum(one.value for one in named) == sweep.summary.statuses[Status.FAIL]
    assert Counter(one.labels["outcome"] for one in found["tomcat_fleet_target_incomplete"]) == sweep.incomplete
    assert len({(one.name, *sorted(one.labels.items())) for each in found.values() for one in each}) == sum(
        map(len, found.values())
    )
    assert text.endswith("\n")
    assert all(one.timestamp is None for each in found.values() for one in each)


def test_prometheus_names_a_bounded_number_of_hosts(sweep: Sweep) -> None:
    many = (mixed.named(sample.bad(), f"web{at:04}") for at in range(MOST_HOSTS + 50))
    worse = mixed.named(sample.target("z", (*sample.bad().instances, *sample.two().instances)), "zzz")
    made = io.BytesIO()
    about = Material(results=lambda: iter([*many, worse]), summary=sweep.summary, wording=wording("en"))
    FORMATS["prometheus"].write(made, about)
    found = samples(made.getvalue().decode())
    names = [one.labels["target"] for one in found["tomcat_fleet_target_failed_verdicts"]]
    assert (len(names), names[0], names[3]) == (3 * MOST_HOSTS, "zzz", "web0000")
    left = {one.labels["metric"]: one.value for one in found["tomcat_fleet_targets_not_named"]}
    assert left == {"tomcat_fleet_target_failed_verdicts": 51, "tomcat_fleet_target_incomplete": 50}


def loaded(sweep: Sweep, name: str) -> Any:
    return json.loads(sweep.read(name))


def checked(document: Any, schema: str, validator: Any) -> None:
    validator(json.loads((SCHEMAS / schema).read_text("utf-8"))).validate(document)


def heimdall(control: dict[str, Any]) -> str:
    """How Heimdall sums a control up."""
    found = {one["status"] for one in control["results"]}
    if "error" in found:
        return "Profile Error"
    if control["impact"] == 0 or control.get("waiver_data", {}).get("skipped_due_to_waiver"):
        return "Not Applicable"
    return "Failed" if "failed" in found else "Passed" if "passed" in found else "Not Reviewed"


IN_HEIMDALL = {"pass": "Passed", "fail": "Failed", "manual": "Not Reviewed", "not_applicable": "Not Applicable",
               "unknown": "Profile Error", "error": "Profile Error"}  # fmt: skip


def test_hdf(sweep: Sweep) -> None:
    document = loaded(sweep, "hdf")
    checked(document, "hdf-exec-json.json", jsonschema.Draft7Validator)
    (profile,) = document["profiles"]
    controls = [one for one in profile["controls"] if "item" in one["tags"]]
    hosts = [one for one in profile["controls"] if "item" not in one["tags"]]
    assert Counter((one["tags"]["item"], Status(one["tags"]["status"])) for one in controls) == +sweep.pairs
    assert all(heimdall(one) == IN_HEIMDALL[one["tags"]["status"]] for one in controls)
    assert Counter(one["tags"]["outcome"] for one in hosts if heimdall(one) == "Profile Error") == sweep.incomplete
    assert len({one["tags"]["slug"] for one in profile["controls"]}) == sweep.summary.targets
    assert len({(one["tags"]["slug"], one["tags"]["instance"]) for one in controls}) == sweep.summary.instances
    assert Counter(one["tags"]["item"] for one in controls if one["tags"]["waived"]) == Counter(sweep.summary.waived)
    assert len({one["id"] for one in profile["controls"]}) == len(profile["controls"])
    skipped = [one for one in profile["controls"] if {each["status"] for each in one["results"]} == {"skipped"}]
    assert document["statistics"]["controls"]["skipped"]["total"] == len(skipped)
    accepted = [one for one in controls if "waiver_data" in one and one["tags"]["target"] == "was-waived"]
    assert {one["tags"]["item"]: one["waiver_data"]["expiration_date"] for one in accepted} == {
        "WT-01": "2027-03-31", "WT-07": "2027-03-31", "WT-08": "2026-12-01",
    }  # fmt: skip


def worst_of(found: Iterable[tuple[tuple[str, str, str], Status]]) -> Pairs:
    groups: dict[tuple[str, str, str], set[Status]] = {}
    for key, status in found:
        groups.setdefault(key, set()).add(status)
    return Counter((key[2], worst(statuses)) for key, statuses in groups.items())


def test_sarif(sweep: Sweep) -> None:
    document = loaded(sweep, "sarif")
    checked(document, "sarif-schema-2.1.0.json", jsonschema.Draft4Validator)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(sweep.summary.items)
    assert [rule["id"] for rule in run["translations"][0]["rules"]] == list(sweep.summary.items)
    (invocation,) = run["invocations"]
    notes = invocation["toolExecutionNotifications"]
    found = [
        ((one["properties"]["slug"], one["properties"]["instance"], one["ruleId"]), Status(one["properties"]["status"]))
        for one in run["results"]
    ]
    found += [
        ((one["properties"]["slug"], one["properties"]["instance"], one["associatedRule"]["id"]), Status.ERROR)
        for one in notes if "associatedRule" in one
    ]  # fmt: skip
    assert worst_of(found) == +sweep.open
    hosts = [one for one in notes if "associatedRule" not in one]
    assert Counter(one["properties"]["outcome"] for one in hosts) == sweep.incomplete
    assert invocation["executionSuccessful"] is False
    bare = {key for (key, status), one in zip(found, run["results"], strict=False)
            if status is Status.FAIL and not one["suppressions"]}  # fmt: skip
    failed = {key for key, status in found if status is Status.FAIL}
    assert Counter(key[2] for key in failed - bare) == Counter(sweep.summary.waived)
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert (one["kind"] == "fail") is (one["level"] != "none")
        place = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"file://[\x21-\x7e]+", place)
        assert urlsplit(place).netloc
    assert {one["kind"] for one in run["results"] if one["suppressions"]} == {"fail"}
    assert {one["kind"] for one in run["results"] if "waiver" in one["properties"]} == {"fail", "open"}
    prints = [one["partialFingerprints"]["tomcatFleetFinding/v1"] for one in run["results"]]
    assert len(set(prints)) == len(prints)


# What dojo/tools/generic/json_parser.py takes; it refuses the whole file for any other key.
DOJO = {"title", "severity", "description", "date", "mitigation", "impact", "severity_justification", "references",
        "active", "verified", "risk_accepted", "under_review", "line", "file_path", "component_name",
        "component_version", "static_finding", "dynamic_finding", "unique_id_from_tool", "vuln_id_from_tool", "service",
        "tags", "endpoints"}  # fmt: skip


def test_defectdojo(sweep: Sweep) -> None:
    found = loaded(sweep, "defectdojo")["findings"]
    for one in found:
        assert {"title", "severity", "description"} <= set(one) <= DOJO
        assert one["severity"] in {"Info", "Low", "Medium", "High"}
        assert len(one["title"]) <= 511
        assert all(re.fullmatch(r"[A-Za-z0-9.-]+", host) for host in one.get("endpoints", ()))
        assert not re.search(r"(?<!\\)(<|\]\(|!\[)", one["description"].replace("\n    ", "\n").split("**증적")[0])
    assert len({one["unique_id_from_tool"] for one in found}) == len(found)

    def tag(one: dict[str, Any], name: str) -> str:
        return next((each.partition(":")[2] for each in one["tags"] if each.startswith(f"{name}:")), "")

    items = [one for one in found if one["vuln_id_from_tool"] in sweep.summary.items]
    keys = [((one["tags"][-1], one["component_name"], one["vuln_id_from_tool"]), one) for one in items]
    assert worst_of((key, Status(tag(one, "status"))) for key, one in keys) == +sweep.open
    failed = {key for key, one in keys if tag(one, "status") == "fail"}
    bare = {key for key, one in keys if tag(one, "status") == "fail" and not one["risk_accepted"]}
    assert Counter(key[2] for key in failed - bare) == Counter(sweep.summary.waived)
    assert Counter(tag(one, "outcome") for one in found if "host" in one["tags"]) == sweep.incomplete
    assert all(one["active"] is not one["risk_accepted"] for one in found)
    levels = {"High": Severity.HIGH, "Medium": Severity.MEDIUM, "Low": Severity.LOW}
    assert all(levels[one["severity"]] == tag(one, "severity") for one in items if one["severity"] != "Info")
    assert {tag(one, "status") for one in items if one["severity"] == "Info"} == {"manual", "unknown", "error"}


_TEXT = {"type": "string"}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
CHECKLIST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "id", "stigs", "active", "mode", "has_path", "target_data", "cklb_version"],
    "properties": {
        "title": _TEXT, "id": _UUID, "active": {"const": True}, "mode": {"const": 2}, "has_path": {"const": False},
        "cklb_version": {"const": "1.0"}, "target_data": {"type": "object"},
        "stigs": {"type": "array", "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["stig_name", "display_name", "stig_id", "release_info", "uuid", "size", "rules"],
            "properties": {
                "stig_name": _TEXT, "display_name": _TEXT, "release_info": _TEXT, "version": _TEXT, "uuid": _UUID,
                "stig_id": {"const": "Tomcat_Application_Server_9_STIG"}, "reference_identifier": _TEXT,
                "size": {"type": "integer"},
                "rules": {"type": "array", "items": {
                    "type": "object",
                    "required": ["group_id", "rule_id", "rule_version", "rule_title", "severity", "status", "comments",
                                 "finding_details", "overrides", "uuid", "stig_uuid", "group_tree", "ccis"],
                    "properties": {
                        "group_id": {"type": "string", "pattern": "^V-[0-9]{6}$"},
                        "rule_version": {"type": "string", "pattern": "^TCAT-AS-[0-9]{6}$"},
                        "status": {"enum": ["open", "not_a_finding", "not_reviewed", "not_applicable"]},
                        "severity": {"enum": ["low", "medium", "high"]}, "uuid": _UUID, "stig_uuid": _UUID,
                        "overrides": {"type": "object"}, "ccis": {"type": "array"}, "group_tree": {"type": "array"},
                    },
                }},
            },
        }},
    },
}  # fmt: skip


def wanted(rule: str, result: TargetResult, verdicts: dict[str, Status]) -> str:
    """What a checklist may say, from the verdicts of the items alone."""
    if result.outcome is Outcome.NO_TOMCAT:
        return "not_applicable"
    items = [item.item for item in book.load().items.values() if f"stig-tomcat9:{rule}" in item.controls]
    found = {verdicts.get(item) for item in items}
    if Status.FAIL in found:
        return "open"
    if rule not in DECIDED or found - {Status.PASS, Status.NOT_APPLICABLE}:
        return "not_reviewed"
    return "not_a_finding" if Status.PASS in found else "not_applicable"


def test_checklist(sweep: Sweep) -> None:
    document = loaded(sweep, "cklb")
    jsonschema.Draft202012Validator(CHECKLIST).validate(document)
    stigs = iter(document["stigs"])
    seen: Counter[str] = Counter()
    for result in sweep.results:
        for verdicts in [one.verdicts for one in result.instances] or [{}]:
            stig = next(stigs)
            assert stig["reference_identifier"] == result.slug
            assert stig["size"] == len(stig["rules"]) == 31
            said = {rule["group_id"]: rule["status"] for rule in stig["rules"]}
            assert said == {rule: wanted(rule, result, verdicts) for rule in said}
            seen.update(said.values())
            assert all(rule["stig_uuid"] == stig["uuid"] for rule in stig["rules"])
            word = wording("ko").outcome(result.outcome).text
            if result.outcome not in COMPLETE:
                assert all(word in f"{rule['comments']}{rule['finding_details']}" for rule in stig["rules"])
    assert next(stigs, None) is None
    assert set(seen) == {"open", "not_a_finding", "not_reviewed", "not_applicable"}
    numbers = [stig["uuid"] for stig in document["stigs"]]
    assert len(set(numbers)) == len(numbers)


# -- all of them -----------------------------------------------------------------------------------------------------


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "xlsx"])
def test_nothing_hides_in_a_file(sweep: Sweep, name: str) -> None:
    raw = sweep.read(name)
    text = raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    texts: Iterable[str] = [text]
    if name == "junit":
        root = ElementTree.fromstring(raw)
        texts = (each for node in root.iter() for each in (node.text or "", *node.attrib.values()))
    elif text.startswith("{"):
        texts = strings(json.loads(text))
    found = [one for one in texts if HIDDEN.search(one)]
    assert not found, found[:3]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_results_give_the_same_bytes(sweep: Sweep, name: str) -> None:
    made = io.BytesIO()
    about = Material(results=lambda: iter(sweep.results), summary=sweep.summary, wording=wording("ko"),
                     classification="대외비")  # fmt: skip
    FORMATS[name].write(made, about)
    assert made.getvalue() == sweep.read(name)


@pytest.mark.parametrize("name", ["csv", "junit", "prometheus", "defectdojo", "cklb"])
def test_an_english_file_is_english(sweep: Sweep, name: str) -> None:
    plain = [one for one in sweep.results if one.target.startswith(("web", "gone"))][:12]
    made = io.BytesIO()
    FORMATS[name].write(made, Material(results=lambda: iter(plain), summary=sweep.summary, wording=wording("en")))
    assert not re.search("[\uac00-\ud7a3]+", made.getvalue().decode())


class _Sink(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"xlsx", "prometheus"}])
def test_memory_does_not_grow_with_the_fleet(sweep: Sweep, name: str) -> None:
    result, words = sample.bad(), wording("ko")

    def peak(hosts: int) -> int:
        about = Material(results=lambda: iter([result] * hosts), summary=sweep.summary, wording=words)
        tracemalloc.start()
        FORMATS[name].write(_Sink(), about)  # type: ignore[arg-type]
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    peak(1)
    small, large = peak(2), peak(25)
    print(f"{name}: {small / 2**10:.0f} KiB with 2 hosts, {large / 2**10:.0f} KiB with 25")  # noqa: T201  the figures
    assert large < small + 2**18
