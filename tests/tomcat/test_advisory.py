"""Versions against the bundled tables."""

from __future__ import annotations

from datetime import date

import pytest

from tomcat_fleet.model.patch import Patch, PatchLevel
from tomcat_fleet.tomcat.advisory import assess
from tomcat_fleet.tomcat.table import bundled
from tomcat_fleet.tomcat.version import Version

TODAY = date(2026, 11, 23)


def stand(number: str, today: date = TODAY) -> Patch:
    return assess(bundled(), Version.of(number), today)


LEVELS = [
    ("9.0.122", PatchLevel.CURRENT),
    ("10.1.60", PatchLevel.CURRENT),
    ("11.0.26", PatchLevel.CURRENT),
    ("11.0.27", PatchLevel.CURRENT),
    ("9.0.121", PatchLevel.VULNERABLE),
    ("10.1.59", PatchLevel.VULNERABLE),
    ("9.0.50", PatchLevel.VULNERABLE),
    ("9.0.0-M1", PatchLevel.VULNERABLE),
    ("11.0.0-M1", PatchLevel.VULNERABLE),
    ("8.5.100", PatchLevel.END_OF_LIFE),
    ("10.0.27", PatchLevel.END_OF_LIFE),
    ("8.0.53", PatchLevel.END_OF_LIFE),
    ("7.0.109", PatchLevel.END_OF_LIFE),
    ("6.0.53", PatchLevel.END_OF_LIFE),
    ("5.5.36", PatchLevel.END_OF_LIFE),
    ("5.0.28", PatchLevel.END_OF_LIFE),
    ("4.1.40", PatchLevel.END_OF_LIFE),
    ("3.3.2", PatchLevel.END_OF_LIFE),
    ("11.1.0", PatchLevel.UNLISTED),
    ("12.0.0-M1", PatchLevel.UNLISTED),
]


@pytest.mark.parametrize(("number", "level"), LEVELS)
def test_level(number: str, level: PatchLevel) -> None:
    assert stand(number).level is level


@pytest.mark.parametrize("number", ["9.0.122", "10.1.60", "11.0.26"])
def test_the_newest_versions_have_no_advisory(number: str) -> None:
    assert stand(number).advisories == ()


def test_a_version_is_listed_with_what_affects_it_gravest_first() -> None:
    patch = stand("11.0.25")
    found = {advisory.cve: advisory for advisory in patch.advisories}
    assert found["CVE-2026-87022"].fixed_in == "11.0.26"
    assert found["CVE-2026-87022"].severity == "low"
    order = ["critical", "important", "moderate", "low"]
    ranks = [order.index(advisory.severity) for advisory in patch.advisories]
    assert ranks == sorted(ranks)
    assert (patch.newest, patch.branch, patch.table_date, patch.table_age_days) == ("11.0.26", "11.0", "2026-09-23", 61)


def test_both_ends_of_a_range_are_affected_and_nothing_outside() -> None:
    def affected(number: str) -> bool:
        return "CVE-2026-86350" in {item.cve for item in stand(number).advisories}

    assert [affected(number) for number in ("9.0.117", "9.0.118", "9.0.121", "9.0.122")] == [False, True, True, False]


def test_milestones_sort_before_their_release() -> None:
    milestone = {advisory.cve for advisory in stand("9.0.0.M1").advisories}
    release = {advisory.cve for advisory in stand("9.0.50").advisories}
    assert milestone - release


def test_an_eol_branch_without_a_fix_says_so() -> None:
    patch = stand("8.5.100")
    assert patch.eol_date == "2024-03-31"
    assert any(advisory.fixed_in is None for advisory in patch.advisories)


def test_a_supported_branch_ends_on_its_day() -> None:
    assert stand("9.0.122", date(2027, 3, 31)).level is PatchLevel.CURRENT
    assert stand("9.0.122", date(2027, 4, 1)).level is PatchLevel.END_OF_LIFE


def test_the_bundled_tables_are_whole() -> None:
    tables = bundled()
    assert (tables.date, len(tables.advisories.advisories), len(tables.branches)) == ("2026-09-23", 240, 10)
    assert {"9.0", "10.1", "11.0"} == {name for name, row in tables.branches.items() if row.status == "supported"}
    counted = {branch: len({hit.row.cve for hit in hits}) for branch, hits in tables.hits.items()}
    assert counted == {
        "4.1": 33, "5.0": 15, "5.5": 45, "6.0": 72, "7.0": 102, "8.0": 39, "8.5": 122, "9.0": 152,
        "10.0": 21, "10.1": 93, "11.0": 86,
    }  # fmt: skip


@pytest.mark.parametrize("number", ["9.0.103", "8.5.62", "11.0.19", "10.1.58"])
def test_tags_whose_vote_failed_are_in_the_table_as_such(number: str) -> None:
    version = Version.of(number)
    (row,) = [one for one in bundled().branches[version.branch].releases if Version.of(one.version) == version]
    assert row.released is False
