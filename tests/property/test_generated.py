"""The invariants of the verdicts over hosts that nobody chose: any mix of what instances are made of."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.generated import Plan, plans
from tests.property.loss import better, damages, stale
from tests.property.sound import findings, no_better, verdicts
from tests.property.stream import Listener, framed, recorded
from tests.property.test_invariance import NONSENSE, shuffled
from tests.thorough import times
from tests.verdict import audit, result_of
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.evidence import Verb
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.result import WaiverResult
from tomcat_fleet.model.status import Status, worst

LISTENER = Listener()
many = settings(max_examples=times(30, 80), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(plan=plans(), at=st.integers(0, 400), chance=st.integers(0, 400))
def test_i1_no_record_can_be_lost_for_the_better(plan: Plan, at: int, chance: int) -> None:
    records = recorded(plan.host())
    before = LISTENER.judged(framed(records))
    assert before is not None
    found = list(damages(records, at % len(records)))
    damage = found[chance % len(found)]
    after = LISTENER.judged(framed(damage.records))
    if after is not None:
        assert not better(before, after), (damage.how, records[at % len(records)].verb, better(before, after))
        assert not (damage.lost and stale(records[at % len(records)], before, after)), damage.how


@many
@given(plan=plans(), data=st.data())
def test_i1_nothing_can_be_lost_together_for_the_better(plan: Plan, data: st.DataObject) -> None:
    whole = plan.host().evidence()
    gone = data.draw(st.sets(st.sampled_from(sorted(whole.answers)), min_size=1, max_size=12))
    gap = data.draw(st.sampled_from(Gap))
    answers = {q: Unknown(gap, q.path) if q in gone else a for q, a in whole.answers.items()}
    before, after = result_of(whole), result_of(replace(whole, answers=answers))
    assert not better(before, after), better(before, after)


@many
@given(plan=plans())
def test_i2_a_command_that_failed_found_not_nothing(plan: Plan) -> None:
    """When no listing and no search could be done, nothing is said to be absent or in order for that."""
    whole = plan.host().evidence()
    verbs = {Verb.LISTING, Verb.SEARCH}
    answers = {q: Unknown(Gap.FAILED, q.path) if q.verb in verbs else a for q, a in whole.answers.items()}
    after = result_of(replace(whole, answers=answers))
    assert not better(result_of(whole), after)
    for (_, item), status in verdicts(after).items():
        if item in {"WT-01", "WT-06", "WT-07", "WT-08", "WT-10", "WT-11", "WT-12"}:
            assert status is not Status.PASS, item


def _commented(plan: Plan, nonsense: str, at: int) -> VirtualHost:
    made = plan.host()
    texts = [node for name, node in sorted(made.nodes.items()) if name.endswith(".xml") and b"</" in node.data]
    node = texts[at % len(texts)]
    end = node.data.rindex(b"</")
    node.data = node.data[:end] + f"<!-- {nonsense} -->".encode() + node.data[end:]
    return made


@many
@given(plan=plans(), nonsense=st.sampled_from(NONSENSE), at=st.integers(0, 100))
def test_i3_comments_never_count(plan: Plan, nonsense: str, at: int) -> None:
    assert findings(audit(_commented(plan, nonsense, at))) == findings(audit(plan.host()))


@many
@given(plan=plans())
def test_i4_every_verdict_carries_its_evidence(plan: Plan) -> None:
    result = audit(plan.host())
    for instance in result.instances:
        for item, status in instance.verdicts.items():
            own = [one for one in instance.findings if one.item == item]
            assert status is worst(one.status for one in own)
            for one in own:
                assert one.status is not Status.ERROR, one
                assert one.evidence, one
                assert all(row.source and row.kind for row in one.evidence), one
                assert one.message.ko, one
                assert one.message.en, one


@many
@given(plan=plans())
def test_i5_an_accepted_risk_changes_no_stored_verdict(plan: Plan) -> None:
    """A waiver is laid over a finding afterwards: whatever it says, every verdict and count stays what it was."""
    result = audit(plan.host())
    accepted = WaiverResult(who="a", why="b", until="2026-12-31")
    waived = replace(
        result,
        instances=tuple(
            replace(one, findings=tuple(replace(finding, waiver=accepted) for finding in one.findings))
            for one in result.instances
        ),
    )
    read = msgspec.json.decode(msgspec.json.encode(waived))
    assert [one["verdicts"] for one in read["instances"]] == [
        {item: status.value for item, status in one.verdicts.items()} for one in result.instances
    ]
    assert read["verdicts"] == {item: status.value for item, status in result.verdicts.items()}
    assert all(
        finding["waiver"] == msgspec.to_builtins(accepted) for one in read["instances"] for finding in one["findings"]
    )


@many
@given(plan=plans(), at=st.integers(0, 400), more=st.integers(0, 0o7777), acl=st.booleans())
def test_i6_a_wider_mode_never_helps(plan: Plan, at: int, more: int, acl: bool) -> None:  # noqa: FBT001 - hypothesis
    narrow, wide = plan.host(), plan.host()
    path = sorted(wide.nodes)[at % len(wide.nodes)]
    wide.nodes[path].mode |= more
    wide.nodes[path].acl = acl
    before, after = verdicts(audit(narrow)), verdicts(audit(wide))
    assert not [key for key in before if not no_better(after[key], before[key])], (path, oct(more))


@many
@given(plan=plans(), seed=st.integers(min_value=0, max_value=1 << 32))
def test_i7_order_changes_nothing(plan: Plan, seed: int) -> None:
    whole = plan.host().evidence()
    if isinstance(whole.processes, Unknown):
        return
    assert findings(result_of(shuffled(whole, random.Random(seed)))) == findings(result_of(whole))
