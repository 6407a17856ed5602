"""Accepted risks as rows: every waiver of the file, expired and unused ones too, and the findings that they cover."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.result import SweepSummary, TargetResult, WaiverUse
from tomcat_fleet.report import detail
from tomcat_fleet.report.cell import Cell, Marked
from tomcat_fleet.report.sheet import WHERE, Column
from tomcat_fleet.report.wording import Wording

COLUMNS = (
    Column("kind", 20), Column("state", 14), *WHERE, Column("base", 28), Column("code", 8), Column("subject", 34),
    Column("status", 12), Column("finding", 44), Column("who", 18), Column("why", 44), Column("until", 13),
    Column("scope", 36), Column("covered", 12), Column("hosts", 12), Column("origin", 24),
)  # fmt: skip
_LOOKS = {"in_force": "audited", "expiring": "manual", "expired": "fail", "unused": "no_tomcat"}


def waivers(summary: SweepSummary, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every waiver that the sweep was given."""
    for use in summary.waivers:
        unsaid = ("",) * 8  # where, instance, item, subject, status, finding
        known = (wording.own("kind.waiver"), _states(use, wording), *unsaid, use.who, use.why, use.until)
        yield (*known, _scope(use, wording), use.findings, use.hosts, use.source)


def waived(result: TargetResult, wording: Wording) -> Iterator[tuple[Cell, ...]]:
    """A row for every finding that has a waiver, or had one until it ran out."""
    for instance in result.instances:
        for finding in instance.findings:
            waiver = finding.waiver or finding.expired_waiver
            if waiver is None:
                continue
            state = "expired" if finding.waiver is None else "expiring" if waiver.expiring else "in_force"
            yield (
                wording.own("kind.waived"), _state(state, wording), result.zone or "", result.target, result.address,
                instance.base, finding.item, finding.subject, wording.status(finding.status),
                detail.sentence(finding, wording), waiver.who, waiver.why, waiver.until, "", "", "", waiver.source,
            )  # fmt: skip


def _state(key: str, wording: Wording) -> Marked:
    return Marked(wording.own(f"waiver.{key}"), _LOOKS[key])


def _states(use: WaiverUse, wording: Wording) -> Marked:
    known = _state(use.state, wording)
    return known if use.findings else Marked(f"{known.text} · {wording.own('waiver.unused')}", known.style)


def _scope(use: WaiverUse, wording: Wording) -> str:
    patterns = ((key, ", ".join(use.scope.get(f"{key}s", ()))) for key in ("item", "target", "instance", "subject"))
    told = "\n".join(f"{wording.own(f'scope.{key}')}: {text}" for key, text in patterns if text)
    return told or wording.own("scope.everything")
