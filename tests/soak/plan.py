"""Which hosts there are: good ones of every layout and faulty ones of every kind, drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from tests.soak.fault import FAULTS
from tests.soak.layout import LAYOUTS, sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One fake host."""

    name: str
    address: str
    layout: str
    fault: str | None  # None: a good one
    eager: bool  # answers in the first round what others are asked for
    due: int  # round in which the fault happens
    seed: int


def drawn(good: int, faulty: int, seed: int) -> tuple[Host, ...]:
    """A fleet in random order; the same arguments give the same one, and the good hosts come in the same order.

    The last ones are good, so that no sweep ends with waiting for a deadline.
    """
    rng, others = Random(seed), Random(seed + 1)
    hosts = [*islice(_good(rng), good)]
    rng.shuffle(hosts)
    for host in islice(_faulty(others), faulty):
        hosts.insert(others.randint(0, len(hosts) * 4 // 5), host)
    return tuple(hosts)


def _good(rng: Random) -> Iterator[Host]:
    for number, layout in enumerate(cycle(LAYOUTS)):
        name = f"good-{number:04d}-{layout}"
        yield Host(name=name, address=_address(127, 50, number), layout=layout, fault=None, eager=rng.random() < 0.5,
                   due=0, seed=number)  # fmt: skip


def _faulty(rng: Random) -> Iterator[Host]:
    judged = [layout for layout in LAYOUTS if layout != "none"]
    for number, (kind, fault) in enumerate(cycle(FAULTS.items())):
        layout = fault.layout or rng.choice(judged)
        eager = fault.whole and rng.random() < 0.5
        due = rng.randrange(len(sound(layout).rounds)) if fault.whole and not eager else 0
        yield Host(name=f"bad-{number:04d}-{kind}", address=_address(127, 60, number), layout=layout, fault=kind,
                   eager=eager, due=due, seed=rng.randrange(2**32))  # fmt: skip


def _address(first: int, second: int, number: int) -> str:
    return f"{first}.{second}.{number // 250}.{number % 250 + 1}"
