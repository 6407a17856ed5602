"""Whether a new table may take the place of the one in use."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.tomcat.json_place import Path
from tomcat_fleet.tomcat.table import AdvisoryTable, Branch, ReleaseTable, Tables
from tomcat_fleet.tomcat.table_check import Table
from tomcat_fleet.tomcat.version import Version

_NAMED = 5


def objections(new: Table, in_use: Tables) -> Iterator[tuple[Path, str]]:
    """What speaks against ``new``: it is older than the table in use, or lacks what that one knows."""
    former = in_use.advisories if isinstance(new, AdvisoryTable) else in_use.releases
    if new.date < former.date:
        yield (("date",), f"dated {new.date}, older than the table in use ({former.date})")
    missing = sorted(_names(former) - _names(new))
    if missing:
        more = ", …" if len(missing) > _NAMED else ""
        yield ((), f"lacks {len(missing)} that the table in use has: {', '.join(missing[:_NAMED])}{more}")


def misfits(advisories: AdvisoryTable, releases: ReleaseTable) -> Iterator[tuple[Path, str]]:
    """Say where advisories speak of releases that the other table does not have, or that never were."""
    branches = {branch.branch: branch for branch in releases.branches}
    for index, row in enumerate(advisories.advisories):
        ends = [(span.branch, f"affected up to {span.last}", span.last) for span in row.affected]
        ends += [(branch, f"fixed in {fixed}", fixed) for branch, fixed in row.fixed_in.items() if fixed]
        for branch, said, number in ends:
            if branch in branches and Version.of(number) > Version.of(branches[branch].latest):
                latest = f"{branches[branch].latest}, the newest of the releases table ({releases.date})"
                yield (
                    ("advisories", index),
                    f"{row.cve}: {said}, newer than {latest}; give a newer releases table too",
                )
        for branch, fixed in row.fixed_in.items():
            if fixed and branch in branches and _never_shipped(branches[branch], fixed):
                yield (("advisories", index), f"{row.cve}: fixed in {fixed}, which was never released")


def _names(table: Table) -> set[str]:
    if isinstance(table, AdvisoryTable):
        return {row.cve for row in table.advisories}
    return {f"{branch.branch} {one.version}" for branch in table.branches for one in branch.releases}


def _never_shipped(branch: Branch, number: str) -> bool:
    version = Version.of(number)
    return any(one.released is False and Version.of(one.version) == version for one in branch.releases)
