"""Reading a table that an operator hands in: strictly, and everything that is wrong with it at once, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Any, TypeAlias

import msgspec

from tomcat_fleet.errors import Fault
from tomcat_fleet.tomcat.json_place import Path, Places, places
from tomcat_fleet.tomcat.table import (
    ADVISORIES,
    RELEASES,
    AdvisoryRow,
    AdvisoryTable,
    Branch,
    Release,
    ReleaseTable,
)
from tomcat_fleet.tomcat.version import Version

LIMIT = 16 * 1024 * 1024
Table: TypeAlias = AdvisoryTable | ReleaseTable
_Found: TypeAlias = Iterator[tuple[Path, str]]
_BYTE = re.compile(r" \(byte (\d+)\)$")
_AT = re.compile(r" - at `[^`]*`$")


def read_table(raw: bytes, file: str, today: date) -> Table | list[Fault]:
    """Take the table, or all faults of the file.

    A table dated in the future is a fault: it would never grow too old.
    """
    data, faults = _decoded(raw, file)
    if faults:
        return faults
    where = places(raw.decode("utf-8"))
    found = [(path, f"{path[-1]!r} is given twice") for path in where.repeated] + list(_wrong(data))
    table: Table | None = None
    if not found:
        table, found = _converted(data)
    if table is not None:
        found = list(_dates(table, today)) + list(_contents(table))
    if table is None or found:
        return sorted({_fault(file, where, path, message) for path, message in found})
    return table


def _decoded(raw: bytes, file: str) -> tuple[Any, list[Fault]]:
    if len(raw) > LIMIT:
        return None, [Fault(file, 0, f"larger than {LIMIT // 1024 // 1024} MiB")]
    try:
        raw.decode("utf-8")
        return msgspec.json.decode(raw), []
    except UnicodeDecodeError as error:
        return None, [Fault(file, raw.count(b"\n", 0, error.start) + 1, "not UTF-8")]
    except (msgspec.DecodeError, RecursionError) as error:
        at = _BYTE.search(str(error))
        line = raw.count(b"\n", 0, int(at[1]) if at else len(raw)) + 1
        return None, [Fault(file, line, f"not JSON: {_BYTE.sub('', str(error))}")]


def _fault(file: str, where: Places, path: Path, message: str) -> Fault:
    return Fault(file, where.near(path), message)


def _wrong(data: Any) -> _Found:
    """Say what is not of the schema: one complaint per row, so that one slip does not hide the next."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema not in {ADVISORIES, RELEASES}:
        yield (("schema",), f"neither an advisories nor a releases table: schema must be {ADVISORIES} or {RELEASES}")
        return
    rows, kind = ("advisories", AdvisoryRow) if schema == ADVISORIES else ("branches", Branch)
    listed = data.get(rows)
    for index, row in enumerate(listed if isinstance(listed, list) else ()):
        releases = row.get("releases") if isinstance(row, dict) and kind is Branch else None
        wrong: list[tuple[Path, str]] = [(("releases", at), text) for at, text in _misfits(releases, Release)]
        wrong = wrong or [((), text) for _, text in _misfits([row], kind)]
        yield from (((rows, index, *path), text) for path, text in wrong)


def _misfits(rows: Any, kind: type[msgspec.Struct]) -> Iterator[tuple[int, str]]:
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        try:
            msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            yield index, _plain(error)


def _plain(error: msgspec.ValidationError) -> str:
    place = re.search(r"`\$\.?([^`]*)`$", str(error))
    name = f"{place[1]}: " if place and place[1] else ""
    return name + _AT.sub("", str(error))


def _converted(data: Any) -> tuple[Table | None, list[tuple[Path, str]]]:
    try:
        if data["schema"] == ADVISORIES:
            return msgspec.convert(data, AdvisoryTable), []
        return msgspec.convert(data, ReleaseTable), []
    except msgspec.ValidationError as error:
        return None, [((), _plain(error))]


def _contents(table: Table) -> _Found:
    if isinstance(table, AdvisoryTable):
        yield from _repeated("advisories", (row.cve for row in table.advisories))
        for index, row in enumerate(table.advisories):
            yield from ((("advisories", index), f"{row.cve}: {text}") for text in _advisory(row))
        return
    yield from _repeated("branches", (branch.branch for branch in table.branches))
    for index, branch in enumerate(table.branches):
        yield from ((("branches", index, *path), f"{branch.branch}: {text}") for path, text in _branch(branch))


def _repeated(rows: str, names: Iterable[str]) -> _Found:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield ((rows, index), f"{name} is listed twice")
        seen.add(name)


def _advisory(row: AdvisoryRow) -> Iterator[str]:
    branches = {span.branch for span in row.affected}
    yield from _spans(row)
    for name, named in (("severity_by_branch", row.severity_by_branch), ("first_assumed", row.first_assumed)):
        yield from (f"{name} names {branch}, which is not affected" for branch in sorted(set(named) - branches))
    for branch in sorted(branches - set(row.fixed_in)):
        yield f"fixed_in says nothing of {branch}; null when no release has the fix"
    for branch, fixed in row.fixed_in.items():
        if branch not in branches:
            yield f"fixed_in names {branch}, which is not affected"
        elif fixed is not None and Version.of(fixed).branch != branch:
            yield f"fixed_in: {fixed} is not of branch {branch}"
        elif fixed is not None:
            late = [span.last for span in row.affected if span.branch == branch and not _before(span.last, fixed)]
            yield from (f"fixed in {fixed}, yet affected up to {last}" for last in late)


def _spans(row: AdvisoryRow) -> Iterator[str]:
    for span in row.affected:
        for end in (span.first, span.last):
            if Version.of(end).branch != span.branch:
                yield f"{end} is not of branch {span.branch}"
        if _before(span.last, span.first):
            yield f"the range {span.first} to {span.last} runs backwards"
    for one, other in combinations(row.affected, 2):
        if one.branch == other.branch and not (_before(one.last, other.first) or _before(other.last, one.first)):
            yield f"two ranges of {one.branch} overlap"


def _branch(branch: Branch) -> _Found:
    versions = [Version.of(release.version) for release in branch.releases]
    for index, version in enumerate(versions):
        if version.branch != branch.branch:
            yield (("releases", index), f"{version} is not of this branch")
    for index, (earlier, later) in enumerate(pairwise(versions), 1):
        if not earlier < later:
            yield (("releases", index), f"{later} is listed after {earlier}")
    released = [v for v, release in zip(versions, branch.releases, strict=True) if release.released is not False]
    if not released or max(released) != Version.of(branch.latest):
        yield (("latest",), f"latest is {branch.latest}, the newest release listed {max(released, default='none')}")


def _dates(table: Table, today: date) -> _Found:
    """Check days: real ones, and nothing newer than the table, nor a table newer than tomorrow (time zones)."""
    if not _is_day(table.date):
        yield (("date",), f"{table.date} is no day of the calendar")
        return
    if (date.fromisoformat(table.date) - today).days > 1:
        yield (("date",), f"the table is dated {table.date}, today is {today.isoformat()}")
    for path, text in _days(table):
        if not _is_day(text):
            yield (path, f"{text} is no day of the calendar")
        elif path[-1] != "eol_date" and text > table.date:
            yield (path, f"{text} is later than the table's own date, {table.date}")


def _days(table: Table) -> _Found:
    if isinstance(table, AdvisoryTable):
        for index, row in enumerate(table.advisories):
            if row.date_public is not None:
                yield (("advisories", index, "date_public"), row.date_public)
        return
    for index, branch in enumerate(table.branches):
        if branch.eol_date is not None:
            yield (("branches", index, "eol_date"), branch.eol_date)
        for at, release in enumerate(branch.releases):
            if release.date is not None:
                yield (("branches", index, "releases", at, "date"), release.date)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _before(one: str, other: str) -> bool:
    return Version.of(one) < Version.of(other)
