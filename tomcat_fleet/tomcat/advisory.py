"""Where a version stands against the tables of releases and advisories."""

from __future__ import annotations

from datetime import date

from tomcat_fleet.model.patch import Advisory, Patch, PatchLevel
from tomcat_fleet.tomcat.table import SEVERITIES, Branch, Tables
from tomcat_fleet.tomcat.version import Version


def assess(tables: Tables, version: Version, today: date) -> Patch:
    """Where ``version`` stands on the day ``today``."""
    branch = tables.branches.get(version.branch)
    found = _affecting(tables, version)
    return Patch(
        level=_level(tables, version, branch, today, found),
        branch=version.branch,
        newest=_newest(branch, found),
        eol_date=branch.eol_date if branch else None,
        advisories=found,
        table_date=tables.date,
        table_age_days=(today - date.fromisoformat(tables.date)).days,
    )


def is_over(branch: Branch, today: date) -> bool:
    """Whether Apache no longer fixes this branch."""
    return branch.status == "eol" or (branch.eol_date is not None and today > date.fromisoformat(branch.eol_date))


def _level(
    tables: Tables, version: Version, branch: Branch | None, today: date, found: tuple[Advisory, ...]
) -> PatchLevel:
    if branch is None:
        return PatchLevel.END_OF_LIFE if _is_ancient(tables, version) else PatchLevel.UNLISTED
    if is_over(branch, today):
        return PatchLevel.END_OF_LIFE
    newest = version >= Version.of(branch.latest)
    if found and not (newest and all(one.fixed_in is None for one in found)):
        return PatchLevel.VULNERABLE
    if newest:
        return PatchLevel.CURRENT  # what it is affected by, nobody has fixed yet
    # A tag is not a release: what failed its vote never reached users, so a build of that number is somebody's own.
    known = any(one.released is not False and Version.of(one.version) == version for one in branch.releases)
    return PatchLevel.BEHIND if known else PatchLevel.UNLISTED


def _newest(branch: Branch | None, found: tuple[Advisory, ...]) -> str | None:
    """Newest release of the branch that either table knows; the other one may be newer."""
    if branch is None:
        return None
    return max((branch.latest, *(one.fixed_in for one in found if one.fixed_in)), key=Version.of)


def _is_ancient(tables: Tables, version: Version) -> bool:
    """Whether the version is older than every branch that still gets fixes: 5.0, 4.0, 3.3."""
    living = [Version.of(row.latest) for row in tables.releases.branches if row.status == "supported"]
    return (version.major, version.minor) < min(((row.major, row.minor) for row in living), default=(0, 0))


def _affecting(tables: Tables, version: Version) -> tuple[Advisory, ...]:
    """Advisories whose range holds the version, gravest first, then newest first."""
    hits = tables.hits.get(version.branch, ())
    rows = {hit.row.cve: hit.row for hit in hits if hit.first <= version <= hit.last}
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
    return tuple(sorted(newest_first, key=lambda advisory: SEVERITIES.index(advisory.severity)))
