"""summary.json as rows: what was audited, and how often each verdict was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import WORST_FIRST, Status
from tomcat_fleet.report.cell import Cell
from tomcat_fleet.report.wording import Wording

WIDTHS = (30, 44, 10, *(11 for _ in WORST_FIRST), 11, 14)


@dataclass(frozen=True, slots=True)
class Heading:
    """A row that heads those below it."""

    cells: tuple[Cell, ...]


Row: TypeAlias = tuple[Cell, ...] | Heading


def rows(summary: SweepSummary, wording: Wording) -> Iterator[Row]:
    """The rows of the second sheet."""
    yield Heading((wording.own("name.summary"), ""))
    yield from _facts(summary, wording)
    yield ()
    yield Heading((wording.own("summary.outcomes"), ""))
    for outcome, count in summary.outcomes.items():
        if count:
            yield wording.outcome(outcome), count
    yield ()
    yield from _items(summary, wording)
    yield ()
    yield (wording.own("summary.never"),)
    yield (wording.own("summary.source"),)


def _facts(summary: SweepSummary, wording: Wording) -> Iterator[Row]:
    for key, value in (
        ("sweep", summary.sweep),
        ("started", summary.started),
        ("finished", summary.finished),
        ("tool", f"tomcat-fleet {summary.tool}"),
        ("guide", summary.guide),
        ("advisories", summary.advisories_date),
        ("limit", summary.limit),
    ):
        if value:
            yield wording.own(f"summary.{key}"), value
    for name, digest in sorted(summary.inventory_sha256.items()):
        yield wording.own("summary.inventory"), f"{name}\n{digest}"
    yield wording.own("summary.targets"), summary.targets
    yield wording.own("summary.instances"), summary.instances
    yield wording.own("summary.score"), told_score(summary, wording)
    yield wording.own("summary.waived"), sum(summary.waived.values())


def told_score(summary: SweepSummary, wording: Wording) -> str:
    """The score and how it comes about."""
    if summary.score is None:
        return wording.page("score_none")
    passed, failed = summary.statuses[Status.PASS], summary.statuses[Status.FAIL]
    return f"{summary.score:.1f}\n{wording.page('score_formula', p=passed, f=failed)}"


def _items(summary: SweepSummary, wording: Wording) -> Iterator[Row]:
    yield Heading(
        (
            wording.own("summary.verdicts"),
            wording.own("column.item"),
            wording.own("column.severity"),
            *(wording.status(status).text for status in WORST_FIRST),
            wording.own("summary.all"),
            wording.own("summary.waived"),
        )
    )
    for code, counts in summary.items.items():
        item = wording.guide.items.get(code)
        title, severity = (wording.of(item.title), wording.severity(item.severity)) if item else ("", "")
        numbers = tuple(counts[status] for status in WORST_FIRST)
        yield code, title, severity, *numbers, sum(numbers), summary.waived.get(code, 0)
    for level, counts in summary.severities.items():
        numbers = tuple(counts[status] for status in WORST_FIRST)
        waived = summary.waived_severities.get(level, 0)
        yield wording.own("summary.all"), "", wording.severity(level), *numbers, sum(numbers), waived
    numbers = tuple(summary.statuses[status] for status in WORST_FIRST)
    yield wording.own("summary.all"), "", "", *numbers, sum(numbers), sum(summary.waived.values())
