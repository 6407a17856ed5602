"""The re-diagnosis (이행점검) report: what has become of the failures of an earlier sweep, as a page and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.guide import book
from tomcat_fleet.model.comparison import Compared, Comparison, Kind, Side, compare
from tomcat_fleet.model.result import FindingResult
from tomcat_fleet.model.status import COMPLETE
from tomcat_fleet.report import csv_table
from tomcat_fleet.report.cell import Cell
from tomcat_fleet.report.finished import FinishedReport
from tomcat_fleet.report.folder import Folder
from tomcat_fleet.report.page import untold
from tomcat_fleet.report.render import Look
from tomcat_fleet.report.template import draw, environment
from tomcat_fleet.report.wording import Wording
from tomcat_fleet.report.writer import checksums

PAGE, TABLE, SUMS = "followup.html", "followup.csv", "SHA256SUMS"
ORDER: Final = (Kind.NEW, Kind.OPEN, Kind.PARTLY, Kind.NOT_CHECKED, Kind.FIXED)  # what asks for most comes first
_LEFT = frozenset({Kind.NEW, Kind.OPEN, Kind.PARTLY})
SHOWN = 2000  # rows of the page; the table has them all
_FILES = frozenset({PAGE, TABLE, SUMS})
_WHERE = ("host", "base", "version", "code", "item", "severity")
_WHAT = ("kind_heading", "before", "now")


@dataclass(frozen=True, slots=True)
class Instance:
    """What the page says of one instance."""

    target: str
    base: str
    version: str
    rows: tuple[Compared, ...]

    @property
    def count(self) -> int:
        """How many rows it has."""
        return len(self.rows)


def compared(old: FinishedReport, new: FinishedReport) -> Comparison:
    """Hold two reports against each other. Raises ConfigError in the wrong order: what is new would count as fixed."""
    if old.summary.started > new.summary.started:
        raise ConfigError(f"{new.summary.sweep} is not later than {old.summary.sweep}; name the earlier sweep first")
    return compare(old.results(), new.results(), passed=False)


def write(output: Path, old: FinishedReport, new: FinishedReport, look: Look) -> Comparison:
    """Write the page, the table and their checksums to ``output``, made with mode 0700 when missing.

    Raises ConfigError when ``output`` holds anything else, for sweeps that are the same one or in the wrong order, and
    for a ``look`` that cannot be had; OSError.
    """
    if old.summary.sweep == new.summary.sweep:
        raise ConfigError(f"both are the sweep {new.summary.sweep}")
    if any(output.resolve().is_relative_to(each.directory.resolve()) for each in (old, new)):
        raise _refusal(output)
    found = compared(old, new)
    rows = [row for row in found.rows if row.kind in ORDER]
    lang, templates = look.lang, environment(look.lang, look.templates, look.font)
    templates.globals.update(
        facts=new.facts(), before=old.facts(), guide=book.load(), classification=look.classification or None
    )
    folder = _taken(output)
    try:
        instances = sorted(_instances(rows[:SHOWN]), key=_urgency)
        incomplete = {"first": _incomplete(old), "second": _incomplete(new)}
        page = {"found": found, "instances": instances, "total": len(rows), "rate": _rate(found)}
        words = {"telling": telling, "former": former, "nameless": partial(_nameless, lang)}
        folder.publish(PAGE, draw(templates, "followup.html.j2", incomplete=incomplete, **page, **words))
        folder.stream(TABLE, csv_table.lines(_table(rows, _wording(templates.globals["w"], lang))))
        folder.publish(SUMS, checksums(folder))
        folder.sync()
    finally:
        folder.close()
    return found


def _incomplete(report: FinishedReport) -> int:
    """Hosts that were not fully audited: what they do not have among the rows is not known to be well."""
    return sum(count for outcome, count in report.summary.outcomes.items() if outcome not in COMPLETE)


def _taken(output: Path) -> Folder:
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Folder.at(output)
    except OSError as error:
        raise ConfigError([Fault(str(output), 0, f"cannot be used as output directory: {error.strerror}")]) from None
    strangers = sorted({*folder.names()} - _FILES - {f".{name}.part" for name in _FILES})
    if strangers or (folder.names() and PAGE not in folder.names()):
        folder.close()
        raise _refusal(output)
    return folder


def _refusal(output: Path) -> ConfigError:
    return ConfigError([Fault(str(output), 0, "holds other files; a re-diagnosis report has a directory of its own")])


def _rate(found: Comparison) -> float | None:
    """Percentage of the earlier failures that are mended; None when there were none."""
    return round(100 * found.counts[Kind.FIXED] / found.failed, 1) if found.failed else None


def _urgency(one: Instance) -> tuple[object, ...]:
    """What is left to do comes first, then what nobody could tell."""
    left, unsure = (sum(row.kind in kinds for row in one.rows) for kinds in (_LEFT, {Kind.NOT_CHECKED}))
    return -left, -unsure, one.target, one.base


def _instances(rows: Sequence[Compared]) -> Iterator[Instance]:
    ordered = sorted(rows, key=lambda row: (row.target, row.base))
    for (target, base), same in groupby(ordered, key=lambda row: (row.target, row.base)):
        members = tuple(sorted(same, key=lambda row: (ORDER.index(row.kind), row.item)))
        version = next((side.version for row in members for side in (row.now, row.was) if side.version), "")
        yield Instance(target, base, version, members)


def telling(row: Compared) -> tuple[FindingResult, ...]:
    """The findings that say how it is now: those that fail, else those that decide, else what failed before."""
    return _present(row) or row.was.failures


def former(row: Compared) -> bool:
    """Whether nothing tells how it is now, and what failed before is all there is to tell."""
    return bool(row.was.failures) and not _present(row)


def _present(row: Compared) -> tuple[FindingResult, ...]:
    return row.now.failures or tuple(one for one in row.now.findings if one.status is row.now.status)


def _nameless(lang: str, finding: FindingResult) -> bool:
    """Whether the sentence alone does not say what it is about; evidence is not shown here."""
    return untold(replace(finding, evidence=()), lang)


def _sentence(finding: FindingResult, wording: Wording) -> str:
    said = wording.of(finding.message)
    return f"{said} ({finding.subject})" if _nameless(wording.lang, finding) else said


def _wording(words: Any, lang: str) -> Wording:
    return Wording(lang, words, book.load())


def _table(rows: Sequence[Compared], wording: Wording) -> Iterator[tuple[Cell, ...]]:
    yield (
        *(wording.own(f"column.{name}") for name in _WHERE),
        *(wording.page(f"followup.{name}") for name in _WHAT),
        *(wording.own(f"column.{name}") for name in ("finding", "waiver")),
    )
    for row in rows:
        item = wording.guide.items.get(row.item)
        found = telling(row)
        then = [wording.page("followup.then")] if former(row) else []
        accepted = [f"{one.waiver.who} · {one.waiver.why} · {one.waiver.until}" for one in found if one.waiver]
        yield (
            row.target,
            row.base,
            row.now.version or row.was.version,
            row.item,
            wording.of(item.title) if item else "",
            wording.severity(row.severity),
            wording.page(f"followup.kind.{row.kind}"),
            _side(row.was, wording),
            _side(row.now, wording),
            "\n".join([*then, *(_sentence(one, wording) for one in found)]),
            "\n".join(dict.fromkeys(accepted)),
        )


def _side(side: Side, wording: Wording) -> str:
    if side.status is not None:
        return wording.status(side.status).text
    if side.absence == "not_reached" and side.outcome is not None:
        return wording.outcome(side.outcome).text
    return wording.page(f"followup.absence.{side.absence or 'no_verdict'}")
