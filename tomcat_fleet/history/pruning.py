"""Forgetting old sweeps, and nothing that a later answer needs."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, exists, func, or_, select, update

from tomcat_fleet.history import schema as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was forgotten."""

    sweeps: int
    observations: int
    spans: int


def prune(connection: Connection, before: str) -> Pruned:
    """Forget the sweeps of the days before ``before``, but for the last one of each series.

    Their counts and observations go, and every span that no remaining sweep needs: one is needed when it is the latest
    of its item as of a sweep that remains. A span keeps the days that it carries, so that open since, reopened and the
    last confirmation are told as before.
    """
    connection.execute(update(t.store).values(writes=t.store.c.writes + 1))
    last = select(func.max(t.sweep.c.number)).group_by(t.sweep.c.series)
    old = (
        select(t.sweep.c.number)
        .where(t.sweep.c.day < before, ~t.sweep.c.pruned, t.sweep.c.number.not_in(last))
        .order_by(t.sweep.c.number)
    )
    numbers = list(connection.execute(old).scalars())
    if not numbers:
        return Pruned(sweeps=0, observations=0, spans=0)
    connection.execute(update(t.sweep).where(t.sweep.c.number.in_(old)).values(pruned=True))
    gone = select(t.sweep.c.number).where(t.sweep.c.pruned)
    for table in (t.sweep_item_summary, t.sweep_outcome_summary):
        connection.execute(delete(table).where(table.c.sweep_number.in_(gone)))
    observations = _observations(connection)
    spans = _superseded(connection, t.finding, "instance_id", "item")
    _superseded(connection, t.sighting, "instance_id")
    return Pruned(sweeps=len(numbers), observations=observations, spans=spans)


def _observations(connection: Connection) -> int:
    """Sweep by sweep: looking the next one that remains up for every row would take a minute in a year's history."""
    later, sweeps = t.observation.alias(), connection.execute(select(t.sweep.c.number, t.sweep.c.pruned)).all()
    kept = sorted(row.number for row in sweeps if not row.pruned)
    gone = [{"of": row.number, "next": kept[bisect(kept, row.number)]} for row in sweeps if row.pruned]
    seen = t.observation.c
    same = (later.c.host_id == seen.host_id, later.c.sweep_number > seen.sweep_number)
    replaced = exists().where(*same, later.c.reached, later.c.sweep_number <= bindparam("next"))
    statement = delete(t.observation).where(
        seen.sweep_number == bindparam("of"), exists().where(*same), or_(~seen.reached, replaced)
    )
    return int(connection.execute(statement, gone).rowcount)


def _superseded(connection: Connection, table: Table, *key: str) -> int:
    """Delete rows that a later one of the same key replaces in every sweep that remains."""
    later = table.alias()
    replaced = exists().where(
        *(later.c[name] == table.c[name] for name in key),
        later.c.first_sweep > table.c.first_sweep,
        later.c.first_sweep <= _next(table.c.first_sweep),
    )
    return int(connection.execute(delete(table).where(replaced)).rowcount)


def _next(number: Any) -> Any:
    """The first sweep from ``number`` on that remains."""
    kept = t.sweep.alias()
    query = select(func.min(kept.c.number)).where(~kept.c.pruned, kept.c.number >= number)
    return query.correlate_except(kept).scalar_subquery()
