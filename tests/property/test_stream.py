"""Every record of what a collector sends, lost or spoiled: the host is refused, or the items say that they are unknown.

Frames that do not agree with each other are refused. Frames that do agree are what a target sends that really lost the
record, and then no verdict may be better than unknown where it was worse, nor stay a pass on evidence that is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests import stock
from tests.property.loss import better, damages_in_turn, stale
from tests.property.sound import verdicts
from tests.property.stream import Listener, framed, recorded
from tests.verdict import audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.collect.frame import Record

LISTENER = Listener()


def two_instances_and_a_stopped_one() -> VirtualHost:
    """One open to everybody, one run by root, one that a unit starts as root at boot."""
    made = stock.stock("7.0.106")
    made.account(997, "second")
    stock.add_good(made, "10.1.60", "/srv/second", uid=997, pid=90)
    made.processes[-1] = replace(made.processes[-1], uid=0)
    stock.add_good(made, "9.0.122", "/srv/third", uid=996, running=False)
    made.unit("/etc/systemd/system/third.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/third\n")
    made.candidate("/srv/third")
    return made


def stopped_and_searched() -> VirtualHost:
    """Found by the search of the usual places and by nothing else."""
    made = stock.stock("9.0.122", running=False)
    made.candidate(stock.BASE)
    return made


HOSTS: dict[str, Callable[[], VirtualHost]] = {
    "good": stock.good,
    "stock": lambda: stock.stock("9.0.122"),
    "debian": stock.debian,
    "old": stock.old,
    "three instances": two_instances_and_a_stopped_one,
    "stopped": stopped_and_searched,
}


@pytest.mark.parametrize("name", HOSTS)
def test_the_stream_says_what_the_host_is(name: str) -> None:
    heard = LISTENER.judged(framed(recorded(HOSTS[name]())))
    assert heard is not None
    assert verdicts(heard) == verdicts(audit(HOSTS[name]()))


@pytest.mark.parametrize("name", HOSTS)
def test_no_record_can_be_lost_for_the_better(name: str) -> None:
    records = recorded(HOSTS[name]())
    before = LISTENER.judged(framed(records))
    assert before is not None
    tried: Counter[str] = Counter()
    for at, record in enumerate(records):
        for damage in damages_in_turn(records, at, list(HOSTS).index(name)):
            after = LISTENER.judged(framed(damage.records))
            tried[damage.how] += 1
            if after is None:
                tried["refused"] += 1
                continue
            assert not better(before, after), (damage.how, record.verb, record.payload[:80], better(before, after))
            if damage.lost:
                assert not stale(record, before, after), (damage.how, record.verb, record.payload[:80])
    print(f"{name}: {len(records)} records", dict(tried))  # noqa: T201 - how much was tried, for pytest -rP


@pytest.mark.parametrize("name", HOSTS)
def test_frames_that_disagree_are_refused(name: str) -> None:
    records = recorded(HOSTS[name]())
    numbers = list(range(1, len(records) + 1))
    tried = 0
    for at in range(len(records)):
        for stream in _disagreeing(records, numbers, at):
            assert LISTENER.judged(stream) is None, (at, records[at].verb)
            tried += 1
    print(f"{name}: {tried} streams that disagree with themselves")  # noqa: T201 - how much was tried, for pytest -rP


def _disagreeing(records: Sequence[Record], numbers: list[int], at: int) -> list[bytes]:
    rest = [*records[:at], *records[at + 1 :]]
    left = [*numbers[:at], *numbers[at + 1 :]]
    whole = framed(records)
    lines = whole.split(b"\n")
    payload = next(i for i, line in enumerate(lines) if line.endswith(b" %d ." % (at + 1))) - 2
    cut = [*lines[:payload], lines[payload][:-4], *lines[payload + 1 :]]
    found = [
        framed(rest, numbers=left, count=len(records)),
        framed(rest, count=len(records)),
        framed(records, numbers=[*numbers[:at], at + 2, *numbers[at + 1 :]]),
        framed(records, count=at),
        framed([*records[: at + 1], records[at], *records[at + 1 :]], numbers=[*numbers[: at + 1], *numbers[at:]]),
        b"\n".join(cut),
        whole[: whole.index(b" %d ." % (at + 1))],
    ]
    return found if at + 1 == len(records) else [*found, framed(rest, numbers=left)]
