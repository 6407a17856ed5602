"""The demo fleet: nine hosts that differ in kind, and any number of tarball hosts that differ in their flaws."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tomcat_fleet.demo import host
from tomcat_fleet.demo.host import DemoHost, Reach
from tomcat_fleet.demo.trees.modern import ALL_FLAWS, Flaw

_SEED = 20180301  # the same fleet on every run


def kinds() -> tuple[DemoHost, ...]:
    """One host of each kind."""
    return (
        host.sound("web-good"),
        host.tarball("web-bad", ALL_FLAWS, careless=True),
        host.two_instances("app-two"),
        host.from_packages("pkg-debian"),
        host.ancient("old-55"),
        host.locked("web-locked"),
        DemoHost(name="net-down", group="network", reach=Reach.CLOSED),
        DemoHost(name="net-rekeyed", group="network", reach=Reach.OTHER_KEY),
    )


HOSTS = len(kinds())


def fleet(size: int) -> tuple[DemoHost, ...]:
    """``size`` hosts, at least one of each kind. Those beyond are stopped instances with some of the flaws."""
    return (*kinds(), *_variations(size - HOSTS))


def _variations(count: int) -> Iterator[DemoHost]:
    choice = random.Random(_SEED)  # noqa: S311  a shuffle, not a secret
    for number in range(1, count + 1):
        flaws = frozenset(choice.sample(sorted(Flaw), choice.randrange(len(Flaw) // 2)))
        yield host.tarball(f"web{number:03}", flaws, running=False)
