"""A finished report, read again: its results and summary as they are stored, once they are what was written."""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.result import SCHEMA, SUMMARY_SCHEMA, SweepSummary, TargetResult
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.folder import Folder
from tomcat_fleet.report.visible import one_line

RESULTS, SUMMARY, SUMS = "results.jsonl", "summary.json", "SHA256SUMS"
SUM_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_UNREADABLE = (msgspec.MsgspecError, ValueError)
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedReport:
    """What a sweep has left in ``directory``. ``sums`` maps the names of its files to their SHA-256."""

    directory: Path
    summary: SweepSummary
    sums: dict[str, str]

    def results(self) -> Iterator[TargetResult]:
        """Every target once, sorted by name, one in memory at a time."""
        with (self.directory / RESULTS).open("rb") as lines:
            for line in lines:
                yield msgspec.json.decode(line, type=TargetResult)

    def facts(self) -> SweepFacts:
        """What was known before the first connection."""
        summary = self.summary
        return SweepFacts(
            sweep=summary.sweep,
            started=summary.started,
            tool=summary.tool,
            guide=summary.guide,
            advisories_date=summary.advisories_date,
            tables=summary.tables,
            policy=summary.policy,
            inventory_sha256=summary.inventory_sha256,
            limit=summary.limit,
            series=summary.series,
            day=summary.day,
            runs=summary.runs,
        )


def finished(path: Path) -> FinishedReport:
    """The report in ``path``, a directory or its results.jsonl.

    Every line is read once, so that ``results`` cannot fail later. Raises ConfigError with everything that keeps it
    from being the report of a finished sweep: a file that is missing, damaged, or not the one that SHA256SUMS names.
    """
    directory = path.parent if path.name == RESULTS else path
    sums = _sums(directory)
    faults = [fault for name in (RESULTS, SUMMARY) for fault in _altered(directory, name, sums)]
    if faults:
        raise ConfigError(faults)
    summary = _summary(directory / SUMMARY)
    faults = list(_unreadable(directory / RESULTS, summary))
    if faults:
        raise ConfigError(faults[:_SHOWN])
    return FinishedReport(directory=directory, summary=summary, sums=sums)


def held(report: FinishedReport) -> Folder:
    """The report's directory, locked, to add files to it.

    Raises ConfigError while a sweep is writing there, and when it holds another report by now.
    """
    try:
        folder = Folder.at(report.directory)
    except OSError as error:
        raise _refusal(report.directory, f"cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(folder.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        folder.close()
        raise _refusal(report.directory, "another sweep is writing its results here") from None
    try:
        folder.digests.update(_unchanged(report))
    except ConfigError:
        folder.close()
        raise
    return folder


def _unchanged(report: FinishedReport) -> dict[str, str]:
    """The sums as they are now that nobody else writes them: another rendering may have added to them since."""
    sums = _sums(report.directory)
    for name in (RESULTS, SUMMARY):
        if sums.get(name) != report.sums.get(name):
            raise _refusal(report.directory / name, "has been written anew in the meantime; try again")
    return sums


def _sums(directory: Path) -> dict[str, str]:
    path = directory / SUMS
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise _refusal(directory, "holds no finished report: SHA256SUMS is not there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(path, f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    found = [SUM_LINE.fullmatch(line) for line in lines]
    wrong = [Fault(str(path), at, "is no checksum of a file") for at, line in enumerate(found, 1) if line is None]
    if wrong:
        raise ConfigError(wrong[:_SHOWN])
    return {line[2]: line[1] for line in found if line is not None}


def _altered(directory: Path, name: str, sums: dict[str, str]) -> Iterator[Fault]:
    path = directory / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        yield Fault(str(path), 0, f"cannot be read: {error.strerror}")
        return
    if digest != sums.get(name):
        yield Fault(str(path), 0, "is not the file that the sweep has written; SHA256SUMS has another hash")


def _summary(path: Path) -> SweepSummary:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=SweepSummary)
    except _UNREADABLE:
        raise _refusal(path, "is not a summary of this version of the tool") from None
    if found.schema != SUMMARY_SCHEMA:
        raise _refusal(path, "is not a summary of this version of the tool")
    return found


def _unreadable(path: Path, summary: SweepSummary) -> Iterator[Fault]:
    count, seen = 0, set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            count += 1
            try:
                result = msgspec.json.decode(line, type=TargetResult)
            except _UNREADABLE:
                yield Fault(str(path), number, "is not a result of this version of the tool")
                continue
            if result.schema != SCHEMA:
                yield Fault(str(path), number, "is not a result of this version of the tool")
            if result.target in seen:
                yield Fault(str(path), number, f"{one_line(result.target)} has a result already")
            seen.add(result.target)
    if count != summary.targets:
        yield Fault(str(path), 0, f"holds {count} results; the summary counts {summary.targets}")


def _refusal(path: Path, message: str) -> ConfigError:
    return ConfigError([Fault(str(path), 0, message)])
