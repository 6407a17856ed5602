"""The first sheet: what was audited when, what came of it, what the words mean, and who signs."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import COMPLETE, WORST_FIRST
from tomcat_fleet.report.cell import Cell
from tomcat_fleet.report.summary_sheet import Heading, Row, told_score
from tomcat_fleet.report.wording import Wording

WIDTHS = (30, 70, 24)


def rows(summary: SweepSummary, classification: str, wording: Wording) -> Iterator[Row]:
    """The rows of the first sheet."""
    yield Heading((wording.page("fleet_title"), ""))
    if classification:
        yield wording.own("cover.classification"), classification
    yield wording.own("cover.period"), f"{summary.started} – {summary.finished}"
    yield wording.own("summary.guide"), summary.guide
    yield wording.own("summary.tool"), f"tomcat-fleet {summary.tool}"
    yield wording.own("summary.sweep"), summary.sweep
    yield (
        wording.own("cover.scope"),
        wording.own("cover.scope_text", targets=summary.targets, instances=summary.instances, items=len(summary.items)),
    )
    left = sum(count for outcome, count in summary.outcomes.items() if outcome not in COMPLETE)
    yield wording.own("cover.not_audited"), left
    yield wording.own("summary.score"), told_score(summary, wording)
    yield wording.own("summary.waived"), sum(summary.waived.values())
    yield ()
    yield Heading((wording.own("cover.results"), wording.own("cover.meaning"), wording.own("summary.instances")))
    for status in WORST_FIRST:
        meaning: Cell = wording.own(f"cover.{status}")
        yield wording.status(status), meaning, summary.statuses[status]
    yield ()
    yield Heading((wording.own("cover.signatures"), ""))
    for person in ("auditor", "reviewer", "approver"):
        yield wording.own(f"cover.{person}"), ""
