"""WT-13 from the jar on a host to the verdict, version by version.

What is expected was counted from the tables by a program of its own and read through by hand; it is not what this
package said. ``counts`` are advisories of critical, important, moderate and low severity as of 2026-09-23, ``fix`` is
the release of the branch that ends the last of them that has an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import pytest

from tests import stock
from tests.tomcat.tables import advisories, advisory, branch, release, releases
from tests.verdict import audit
from tests.virtual_host import TODAY, VirtualHost
from tomcat_fleet.model.result import FindingResult
from tomcat_fleet.tomcat.table import AdvisoryTable, Origin, ReleaseTable, Tables, bundled, tables

INFO = "org/apache/catalina/util/ServerInfo.properties"
MANIFEST = "META-INF/MANIFEST.MF"
RATINGS = ("critical", "important", "moderate", "low")
NONE = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One installation and what must be said of it."""

    version: str  # as this Tomcat prints it
    verdict: str
    reason: str
    counts: tuple[int, int, int, int] = NONE
    fix: str | None = None
    newest: str | None = None
    package: tuple[str, str, str] | None = None
    product: str = "Apache Tomcat/"
    number: str | None = None  # server.number; "" where there is none
    notes: tuple[str, ...] = ()


EOL = {"verdict": "fail", "reason": "end-of-life"}
BAD = {"verdict": "fail", "reason": "vulnerable"}
GOOD = {"verdict": "pass", "reason": "current"}
ODD = {"verdict": "manual", "reason": "unlisted"}
PACKAGED = {"verdict": "manual", "reason": "packaged"}
VENDOR = {"verdict": "manual", "reason": "vendor-build"}

ROWS = (
    # Branches that no table lists: older than every living one is over, newer is nobody's guess.
    Row(version="3.3.2", **EOL),
    Row(version="5.0.28", counts=(0, 4, 3, 8), **EOL),  # 5.0 gave way to 5.5: no release has a fix
    Row(version="11.1.0", **ODD),
    Row(version="12.0.0-M1", **ODD),
    # Dead branches fail by branch, with or without an advisory.
    Row(version="4.1.31", counts=(0, 9, 3, 15), fix="4.1.40", newest="4.1.40", number="", **EOL),  # prints no number
    Row(version="4.1.40", counts=(0, 0, 1, 0), newest="4.1.40", number="", **EOL),  # the last one, with one left open
    Row(version="5.5.0", counts=(0, 11, 5, 24), fix="5.5.36", newest="5.5.36", number="", **EOL),
    Row(version="5.5.23", counts=(0, 8, 3, 21), fix="5.5.36", newest="5.5.36", **EOL),
    Row(version="5.5.36", newest="5.5.36", **EOL),  # no advisory named 5.5 after its end; that is no health
    Row(version="6.0.18", counts=(0, 20, 5, 24), fix="6.0.53", newest="6.0.53", **EOL),
    Row(version="6.0.53", newest="6.0.53", **EOL),
    Row(version="7.0.0", counts=(0, 39, 10, 29), fix="7.0.109", newest="7.0.109", **EOL),
    Row(version="7.0.76", counts=(0, 17, 6, 15), fix="7.0.109", newest="7.0.109", **EOL),
    Row(version="7.0.109", counts=(0, 6, 3, 13), newest="7.0.109", **EOL),  # all 22 came after its end: none has a fix
    Row(version="8.0.0-RC1", counts=(0, 16, 6, 15), fix="8.0.53", newest="8.0.53", number="8.0.0.0", **EOL),
    Row(version="8.0.0-RC10", counts=(0, 15, 6, 14), fix="8.0.53", newest="8.0.53", number="8.0.0.0", **EOL),
    Row(version="8.0.53", newest="8.0.53", **EOL),
    Row(version="8.5.62", counts=(0, 30, 8, 31), fix="8.5.99", newest="8.5.100", **EOL),  # a tag; dead anyway
    Row(version="8.5.99", counts=(0, 18, 7, 27), newest="8.5.100", **EOL),
    Row(version="8.5.100", counts=(0, 18, 7, 27), newest="8.5.100", **EOL),  # golden case 21
    Row(version="10.0.0-M1", counts=(0, 9, 3, 6), fix="10.0.27", newest="10.0.27", number="10.0.0.0", **EOL),
    Row(version="10.0.27", counts=(0, 1, 0, 1), newest="10.0.27", **EOL),
    # 9.0 prints its milestones with a dot.
    Row(version="9.0.0.M1", counts=(0, 49, 18, 37), fix="9.0.122", newest="9.0.122", number="9.0.0.0", **BAD),
    Row(version="9.0.0.M27", counts=(0, 43, 14, 31), fix="9.0.122", newest="9.0.122", number="9.0.0.0", **BAD),
    Row(version="9.0.1", counts=(0, 42, 14, 31), fix="9.0.122", newest="9.0.122", **BAD),
    Row(version="9.0.50", counts=(0, 29, 9, 38), fix="9.0.122", newest="9.0.122", **BAD),  # golden case 21
    Row(version="9.0.103", counts=(0, 14, 12, 32), fix="9.0.122", newest="9.0.122", **BAD),  # a tag
    Row(version="9.0.104", counts=(0, 14, 12, 32), fix="9.0.122", newest="9.0.122", **BAD),
    Row(version="9.0.118", counts=(0, 8, 5, 18), fix="9.0.122", newest="9.0.122", **BAD),
    Row(version="9.0.121", counts=(0, 4, 3, 5), fix="9.0.122", newest="9.0.122", **BAD),  # the twelve of one day
    Row(version="9.0.122", newest="9.0.122", notes=("2027-03-31",), **GOOD),  # 9.0 ends soon, which is said
    Row(version="9.0.123", newest="9.0.122", **GOOD),  # newer than the table, which is of age
    Row(version="10.1.0-M1", counts=(0, 28, 9, 37), fix="10.1.60", newest="10.1.60", number="10.1.0.0", **BAD),
    Row(version="10.1.0-M17", counts=(0, 26, 11, 35), fix="10.1.60", newest="10.1.60", number="10.1.0.0", **BAD),
    Row(version="10.1.0", counts=(0, 26, 11, 36), fix="10.1.60", newest="10.1.60", **BAD),  # one flaw more than its M17
    Row(version="10.1.24", counts=(0, 20, 12, 35), fix="10.1.60", newest="10.1.60", **BAD),
    Row(version="10.1.58", counts=(0, 4, 3, 5), fix="10.1.60", newest="10.1.60", **BAD),  # a tag between two releases
    Row(version="10.1.59", counts=(0, 4, 3, 5), fix="10.1.60", newest="10.1.60", **BAD),
    Row(version="10.1.60", newest="10.1.60", **GOOD),
    Row(version="11.0.0-M1", counts=(0, 26, 11, 34), fix="11.0.26", newest="11.0.26", number="11.0.0.0", **BAD),
    Row(version="11.0.0-M26", counts=(0, 19, 12, 35), fix="11.0.26", newest="11.0.26", number="11.0.0.0", **BAD),
    Row(version="11.0.19", counts=(0, 7, 8, 25), fix="11.0.26", newest="11.0.26", **BAD),  # a tag, without the …
    Row(version="11.0.20", counts=(0, 8, 8, 25), fix="11.0.26", newest="11.0.26", **BAD),  # … regression CVE-2026-34486
    Row(version="11.0.25", counts=(0, 4, 3, 5), fix="11.0.26", newest="11.0.26", **BAD),
    Row(version="11.0.26", newest="11.0.26", **GOOD),
    # Packages: the number is upstream's, the fixes are the vendor's. Newest, old and dead branch alike.
    Row(version="10.1.60", newest="10.1.60", product="Apache Tomcat/", package=("dpkg", "libtomcat10-java",
        "10.1.60-1~deb12u1"), **PACKAGED),
    Row(version="9.0.50", counts=(0, 29, 9, 38), fix="9.0.122", newest="9.0.122",
        package=("rpm", "tomcat-lib", "9.0.50-1.el9"), **PACKAGED),
    Row(version="7.0.76", counts=(0, 17, 6, 15), fix="7.0.109", newest="7.0.109",
        package=("rpm", "tomcat-lib", "7.0.76-16.el7_9"), **PACKAGED),
    Row(version="9.0.122", newest="9.0.122", package=("apk", "tomcat9-9.0.122-r0", "tomcat9-9.0.122-r0"), **PACKAGED),
    # Builds by others, whatever their number says.
    Row(version="9.0.62.redhat-00011", counts=(0, 27, 9, 37), fix="9.0.122", newest="9.0.122", number="9.0.62.0",
        **VENDOR),
    Row(version="9.0.122.redhat-00001", newest="9.0.122", number="9.0.122.redhat-00001", **VENDOR),
    Row(version="9.0.122.B.RELEASE", product="Pivotal tc Runtime/", newest="9.0.122", number="9.0.122.B.RELEASE",
        **VENDOR),
    Row(version="9.0.122-ea4", newest="9.0.122", number="9.0.122.0", **VENDOR),
    Row(version="11.0.27-dev", newest="11.0.26", number="11.0.27.0", **VENDOR),
)  # fmt: skip


def host(row: Row) -> VirtualHost:
    """A sound host that runs this Tomcat."""
    ancient = row.version.startswith(("3.", "4.", "5."))
    made = stock.old(row.version) if ancient else stock.good(row.version)
    number = f"{row.version}.0" if row.number is None else row.number
    info = f"server.info={row.product}{row.version}\n" + (f"server.number={number}\n" if number else "")
    jar = f"{stock.BASE}/{'server/' if ancient else ''}lib/catalina.jar"
    made.archive(jar, {INFO: info, MANIFEST: f"Implementation-Version: {row.version}\n"}, uid=stock.UID, gid=stock.UID)
    if row.package:
        made.package(jar, *row.package)
    return made


def finding(made: VirtualHost, today: date = TODAY, found: Tables | None = None) -> FindingResult:
    (instance,) = audit(made, today=today, tables=found or bundled()).instances
    (one,) = [one for one in instance.findings if one.item == "WT-13"]
    assert instance.verdicts["WT-13"] is one.status
    return one


def listed(one: FindingResult) -> list[list[str]]:
    """CVE, severity and fixing release of every advisory in the evidence."""
    rows = [(row.excerpt or "").split() for row in one.evidence if row.source == "advisories"]
    return [row[:3] for row in rows if row[0].startswith("CVE-")]


def _id(row: Row) -> str:
    return "-".join([row.version, *(row.package or ())[:1]])


@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_every_version_gets_its_verdict(row: Row) -> None:
    one = finding(host(row))
    found = listed(one)
    assert (one.status.value, one.reason) == (row.verdict, row.reason), one.message.en
    assert tuple(sum(severity == rating for _, severity, _ in found) for rating in RATINGS) == row.counts
    fixes = {fix for _, _, fix in found} - {"-"}
    assert max(fixes, key=_order, default=None) == row.fix
    said = [row.excerpt or "" for row in one.evidence if row.source == "advisories"]
    (table,) = [text for text in said if not text.startswith("CVE-")]
    assert f"newest={row.newest or '-'}" in table
    assert "2026-09-23" in table
    for part in row.notes:
        assert any(part in note.en and part in note.ko for note in one.notes)


def _order(number: str) -> tuple[int, ...]:
    numbers, _, milestone = number.partition("-")
    return (*map(int, numbers.split(".")), 0 if milestone else 1)


def test_enough_versions_of_every_branch_are_looked_at() -> None:
    branches = [".".join(row.version.split(".")[:2]) for row in ROWS]
    assert set(bundled().branches) <= set(branches)
    assert len(ROWS) >= 30


# -- what the bundled tables hold no example of: a day when 10.1.61 to 10.1.64 had come --------------------------------


def later(*rows: Mapping[str, object]) -> Tables:
    """Tables in which 10.1.62 is a tag whose vote failed and 10.1.64 is the newest release."""
    line = [release("10.1.60"), release("10.1.61"), release("10.1.62", released=False), release("10.1.63")]
    lines = releases(branch("10.1", *line, release("10.1.64"), latest="10.1.64"))
    table = advisories(*map(dict, rows))
    origins = {name: Origin(date="2026-11-01", sha256="", place="x") for name in ("advisories", "releases")}
    return tables(msgspec.convert(table, AdvisoryTable), msgspec.convert(lines, ReleaseTable), origins)


LATER = [
    ("10.1.60", ("fail", "vulnerable")),
    ("10.1.61", ("pass", "current")),  # behind, without an advisory between
    ("10.1.62", ("manual", "unlisted")),  # a build of a tag that never became a release
    ("10.1.63", ("pass", "current")),
    ("10.1.64", ("pass", "current")),
    ("10.1.7", ("fail", "vulnerable")),  # affected, whether the table lists the release or not
]


@pytest.mark.parametrize(("version", "expected"), LATER)
def test_behind_without_an_advisory_between(version: str, expected: tuple[str, str]) -> None:
    one = finding(host(Row(version=version, verdict="", reason="")), found=later())
    assert (one.status.value, one.reason) == expected
    behind = version in {"10.1.61", "10.1.63"}
    assert any("no advisory lies between" in note.en and "10.1.64" in note.en for note in one.notes) is behind


def test_the_newest_release_with_an_advisory_that_nobody_has_fixed_is_for_a_person() -> None:
    found = later(advisory("CVE-2026-99002", "10.1.0", "10.1.64", None))
    one = finding(host(Row(version="10.1.64", verdict="", reason="")), found=found)
    assert (one.status.value, one.reason) == ("manual", "unfixed")
    older = finding(host(Row(version="10.1.63", verdict="", reason="")), found=found)
    assert (older.status.value, older.reason) == ("fail", "vulnerable")


def test_advisories_newer_than_the_releases_name_the_release_to_move_to() -> None:
    found = later(advisory("CVE-2026-99003", "10.1.0", "10.1.64", "10.1.65"))
    one = finding(host(Row(version="10.1.64", verdict="", reason="")), found=found)
    assert (one.status.value, one.reason) == ("fail", "vulnerable")
    assert "must move to 10.1.65" in one.message.en


AGES = [
    ("9.0.122", date(2026, 12, 22), ("pass", "current")),  # ninety days
    ("9.0.122", date(2026, 12, 23), ("manual", "table-old")),  # ninety-one
    ("9.0.121", date(2026, 12, 23), ("fail", "vulnerable")),  # an old table still proves what it knows
    ("8.5.100", date(2026, 12, 23), ("fail", "end-of-life")),
    ("9.0.122", date(2027, 3, 31), ("manual", "table-old")),
    ("9.0.122", date(2027, 4, 1), ("fail", "end-of-life")),  # the day after the branch's last
]


@pytest.mark.parametrize(("version", "today", "expected"), AGES)
def test_the_age_of_the_tables(version: str, today: date, expected: tuple[str, str]) -> None:
    one = finding(host(Row(version=version, verdict="", reason="")), today)
    assert (one.status.value, one.reason) == expected
