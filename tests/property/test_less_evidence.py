"""Taking evidence away, one answer at a time, never makes a verdict better, and what rested on it does not stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.sound import LAYOUTS, before, evidence, improved, rows, verdicts
from tests.thorough import times
from tests.verdict import result_of
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.evidence import Evidence, Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.result import EvidenceRow
from tomcat_fleet.model.status import Outcome, Status

LOST = Unknown(Gap.DENIED, "somewhere")


def damages(layout: str) -> Iterator[tuple[Question, str, Evidence]]:
    """Every answer dropped and replaced by a gap: by each gap for one layout, by two for the others."""
    whole = evidence(layout)
    gaps = tuple(Gap) if layout == LAYOUTS[0] else (Gap.DENIED, Gap.TRUNCATED)
    for question in whole.answers:
        others = {other: answer for other, answer in whole.answers.items() if other != question}
        yield question, "dropped", replace(whole, answers=others)
        for gap in gaps:
            lost = {**whole.answers, question: Unknown(gap, question.path)}
            yield question, gap.value, replace(whole, answers=lost)


def rested_on(question: Question, row: EvidenceRow) -> bool:
    """Whether the row shows what the answer to the question said."""
    path = f"{question.path}!/{question.detail}" if question.verb is Verb.MEMBER else question.path
    if question.verb in {Verb.CONTENT, Verb.MEMBER}:
        return row.kind == "file" and row.source == path and row.line is not None
    if question.verb is Verb.STATUS:
        return row.kind == "status" and row.source == path
    return question.verb is Verb.SEARCH and row.source == f"find {path}"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_answer_can_be_lost_for_the_better(layout: str) -> None:
    for question, how, damaged in damages(layout):
        after = result_of(damaged)
        assert not improved(layout, after), (question, how, improved(layout, after))
        for key, status in verdicts(after).items():
            if status is Status.PASS:
                stale = [row for row in rows(layout)[key] if rested_on(question, row)]
                assert not stale, (question, how, key)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_jar_can_be_lost_for_the_better(layout: str) -> None:
    whole = evidence(layout)
    for path in {question.path for question in whole.answers if question.verb is Verb.MEMBER}:
        members = {q: LOST if q.verb is Verb.MEMBER and q.path == path else a for q, a in whole.answers.items()}
        after = verdicts(result_of(replace(whole, answers=members)))
        jar_rows = {key for key, found in rows(layout).items() if any(r.source.startswith(f"{path}!/") for r in found)}
        assert not [key for key in jar_rows if after[key] is Status.PASS], path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_unlistable_directories_are_not_empty(layout: str) -> None:
    """Where a directory was cited as searched in vain, not being able to list it ends the pass."""
    whole = evidence(layout)
    for question in [question for question in whole.answers if question.verb is Verb.LISTING]:
        damaged = replace(whole, answers={**whole.answers, question: Unknown(Gap.FAILED, question.path)})
        for key, status in verdicts(result_of(damaged)).items():
            cited = any(row.kind == "file" and row.source == question.path for row in rows(layout)[key])
            assert not (cited and status is Status.PASS), (question, key)


def _surroundings(whole: Evidence) -> Iterator[tuple[str, Evidence]]:
    yield "no processes", replace(whole, processes=LOST)
    if isinstance(whole.processes, Known):
        yield "hidden processes", replace(whole, processes=Known(replace(whole.processes.value, complete=False)))
    yield "no accounts", replace(whole, accounts={})
    for key in whole.accounts:
        yield f"account {key}", replace(whole, accounts={**whole.accounts, key: LOST})
    yield "search", replace(whole, search_complete=LOST)
    yield "units", replace(whole, units=())
    yield "enabled units", replace(whole, enabled_units=frozenset())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_surrounding_can_be_lost_for_the_better(layout: str) -> None:
    for how, damaged in _surroundings(evidence(layout)):
        after = result_of(damaged)
        assert not improved(layout, after), how
        if how == "no processes":
            assert all(status is not Status.PASS for (_, item), status in verdicts(after).items() if item == "WT-05")
            assert after.outcome is Outcome.PARTIAL


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_unreadable_account_is_no_account(layout: str) -> None:
    whole = evidence(layout)
    lost = replace(whole, accounts=dict.fromkeys(whole.accounts, LOST))
    assert all(status is Status.UNKNOWN for (_, item), status in verdicts(result_of(lost)).items() if item == "WT-05")


@settings(max_examples=times(25, 60), deadline=None)
@given(layout=st.sampled_from((*LAYOUTS, "stock-7.0.106", "stock-10.1", "old")), data=st.data())
def test_nothing_can_be_lost_together_for_the_better(layout: str, data: st.DataObject) -> None:
    whole = evidence(layout)
    lost = data.draw(st.sets(st.sampled_from(sorted(whole.answers)), min_size=2, max_size=12))
    gone = data.draw(st.booleans())
    answers = {q: LOST if q in lost else a for q, a in whole.answers.items() if not (gone and q in lost)}
    after = result_of(replace(whole, answers=answers))
    assert not improved(layout, after), improved(layout, after)


def test_nothing_at_all_is_no_absence_unless_everything_was_seen() -> None:
    empty = VirtualHost().evidence()
    assert result_of(empty).outcome is Outcome.NO_TOMCAT
    for how, damaged in _surroundings(empty):
        if how in {"no processes", "hidden processes", "search"}:
            assert result_of(damaged).outcome is Outcome.PARTIAL, how


@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_any_answer_nothing_passes(layout: str) -> None:
    bare = result_of(replace(evidence(layout), answers={}))
    assert {item for (_, item), status in verdicts(bare).items() if status is Status.PASS} <= {"WT-05"}
    assert set(verdicts(bare)) <= set(before(layout)) or layout == "debian"
