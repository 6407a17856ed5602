"""What is different between two sweeps that the history has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select

from tomcat_fleet.history import schema as t
from tomcat_fleet.history.span import SOUND
from tomcat_fleet.history.trend import points
from tomcat_fleet.model.result import Change, Changes
from tomcat_fleet.model.status import Outcome, Severity, Status

LISTED: Final = 300
_PORTION: Final = 1000
_KINDS: Final = ("new", "reopened", "fixed")
_SEVEREST: Final = tuple(Severity)


def previous(connection: Connection, number: int) -> int | None:
    """The sweep before ``number`` in its series that has not been pruned."""
    series = select(t.sweep.c.series).where(t.sweep.c.number == number).scalar_subquery()
    query = select(func.max(t.sweep.c.number)).where(
        t.sweep.c.series == series, t.sweep.c.number < number, ~t.sweep.c.pruned
    )
    found: int | None = connection.execute(query).scalar_one()
    return found


def changes(connection: Connection, old: int, new: int, listed: int = LISTED) -> Changes:
    """What ``new`` has found to be different from what was known after ``old``."""
    found = sorted(_found(connection, old, new), key=order)
    kinds = Counter(one.kind for one in found)
    unseen = _unseen(connection, old, new)
    first = _first_seen(connection, old, new)
    (point,) = points(connection, [old])
    outcomes = connection.execute(
        select(t.sweep_outcome_summary.c.outcome, func.sum(t.sweep_outcome_summary.c.targets))
        .where(t.sweep_outcome_summary.c.sweep_number == old)
        .group_by(t.sweep_outcome_summary.c.outcome)
    )
    counted = {str(outcome): int(n) for outcome, n in outcomes}
    return Changes(
        sweep=point.sweep,
        started=point.started,
        new=kinds["new"],
        fixed=kinds["fixed"],
        reopened=kinds["reopened"],
        compared=_compared(connection, old, new),
        score=point.score,
        targets=point.targets,
        instances=point.instances,
        statuses=point.statuses,
        outcomes={outcome: counted.get(outcome, 0) for outcome in Outcome},
        listed=tuple(found[:listed]),
        unseen=tuple(unseen[:listed]),
        unseen_total=len(unseen),
        first_seen=tuple(first[:listed]),
        first_seen_total=len(first),
    )


def order(one: Change) -> tuple[object, ...]:
    """The most severe first."""
    return _SEVEREST.index(one.severity), _KINDS.index(one.kind), one.target, one.base, one.item


def was_reached(number: int) -> Select[tuple[int]]:
    """Ids of the hosts that a sweep has reached."""
    seen = t.observation.c
    return select(seen.host_id).where(seen.sweep_number == number, seen.reached)


def sighted(number: int) -> ColumnElement[bool]:
    """Whether a sighting goes on in ``number``, provided that the sweep has reached the host."""
    last = t.sighting.c.last_sweep
    return and_(t.sighting.c.first_sweep <= number, or_(last.is_(None), last >= number))


def _found(connection: Connection, old: int, new: int) -> Iterator[Change]:
    """A span that began after ``old`` and holds in ``new`` is the only place where a verdict can have changed."""
    span = t.finding.c
    query = (
        select(t.host.c.target, t.host.c.slug, t.host.c.first_sweep, t.instance.c.base, span.instance_id, span.item,
               span.severity, span.verdict)
        .join_from(t.finding, t.instance, t.instance.c.id == span.instance_id)
        .join(t.host, t.host.c.id == t.instance.c.host_id)
        .join(t.sighting, t.sighting.c.instance_id == t.instance.c.id)
        .where(span.first_sweep > old, span.first_sweep <= new)
        .where(or_(span.until_sweep.is_(None), span.until_sweep > new))
        .where(sighted(new), t.host.c.id.in_(was_reached(new)))
    )  # fmt: skip
    rows = connection.execute(query).all()
    former = _as_of(connection, old, (row.instance_id for row in rows if row.first_sweep <= old))
    told = []
    for row in rows:
        if row.first_sweep <= old:
            change = _change(row, former.get((row.instance_id, row.item)))
            if change is not None:
                told.append((row, change))
    undated = [
        (row, former[row.instance_id, row.item]) for row, one in told if one.kind == "reopened" and not one.since
    ]
    dated = _confirmed(connection, [span for _, span in undated], old)
    for row, change in told:
        known_pass = change.kind == "reopened" and not change.since
        yield replace(change, since=dated[row.instance_id, row.item]) if known_pass else change


def _change(row: Any, before: Row[Any] | None) -> Change | None:
    now = Status(row.verdict)
    known = Status(before.known) if before is not None and before.known else None
    if now is Status.FAIL and known is not Status.FAIL:
        kind = "reopened" if before is not None and before.failed else "new"
        since = (before.known_on or "") if before is not None and kind == "reopened" else ""
    elif now in SOUND and known is Status.FAIL and before is not None:
        kind, since = "fixed", before.open_since or ""
    else:
        return None
    was = known or (Status(before.verdict) if before is not None else None)
    return Change(
        kind=kind, target=row.target, slug=row.slug, base=row.base, item=row.item, severity=Severity(row.severity),
        was=was, now=now, since=since,
    )  # fmt: skip


def _as_of(connection: Connection, number: int, instances: Iterable[int]) -> Mapping[tuple[int, str], Row[Any]]:
    """The latest span of every item that had begun in ``number``."""
    later = t.finding.alias()
    superseded = (
        select(later.c.instance_id)
        .where(later.c.instance_id == t.finding.c.instance_id, later.c.item == t.finding.c.item)
        .where(later.c.first_sweep > t.finding.c.first_sweep, later.c.first_sweep <= number)
        .exists()
    )
    keys, found = sorted(set(instances)), {}
    for at in range(0, len(keys), _PORTION):
        query = select(t.finding).where(
            t.finding.c.instance_id.in_(keys[at : at + _PORTION]), t.finding.c.first_sweep <= number, ~superseded
        )
        found.update({(row.instance_id, row.item): row for row in connection.execute(query)})
    return found


def last_observed(number: int) -> Select[Any]:
    """instance_id and ``last``, the latest sweep up to ``number`` that has observed the instance."""
    seen, sight, later = t.observation.c, t.sighting.c, t.sighting.alias()
    reached = (
        select(seen.host_id, func.max(seen.sweep_number).label("last"))
        .where(seen.reached, seen.sweep_number <= number)
        .group_by(seen.host_id)
        .subquery()
    )
    superseded = (
        select(later.c.instance_id)
        .where(later.c.instance_id == sight.instance_id)
        .where(later.c.first_sweep > sight.first_sweep, later.c.first_sweep <= number)
        .exists()
    )
    last = case((sight.last_sweep <= number, sight.last_sweep), else_=reached.c.last).label("last")
    return (
        select(sight.instance_id, last)
        .join_from(t.sighting, t.instance, t.instance.c.id == sight.instance_id)
        .join(reached, reached.c.host_id == t.instance.c.host_id)
        .where(sight.first_sweep <= number, ~superseded)
    )


def _confirmed(connection: Connection, spans: Iterable[Row[Any]], number: int) -> dict[tuple[int, str], str]:
    """Day of the latest observation of each span up to ``number``: a span that stood then is as old as its instance."""
    seen = {(span.instance_id, span.item): span.last_sweep for span in spans}
    ended = {key: last for key, last in seen.items() if last is not None and last <= number}
    keys, last_of = sorted({instance for instance, _ in seen.keys() - ended.keys()}), dict[int, int]()
    for at in range(0, len(keys), _PORTION):
        query = last_observed(number).where(t.sighting.c.instance_id.in_(keys[at : at + _PORTION]))
        last_of.update({int(key): int(last) for key, last in connection.execute(query)})
    days: dict[int, str] = {
        int(key): str(day) for key, day in connection.execute(select(t.sweep.c.number, t.sweep.c.day))
    }
    return {key: days[ended.get(key, last_of.get(key[0], 0))] for key in seen}


def _compared(connection: Connection, old: int, new: int) -> int:
    query = (
        select(func.count())
        .select_from(t.sighting)
        .join(t.instance, t.instance.c.id == t.sighting.c.instance_id)
        .join(t.host, t.host.c.id == t.instance.c.host_id)
        .where(sighted(new), t.host.c.id.in_(was_reached(new)), t.host.c.first_sweep <= old)
    )
    return int(connection.execute(query).scalar_one())


def _unseen(connection: Connection, old: int, new: int) -> list[str]:
    present = select(t.observation.c.host_id).where(t.observation.c.sweep_number == new)
    query = select(t.host.c.target).where(t.host.c.id.in_(was_reached(old)), t.host.c.id.not_in(present))
    return sorted(str(target) for (target,) in connection.execute(query))


def _first_seen(connection: Connection, old: int, new: int) -> list[str]:
    query = select(t.host.c.target).where(t.host.c.first_sweep > old, t.host.c.id.in_(was_reached(new)))
    return sorted(str(target) for (target,) in connection.execute(query))
