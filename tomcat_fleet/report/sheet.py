"""The tables of a sweep as rows: findings, verdicts by host, what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import COMPLETE, Outcome, Status
from tomcat_fleet.report import detail
from tomcat_fleet.report.cell import Cell
from tomcat_fleet.report.wording import Wording

_OPEN = frozenset({Status.UNKNOWN, Status.ERROR})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``key`` names its heading, ``width`` is in characters."""

    key: str
    width: int


NUMBER = Column("no", 8)  # of the row; whoever writes the table counts
WHERE = (Column("zone", 12), Column("host", 22), Column("address", 17))
FINDINGS = (
    *WHERE, Column("os", 20), Column("version", 13), Column("base", 28), Column("code", 8), Column("item", 26),
    Column("severity", 10), Column("status", 14), Column("finding", 56), Column("subject", 34), Column("evidence", 56),
    Column("criterion", 40), Column("remedy", 48), Column("commands", 48), Column("impact", 36), Column("waiver", 30),
    Column("groups", 14), Column("key", 18), Column("page", 34),
)  # fmt: skip
FOLLOW_UP = (Column("owner", 12), Column("due", 13), Column("done", 24))  # left to the reader
UNKNOWN = (
    *WHERE, Column("kind", 20), Column("base", 28), Column("code", 8), Column("source", 40), Column("reason", 44),
    Column("detail", 40), Column("help", 56),
)  # fmt: skip


def matrix_columns(wording: Wording) -> tuple[Column, ...]:
    """The columns of ``matrix``; those of the items are headed by their codes."""
    items = (Column(code, 10) for code in wording.guide.items)
    before = (Column("outcome", 15), Column("base", 28), Column("version", 13), Column("account", 12))
    return (*WHERE, *before, Column("score", 9), Column("failing", 9), *items)


def headings(columns: tuple[Column, ...], wording: Wording) -> tuple[str, ...]:
    """The first row."""
    return tuple(one.key if one.key in wording.guide.items else wording.own(f"column.{one.key}") for one in columns)


def findings(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every finding; for a host that has none or was not fully audited, one that says what became of it."""
    for instance in result.instances:
        for finding in instance.findings:
            yield _finding(result, instance, finding, wording)
    if not result.instances or result.outcome not in COMPLETE:
        outcome = wording.outcome(result.outcome)
        said = "\n".join(filter(None, (detail.reason(result, wording), wording.of(result.outcome_message))))
        unsaid = ("",) * 7  # subject, evidence, criterion, remedy, commands, impact, waiver
        known = (*_where(result), detail.system(result), "", "", "", "", "", outcome, said, *unsaid)
        yield (*known, ", ".join(result.groups), result.outcome.value, f"hosts/{result.slug}.html")


def matrix(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every instance with its score; for a host without any, one without verdicts."""
    outcome = wording.outcome(result.outcome)
    for one in result.instances:
        verdicts = tuple(wording.status(one.verdicts.get(code, Status.ERROR)) for code in wording.guide.items)
        counts = Counter(one.verdicts.values())
        points = score(counts)
        account = one.user or ("" if one.uid is None else str(one.uid))
        known = (*_where(result), outcome, one.base, one.version or "", account)
        yield (*known, "–" if points is None else f"{points:.1f}", counts[Status.FAIL], *verdicts)
    if not result.instances:
        blank = "–" if result.outcome is Outcome.NO_TOMCAT else wording.status("none")
        yield (*_where(result), outcome, "", "", "", "–", "", *(blank for _ in wording.guide.items))


def unknown(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """Rows for what could not be audited, judged or read, with what would help."""
    where = _where(result)
    if result.outcome not in COMPLETE:
        kind = "partial" if result.outcome is Outcome.PARTIAL else "host"
        said, message = wording.outcome(result.outcome), wording.of(result.outcome_message)
        reason = detail.reason(result, wording)
        yield (*where, wording.own(f"kind.{kind}"), "", "", "", said.text, reason, message)
    for instance in result.instances:
        for finding in (one for one in instance.findings if one.status in _OPEN):
            sources = "\n".join(dict.fromkeys(row.source for row in finding.evidence if row.kind == "gap"))
            source = sources or finding.subject
            told = (wording.own("kind.item"), instance.base, finding.item, source, wording.of(finding.message))
            yield (*where, *told, finding.subject, wording.steps(finding.remediation))
    for gap in result.gaps:
        yield (*where, wording.own("kind.gap"), "", "", gap.source, wording.gap(gap.gap), wording.said(gap.detail),
               gap.help)  # fmt: skip


def _where(result: TargetResult) -> tuple[str, str, str]:
    return result.zone or "", result.target, result.address


def _finding(
    result: TargetResult, instance: InstanceResult, finding: FindingResult, wording: Wording
) -> tuple[Cell, ...]:
    item = wording.guide.items.get(finding.item)
    mends = finding.status not in {Status.PASS, Status.NOT_APPLICABLE}
    return (
        *_where(result),
        detail.system(result),
        instance.version or "",
        instance.base,
        finding.item,
        wording.of(item.title) if item else "",
        wording.severity(finding.severity),
        wording.status(finding.status),
        detail.sentence(finding, wording),
        finding.subject,
        detail.evidence(finding, wording),
        wording.of(item.criterion) if item else "",
        wording.steps(finding.remediation),
        detail.commands(finding, wording),
        wording.of(item.impact) if item and mends else "",
        detail.waiver(finding, wording),
        ", ".join(result.groups),
        finding.reason,
        f"hosts/{result.slug}.html#{finding.item.lower()}",
    )
