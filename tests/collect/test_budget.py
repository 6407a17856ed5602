"""Many conversations share the room for evidence: who holds far more than the others is ended, nobody else."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tomcat_fleet.collect.budget import Budget, Share
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome

MIB = 1 << 20
USUAL = MIB // 10


def opened(budget: Budget, stack: ExitStack, count: int) -> list[Share]:
    return [stack.enter_context(budget.share()) for _ in range(count)]


def test_a_greedy_conversation_is_ended_and_usual_ones_are_not() -> None:
    budget = Budget(concurrency=200)
    with ExitStack() as stack:
        usual, greedy = opened(budget, stack, 180), opened(budget, stack, 20)
        for share in greedy:
            share.holds(6 * MIB)
        for share in usual:
            share.holds(USUAL)
        with pytest.raises(TargetError, match="more evidence than there is room for") as caught:
            greedy[0].holds(7 * MIB)
        assert caught.value.outcome is Outcome.COLLECTOR_FAILED
        for share in usual:
            share.holds(4 * USUAL)


def test_alone_it_may_hold_as_much_as_the_transport_lets_through() -> None:
    with Budget(concurrency=64).share() as share:
        share.holds(64 * MIB)


def test_room_is_given_back() -> None:
    budget = Budget(concurrency=2)
    for _ in range(100):
        with budget.share() as share:
            share.holds(60 * MIB)


def test_a_thousand_usual_hosts_at_once_have_room() -> None:
    budget = Budget(concurrency=1000)
    with ExitStack() as stack:
        for share in opened(budget, stack, 1000):
            share.holds(5 * USUAL)
