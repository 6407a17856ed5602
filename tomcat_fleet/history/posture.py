"""What is known as of a sweep: verdicts with the day of their confirmation, failures that are open, hosts not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from tomcat_fleet.history import schema as t
from tomcat_fleet.history.change import last_observed
from tomcat_fleet.history.span import Span
from tomcat_fleet.model.status import Outcome, Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The last verdict of an item on an instance that is not gone."""

    target: str
    base: str
    item: str
    severity: Severity
    status: Status
    confirmed: str  # day of the last observation; not that of the sweep, when the host was not reached


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFailure:
    """A failure that no pass has followed."""

    target: str
    slug: str
    zone: str
    base: str
    item: str
    severity: Severity
    status: Status  # the last verdict: fail, or manual, unknown or error, which end nothing
    since: str  # day of the first failure
    confirmed: str  # day on which it last failed

    def days(self, today: str) -> int:
        """How long it has been open."""
        return (date.fromisoformat(today) - date.fromisoformat(self.since)).days


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSeen:
    """A host and its last sweeps."""

    target: str
    slug: str
    zone: str
    outcome: Outcome  # of the last sweep that had it
    tried: str  # its day
    reached: str  # day of the last sweep that reached it; empty when none has


def spans(connection: Connection) -> Iterator[Span]:
    """Every span, by target, base, item and time."""
    span, first, last, ended = t.finding.c, t.sweep.alias(), t.sweep.alias(), t.sweep.alias()
    query = (
        select(t.host.c.target, t.host.c.zone, t.instance.c.base, span.item, span.severity, span.verdict,
               first.c.day, last.c.day, func.coalesce(ended.c.day, ""), func.coalesce(span.open_since, ""),
               span.fingerprint, span.detail)
        .join_from(t.finding, t.instance, t.instance.c.id == span.instance_id)
        .join(t.host, t.host.c.id == t.instance.c.host_id)
        .join(first, first.c.number == span.first_sweep)
        .join(last, last.c.number == func.coalesce(span.last_sweep, t.instance.c.last_sweep))
        .join(ended, ended.c.number == span.until_sweep, isouter=True)
        .order_by(span.first_sweep)
    )  # fmt: skip
    rows = sorted(connection.execute(query), key=lambda row: tuple(row[:1]) + tuple(row[2:4]))
    for target, zone, base, item, severity, verdict, *rest in rows:
        begun, seen, until, since, fingerprint, detail = rest
        yield Span(
            target=target, zone=zone, base=base, item=item, severity=Severity(severity), status=Status(verdict),
            first=begun, last=seen, ended=until, open_since=since, fingerprint=fingerprint, detail=detail,
        )  # fmt: skip


def standings(connection: Connection, number: int) -> Iterator[Standing]:
    """Everything known as of a sweep, in no order."""
    span = t.finding.c
    for target, base, item, severity, verdict, day in connection.execute(
        _standing(number, t.host.c.target, t.instance.c.base, span.item, span.severity, span.verdict, t.sweep.c.day)
    ):
        yield Standing(
            target=target, base=base, item=item, severity=Severity(severity), status=Status(verdict), confirmed=day
        )


def open_failures(connection: Connection, number: int) -> list[OpenFailure]:
    """Failures that are open as of a sweep, the oldest first."""
    span, host = t.finding.c, t.host.c
    query = _standing(
        number, host.target, host.slug, host.zone, t.instance.c.base, span.item, span.severity, span.verdict,
        span.open_since, span.known_on, t.sweep.c.day,
    ).where(span.known == Status.FAIL)  # fmt: skip
    found = [
        OpenFailure(
            target=row.target, slug=row.slug, zone=row.zone, base=row.base, item=row.item,
            severity=Severity(row.severity), status=Status(row.verdict), since=row.open_since,
            confirmed=row.known_on or row.day,
        ) for row in connection.execute(query)
    ]  # fmt: skip
    severest = tuple(Severity)
    return sorted(found, key=lambda one: (one.since, severest.index(one.severity), one.target, one.base, one.item))


def _standing(number: int, *columns: Any) -> Select[Any]:
    """The spans that stand in a sweep, with their hosts and the day of their last observation."""
    span, last = t.finding.c, last_observed(number).subquery()
    return (
        select(*columns)
        .join_from(t.finding, t.instance, t.instance.c.id == span.instance_id)
        .join(t.host, t.host.c.id == t.instance.c.host_id)
        .join(last, last.c.instance_id == t.instance.c.id)
        .join(t.sweep, t.sweep.c.number == last.c.last)
        .where(span.first_sweep <= number, or_(span.until_sweep.is_(None), span.until_sweep > number))
    )


def hosts_seen(connection: Connection, target: str | None = None) -> list[HostSeen]:
    """Every host, by name."""
    seen, reached = t.observation.c, t.sweep.alias()
    latest = select(seen.host_id, func.max(seen.sweep_number).label("last")).group_by(seen.host_id).subquery()
    query = (
        select(
            t.host.c.target, t.host.c.slug, t.host.c.zone, seen.outcome, t.sweep.c.day, reached.c.day.label("reached")
        )
        .join_from(t.host, latest, latest.c.host_id == t.host.c.id)
        .join(t.observation, (seen.host_id == t.host.c.id) & (seen.sweep_number == latest.c.last))
        .join(t.sweep, t.sweep.c.number == latest.c.last)
        .join(reached, reached.c.number == t.host.c.last_sweep, isouter=True)
    )
    if target is not None:
        query = query.where(t.host.c.target == target)
    found = [
        HostSeen(
            target=row.target, slug=row.slug, zone=row.zone, outcome=Outcome(row.outcome), tried=row.day,
            reached=row.reached or "",
        ) for row in connection.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.target)
