"""What results say, as lines of text in one language."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from tomcat_fleet.model.result import EvidenceRow, FindingResult, TargetResult, WaiverResult
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.wording import Wording

_SHOWN = 8  # rows of evidence or commands in one place; the page and results.jsonl have more
_FINDINGS = 20  # of one verdict
_LONGEST = 300  # characters of one piece of evidence: a command line must not fill the screen


def reason(result: TargetResult, wording: Wording) -> str:
    """What the transport said; the tool's own keys are told by the message."""
    key = result.outcome_reason or ""
    return "" if key in wording.guide.defects else wording.said(key)


def outcome(result: TargetResult, wording: Wording) -> str:
    """What became of a host: the word, and why."""
    parts = (wording.outcome(result.outcome).text, reason(result, wording), wording.of(result.outcome_message))
    return "\n".join(filter(None, parts))


def system(result: TargetResult) -> str:
    """The operating system, as far as it is known."""
    return (result.host.release or result.host.os) if result.host else ""


def sentence(finding: FindingResult, wording: Wording) -> str:
    """The message and what qualifies it."""
    return "\n".join(map(wording.of, (finding.message, *finding.notes)))


def evidence(finding: FindingResult, wording: Wording) -> str:
    """The first pieces of evidence, a line each."""
    return some((_evidence(row, wording) for row in finding.evidence), len(finding.evidence), wording)


def commands(finding: FindingResult, wording: Wording) -> str:
    """The first commands, a line each."""
    return some(finding.commands, len(finding.commands), wording)


def waiver(finding: FindingResult, wording: Wording) -> str:
    """Who has accepted the risk, why and until when; said as well of a waiver that has run out."""
    if finding.waiver:
        return _accepted(finding.waiver)
    if finding.expired_waiver:
        return f"{wording.own('waiver.expired')}: {_accepted(finding.expired_waiver)}"
    return ""


def account(findings: Iterable[FindingResult], wording: Wording) -> str:
    """Everything that a reader of a plain text needs of the findings of one verdict."""
    found = tuple(findings)
    told = [_told(one, wording) for one in found[:_FINDINGS]]
    left = len(found) - _FINDINGS
    return "\n\n".join([*told, *([wording.own("more", n=left)] if left > 0 else [])])


def some(lines: Iterable[str], total: int, wording: Wording) -> str:
    """The first of ``total`` lines, and how many more there are."""
    left = total - _SHOWN
    return "\n".join([*islice(lines, _SHOWN), *([wording.own("more", n=left)] if left > 0 else [])])


def _told(finding: FindingResult, wording: Wording) -> str:
    parts = (
        ("subject", finding.subject),
        ("finding", sentence(finding, wording)),
        ("evidence", evidence(finding, wording)),
        ("remedy", wording.steps(finding.remediation)),
        ("commands", commands(finding, wording)),
        ("waiver", waiver(finding, wording)),
    )
    return "\n".join(f"{wording.own(f'column.{key}')}: {shown(text)}" for key, text in parts if text)


def _accepted(waiver: WaiverResult) -> str:
    return f"{waiver.who} · {waiver.why} · {waiver.until}"


def _evidence(row: EvidenceRow, wording: Wording) -> str:
    source = wording.said(row.source) if row.kind == "observation" else row.source
    place = f"{source}:{row.line}" if row.line else source
    said = row.excerpt or next((line.text.strip() for line in row.context if line.mark), "")
    if row.kind == "gap":
        key, _, rest = said.partition(": ")
        said = f"{wording.gap(key)}: {rest}" if rest else wording.gap(key)
    elif row.kind == "observation":
        said = wording.said(said)
    text = f"{place} {said}".strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
