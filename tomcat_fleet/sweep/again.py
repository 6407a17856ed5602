"""Stored evidence judged again, and held against what was said of it. Connects to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from tomcat_fleet.errors import EvidenceError, TargetError
from tomcat_fleet.evaluate.result import failed
from tomcat_fleet.ledger.chain import damage, unchained
from tomcat_fleet.ledger.deposition import read
from tomcat_fleet.ledger.opening import UNREADABLE, Opening
from tomcat_fleet.ledger.store import Entry, Ledger
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.finished import SUM_LINE
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.writer import Beside, ReportWriter
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.fact import facts_of
from tomcat_fleet.sweep.judge import judged
from tomcat_fleet.sweep.waived import Comparison
from tomcat_fleet.tomcat.examine import Settings
from tomcat_fleet.tomcat.table import Tables
from tomcat_fleet.waiver import NO_WAIVERS, Overlay, Usage, Waivers


class _Name(msgspec.Struct):
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """By what evidence is judged, where it is not as the sweep did."""

    today: date
    tables: Tables
    policy: Policy | None = None  # None: the sweep's


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where and how a report is written."""

    output: Path
    lang: str
    templates: Path | None = None
    font: Path | None = None  # that the pages carry
    classification: str | None = None
    formats: frozenset[str] = frozenset()
    waivers: Waivers = NO_WAIVERS  # as they stand on the day by which is judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What ``verify`` looked at, and one sentence for everything that is not as it was written."""

    sweep: str
    targets: int
    records: int
    files: int
    faults: tuple[str, ...]


def evaluate(source: Path, report: Report, grounds: Grounds | None = None) -> SweepSummary:
    """Judge the evidence of the sweep in ``source`` and write its report.

    Without ``grounds`` exactly as the sweep did: its day, policy and patch tables, and with the same waivers the same
    results to the byte.
    Damaged evidence of a target makes it ``collector_failed``. Raises ConfigError.
    """
    with Ledger.reopen(source) as ledger:
        judge = _Judge(ledger, ledger.opening(), grounds)
        writer = ReportWriter(
            report.output,
            lang=report.lang,
            classification=report.classification,
            template_dir=report.templates,
            formats=report.formats,
            font=report.font,
        )
        with writer:
            files = {**judge.facts.inventory_sha256, **dict(report.waivers.files)}
            day = judge.today.isoformat()
            writer.open(replace(judge.facts, day=day, runs=ledger.runs(), inventory_sha256=files))
            overlay = Overlay(report.waivers, judge.today)
            usage = Usage(overlay)
            for name in sorted(ledger.targets()):
                laid = overlay.lay(judge.result(name))
                writer.write(laid.result)
                usage.add(laid)
            return writer.finish(clock.stamp(clock.now()), Beside(waivers=usage.uses()))


def verify(source: Path, waivers: Waivers | None = None) -> Verification:
    """Hold everything in ``source`` against its hashes, its chains and a second judgement. Raises ConfigError.

    The ledger knows no waivers. With ``waivers`` the results must have exactly these, else any that can be.
    """
    with Ledger.reopen(source) as ledger:
        judge = _Judge(ledger, ledger.opening(), None)
        names = sorted(ledger.targets())
        done = ledger.done()
        faults = [fault for name in names if name in done for fault in judge.faults(name)]
        overlay = None if waivers is None else Overlay(waivers, judge.today)
        faults += _strays(source, ledger, done, Comparison(overlay))
    digests = dict(_digests(source))
    faults += (f"{name}: {wrong}" for name, wrong in digests.items() if wrong)
    return Verification(
        sweep=judge.opening.sweep, targets=len(names), records=judge.records, files=len(digests), faults=tuple(faults)
    )


class _Judge:
    def __init__(self, ledger: Ledger, opening: Opening, grounds: Grounds | None) -> None:
        self._ledger = ledger
        today = grounds.today if grounds else opening.today
        tables = grounds.tables if grounds else opening.tables
        policy = (grounds.policy if grounds else None) or opening.policy
        self._settings = Settings(policy=policy, today=today, tables=tables)
        self._context = Context(policy=policy, today=today)
        self.today = today
        self.opening = opening
        self.records = 0
        self.facts: SweepFacts = facts_of(opening.sweep, opening.started, policy, tables, opening.inventory_sha256,
                                          opening.limit)  # fmt: skip

    def result(self, name: str) -> TargetResult:
        """The result of a target, whatever its evidence is like."""
        try:
            return self._judged(self._ledger.entry(name))
        except KeyError:
            error = TargetError(Outcome.NOT_RUN, "interrupted")
        except EvidenceError as broken:
            error = TargetError(Outcome.COLLECTOR_FAILED, f"the stored evidence {broken}")
        return failed(
            self._target(name),
            error,
            sweep=self.opening.sweep,
            slug=slug(name),
            started=self.opening.started,
            duration_s=0.0,
        )

    def faults(self, name: str) -> Iterator[str]:
        """Everything wrong with the row of a target."""
        try:
            entry = self._ledger.entry(name)
            wrong = damage(entry.evidence) if entry.evidence else []
            yield from (f"{name}: {each}" for each in wrong)
            # A line of an earlier release lacks keys that are newer: values are compared, the line has its own hash.
            if not wrong and encoded(self._judged(entry)) != encoded(_decoded(entry.line)):
                yield f"{name}: its evidence does not lead to its result"
        except EvidenceError as broken:
            yield f"{name}: {broken}"

    def _target(self, name: str) -> Target:
        try:
            return self._ledger.target(name)
        except EvidenceError:
            return Target(name=name, address="")

    def _judged(self, entry: Entry) -> TargetResult:
        if entry.evidence is None:
            return _decoded(entry.line)
        lines = unchained(entry.evidence)
        self.records += len(lines)
        deposition = read(lines)
        if deposition.target.name != entry.target:
            raise EvidenceError("is that of another target")
        return judged(deposition, entry.evidence.head, self.opening.sweep, self._settings, self._context)


def _decoded(line: bytes) -> TargetResult:
    try:
        return msgspec.json.decode(line, type=TargetResult)
    except UNREADABLE:
        raise EvidenceError("its result is not one of this version of the tool") from None


def _strays(source: Path, ledger: Ledger, done: frozenset[str], compared: Comparison) -> Iterator[str]:
    """Lines of results.jsonl that the ledger does not have, or has otherwise, and those that are missing."""
    path = source / "results.jsonl"
    if not path.is_file():
        yield "results.jsonl: is not there"
        return
    seen = set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                name = msgspec.json.decode(line, type=_Name).target
            except UNREADABLE:
                yield f"results.jsonl:{number}: cannot be read"
                continue
            seen.add(name)
            try:
                known = ledger.entry(name).line if name in done else None
            except EvidenceError:
                continue  # named already
            if known is not None and not compared.same(known, line.removesuffix(b"\n")):
                yield f"results.jsonl:{number}: {name} is not as the ledger has it"
            if known is None and not _was_not_run(line):
                yield f"results.jsonl:{number}: {name} is not in the ledger"
    yield from (f"results.jsonl: {name} is missing" for name in sorted(done - seen))


def _was_not_run(line: bytes) -> bool:
    try:
        return _decoded(line).outcome is Outcome.NOT_RUN
    except EvidenceError:
        return False


def _digests(source: Path) -> Iterator[tuple[str, str]]:
    """Every file of SHA256SUMS, and what is wrong with it or nothing."""
    try:
        text = (source / "SHA256SUMS").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        yield "SHA256SUMS", "cannot be read"
        return
    for line in text.splitlines():
        listed = SUM_LINE.fullmatch(line)
        if listed is None or ".." in Path(listed[2]).parts or Path(listed[2]).is_absolute():
            yield "SHA256SUMS", "has a line of another kind"
            continue
        try:
            with (source / listed[2]).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            yield listed[2], f"cannot be read: {error.strerror}"
            continue
        yield listed[2], "" if found == listed[1] else "is not the file that was written"
