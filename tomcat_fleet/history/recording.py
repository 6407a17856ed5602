"""Writing one sweep: what it changes is written, what it confirms costs one statement."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, update

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.history import schema as t
from tomcat_fleet.history.observation import Observed, ObservedInstance
from tomcat_fleet.history.span import Carry, carried
from tomcat_fleet.history.sweep import Sweep, moment
from tomcat_fleet.model.status import COMPLETE

_PORTION: Final = 1000  # names in one statement
_NAMED: Final = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known:
    """An instance as the history has it."""

    id: int
    host_id: int
    digest: str
    present: bool
    last_sweep: int
    version: str
    account: str


@dataclass(slots=True)
class _Work:
    """What is to be written about instances."""

    new: list[dict[str, Any]] = field(default_factory=list)
    altered: list[dict[str, Any]] = field(default_factory=list)  # digest, presence, version
    gone: list[_Known] = field(default_factory=list)
    missed: list[_Known] = field(default_factory=list)  # on hosts audited in part
    sighted: list[int] = field(default_factory=list)  # ids whose sighting begins
    changed: list[tuple[int, ObservedInstance, int | None]] = field(default_factory=list)  # id, now, sweep before


def write(connection: Connection, sweep: Sweep, observations: Iterable[Observed]) -> tuple[int, bool]:
    """Record ``sweep`` in the transaction of ``connection``: its number, and whether it had been recorded before.

    Raises ConfigError for a sweep that was recorded with other content, and for one that is older than what the history
    has of one of its hosts.
    """
    connection.execute(update(t.store).values(writes=t.store.c.writes + 1))  # the next writer waits here
    rows = sorted(observations, key=lambda one: one.target)
    content = _content(sweep, rows)
    before = connection.execute(select(t.sweep).where(t.sweep.c.sweep == sweep.sweep)).one_or_none()
    if before is not None:
        if before.content != content:
            raise ConfigError(f"{sweep.sweep}: the history has this sweep with other results")
        return int(before.number), True
    names = Counter(one.target for one in rows)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigError([Fault("", 0, f"{name}: has more than one result in this sweep") for name in twice])
    number = _next(connection, t.sweep.c.number)
    _sweep(connection, sweep, number, content)
    hosts = _hosts(connection, sweep, number, rows)
    _instances(connection, sweep, number, rows, hosts)
    _summaries(connection, number, rows)
    return number, False


def day_of(sweep: Sweep) -> str:
    """The auditor's day."""
    return sweep.day or moment(sweep.started).astimezone().date().isoformat()


def _content(sweep: Sweep, rows: Sequence[Observed]) -> str:
    whole = hashlib.sha256(msgspec.json.encode([_stamp(sweep), sweep.series]))
    for one in rows:
        whole.update(msgspec.json.encode(one))
    return whole.hexdigest()


def _stamp(sweep: Sweep) -> str:
    return moment(sweep.started).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next(connection: Connection, column: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1


def _sweep(connection: Connection, sweep: Sweep, number: int, content: str) -> None:
    values = {"number": number, "sweep": sweep.sweep, "series": sweep.series, "started": _stamp(sweep),
              "finished": sweep.finished, "day": day_of(sweep), "tool": sweep.tool, "guide": sweep.guide,
              "tables_date": sweep.tables_date, "inventory_sha256": sweep.inventory_sha256,
              "content": content}  # fmt: skip
    connection.execute(insert(t.sweep), [values])


def _portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[at : at + _PORTION] for at in range(0, len(values), _PORTION))


def _many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(statement, list(rows))


def _hosts(connection: Connection, sweep: Sweep, number: int, rows: Sequence[Observed]) -> dict[str, int]:
    """Hosts and their observations: name -> id."""
    known: dict[str, Row[Any]] = {}
    for names in _portions([one.target for one in rows]):
        found = connection.execute(select(t.host).where(t.host.c.target.in_(names)))
        known.update((row.target, row) for row in found)
    started = _stamp(sweep)
    later = [row for row in known.values() if row.started > started]
    if later:
        raise ConfigError(_too_old(sweep, later))
    ids = {name: int(row.id) for name, row in known.items()}
    fresh = _next(connection, t.host.c.id)
    new: list[dict[str, object]] = []
    altered: list[dict[str, object]] = []
    for one in rows:
        row = known.get(one.target)
        facts = {"slug": one.slug, "address": one.address, "zone": one.zone, "os": one.os or (row.os if row else "")}
        if row is None:
            ids[one.target] = fresh + len(new)
            new.append({"id": ids[one.target], "target": one.target, "started": started, **facts})
        elif any(getattr(row, key) != value for key, value in facts.items()):
            altered.append({"key": row.id, **facts})
    _many(connection, insert(t.host), new)
    _many(connection, update(t.host).where(t.host.c.id == bindparam("key")), altered)
    _many(connection, insert(t.observation), [
        {"sweep_number": number, "host_id": ids[one.target], "zone": one.zone, "outcome": one.outcome.value,
         "reached": one.reached, "instances": len(one.instances)} for one in rows
    ])  # fmt: skip
    here = select(t.observation.c.host_id).where(t.observation.c.sweep_number == number)
    reached = here.where(t.observation.c.reached)
    connection.execute(update(t.host).where(t.host.c.id.in_(here)).values(started=started))
    connection.execute(
        update(t.host)
        .where(t.host.c.id.in_(reached))
        .values(last_sweep=number, first_sweep=func.coalesce(t.host.c.first_sweep, number))
    )
    return ids


def _too_old(sweep: Sweep, later: Sequence[Row[Any]]) -> list[Fault]:
    told = [
        Fault("", 0, f"{sweep.sweep}: began {_stamp(sweep)}, but the history has {row.target} as of {row.started}")
        for row in sorted(later, key=lambda row: str(row.target))
    ]
    if len(told) > _NAMED:
        told[_NAMED:] = [Fault("", 0, f"{sweep.sweep}: … and {len(told) - _NAMED} more hosts")]
    return told


def _instances(
    connection: Connection, sweep: Sweep, number: int, rows: Sequence[Observed], hosts: Mapping[str, int]
) -> None:
    reached = (
        select(t.observation.c.host_id)
        .where(t.observation.c.sweep_number == number)
        .where(t.observation.c.reached)
        .scalar_subquery()
    )
    columns = (
        t.instance.c[name] for name in ("id", "host_id", "digest", "present", "last_sweep", "version", "account")
    )
    found = connection.execute(select(t.instance.c.base, *columns).where(t.instance.c.host_id.in_(reached)))
    known: dict[int, dict[str, _Known]] = {}
    for base, *facts in found:
        known.setdefault(facts[1], {})[base] = _Known(*facts)
    work = _sorted_out(connection, number, rows, hosts, known)
    ended = [{"i": one.id, "last": one.last_sweep} for one in (*work.gone, *work.missed)]
    _many(connection, update(t.sighting).where(
        and_(t.sighting.c.instance_id == bindparam("i"), t.sighting.c.last_sweep.is_(None))
    ).values(last_sweep=bindparam("last")), ended)  # fmt: skip
    _many(connection, insert(t.instance), work.new)
    _many(connection, update(t.instance).where(t.instance.c.id == bindparam("key")), work.altered)
    _many(connection, insert(t.sighting), [{"instance_id": one, "first_sweep": number} for one in work.sighted])
    _spans(connection, number, day_of(sweep), work)
    connection.execute(
        update(t.instance)
        .where(t.instance.c.host_id.in_(reached), t.instance.c.present, t.instance.c.last_sweep != number)
        .values(last_sweep=number)
    )


def _sorted_out(
    connection: Connection,
    number: int,
    rows: Sequence[Observed],
    hosts: Mapping[str, int],
    known: Mapping[int, Mapping[str, _Known]],
) -> _Work:
    work, fresh = _Work(), _next(connection, t.instance.c.id)
    for one in rows:
        if not one.reached:
            continue
        host_id, here = hosts[one.target], {instance.base for instance in one.instances}
        before = known.get(host_id, {})
        for instance in one.instances:
            former = before.get(instance.base)
            if former is None:
                key = fresh + len(work.new)
                facts = {"id": key, "host_id": host_id, "base": instance.base,
                         "version": instance.version, "account": instance.account, "digest": instance.digest,
                         "present": True, "first_sweep": number, "last_sweep": number}  # fmt: skip
                work.new.append(facts)
                work.sighted.append(key)
                work.changed.append((key, instance, None))
            else:
                _again(work, former, instance)
        absent = [former for base, former in before.items() if base not in here]
        if one.outcome in COMPLETE:
            work.gone += [former for former in absent if former.digest or former.present]
        else:
            work.missed += [former for former in absent if former.present]
    work.altered += [_altered(one, present=False, digest="") for one in work.gone]
    work.altered += [_altered(one, present=False) for one in work.missed]
    return work


def _again(work: _Work, former: _Known, now: ObservedInstance) -> None:
    digest = now.digest
    if digest != former.digest:
        work.changed.append((former.id, now, former.last_sweep))
    if not former.present:
        work.sighted.append(former.id)
    if (digest, True, now.version, now.account) != (former.digest, former.present, former.version, former.account):
        work.altered.append({**_altered(former, digest=digest), "version": now.version, "account": now.account})


def _altered(one: _Known, *, present: bool = True, digest: str | None = None) -> dict[str, Any]:
    kept = one.digest if digest is None else digest
    return {"key": one.id, "digest": kept, "present": present, "version": one.version, "account": one.account}


def _spans(connection: Connection, number: int, day: str, work: _Work) -> None:
    gone = [{"i": one.id, "last": one.last_sweep} for one in work.gone]
    standing = and_(t.finding.c.instance_id == bindparam("i"), t.finding.c.until_sweep.is_(None))
    _many(connection, update(t.finding).where(standing).values(last_sweep=bindparam("last"), until_sweep=number), gone)
    former = _latest(connection, [one for one, _, before in work.changed if before is not None])
    seen: set[int | None] = {before for _, _, before in work.changed}
    days = _days(connection, seen.union(span.last_sweep for spans in former.values() for span in spans.values()))
    ended, begun = [], []
    for key, instance, before in work.changed:
        spans = former.get(key, {})
        now = {one.item: one for one in instance.items}
        for item, span in spans.items():
            verdict = now.get(item)
            if span.until_sweep is None and (verdict is None or not span.goes_on(verdict)):
                ended.append({"i": key, "of": item, "last": before})
        for item, verdict in now.items():
            last = spans.get(item)
            if last is None or last.until_sweep is not None or not last.goes_on(verdict):
                seen_in = before if last is None or last.last_sweep is None else last.last_sweep
                fresh = carried(last, verdict, day, days.get(seen_in, ""))
                begun.append({"instance_id": key, "item": item, "first_sweep": number, **fresh})
    _many(connection, update(t.finding).where(standing, t.finding.c.item == bindparam("of")).values(
        last_sweep=bindparam("last"), until_sweep=number
    ), ended)  # fmt: skip
    _many(connection, insert(t.finding), begun)


def _latest(connection: Connection, instances: Sequence[int]) -> dict[int, dict[str, Carry]]:
    """The latest span of every item, ended or not."""
    later = t.finding.alias()
    is_latest = ~(
        select(later.c.instance_id)
        .where(later.c.instance_id == t.finding.c.instance_id, later.c.item == t.finding.c.item)
        .where(later.c.first_sweep > t.finding.c.first_sweep)
        .exists()
    )
    columns = (t.finding.c[name] for name in ("until_sweep", "verdict", "severity", "fingerprint", "known", "known_on",
                                              "failed", "open_since", "last_sweep"))  # fmt: skip
    query = select(t.finding.c.instance_id, t.finding.c.item, *columns)
    found: dict[int, dict[str, Carry]] = {}
    for portion in _portions(instances):
        for key, item, *rest in connection.execute(query.where(t.finding.c.instance_id.in_(portion), is_latest)):
            found.setdefault(key, {})[item] = Carry(*rest)
    return found


def _days(connection: Connection, numbers: set[int | None]) -> dict[int | None, str]:
    found: dict[int | None, str] = {}
    for portion in _portions(sorted(number for number in numbers if number is not None)):
        query = select(t.sweep.c.number, t.sweep.c.day).where(t.sweep.c.number.in_(portion))
        found.update((int(number), str(day)) for number, day in connection.execute(query))
    return found


def _summaries(connection: Connection, number: int, rows: Sequence[Observed]) -> None:
    items: Counter[tuple[str, str, str]] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    instances: Counter[tuple[str, str]] = Counter()
    for one in rows:
        outcomes[one.zone, one.outcome.value] += 1
        instances[one.zone, one.outcome.value] += len(one.instances)
        items.update((one.zone, each.item, each.status.value) for instance in one.instances for each in instance.items)
    _many(connection, insert(t.sweep_item_summary), [
        {"sweep_number": number, "zone": zone, "item": item, "verdict": verdict, "n": n}
        for (zone, item, verdict), n in sorted(items.items())
    ])  # fmt: skip
    _many(connection, insert(t.sweep_outcome_summary), [
        {"sweep_number": number, "zone": zone, "outcome": outcome, "targets": n, "instances": instances[zone, outcome]}
        for (zone, outcome), n in sorted(outcomes.items())
    ])  # fmt: skip
