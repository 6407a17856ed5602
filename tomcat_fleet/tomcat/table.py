"""The dated tables of releases and advisories, and their format; ``table_check`` reads one that was handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec

from tomcat_fleet.tomcat.version import Version

ADVISORIES: Final = "tomcat-fleet/advisories/1"
RELEASES: Final = "tomcat-fleet/releases/1"
BUNDLED: Final = "bundled"
SEVERITIES: tuple[str, ...] = ("critical", "important", "moderate", "low")

Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Number = Annotated[str, msgspec.Meta(pattern=r"^\d{1,3}\.\d{1,3}\.\d{1,4}(?:-(?:(?:M|RC)\d{1,3}|alpha|beta))?$")]
Line = Annotated[str, msgspec.Meta(pattern=r"^\d{1,3}\.\d{1,3}$")]
Severity = Literal["critical", "important", "moderate", "low"]
Readme = tuple[Annotated[str, msgspec.Meta(max_length=2000)], ...]


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Affected versions of one branch, both ends included."""

    branch: Line
    first: Number
    last: Number


class AdvisoryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One advisory of advisories.json."""

    cve: Annotated[str, msgspec.Meta(pattern=r"^CVE-\d{4}-\d{4,7}$")]
    severity: Severity
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    affected: Annotated[tuple[Span, ...], msgspec.Meta(min_length=1)]
    fixed_in: Mapping[Line, Number | None]
    date_public: Date | None
    severity_by_branch: Mapping[Line, Severity] = {}
    first_assumed: tuple[Line, ...] = ()


class AdvisoryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """advisories.json. ``date`` is the day up to which it is known to be complete."""

    schema: Literal["tomcat-fleet/advisories/1"]
    date: Date
    readme: Readme
    advisories: Annotated[tuple[AdvisoryRow, ...], msgspec.Meta(min_length=1)]


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a branch. ``released`` is false for a tag that failed its vote, null when it is not known."""

    version: Number
    released: bool | None
    date: Date | None


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One branch of releases.json."""

    branch: Line
    status: Literal["supported", "eol"]
    eol_date: Date | None
    latest: Number
    releases: Annotated[tuple[Release, ...], msgspec.Meta(min_length=1)]


class ReleaseTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """releases.json."""

    schema: Literal["tomcat-fleet/releases/1"]
    date: Date
    readme: Readme
    branches: Annotated[tuple[Branch, ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which table was used. ``place`` is ``bundled`` or the path of the file."""

    date: str
    sha256: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An advisory and one range of a branch, its ends as versions."""

    row: AdvisoryRow
    first: Version
    last: Version


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """Both tables as a sweep uses them, indexed by branch."""

    advisories: AdvisoryTable
    releases: ReleaseTable
    origins: Mapping[str, Origin]  # advisories, releases
    branches: Mapping[str, Branch]
    hits: Mapping[str, tuple[Hit, ...]]

    @property
    def date(self) -> str:
        """Day up to which both tables are complete."""
        return min(self.advisories.date, self.releases.date)


def tables(advisories: AdvisoryTable, releases: ReleaseTable, origins: Mapping[str, Origin]) -> Tables:
    """Index two tables."""
    hits: dict[str, list[Hit]] = {}
    for row in advisories.advisories:
        for span in row.affected:
            hit = Hit(row=row, first=Version.of(span.first), last=Version.of(span.last))
            hits.setdefault(span.branch, []).append(hit)
    return Tables(
        advisories=advisories,
        releases=releases,
        origins=origins,
        branches={branch.branch: branch for branch in releases.branches},
        hits={branch: tuple(found) for branch, found in hits.items()},
    )


@cache
def bundled() -> Tables:
    """Take the tables of this package; they are checked by its tests, not each time."""
    raw = {name: _bundled(f"{name}.json") for name in ("advisories", "releases")}
    advisories = msgspec.json.decode(raw["advisories"], type=AdvisoryTable)
    releases = msgspec.json.decode(raw["releases"], type=ReleaseTable)
    dates = {"advisories": advisories.date, "releases": releases.date}
    return tables(advisories, releases, {name: origin(raw[name], dates[name], BUNDLED) for name in raw})


def origin(raw: bytes, date: str, place: str) -> Origin:
    """Describe the table that ``raw`` holds."""
    return Origin(date=date, sha256=hashlib.sha256(raw).hexdigest(), place=place)


def _bundled(name: str) -> bytes:
    return files("tomcat_fleet.tomcat").joinpath("data", name).read_bytes()
