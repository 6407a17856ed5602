"""Sweeps in a row, from the counts that each has left; no span is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from tomcat_fleet.history import schema as t
from tomcat_fleet.model.result import TrendPoint
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import COMPLETE, Status

LONGEST: Final = 30


def trend(
    connection: Connection, series: str, *, last: int = LONGEST, zone: str | None = None, until: int | None = None
) -> tuple[TrendPoint, ...]:
    """The ``last`` sweeps of a series up to ``until``, the newest last; of one zone only, when it is named."""
    query = select(t.sweep.c.number).where(t.sweep.c.series == series, ~t.sweep.c.pruned)
    if until is not None:
        query = query.where(t.sweep.c.number <= until)
    numbers = connection.execute(query.order_by(t.sweep.c.number.desc()).limit(last)).scalars().all()
    return points(connection, sorted(numbers), zone)


def points(connection: Connection, numbers: Sequence[int], zone: str | None = None) -> tuple[TrendPoint, ...]:
    """One point for each of ``numbers``, in that order."""
    items, outcomes = t.sweep_item_summary.c, t.sweep_outcome_summary.c
    verdicts = (
        select(items.sweep_number, items.verdict, func.sum(items.n))
        .where(items.sweep_number.in_(numbers))
        .group_by(items.sweep_number, items.verdict)
    )
    counts = (
        select(outcomes.sweep_number, outcomes.outcome, func.sum(outcomes.targets), func.sum(outcomes.instances))
        .where(outcomes.sweep_number.in_(numbers))
        .group_by(outcomes.sweep_number, outcomes.outcome)
    )
    if zone is not None:
        verdicts, counts = verdicts.where(items.zone == zone), counts.where(outcomes.zone == zone)
    statuses: dict[int, dict[Status, int]] = {number: dict.fromkeys(Status, 0) for number in numbers}
    for number, verdict, n in connection.execute(verdicts):
        statuses[number][Status(verdict)] = int(n)
    targets, instances, incomplete = Counter[int](), Counter[int](), Counter[int]()
    for number, outcome, hosts, n in connection.execute(counts):
        targets[number] += int(hosts)
        instances[number] += int(n)
        incomplete[number] += 0 if outcome in COMPLETE else int(hosts)
    rows = connection.execute(select(t.sweep.c.number, t.sweep.c.sweep, t.sweep.c.started).where(
        t.sweep.c.number.in_(numbers)
    ))  # fmt: skip
    names = {int(number): (str(name), str(started)) for number, name, started in rows}
    return tuple(
        TrendPoint(
            sweep=names[number][0],
            started=names[number][1],
            targets=targets[number],
            instances=instances[number],
            statuses=statuses[number],
            incomplete=incomplete[number],
            score=score(statuses[number]),
        )
        for number in numbers
    )
