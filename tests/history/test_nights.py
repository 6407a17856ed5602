"""Thirty nights of two thousand instances: the history says what the nights say, in SQLite and in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import Figure
from tests.history.nights import nights, shuffled
from tests.history.plain import Plain
from tests.history.postgresql import server
from tests.thorough import times
from tomcat_fleet import history
from tomcat_fleet.history import Recorded
from tomcat_fleet.history.change import order
from tomcat_fleet.history.posture import OpenFailure, Standing
from tomcat_fleet.model.result import Changes, TrendPoint
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import COMPLETE

NIGHTS, HOSTS, INSTANCES = 30, 1700, 2000
SHARED = times(10, 34)  # that PostgreSQL has, too
ALL = 10**9
ZONE = "dmz"


@dataclass
class Answers:
    """Everything that a history says of the nights."""

    recorded: list[Recorded]
    changes: list[Changes | None]  # with every change listed
    open: dict[int, list[OpenFailure]]
    standings: dict[int, list[Standing]]
    trends: list[tuple[TrendPoint, ...]]
    seconds: list[float]  # of processor time in this process, for recording


@pytest.fixture(scope="module")
def plain() -> Plain:
    return Plain(list(nights(NIGHTS, HOSTS, INSTANCES)))


def asked(place: str, plain: Plain, count: int | None = None) -> Answers:
    """What a history of the first ``count`` nights answers."""
    found = Answers([], [], {}, {}, [], [])
    nights = plain.nights[:count]
    with history.open(place) as opened:
        for at, (sweep, rows) in enumerate(nights):
            began = time.process_time()
            found.recorded.append(opened.record(sweep, rows))
            found.seconds.append(time.process_time() - began)
            former = plain.former(at)
            found.changes.append(
                None if former is None else opened.changes(plain.nights[former][0].sweep, sweep.sweep, ALL)
            )
        # As of many sweeps, when all are recorded: what came later has no say.
        last = len(nights) - 1
        found.open = {at: opened.open_failures(nights[at][0].sweep) for at in (*range(0, last, 8), last)}
        found.standings = {at: opened.standings(nights[at][0].sweep) for at in (0, 4, 17, last) if at <= last}
        found.trends = [
            opened.trend("nightly", last=ALL),
            opened.trend("nightly", last=9, zone=ZONE),
            opened.trend("by hand"),
        ]
        for at in (0, last // 3, last):
            again = opened.record(*shuffled(plain.nights[at], at))
            assert again.repeated
            assert (again.changes, again.trend) == (found.recorded[at].changes, found.recorded[at].trend)
    return found


@pytest.fixture(scope="module")
def sqlite(plain: Plain, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return asked(str(tmp_path_factory.mktemp("history") / "history.db"), plain)


@pytest.fixture(scope="module")
def postgresql(plain: Plain) -> Iterator[Answers]:
    with server() as machine:
        yield asked(machine.database(), plain, SHARED)


def test_changes_are_those_of_the_nights(plain: Plain, sqlite: Answers, figure: Figure) -> None:
    total = dict.fromkeys(("new", "fixed", "reopened"), 0)
    for at, told in enumerate(sqlite.recorded):
        former = plain.former(at)
        if former is None:
            assert told.changes is None
            continue
        expected = sorted(plain.changes(former, at), key=order)
        whole, short = sqlite.changes[at], told.changes
        assert whole is not None
        assert short is not None
        assert list(whole.listed) == expected, at
        assert list(short.listed) == expected[:300]
        for kind in total:
            count = sum(change.kind == kind for change in expected)
            assert getattr(short, kind) == getattr(whole, kind) == count
            total[kind] += count
        assert list(whole.unseen) == plain.unseen(former, at)
        assert list(whole.first_seen) == plain.first_seen(former, at)
        assert short.unseen_total == len(whole.unseen)
        assert short.first_seen_total == len(whole.first_seen)
        before = plain.rows[former].values()
        assert (short.targets, short.instances) == (len(before), sum(len(row.instances) for row in before))
        assert short.statuses == plain.statuses(former)
        assert short.sweep == plain.nights[former][0].sweep
        assert short.compared == sum(
            len(row.instances) for row in plain.rows[at].values() if plain.reached.get(row.target, [at])[0] <= former
        )
    assert all(count > 100 for count in total.values()), total
    figure(
        f"history: {sum(total.values())} changes of {len(plain.nights)} sweeps as recomputed from the nights: {total}"
    )


def test_what_is_open_and_since_when(plain: Plain, sqlite: Answers) -> None:
    for at, found in sqlite.open.items():
        assert set(found) == plain.open_failures(at)
        assert [one.since for one in found] == sorted(one.since for one in found)
    last = sqlite.open[len(plain.nights) - 1]
    assert last[0].since == plain.days[0]
    assert {one.status for one in last} == {"fail", "unknown", "manual", "error"}
    assert any(one.confirmed < plain.days[-1] for one in last)


def test_the_posture_of_any_night(plain: Plain, sqlite: Answers) -> None:
    for at, found in sqlite.standings.items():
        assert len(set(found)) == len(found)
        assert set(found) == plain.standings(at)
    assert any(one.confirmed < plain.days[-1] for one in sqlite.standings[len(plain.nights) - 1])


def test_trends(plain: Plain, sqlite: Answers) -> None:
    of_series = {name: [at for at, (sweep, _) in enumerate(plain.nights) if sweep.series == name]
                 for name in ("nightly", "by hand")}  # fmt: skip
    rows = ((of_series["nightly"], None), (of_series["nightly"][-9:], ZONE), (of_series["by hand"], None))
    for trend, (moments, zone) in zip(sqlite.trends, rows, strict=True):
        assert [point.sweep for point in trend] == [plain.nights[at][0].sweep for at in moments]
        for point, at in zip(trend, moments, strict=True):
            chosen = [row for row in plain.rows[at].values() if zone in {None, row.zone}]
            assert (point.targets, point.instances) == (len(chosen), sum(len(row.instances) for row in chosen))
            assert point.statuses == plain.statuses(at, zone)
            assert point.incomplete == sum(row.outcome not in COMPLETE for row in chosen)
            assert point.score == score(point.statuses)
    for at, told in enumerate(sqlite.recorded):
        assert told.trend[-1].sweep == plain.nights[at][0].sweep
    assert [len(sqlite.recorded[at].trend) for at in of_series["nightly"]] == [min(n, 30) for n in range(1, NIGHTS + 1)]


def test_postgresql_says_the_same(sqlite: Answers, postgresql: Answers) -> None:
    count = len(postgresql.recorded)
    assert count >= 9
    assert postgresql.recorded == sqlite.recorded[:count]
    assert postgresql.changes == sqlite.changes[:count]
    for name in ("open", "standings"):
        mine, its = getattr(postgresql, name), getattr(sqlite, name)
        assert len(mine.keys() & its.keys()) >= 2
        assert {at: mine[at] for at in mine.keys() & its.keys()} == {at: its[at] for at in mine.keys() & its.keys()}
    nightly, zone, by_hand = postgresql.trends
    assert nightly == sqlite.trends[0][: len(nightly)]
    assert by_hand == sqlite.trends[2][: len(by_hand)]
    assert [point.sweep for point in zone] == [point.sweep for point in nightly[-9:]]
    assert all(0 < part.instances < whole.instances for part, whole in zip(zone, nightly[-9:], strict=True))
    if count == len(sqlite.recorded):
        assert zone == sqlite.trends[1]


def test_a_night_is_written_in_a_moment(sqlite: Answers, figure: Figure) -> None:
    first, *others = sqlite.seconds
    usual = sorted(others)[len(others) // 2]
    assert usual < 2  # a quarter of a second where nothing else runs
    figure(
        f"history: {INSTANCES} instances recorded in {usual:.2f} s of processor time, the first night in {first:.2f} s"
    )
