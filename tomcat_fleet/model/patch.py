"""Version and patch level: the facts behind WT-13."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.evidence import Package
from tomcat_fleet.model.fact import Fact
from tomcat_fleet.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSource:
    """One place that states a version."""

    name: str  # server-info, server-number, manifest, the jars beside it, release-notes, jar-name, package, override
    version: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """The version of the catalina.jar that the JVM runs."""

    number: Fact[str]  # 10.1.60, 9.0.0-M1
    sources: tuple[VersionSource, ...]
    agree: Fact[bool]  # Unknown when a source that could disagree was not read
    jar: str
    package: Fact[Package | None]
    restart_pending: Fact[bool]  # the process runs another jar than the one that lies there
    vendor: str | None = None  # how the jar names a build that is not Apache's
    override: VersionSource | None = None  # a text outside the jar that the server shows instead of its version
    open_jars: tuple[str, ...] = ()  # what the process has open of catalina.jar, as the kernel names it
    dates_only: bool = False  # that could not be seen: ``restart_pending`` rests on dates alone


class PatchLevel(StrEnum):
    """Where a version stands against the release and advisory tables."""

    CURRENT = "current"  # newest security release of its branch, or newer
    BEHIND = "behind"  # older than the newest release, without an advisory between
    VULNERABLE = "vulnerable"
    END_OF_LIFE = "end-of-life"
    UNLISTED = "unlisted"  # a branch or version that the table does not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One advisory that affects the version."""

    cve: str
    severity: str  # critical, important, moderate, low: Apache's rating
    fixed_in: str | None
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The verdict of the tables on one version."""

    level: PatchLevel
    branch: str
    newest: str | None  # newest release of the branch
    eol_date: str | None
    advisories: tuple[Advisory, ...]
    table_date: str  # 2026-09-23
    table_age_days: int
