import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.report import mixed, sample
from tests.report.reading import report
from tomcat_fleet.report.schema import schema, summary_schema, target_schema
from tomcat_fleet.report.tally import Tally

VALIDATOR = jsonschema.Draft202012Validator


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("schema") / "report"
    report(directory, [*sample.fleet(), *map(sample.hostile, sample.HOSTILE)])
    return directory


def rows(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "results.jsonl").read_text("utf-8").split("\n") if line]


@pytest.mark.parametrize("make", [schema, target_schema, summary_schema])
def test_schemas_are_valid_and_say_what_they_are(make: Any) -> None:
    VALIDATOR.check_schema(make())
    assert {"$schema", "$id", "title", "description"} <= set(make())


def test_every_line_fits(written: Path) -> None:
    for make in (target_schema, schema):
        check = VALIDATOR(make())
        for row in rows(written):
            check.validate(row)


def test_the_summary_fits(written: Path) -> None:
    summary = json.loads((written / "summary.json").read_text("utf-8"))
    VALIDATOR(summary_schema()).validate(summary)
    VALIDATOR(schema()).validate(summary)


def first_finding(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = row["instances"][0]["findings"][0]
    return found


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another schema": lambda row: row.update(schema="other/1"),
    "an item that does not exist": lambda row: row["verdicts"].update({"WT-14": "pass"}),
    "an item missing on the host": lambda row: row["verdicts"].pop("WT-07"),
    "an item missing on an instance": lambda row: row["instances"][0]["verdicts"].pop("WT-01"),
    "a status that does not exist": lambda row: row["verdicts"].update({"WT-01": "good"}),
    "an outcome that does not exist": lambda row: row.update(outcome="fine"),
    "a slug that is a path": lambda row: row.update(slug="../x-00000000"),
    "no target": lambda row: row.pop("target"),
    "evidence of no kind": lambda row: first_finding(row).update(evidence=[{"kind": "rumour", "source": "x"}]),
    "a password in place of its fingerprint": lambda row: row["instances"][0]["passwords"][0].update(
        fingerprint="s3cr"
    ),
    "a moment in words": lambda row: row.update(started="yesterday"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_does_not_fit(written: Path, change: str) -> None:
    row = next(row for row in rows(written) if row["target"] == "web02.dmz.example")
    CHANGES[change](row)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR(target_schema()).validate(row)


def told() -> dict[str, Any]:
    """A summary with waivers, changes and a trend."""
    severities = {code: level for code, (level, *_) in sample.TITLES.items()}
    known = Tally(severities).summary(sample.facts(), "2026-11-23T17:50:20Z")
    plain, beside = (json.loads(msgspec.json.encode(each)) for each in (known, mixed.beside()))
    return {**plain, **beside, "waived": {"WT-01": 1}, "waived_severities": {"high": 1}}


SUMMARY_CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a waiver without an end": lambda row: row["waivers"][0].update(until="some day"),
    "a waiver of nobody": lambda row: row["waivers"][0].pop("who"),
    "a waiver in a state that does not exist": lambda row: row["waivers"][0].update(state="sleeping"),
    "a waiver of a scope that does not exist": lambda row: row["waivers"][0]["scope"].update(moods=["x"]),
    "a waiver that covers less than nothing": lambda row: row["waivers"][0].update(findings=-1),
    "a change of a kind that does not exist": lambda row: row["changes"]["listed"][0].update(kind="worse"),
    "a change of an item that does not exist": lambda row: row["changes"]["listed"][0].update(item="WT-14"),
    "a change since some time": lambda row: row["changes"]["listed"][0].update(since="Monday"),
    "changes since no sweep": lambda row: row["changes"].pop("sweep"),
    "a trend of words": lambda row: row["trend"][0].update(started="last night"),
    "a trend that is too long": lambda row: row.update(trend=row["trend"] * 31),
    "a waived item that does not exist": lambda row: row["waived"].update({"WT-14": 1}),
}


def test_a_summary_with_waivers_changes_and_trend_fits() -> None:
    for make in (summary_schema, schema):
        VALIDATOR(make()).validate(told())


@pytest.mark.parametrize("change", SUMMARY_CHANGES)
def test_no_other_summary_fits(change: str) -> None:
    summary = told()
    SUMMARY_CHANGES[change](summary)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR(summary_schema()).validate(summary)


def test_a_waiver_of_a_finding_has_an_end(written: Path) -> None:
    row = next(row for row in rows(written) if row["target"] == sample.HOSTILE[0])
    assert first_finding(row)["waiver"]["until"] == "2027-03-31"
    first_finding(row)["waiver"]["until"] = "for ever"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR(target_schema()).validate(row)


def test_further_keys_are_allowed(written: Path) -> None:
    VALIDATOR(target_schema()).validate(rows(written)[0] | {"later": 1})
