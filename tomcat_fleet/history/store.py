"""The history: what the rest of the program asks and tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, func, select

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.history import change, posture, pruning, recording, trend
from tomcat_fleet.history import schema as t
from tomcat_fleet.history.engine import connected, refused, vacuumed
from tomcat_fleet.history.file import fresh
from tomcat_fleet.history.observation import Observed
from tomcat_fleet.history.place import Place, place_of
from tomcat_fleet.history.posture import HostSeen, OpenFailure, Standing
from tomcat_fleet.history.pruning import Pruned
from tomcat_fleet.history.span import Span
from tomcat_fleet.history.sweep import Recorded, Sweep
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.result import Changes, TrendPoint


class History:
    """An open history; ``with`` closes it.

    Every method raises ConfigError when the database refuses: it is full, damaged, gone, or another process has been
    writing to it for a minute. A sweep is named by its id.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._place = place

    @classmethod
    def at(cls, given: str, *, make: bool = True) -> Self:
        """See ``tomcat_fleet.history.open``."""
        place = place_of(given)
        return cls(connected(place, make=make), place)

    @property
    def shown(self) -> str:
        """Where it is, without any password."""
        return self._place.shown

    def record(self, sweep: Sweep, observations: Iterable[Observed]) -> Recorded:
        """Write a sweep down, whole or not at all, and say what it has changed.

        ``observations`` are one per target, in any order: ``observed(result)`` of each line of results.jsonl. Record a
        sweep when it is over; one that is to be gone on with is recorded after that. Recording the same again writes
        nothing and answers the same, as long as the sweep before it in its series has not been pruned.

        Waits for another process that writes. Raises ConfigError for a sweep that is known with other results, for one
        that began before a sweep which the history has of one of its hosts, and for two results of one target.
        """
        with self._writing() as connection:
            number, repeated = recording.write(connection, sweep, observations)
            return self._told(connection, number, repeated=repeated)

    def recorded(self, sweep: str) -> Recorded:
        """What ``record`` answered for a sweep that the history has."""
        with self._reading() as connection:
            return self._told(connection, self._number(connection, sweep), repeated=True)

    def has(self, sweep: str) -> bool:
        """Whether the history has this sweep and has not pruned it."""
        with self._reading() as connection:
            return _find(connection, sweep) is not None

    def changes(self, old: str, new: str, listed: int = change.LISTED) -> Changes:
        """What the sweep ``new`` found to be different from all that was known after ``old``."""
        with self._reading() as connection:
            first, second = self._number(connection, old), self._number(connection, new)
            if first >= second:
                raise ConfigError(f"{printable(old)}: was recorded after {printable(new)}; name the older sweep first")
            return change.changes(connection, first, second, listed)

    def sweeps(self, series: str | None = None) -> list[tuple[Sweep, TrendPoint]]:
        """Every sweep that has not been pruned with its counts, the newest last."""
        with self._reading() as connection:
            query = select(t.sweep).where(~t.sweep.c.pruned).order_by(t.sweep.c.number)
            rows = connection.execute(query if series is None else query.where(t.sweep.c.series == series)).all()
            found = trend.points(connection, [row.number for row in rows])
        names = ("sweep", "started", "finished", "series", "tool", "guide", "tables_date", "inventory_sha256", "day")
        facts = [Sweep(**{name: getattr(row, name) for name in names}) for row in rows]
        return list(zip(facts, found, strict=True))

    def trend(self, series: str, *, last: int = trend.LONGEST, zone: str | None = None) -> tuple[TrendPoint, ...]:
        """The ``last`` sweeps of a series, the newest last; counts of one zone only, when it is named ("": no zone)."""
        with self._reading() as connection:
            return trend.trend(connection, series, last=last, zone=zone)

    def standings(self, sweep: str | None = None) -> list[Standing]:
        """The last verdict of everything not gone, as of ``sweep`` or of the last one, by target, base, item."""
        with self._reading() as connection:
            found = list(posture.standings(connection, self._number(connection, sweep)))
        return sorted(found, key=lambda one: (one.target, one.base, one.item))

    def open_failures(self, sweep: str | None = None) -> list[OpenFailure]:
        """Failures that are open as of ``sweep`` or of the last one, the oldest first."""
        with self._reading() as connection:
            return posture.open_failures(connection, self._number(connection, sweep))

    def hosts(self, target: str | None = None) -> list[HostSeen]:
        """Every host, or the one named ``target``: when it was last tried, and last reached."""
        with self._reading() as connection:
            return posture.hosts_seen(connection, target)

    def spans(self) -> Iterator[Span]:
        """Every span that the history has, by target, base, item and time."""
        with self._reading() as connection:
            yield from posture.spans(connection)

    def prune(self, before: str) -> Pruned:
        """Forget the sweeps of the days before ``before`` (2026-01-31), but for the last one of each series.

        What is open since when, what has failed before and when it was last confirmed is still told as it was.
        """
        with self._writing() as connection:
            pruned = pruning.prune(connection, before)
        if pruned.sweeps and self._place.path is not None:
            with refused(self._place):
                vacuumed(self._engine)
        return pruned

    def copy(self, path: Path) -> None:
        """A whole copy of the history in one new file of mode 0600. Raises ConfigError, also for one in PostgreSQL."""
        if self._place.path is None:
            raise ConfigError([Fault(self.shown, 0, "is in PostgreSQL: copy it with pg_dump")])
        with fresh(path), refused(self._place):
            vacuumed(self._engine, path)

    def close(self) -> None:
        """Give it back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _told(self, connection: Connection, number: int, *, repeated: bool) -> Recorded:
        before = change.previous(connection, number)
        series = connection.execute(select(t.sweep.c.series).where(t.sweep.c.number == number)).scalar_one()
        return Recorded(
            changes=change.changes(connection, before, number) if before is not None else None,
            trend=trend.trend(connection, series, until=number),
            repeated=repeated,
        )

    def _number(self, connection: Connection, sweep: str | None) -> int:
        if sweep is None:
            return int(connection.execute(select(func.coalesce(func.max(t.sweep.c.number), 0))).scalar_one())
        found = _find(connection, sweep)
        if found is None:
            raise ConfigError([Fault(self.shown, 0, f"has no sweep {printable(sweep)}")])
        return found

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with refused(self._place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Everything read in one block is of one moment."""
        with refused(self._place), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection


def _find(connection: Connection, sweep: str) -> int | None:
    query = select(t.sweep.c.number).where(t.sweep.c.sweep == sweep, ~t.sweep.c.pruned)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found
