"""Sweeps of a fleet that does not exist: verdicts that flip, hosts that are away, instances that come and go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from tomcat_fleet.history import ItemVerdict, Observed, ObservedInstance, Sweep
from tomcat_fleet.model.status import Outcome, Severity, Status

Night: TypeAlias = tuple[Sweep, tuple[Observed, ...]]

ITEMS = tuple(f"WT-{number:02d}" for number in range(1, 14))
SEVERITIES = dict(zip(ITEMS, (Severity.HIGH, Severity.MEDIUM, Severity.LOW) * 5, strict=False))
FIRST = datetime(2026, 9, 1, 17, 0, tzinfo=UTC)
AWAY = (Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.AUTH_FAILED, Outcome.NOT_RUN)
# What a verdict becomes when it changes; a pass seldom turns into anything at once.
NEXT = (
    Status.PASS,
    Status.PASS,
    Status.FAIL,
    Status.FAIL,
    Status.UNKNOWN,
    Status.MANUAL,
    Status.NOT_APPLICABLE,
    Status.ERROR,
)


def verdict(item: str, status: Status, mark: str = "") -> ItemVerdict:
    return ItemVerdict(item=item, status=status, severity=SEVERITIES[item], fingerprint=f"{status}{mark}", detail=mark)


def sweep(number: int, series: str = "nightly", hours: int = 0) -> Sweep:
    started = FIRST + timedelta(days=number, hours=hours)
    stamp = started.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Sweep(sweep=f"{series}-{number:03d}", started=stamp, series=series, day=started.date().isoformat())


class Fleet:
    """``hosts`` machines with ``instances`` instances on them."""

    def __init__(self, hosts: int, instances: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.bases: dict[str, dict[str, list[ItemVerdict]]] = {f"web{at:05d}": {} for at in range(hosts)}
        self.hidden: dict[str, dict[str, list[ItemVerdict]]] = {name: {} for name in self.bases}
        self.restless: list[tuple[list[ItemVerdict], int]] = []  # what has been changed may be changed back
        self.count = 0
        names = list(self.bases)
        for at in range(instances):
            self.install(names[at % hosts])

    def install(self, name: str) -> None:
        self.count += 1
        items = [verdict(item, self.random.choices(NEXT, (60, 10, 10, 5, 5, 3, 6, 1))[0]) for item in ITEMS]
        self.bases[name][f"/srv/tomcat{self.count}"] = items

    def pass_a_day(self, churn: float) -> None:
        """Verdicts change, instances are removed, brought back and installed."""
        draw = self.random
        names = list(self.bases)
        here = [items for bases in self.bases.values() for items in bases.values()]
        for _ in range(round(churn * len(here) * len(ITEMS))):
            if self.restless and draw.random() < 0.4:
                items, at = draw.choice(self.restless[-300:])
                status = Status.PASS if items[at].status is Status.FAIL else Status.FAIL
            else:
                items, at, status = draw.choice(here), draw.randrange(len(ITEMS)), draw.choice(NEXT)
            items[at] = verdict(ITEMS[at], status, draw.choice(("", "", "b")))
            self.restless.append((items, at))
        for name in draw.sample(names, max(1, len(names) // 500)):
            for one, other in ((self.bases, self.hidden), (self.hidden, self.bases)):
                if one[name] and draw.random() < 0.5:
                    base = draw.choice(sorted(one[name]))
                    other[name][base] = one[name].pop(base)
        self.install(draw.choice(names))

    def observe(self, names: list[str] | None = None) -> Iterator[Observed]:
        """Some hosts are away, some bring a part of what they have."""
        for name in names or list(self.bases):
            luck = self.random.random()
            bases = dict(self.bases[name])
            outcome = Outcome.AUDITED if bases else Outcome.NO_TOMCAT
            if luck < 0.02:
                outcome, bases = self.random.choice(AWAY), {}
            elif luck < 0.035:
                outcome = Outcome.PARTIAL
                bases = {base: items for base, items in bases.items() if self.random.random() < 0.5}
            yield Observed(
                target=name, slug=f"{name}-0", address="192.0.2.1", zone=("", "dmz", "core")[hash_of(name) % 3],
                outcome=outcome, os="linux",
                instances=tuple(
                    ObservedInstance(base=base, version="10.1.60", account="tomcat", items=tuple(bases[base]))
                    for base in sorted(bases)
                ),
            )  # fmt: skip


def hash_of(name: str) -> int:
    return sum(name.encode())


def nights(count: int, hosts: int, instances: int, *, churn: float = 0.005, seed: int = 7) -> Iterator[Night]:
    """One sweep a night; after some of them another one of a few hosts, in a series of its own."""
    fleet = Fleet(hosts, instances, seed)
    names = list(fleet.bases)
    for number in range(count):
        # Every tenth host joins the fleet later, and one leaves the inventory.
        known = [name for at, name in enumerate(names) if (at % 10 or at // 10 <= number * 40) and at != 3 * number]
        yield sweep(number), tuple(fleet.observe(known))
        if number % 7 == 3:
            fleet.pass_a_day(churn * 4)
            yield sweep(number, "by hand", 12), tuple(fleet.observe(fleet.random.sample(known, len(known) // 8)))
        fleet.pass_a_day(churn)


def shuffled(night: Night, seed: int) -> Night:
    rows = list(night[1])
    random.Random(seed).shuffle(rows)
    return replace(night[0]), tuple(rows)
