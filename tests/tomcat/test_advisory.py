"""Versions against the bundled tables."""

from __future__ import annotations

from datetime import date

import pytest

from tomcat_fleet.model.patch import PatchLevel
from tomcat_fleet.tomcat.advisory import advisory_table, assess, release_table, table_date
from tomcat_fleet.tomcat.version import Version

TODAY = date(2026, 11, 23)

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
    assert assess(Version.of(number), TODAY).level is level


@pytest.mark.parametrize("number", ["9.0.122", "10.1.60", "11.0.26"])
def test_the_newest_versions_have_no_advisory(number: str) -> None:
    assert assess(Version.of(number), TODAY).advisories == ()


def test_a_version_is_listed_with_what_affects_it_gravest_first() -> None:
    patch = assess(Version.of("11.0.25"), TODAY)
    found = {advisory.cve: advisory for advisory in patch.advisories}
    assert found["CVE-2026-87022"].fixed_in == "11.0.26"
    assert found["CVE-2026-87022"].severity == "low"
    order = ["critical", "important", "moderate", "low"]
    ranks = [order.index(advisory.severity) for advisory in patch.advisories]
    assert ranks == sorted(ranks)
    assert (patch.newest, patch.branch, patch.table_date, patch.table_age_days) == ("11.0.26", "11.0", "2026-09-23", 61)


def test_both_ends_of_a_range_are_affected_and_nothing_outside() -> None:
    def affected(number: str) -> bool:
        return "CVE-2026-86350" in {item.cve for item in assess(Version.of(number), TODAY).advisories}

    assert [affected(number) for number in ("9.0.117", "9.0.118", "9.0.121", "9.0.122")] == [False, True, True, False]


def test_milestones_sort_before_their_release() -> None:
    milestone = {advisory.cve for advisory in assess(Version.of("9.0.0.M1"), TODAY).advisories}
    release = {advisory.cve for advisory in assess(Version.of("9.0.50"), TODAY).advisories}
    assert milestone - release


def test_an_eol_branch_without_a_fix_says_so() -> None:
    patch = assess(Version.of("8.5.100"), TODAY)
    assert patch.eol_date == "2024-03-31"
    assert any(advisory.fixed_in is None for advisory in patch.advisories)


def test_a_supported_branch_ends_on_its_day() -> None:
    version = Version.of("9.0.122")
    assert assess(version, date(2027, 3, 31)).level is PatchLevel.CURRENT
    assert assess(version, date(2027, 4, 1)).level is PatchLevel.END_OF_LIFE


def test_tables_are_consistent() -> None:
    branches = {row.branch: row for row in release_table().branches}
    assert {"9.0", "10.1", "11.0"} == {name for name, row in branches.items() if row.status == "supported"}
    for row in branches.values():
        versions = [Version.of(release.version) for release in row.releases]
        assert max(versions) == Version.of(row.latest)
        assert len(set(versions)) == len(versions)
        assert {version.branch for version in versions} == {row.branch}
    identifiers = [row.cve for row in advisory_table().advisories]
    assert len(set(identifiers)) == len(identifiers) == 240
    for advisory in advisory_table().advisories:
        for span in advisory.affected:
            assert Version.of(span.first) <= Version.of(span.last)
            fixed = advisory.fixed_in.get(span.branch)
            assert fixed is None or Version.of(fixed) > Version.of(span.last)
    assert table_date() == date(2026, 9, 23)
