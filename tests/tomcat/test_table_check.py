"""Tables that an operator hands in: what is accepted, and every fault with its line."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tomcat.tables import advisories, advisory, branch, release, releases, text
from tomcat_fleet.errors import Fault
from tomcat_fleet.tomcat.json_place import places
from tomcat_fleet.tomcat.table import AdvisoryTable, ReleaseTable
from tomcat_fleet.tomcat.table_check import read_table

TODAY = date(2026, 11, 23)
GOOD = advisory("CVE-2026-99001", "10.1.0-M1", "10.1.60", "10.1.61")


def faults(raw: bytes) -> list[Fault]:
    found = read_table(raw, "t.json", TODAY)
    assert isinstance(found, list), "accepted"
    assert found
    return found


def said(table: dict[str, Any]) -> str:
    return "\n".join(fault.message for fault in faults(text(table)))


def test_good_tables_are_accepted() -> None:
    assert isinstance(read_table(text(advisories()), "t.json", TODAY), AdvisoryTable)
    assert isinstance(read_table(text(releases()), "t.json", TODAY), ReleaseTable)


@pytest.mark.parametrize("name", ["advisories", "releases"])
def test_the_bundled_tables_are_good_by_the_same_rules(name: str) -> None:
    raw = files("tomcat_fleet.tomcat").joinpath("data", f"{name}.json").read_bytes()
    assert not isinstance(read_table(raw, name, TODAY), list)


def test_every_row_complains_on_its_own_line() -> None:
    rows = [
        GOOD | {"cve": "CVE-2026-1"},
        GOOD | {"cve": "CVE-2026-99002", "severity": "grave"},
        GOOD | {"cve": "CVE-2026-99003"},
        GOOD | {"cve": "CVE-2026-99004", "affected": [], "fixed_in": {}},
    ]
    head = json.dumps(advisories() | {"advisories": []}).removesuffix("]}")
    raw = f"{head}\n{(',' + chr(10)).join(map(json.dumps, rows))}\n]}}".encode()
    found = faults(raw)
    assert [fault.line for fault in found] == [2, 3, 5]
    assert "severity" in found[1].message


def test_contradictions_are_all_said_at_once() -> None:
    rows = [
        advisory("CVE-2026-99001", "9.0.5", "9.0.2", "9.0.6"),
        advisory("CVE-2026-99002", "9.0.1", "9.0.5", "9.0.5"),
        advisory("CVE-2026-99003", "9.0.1", "10.1.2", "9.0.6"),
        advisory("CVE-2026-99003", "9.0.1", "9.0.2", "10.1.3"),
    ]
    found = faults(text(advisories(*rows)))
    assert len({fault.line for fault in found}) == 4
    shown = "\n".join(map(str, found))
    for part in (
        "runs backwards",
        "affected up to 9.0.5",
        "10.1.2 is not of branch 9.0",
        "listed twice",
        "10.1.3 is not of",
    ):
        assert part in shown
    assert all(str(fault).startswith(f"t.json:{fault.line}: ") for fault in found)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no schema": ({"date": "2026-11-01"}, "schema must be"),
    "other schema": (advisories(schema="tomcat-fleet/advisories/2"), "schema must be"),
    "no rows": (advisories(advisories=[]), "length"),
    "rows missing": ({key: value for key, value in advisories().items() if key != "advisories"}, "advisories"),
    "rows of another kind": (advisories(advisories={"a": 1}), "array"),
    "unknown key": (advisories(GOOD | {"cvss": 9.8}), "cvss"),
    "unknown top key": (advisories(extra=1), "extra"),
    "overlap": (
        advisories(GOOD | {"affected": [*GOOD["affected"], {"branch": "10.1", "first": "10.1.60", "last": "10.1.60"}]}),
        "overlap",
    ),
    "no word on the fix": (advisories(GOOD | {"fixed_in": {}}), "fixed_in says nothing of 10.1"),
    "fix elsewhere": (advisories(GOOD | {"fixed_in": {"10.1": None, "9.0": "9.0.1"}}), "names 9.0"),
    "severity elsewhere": (advisories(GOOD | {"severity_by_branch": {"9.0": "low"}}), "names 9.0"),
    "a date that is none": (advisories(date="2026-02-30"), "2026-02-30 is no day"),
    "a date to come": (advisories(date="2026-11-25"), "today is 2026-11-23"),
    "newer than the table": (advisories(GOOD | {"date_public": "2026-11-02"}), "later than the table"),
    "not a release": (releases(branch("10.1", release("10.1.60"), latest="10.1.61")), "latest is 10.1.61"),
    "latest never shipped": (
        releases(branch("10.1", release("10.1.60"), release("10.1.61", released=False), latest="10.1.61")),
        "latest is 10.1.61",
    ),
    "out of order": (
        releases(branch("10.1", release("10.1.61"), release("10.1.60"), latest="10.1.61")),
        "10.1.60 is listed after 10.1.61",
    ),
    "a release twice": (
        releases(branch("10.1", release("10.1.61"), release("10.1.61"), latest="10.1.61")),
        "10.1.61 is listed after 10.1.61",
    ),
    "a milestone after its release": (
        releases(branch("10.1", release("10.1.0"), release("10.1.0-M1"), latest="10.1.0")),
        "10.1.0-M1 is listed after",
    ),
    "of another branch": (releases(branch("10.1", release("9.0.1"), latest="9.0.1")), "9.0.1 is not of this branch"),
    "a branch twice": (releases(*[branch("10.1", release("10.1.1"), latest="10.1.1")] * 2), "10.1 is listed twice"),
    "eol that is no day": (
        releases(branch("10.1", release("10.1.1"), latest="10.1.1", eol_date="2027-13-01")),
        "2027-13-01 is no day",
    ),
    "a status of its own": (releases(branch("10.1", release("10.1.1"), latest="10.1.1", status="dead")), "status"),
    "a release without a number": (releases(branch("10.1", {"released": True}, latest="10.1.1")), "version"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str) -> None:
    table, part = WRONG[name]
    assert part in said(table)


def test_a_name_given_twice_is_refused_although_parsers_keep_the_last() -> None:
    raw = text(advisories()).replace(b'"severity": "important"', b'"severity": "important",\n"severity": "low"')
    assert "'severity' is given twice" in faults(raw)[0].message


@pytest.mark.parametrize(
    ("raw", "line", "part"),
    [
        (b"", 1, "not JSON"),
        (b"[]", 1, "schema"),
        (b"{\n\n", 3, "not JSON"),
        (text(advisories())[:-4], 0, "not JSON"),
        (b'{"a":\n"\xff"}', 2, "not UTF-8"),
        (b"[" * 100_000, 0, "not JSON"),
    ],
)
def test_damage(raw: bytes, line: int, part: str) -> None:
    (fault,) = faults(raw)
    assert part in fault.message
    assert line in {0, fault.line}


@given(cut=st.integers(0, len(text(advisories())) - 1))
def test_half_a_file_is_never_a_table(cut: int) -> None:
    assert faults(text(advisories())[:cut])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(value=JSON)
def test_every_value_has_a_line(value: Any) -> None:
    raw = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    found = places(raw)
    assert not found.repeated

    def check(part: Any, path: tuple[str | int, ...]) -> None:
        line = raw.split("\n")[found.lines[path] - 1]
        if not isinstance(part, dict | list):
            assert msgspec.json.encode(part).decode() in line
        pairs = part.items() if isinstance(part, dict) else enumerate(part if isinstance(part, list) else ())
        for key, inner in pairs:
            check(inner, (*path, key))

    check(value, ())


@given(value=JSON)
def test_other_json_is_refused_and_never_an_exception(value: Any) -> None:
    assert faults(msgspec.json.encode(value))
    assert faults(msgspec.json.encode(advisories(advisories=[value])))
    assert faults(msgspec.json.encode(releases(branches=[value])))
