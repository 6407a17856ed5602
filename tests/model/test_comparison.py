"""Two sweeps item by item: every class of a re-diagnosis, with the findings of both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.report import sample
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.comparison import Absence, Comparison, Kind, compare
from tomcat_fleet.model.result import FindingResult, TargetResult, WaiverResult
from tomcat_fleet.model.status import Outcome, Status

OK, BAD = sample.words("양호", "fine"), sample.words("취약", "bad")
HELD = WaiverResult(who="운영팀", why="교체 예정", until="2027-01-31")


def said(text: str, waiver: WaiverResult | None = None) -> tuple[FindingResult, ...]:
    """A letter is a finding: p, u, n, or a failure named by any other letter."""
    others = {"p": Status.PASS, "u": Status.UNKNOWN, "n": Status.NOT_APPLICABLE, "m": Status.MANUAL, "e": Status.ERROR}
    return tuple(
        sample.finding("WT-07", others[one], "met", OK, "/x") if one in others
        else sample.finding("WT-07", Status.FAIL, "excess", BAD, f"/{one}", waiver=waiver)
        for one in text
    )  # fmt: skip


def host(text: str, waiver: WaiverResult | None = None) -> TargetResult | None:
    """``-`` not reached, ``.`` audited and without the instance, ``?`` the same in part, a blank: not in the sweep."""
    if text == " ":
        return None
    outcome = {"-": Outcome.TIMEOUT, ".": Outcome.AUDITED, "?": Outcome.PARTIAL}.get(text)
    if outcome is not None:
        return sample.target("web01", (), outcome)
    findings = said(text, waiver)
    order = (Status.FAIL, Status.ERROR, Status.UNKNOWN, Status.MANUAL, Status.PASS, Status.NOT_APPLICABLE)
    verdict = next(one for one in order if one in {finding.status for finding in findings})
    bare = sample.instance(sample.good_findings())
    instance = replace(bare, verdicts={"WT-07": verdict}, findings=findings)
    return replace(sample.target("web01"), instances=(instance,))


def held(old: TargetResult | None, new: TargetResult | None) -> Comparison:
    return compare([old] if old else [], [new] if new else [])


@pytest.mark.parametrize(("old", "new", "kind", "absence"), [
    ("a", "p", Kind.FIXED, None),
    ("ab", "n", Kind.FIXED, None),
    ("ab", "ap", Kind.PARTLY, None),
    ("ab", "au", Kind.OPEN, None),  # the other one could not be read: nothing proves it mended
    ("ab", "am", Kind.OPEN, None),
    ("abu", "aup", Kind.PARTLY, None),  # nobody knew it then either
    ("ab", "abp", Kind.OPEN, None),
    ("ab", "c", Kind.OPEN, None),
    ("ab", "ac", Kind.OPEN, None),  # one gone, one new
    ("a", "ab", Kind.OPEN, None),
    ("a", "u", Kind.NOT_CHECKED, None),
    ("a", "m", Kind.NOT_CHECKED, None),
    ("a", "e", Kind.NOT_CHECKED, None),
    ("a", "-", Kind.NOT_CHECKED, Absence.NOT_REACHED),
    ("a", " ", Kind.NOT_CHECKED, Absence.NO_TARGET),
    ("a", ".", Kind.NOT_CHECKED, Absence.GONE),
    ("a", "?", Kind.NOT_CHECKED, Absence.NOT_FOUND),
    ("p", "a", Kind.NEW, None),
    ("u", "a", Kind.NEW, None),
    (" ", "a", Kind.NEW, None),
    ("-", "a", Kind.NEW, None),
    ("p", "n", Kind.PASSED, None),
    ("u", "p", Kind.PASSED, None),
    (".", "p", Kind.PASSED, None),
    ("p", "u", Kind.UNDECIDED, None),
    ("p", "-", Kind.UNDECIDED, Absence.NOT_REACHED),
    ("u", " ", Kind.UNDECIDED, Absence.NO_TARGET),
])  # fmt: skip
def test_classes(old: str, new: str, kind: Kind, absence: Absence | None) -> None:
    found = held(host(old), host(new))
    (row,) = found.rows
    assert (row.kind, row.now.absence) == (kind, absence)
    assert found.counts == {each: int(each is kind) for each in Kind}
    assert (row.target, row.base, row.item, row.severity) == ("web01", sample.BASE, "WT-07", "high")
    for side, text in ((row.was, old), (row.now, new)):
        assert [one.subject for one in side.failures] == [f"/{letter}" for letter in text if letter in "abc"]
        assert (side.status is None) == (side.absence is not None) == (text in " -.?")


def test_a_waiver_changes_no_class_and_stands_in_the_findings() -> None:
    (row,) = held(host("a"), host("a", HELD)).rows
    assert row.kind is Kind.OPEN
    assert (row.was.waived, row.now.waived) == (False, True)
    assert row.now.failures[0].waiver == HELD
    assert row.now.failures[0].message == BAD


def test_a_fleet_is_compared_whole_and_in_order() -> None:
    old, new = sample.fleet(), [one for one in sample.fleet() if one.target != "web01"]
    found = compare(old, reversed(new))
    items = sum(len(instance.verdicts) for one in old for instance in one.instances if one.outcome in {
        Outcome.AUDITED, Outcome.PARTIAL})  # fmt: skip
    assert len(found.rows) == sum(found.counts.values()) == items
    assert [(row.severity, row.target, row.base, row.item) for row in found.rows] == sorted(
        ((row.severity, row.target, row.base, row.item) for row in found.rows),
        key=lambda key: (("high", "medium", "low").index(key[0]), *key[1:]),
    )
    short = compare(old, new, passed=False)
    assert short.counts == found.counts
    assert not [row for row in short.rows if row.kind is Kind.PASSED]
    failing = sum(verdict is Status.FAIL for one in old for each in one.instances for verdict in each.verdicts.values())
    assert found.failed == failing
    with pytest.raises(ConfigError, match="web01: has two results in the later sweep"):
        compare([], [sample.good(), sample.good()])
