"""What could not be read, with the line that would help."""

from __future__ import annotations

from tomcat_fleet.model.evidence import Evidence, Verb
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.result import GapResult
from tomcat_fleet.model.target import Target

_MOST = 200


def listed(evidence: Evidence, target: Target) -> tuple[GapResult, ...]:
    """Every unanswered question of the evidence, at most 200, in the order of their paths."""
    gaps = {
        (question.path, question.detail): answer
        for question, answer in evidence.answers.items()
        if isinstance(answer, Unknown) and question.verb is not Verb.PACKAGE
    }
    rows = [_row(evidence, target, path, detail, gaps[path, detail]) for path, detail in sorted(gaps)]
    rows.extend(
        _row(evidence, target, fact.source, "", fact)
        for fact in (evidence.processes, evidence.search_complete)
        if isinstance(fact, Unknown) and not (fact.gap is Gap.NOT_COLLECTED and not target.discover)
    )
    return tuple(rows[:_MOST])


def _row(evidence: Evidence, target: Target, path: str, detail: str, unknown: Unknown) -> GapResult:
    said = " ".join(part for part in (detail, unknown.detail) if part)
    return GapResult(source=path, gap=unknown.gap.value, detail=said, help=_help(evidence, target, unknown))


def _help(evidence: Evidence, target: Target, unknown: Unknown) -> str:
    """The sudoers line that would let the collector read it, when rights are what is missing."""
    if unknown.gap is not Gap.DENIED or evidence.host.become is not None:
        return ""
    account = evidence.host.login_user or target.user or "LOGIN"
    user = target.become.user if target.become else "root"
    return f"{account} ALL=({user}) NOPASSWD: /bin/sh -s"
