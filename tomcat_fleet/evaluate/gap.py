"""What could not be read, with the line that would help."""

from __future__ import annotations

from tomcat_fleet.model import escalation, escape
from tomcat_fleet.model.evidence import Evidence, Verb
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.result import GapResult
from tomcat_fleet.model.target import Become, Target

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
    refused = f"{_method(target)}: {evidence.host.become_reason}" if evidence.host.become_reason else ""
    said = (detail, unknown.detail, refused if unknown.gap is Gap.DENIED else "")
    return GapResult(
        source=path,
        gap=unknown.gap.value,
        detail=" ".join(part for part in said if part),
        help=_help(evidence, target, unknown),
    )


def _method(target: Target) -> str:
    return (target.become or Become()).method


def _help(evidence: Evidence, target: Target, unknown: Unknown) -> str:
    """The rule that would let the collector read it, when rights are what is missing: the one that ``plan`` prints."""
    host = evidence.host
    if unknown.gap is not Gap.DENIED or host.become is not None:
        return ""
    user = (target.become or Become()).user
    names = [escape.to_text(host.login_user), target.user or "", f"#{host.login_uid}" if host.login_uid >= 0 else ""]
    lines = (escalation.rule(_method(target), name, user) for name in [name for name in names if name] or ["LOGIN"])
    return next((line for line in lines if line), "")
