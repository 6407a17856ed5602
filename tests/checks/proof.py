"""One case file proven: the verdict of its name, with evidence and words for everything that is said."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.checks.case import VERDICTS, Case, host_of, load, policy_of, target_of
from tests.verdict import audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.checks import ALL
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.tomcat.examine import Settings, examine

CHECKS = {check.slug: check for check in ALL}


def prove(path: Path) -> None:
    """Judge the host of the case; the verdict is in the file name, the check in the folder's."""
    case = load(path)
    check, wanted = CHECKS[path.parent.name], VERDICTS[path.stem.partition("-")[0]]
    host = host_of(case)
    result = audit(host, target=target_of(case), policy=policy_of(case), today=case.today)
    instance = _instance(result, case)
    found = [one for one in instance.findings if one.item == check.item]
    _has_evidence_and_words(instance.findings)
    assert b"C4NARY" not in msgspec.json.encode(result), "a secret in the result"
    said = [(one.status.value, one.reason, one.subject, one.message.en) for one in found]
    assert instance.verdicts[check.item] is wanted, said
    decisive = [one for one in found if one.status is wanted]
    expect = case.expect
    assert expect.reason in {None, *(one.reason for one in decisive)}, said
    assert expect.subject in {None, *(one.subject for one in decisive)}, said
    assert expect.evidence in {None, *(row.source for one in decisive for row in one.evidence)}
    assert expect.command in {None, *(line for one in decisive for line in one.commands)}
    if expect.notes:
        assert set(expect.notes) <= _notes(host, case, check.item, instance.base), said
    assert {item: instance.verdicts[item].value for item in expect.verdicts} == expect.verdicts
    for base, verdicts in expect.others.items():
        other = next(one for one in result.instances if one.base == base)
        assert {item: other.verdicts[item].value for item in verdicts} == verdicts


def _instance(result: TargetResult, case: Case) -> InstanceResult:
    assert len(result.instances) == case.expect.instances, (result.instances, result.seen, result.outcome_reason)
    wanted = case.expect.base
    return next(one for one in result.instances if wanted in {None, one.base})


def _has_evidence_and_words(findings: tuple[FindingResult, ...]) -> None:
    for one in findings:
        assert one.status is not Status.ERROR, one
        assert one.evidence, one
        for words in (one.message, *one.notes):
            assert words.ko.strip(), one
            assert words.en.strip(), one


def _notes(host: VirtualHost, case: Case, item: str, base: str) -> set[str]:
    """Keys of all notes and reasons of the item, which the result holds as sentences only."""
    settings = Settings(policy=policy_of(case), today=case.today)
    evidence: Evidence = host.evidence(target_of(case), settings)
    instances = examine(evidence, target_of(case), settings).instances
    instance = next(one for one in instances if one.base == base)
    check = next(one for one in ALL if one.item == item)
    context = Context(policy=settings.policy, today=settings.today)
    return {note.value for finding in check.judge(instance, context) for note in (*finding.notes, finding.reason)}
