"""The bundled, dated tables of releases and advisories, and where a version stands against them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from tomcat_fleet.model.patch import Advisory, Patch, PatchLevel
from tomcat_fleet.tomcat.version import Version

_Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Number = Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+\.\d+(?:-(?:M|RC|alpha|beta)\d*)?$")]
_Severity = Literal["critical", "important", "moderate", "low"]
_SEVERITIES: tuple[str, ...] = ("critical", "important", "moderate", "low")


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Affected versions of one branch, both ends included."""

    branch: str
    first: _Number
    last: _Number

    def holds(self, version: Version) -> bool:
        """Whether the version lies inside."""
        return self.branch == version.branch and _number(self.first) <= version <= _number(self.last)


class AdvisoryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One advisory of advisories.json."""

    cve: Annotated[str, msgspec.Meta(pattern=r"^CVE-\d{4}-\d{4,}$")]
    severity: _Severity
    title: str
    affected: tuple[Span, ...]
    fixed_in: Mapping[str, _Number | None]
    date_public: _Date | None
    severity_by_branch: Mapping[str, _Severity] = {}


class AdvisoryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """advisories.json. ``date`` is that of the newest advisory known to it."""

    schema: Literal["tomcat-fleet/advisories/1"]
    date: _Date
    readme: tuple[str, ...]
    advisories: tuple[AdvisoryRow, ...]


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a branch. ``released`` is false for a tag that failed its vote, null when it is not known."""

    version: _Number
    released: bool | None
    date: _Date | None


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One branch of releases.json."""

    branch: str
    status: Literal["supported", "eol"]
    eol_date: _Date | None
    latest: _Number
    releases: tuple[Release, ...]

    def is_over(self, today: date) -> bool:
        """Whether Apache no longer fixes this branch."""
        return self.status == "eol" or (self.eol_date is not None and today > date.fromisoformat(self.eol_date))


class ReleaseTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """releases.json."""

    schema: Literal["tomcat-fleet/releases/1"]
    date: _Date
    readme: tuple[str, ...]
    branches: tuple[Branch, ...]


@cache
def _number(text: str) -> Version:
    return Version.of(text)


@cache
def advisory_table() -> AdvisoryTable:
    """Load the advisories bundled with this package."""
    return msgspec.json.decode(_bundled("advisories.json"), type=AdvisoryTable)


@cache
def release_table() -> ReleaseTable:
    """Load the releases bundled with this package."""
    return msgspec.json.decode(_bundled("releases.json"), type=ReleaseTable)


def table_date() -> date:
    """Day up to which both tables are complete."""
    return min(date.fromisoformat(advisory_table().date), date.fromisoformat(release_table().date))


def assess(version: Version, today: date) -> Patch:
    """Where ``version`` stands against the tables on the day ``today``."""
    branch = next((row for row in release_table().branches if row.branch == version.branch), None)
    found = _affecting(version)
    return Patch(
        level=_level(version, branch, today, affected=bool(found)),
        branch=version.branch,
        newest=branch.latest if branch else None,
        eol_date=branch.eol_date if branch else None,
        advisories=found,
        table_date=table_date().isoformat(),
        table_age_days=(today - table_date()).days,
    )


def _bundled(name: str) -> bytes:
    return files("tomcat_fleet.tomcat").joinpath("data", name).read_bytes()


def _level(version: Version, branch: Branch | None, today: date, *, affected: bool) -> PatchLevel:
    if branch is None:
        return PatchLevel.END_OF_LIFE if _is_ancient(version) else PatchLevel.UNLISTED
    if branch.is_over(today):
        return PatchLevel.END_OF_LIFE
    if affected:
        return PatchLevel.VULNERABLE
    if version >= _number(branch.latest):
        return PatchLevel.CURRENT
    known = any(_number(release.version) == version for release in branch.releases)
    return PatchLevel.BEHIND if known else PatchLevel.UNLISTED


@cache
def _of_branch(branch: str) -> tuple[tuple[AdvisoryRow, Span], ...]:
    rows = advisory_table().advisories
    return tuple((row, span) for row in rows for span in row.affected if span.branch == branch)


def _is_ancient(version: Version) -> bool:
    """Whether the version is older than every branch that still gets fixes: 5.0, 4.0, 3.3."""
    living = [_number(row.latest) for row in release_table().branches if row.status == "supported"]
    return (version.major, version.minor) < min((row.major, row.minor) for row in living)


def _affecting(version: Version) -> tuple[Advisory, ...]:
    """Advisories whose range holds the version, gravest first, then newest first."""
    rows = {row.cve: row for row, span in _of_branch(version.branch) if span.holds(version)}
    found = [
        Advisory(
            cve=row.cve,
            severity=row.severity_by_branch.get(version.branch, row.severity),
            fixed_in=row.fixed_in.get(version.branch),
            title=row.title,
        )
        for row in rows.values()
    ]
    newest_first = sorted(found, key=lambda advisory: tuple(map(int, advisory.cve.split("-")[1:])), reverse=True)
    return tuple(sorted(newest_first, key=lambda advisory: _SEVERITIES.index(advisory.severity)))
