"""What counts: each rule of the history on nights small enough to be read, and any nights against a recomputation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.nights import ITEMS, Night, sweep, verdict
from tests.history.plain import Plain
from tests.thorough import times
from tomcat_fleet import history
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.history import Observed, ObservedInstance
from tomcat_fleet.history.change import order
from tomcat_fleet.history.store import History
from tomcat_fleet.model.status import Outcome, Severity, Status

PASS, FAIL, UNKNOWN, NA = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
LETTERS = {"p": PASS, "f": FAIL, "g": FAIL, "u": UNKNOWN, "m": Status.MANUAL, "n": NA, "e": Status.ERROR}
AWAY, PARTLY = "-", "?"  # not reached; reached, the instance not seen


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[History, Path, Path]]:
    """An open history, its file, and an empty one to begin anew with: no connection outlives a call."""
    place = tmp_path_factory.mktemp("history")
    empty, file = place / "empty.db", place / "h.db"
    history.open(empty).close()
    shutil.copy(empty, file)
    with history.open(file) as opened:
        yield opened, file, empty


def anew(kept: tuple[History, Path, Path]) -> History:
    opened, file, empty = kept
    assert not list(file.parent.glob("*-wal"))
    shutil.copy(empty, file)
    return opened


@pytest.fixture
def opened(kept: tuple[History, Path, Path]) -> History:
    return anew(kept)


def seen(said: str, name: str = "web01") -> Observed:
    """One host: a letter is a verdict, ``-`` not reached, ``?`` audited in part, ``.`` audited and gone."""
    outcome = {"-": Outcome.UNREACHABLE, "?": Outcome.PARTIAL, ".": Outcome.NO_TOMCAT}.get(said, Outcome.AUDITED)
    items = tuple(
        verdict(ITEMS[0], LETTERS[letter], "b" if letter == "g" else "") for letter in said if letter in LETTERS
    )
    instances = (ObservedInstance(base="/opt/tomcat", items=items),) if items else ()
    return Observed(target=name, slug=f"{name}-0", address="192.0.2.1", outcome=outcome, instances=instances)


def after(opened: History, nights: str, series: str = "nightly") -> list[tuple[str, str]]:
    """(kind, since) of the last of ``nights``; each is one letter."""
    told = None
    for number, said in enumerate(nights):
        told = opened.record(sweep(number, series), [seen(said)])
    assert told is not None
    return [(change.kind, change.since) for change in told.changes.listed] if told.changes else []


DAY = [sweep(number).day for number in range(9)]


@pytest.mark.parametrize(("nights", "changes", "since"), [
    ("f", [], DAY[0]),
    ("pf", [("new", "")], DAY[1]),
    ("uf", [("new", "")], DAY[1]),
    ("ff", [], DAY[0]),
    ("fg", [], DAY[0]),  # another reason: it still fails
    ("fp", [("fixed", DAY[0])], None),
    ("fn", [("fixed", DAY[0])], None),
    ("fu", [], DAY[0]),  # an unknown is never a fix
    ("fuf", [], DAY[0]),
    ("fup", [("fixed", DAY[0])], None),
    ("fmeuf", [], DAY[0]),
    ("fpf", [("reopened", DAY[1])], DAY[2]),
    ("fpuf", [("reopened", DAY[1])], DAY[3]),
    ("fppuuf", [("reopened", DAY[2])], DAY[5]),
    ("pff", [], DAY[1]),
    ("f-p", [("fixed", DAY[0])], None),
    ("fp-f", [("reopened", DAY[1])], DAY[3]),
    ("f-", [], DAY[0]),  # away: what is known stands
    ("f?", [], DAY[0]),  # not seen on a host that was audited in part: not gone
    ("f.", [], None),  # gone
    ("f.f", [], DAY[0]),  # and back: nothing has proved it fixed
    ("f.p", [("fixed", DAY[0])], None),
    (".f", [("new", "")], DAY[1]),  # the host was known
    ("-f", [], DAY[1]),  # the host is seen for the first time
])  # fmt: skip
def test_rules(opened: History, nights: str, changes: list[tuple[str, str]], since: str | None) -> None:
    assert after(opened, nights) == changes
    assert [one.since for one in opened.open_failures()] == ([since] if since else [])


def test_a_host_that_was_away_shows_when_it_was_last_confirmed(opened: History) -> None:
    after(opened, "pf--")
    (one,) = opened.standings()
    assert (one.status, one.confirmed) == (FAIL, DAY[1])
    assert [(host.tried, host.reached) for host in opened.hosts()] == [(DAY[3], DAY[1])]
    (failure,) = opened.open_failures()
    assert failure.confirmed == DAY[1]
    assert failure.days((date.fromisoformat(DAY[1]) + timedelta(days=40)).isoformat()) == 40


def test_a_host_seen_for_the_first_time_is_listed_and_its_failures_are_not_new(opened: History) -> None:
    opened.record(sweep(0), [seen("p")])
    told = opened.record(sweep(1), [seen("p"), seen("f", "web02")]).changes
    assert told is not None
    assert (told.new, told.first_seen, told.compared) == (0, ("web02",), 1)
    told = opened.record(sweep(2), [seen("f", "web02")]).changes
    assert told is not None
    assert (told.unseen, told.unseen_total) == (("web01",), 1)


def test_an_instance_that_is_new_on_a_known_host_counts_with_nothing_before(opened: History) -> None:
    opened.record(sweep(0), [seen(".")])
    told = opened.record(sweep(1), [seen("f")]).changes
    assert told is not None
    (change,) = told.listed
    assert (change.kind, change.was, change.now, change.severity) == ("new", None, FAIL, Severity.HIGH)


def test_an_item_that_was_not_judged_for_a_while_was_not_confirmed_then(opened: History) -> None:
    def host(*said: str) -> Observed:
        items = tuple(
            verdict(item, LETTERS[letter]) for item, letter in zip(ITEMS, said, strict=False) if letter != "_"
        )
        return replace(
            seen("."), outcome=Outcome.AUDITED, instances=(ObservedInstance(base="/opt/tomcat", items=items),)
        )

    for number, said in enumerate(("pf", "pp", "p_", "pu")):
        opened.record(sweep(number), [host(*said)])
    told = opened.record(sweep(4), [host("p", "f")]).changes
    assert told is not None
    assert [(one.kind, one.since) for one in told.listed] == [("reopened", DAY[1])]
    opened.record(sweep(5), [host("p", "_")])
    opened.record(sweep(6), [host("p", "u")])
    assert [(one.since, one.confirmed) for one in opened.open_failures()] == [(DAY[4], DAY[4])]
    opened.record(sweep(7), [host("p", "p")])
    opened.record(sweep(8), [host("p", "_")])
    again = sweep(9)
    told = opened.record(again, [host("p", "f")]).changes
    assert told is not None
    assert [(one.kind, one.since) for one in told.listed] == [("reopened", DAY[7])]


def test_changes_are_told_against_the_sweep_before_in_the_series(opened: History) -> None:
    opened.record(sweep(0), [seen("f")])
    by_hand = opened.record(sweep(0, "by hand", 12), [seen("p")])
    assert by_hand.changes is None
    told = opened.record(sweep(1), [seen("p")]).changes
    assert told is not None
    assert [(one.kind, one.since) for one in told.listed] == [("fixed", DAY[0])]  # the nightly reader has not seen it
    assert told.sweep == sweep(0).sweep


def test_the_same_again_is_nothing_and_anything_else_is_refused(opened: History) -> None:
    first = opened.record(sweep(0), [seen("f"), seen("p", "web02")])
    second = opened.record(sweep(1), [seen("p"), seen("p", "web02")])
    again = opened.record(sweep(1), [seen("p", "web02"), seen("p")])
    assert again == replace(second, repeated=True)
    assert opened.record(sweep(0), [seen("f"), seen("p", "web02")]) == replace(first, repeated=True)
    for rows in ([seen("p")], [seen("f"), seen("p", "web02")]):
        with pytest.raises(ConfigError, match="with other results"):
            opened.record(sweep(1), rows)
    with pytest.raises(ConfigError, match="web02: has more than one result"):
        opened.record(sweep(2), [seen("p", "web02"), seen("p", "web02")])
    with pytest.raises(ConfigError, match="the history has web01 as of"):
        opened.record(replace(sweep(0), sweep="late"), [seen("p"), seen("p", "web03")])
    assert opened.hosts("web03") == []  # refused as a whole
    assert opened.record(replace(sweep(0), sweep="late"), [seen("p", "web03")]).changes is not None


def test_listed_changes_are_few_and_the_most_severe_first(opened: History) -> None:
    def host(at: int, status: Status) -> Observed:
        items = tuple(verdict(item, status) for item in ITEMS)
        return replace(seen("p", f"web{at:03d}"), instances=(ObservedInstance(base="/opt/tomcat", items=items),))

    opened.record(sweep(0), [host(at, PASS) for at in range(50)])
    told = opened.record(sweep(1), [host(at, FAIL) for at in range(50)]).changes
    assert told is not None
    assert (told.new, len(told.listed)) == (650, 300)
    ranks = [tuple(Severity).index(change.severity) for change in told.listed]
    assert ranks == sorted(ranks)
    assert list(told.listed) == sorted(told.listed, key=order)


SAID = st.sampled_from([*"ppffgunme", AWAY, PARTLY, ".", " "])  # a blank: not in this sweep
NIGHTS = st.lists(st.tuples(SAID, SAID, st.sampled_from(["nightly", "nightly", "by hand"])), min_size=2, max_size=6)


def as_nights(drawn: Sequence[tuple[str, str, str]]) -> list[Night]:
    return [
        (sweep(number, series), tuple(seen(said, f"web0{at}") for at, said in enumerate(hosts, 1) if said != " "))
        for number, (*hosts, series) in enumerate(drawn)
    ]  # fmt: skip


@settings(max_examples=times(20, 400))
@given(drawn=NIGHTS, cut=st.integers(0, 6))
def test_any_nights_are_told_as_recomputed(
    kept: tuple[History, Path, Path], drawn: list[tuple[str, str, str]], cut: int
) -> None:
    nights = as_nights(drawn)
    plain = Plain(nights)
    opened = anew(kept)
    for at, (one, rows) in enumerate(nights):
        told, former = opened.record(one, rows).changes, plain.former(at)
        assert (told is None) == (former is None)
        if told is not None and former is not None:
            assert list(told.listed) == sorted(plain.changes(former, at), key=order)
            assert list(told.unseen) == plain.unseen(former, at)
            assert list(told.first_seen) == plain.first_seen(former, at)
    as_of(opened, plain, range(len(nights)))
    after_pruning(opened, plain, sweep(cut).day)


def after_pruning(opened: History, plain: Plain, boundary: str) -> None:
    """Everything that is told of the sweeps that remain, and of the next one, is the same."""
    nights = plain.nights
    pruned = opened.prune(boundary)
    left = [at for at, (one, _) in enumerate(nights) if opened.has(one.sweep)]
    assert pruned.sweeps == len(nights) - len(left)
    last = {one.series: at for at, (one, _) in enumerate(nights)}
    assert left == [at for at, (one, _) in enumerate(nights) if one.day >= boundary or at in last.values()]
    as_of(opened, plain, left)
    for old, new in pairwise(left):
        listed = opened.changes(nights[old][0].sweep, nights[new][0].sweep).listed
        assert list(listed) == sorted(plain.changes(old, new), key=order)
    night = (sweep(len(nights)), (seen("f"), seen("p", "web02")))
    told = opened.record(*night).changes
    longer = Plain([*nights, night])
    former = longer.former(len(nights))
    assert (told is None) == (former is None)
    if told is not None and former is not None:
        assert list(told.listed) == sorted(longer.changes(former, len(nights)), key=order)


def as_of(opened: History, plain: Plain, moments: Sequence[int]) -> None:
    for at in moments:
        name = plain.nights[at][0].sweep
        assert set(opened.standings(name)) == plain.standings(at)
        assert set(opened.open_failures(name)) == plain.open_failures(at)
