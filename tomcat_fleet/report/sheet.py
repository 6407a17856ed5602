"""The tables of a sweep as rows: findings, verdicts by host, what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.model.result import EvidenceRow, FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome, Status
from tomcat_fleet.report.cell import Cell
from tomcat_fleet.report.wording import Wording

_SHOWN = 8  # rows of evidence or commands in one cell; the page and results.jsonl have more
_LONGEST = 300  # characters of one piece of evidence: a command line must not fill the screen
_OPEN = frozenset({Status.UNKNOWN, Status.ERROR})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``key`` names its heading, ``width`` is in characters."""

    key: str
    width: int


_WHERE = (Column("host", 22), Column("address", 17), Column("zone", 12))
FINDINGS = (
    *_WHERE, Column("groups", 14), Column("os", 20), Column("version", 13), Column("base", 28), Column("code", 8),
    Column("item", 26), Column("severity", 10), Column("status", 14), Column("finding", 56), Column("subject", 34),
    Column("evidence", 56), Column("remedy", 48), Column("commands", 48), Column("impact", 36), Column("waiver", 30),
    Column("key", 18), Column("page", 34),
)  # fmt: skip
FOLLOW_UP = (Column("owner", 12), Column("due", 13), Column("done", 24))  # left to the reader
UNKNOWN = (
    *_WHERE, Column("kind", 20), Column("base", 28), Column("code", 8), Column("source", 40), Column("reason", 44),
    Column("detail", 40), Column("help", 56),
)  # fmt: skip


def matrix_columns(wording: Wording) -> tuple[Column, ...]:
    """The columns of ``matrix``; those of the items are headed by their codes."""
    items = (Column(code, 10) for code in wording.guide.items)
    before = (Column("outcome", 15), Column("base", 28), Column("version", 13), Column("account", 12))
    return (*_WHERE, *before, Column("failing", 9), *items)


def headings(columns: tuple[Column, ...], wording: Wording) -> tuple[str, ...]:
    """The first row."""
    return tuple(one.key if one.key in wording.guide.items else wording.own(f"column.{one.key}") for one in columns)


def findings(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every finding; for a host without any, one that says what became of it."""
    for instance in result.instances:
        for finding in instance.findings:
            yield _finding(result, instance, finding, wording)
    if not result.instances:
        outcome = wording.outcome(result.outcome)
        said = "\n".join(filter(None, (wording.said(_reason(result, wording)), wording.of(result.outcome_message))))
        page = f"hosts/{result.slug}.html"
        where = (*_where(result), ", ".join(result.groups), _system(result))
        yield (*where, "", "", "", "", "", outcome, said, "", "", "", "", "", "", result.outcome.value, page)


def matrix(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every instance; for a host without any, one without verdicts."""
    outcome = wording.outcome(result.outcome)
    for one in result.instances:
        verdicts = tuple(wording.status(one.verdicts.get(code, Status.ERROR)) for code in wording.guide.items)
        failing = sum(status is Status.FAIL for status in one.verdicts.values())
        account = one.user or ("" if one.uid is None else str(one.uid))
        yield (*_where(result), outcome, one.base, one.version or "", account, failing, *verdicts)
    if not result.instances:
        blank = "–" if result.outcome is Outcome.NO_TOMCAT else wording.status("none")
        yield (*_where(result), outcome, "", "", "", "", *(blank for _ in wording.guide.items))


def unknown(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for a host that was not audited or only in part, for every item not judged, for every source not read."""
    where = _where(result)
    if result.outcome not in COMPLETE:
        kind = "partial" if result.outcome is Outcome.PARTIAL else "host"
        outcome, message = wording.outcome(result.outcome), wording.of(result.outcome_message)
        reason = wording.said(_reason(result, wording))
        yield (*where, wording.own(f"kind.{kind}"), "", "", "", outcome.text, reason, message)
    for instance in result.instances:
        for finding in (one for one in instance.findings if one.status in _OPEN):
            sources = "\n".join(dict.fromkeys(row.source for row in finding.evidence if row.kind == "gap"))
            source = sources or finding.subject
            said = (wording.own("kind.item"), instance.base, finding.item, source, wording.of(finding.message))
            yield (*where, *said, finding.subject, wording.steps(finding.remediation))
    for gap in result.gaps:
        reason, detail = wording.gap(gap.gap), wording.said(gap.detail)
        yield (*where, wording.own("kind.gap"), "", "", gap.source, reason, detail, gap.help)


def _where(result: TargetResult) -> tuple[str, str, str]:
    return result.target, result.address, result.zone or ""


def _system(result: TargetResult) -> str:
    return (result.host.release or result.host.os) if result.host else ""


def _reason(result: TargetResult, wording: Wording) -> str:
    """What the transport said; the tool's own keys are told by the message."""
    reason = result.outcome_reason or ""
    return "" if reason in wording.guide.defects else reason


def _finding(
    result: TargetResult, instance: InstanceResult, finding: FindingResult, wording: Wording
) -> tuple[Cell, ...]:
    item = wording.guide.items.get(finding.item)
    mends = finding.status not in {Status.PASS, Status.NOT_APPLICABLE}
    return (
        *_where(result),
        ", ".join(result.groups),
        _system(result),
        instance.version or "",
        instance.base,
        finding.item,
        wording.of(item.title) if item else "",
        wording.severity(finding.severity),
        wording.status(finding.status),
        "\n".join(map(wording.of, (finding.message, *finding.notes))),
        finding.subject,
        _some([_evidence(row, wording) for row in finding.evidence], wording),
        wording.steps(finding.remediation),
        _some(list(finding.commands), wording),
        wording.of(item.impact) if item and mends else "",
        f"{finding.waiver.who} · {finding.waiver.why} · {finding.waiver.until}" if finding.waiver else "",
        finding.reason,
        f"hosts/{result.slug}.html#{finding.item.lower()}",
    )


def _evidence(row: EvidenceRow, wording: Wording) -> str:
    source = wording.said(row.source) if row.kind == "observation" else row.source
    place = f"{source}:{row.line}" if row.line else source
    said = row.excerpt or next((line.text.strip() for line in row.context if line.mark), "")
    if row.kind == "gap":
        key, _, detail = said.partition(": ")
        said = f"{wording.gap(key)}: {detail}" if detail else wording.gap(key)
    elif row.kind == "observation":
        said = wording.said(said)
    text = f"{place} {said}".strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _some(lines: list[str], wording: Wording) -> str:
    left = len(lines) - _SHOWN
    return "\n".join([*lines[:_SHOWN], *([wording.own("more", n=left)] if left > 0 else [])])
