"""Jump hosts that are described somewhere: what a sweep needs to log in to them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tomcat_fleet.errors import Fault
from tomcat_fleet.inventory.ledger import Ledger
from tomcat_fleet.inventory.openssh.config import Config
from tomcat_fleet.inventory.openssh.setting import Answers
from tomcat_fleet.inventory.resolve import Resolver
from tomcat_fleet.inventory.tree import Host, Tree
from tomcat_fleet.model.spelling import quoted
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.jump import parse_jump


@dataclass(slots=True)
class JumpHosts:
    """Finds the description of a jump host: its own table, the host of that name, a host of ssh_config."""

    tree: Tree
    resolver: Resolver
    configs: tuple[Config, ...]
    _found: dict[str, Target] = field(default_factory=dict)
    _undescribed: set[str] = field(default_factory=set)

    def of(self, targets: Iterable[Target]) -> Mapping[str, Target]:
        """Jump hosts with a table, and those on the way to ``targets`` that are described elsewhere, by name."""
        waiting = [*self.tree.jumps, *(name for target in targets for name in hops(target.jump))]
        for name in waiting:
            if name in self._found or name in self._undescribed:
                continue
            target = self._described(name)
            if target is None:
                self._undescribed.add(name)
            else:
                self._found[name] = target
                waiting.extend(hops(target.jump))
        _refuse_circles(self._found, self._ledger)
        return dict(self._found)

    def note_unused(self, targets: Iterable[Target]) -> None:
        """Warn of tables that nothing leads through: the ``jump`` that meant them may be misspelt."""
        used = {name for target in (*targets, *self._found.values()) for name in hops(target.jump)}
        for name, table in self.tree.jumps.items():
            if name not in used:
                near = difflib.get_close_matches(name, used - self._found.keys(), n=1)
                said = f"; is it meant by {quoted(near[0])}, which a host names?" if near else ""
                self._ledger.warn(table.spot, f"no host is reached through the jump host {quoted(name)}{said}")

    @property
    def _ledger(self) -> Ledger:
        return self.tree.ledger

    def _described(self, name: str) -> Target | None:
        if table := self.tree.jumps.get(name):
            return self.resolver.alone(table)
        if host := self.tree.hosts.get(name):
            target = self.resolver.target(host)
            if target and target.transport == "local":
                self._ledger.fault(host.spot, f"{quoted(name)} is this machine (local) and cannot be a jump host")
                return None
            return target
        return self._configured(name)

    def _configured(self, name: str) -> Target | None:
        answers = Answers(self._ledger)
        for config in self.configs:
            settings = answers.of(config, name)
            if settings or name in config.aliases:
                spot = config.aliases.get(name) or next(iter(settings.values())).spot
                return self.resolver.alone(Host(name, spot, settings=settings, config=config))
        return None


@lru_cache(maxsize=4096)
def hops(jump: str | None) -> tuple[str, ...]:
    """Names of the jump hosts of a ``jump``."""
    return tuple(hop.address for hop in parse_jump(jump))


def _refuse_circles(jumps: Mapping[str, Target], ledger: Ledger) -> None:
    done: set[str] = set()
    for name in jumps:
        trail: dict[str, Iterator[str]] = {}
        _enter(name, jumps, trail, done)
        while trail:
            here, left = next(reversed(trail.items()))
            following = next(left, None)
            if following is None:
                done.add(here)
                del trail[here]
            elif following in trail:
                names = list(trail)
                way = " > ".join([*names[names.index(following) :], following])
                ledger.faults.append(_circle(jumps[following], way))
            else:
                _enter(following, jumps, trail, done)


def _enter(name: str, jumps: Mapping[str, Target], trail: dict[str, Iterator[str]], done: set[str]) -> None:
    if name in jumps and name not in done:
        trail[name] = iter(hops(jumps[name].jump))


def _circle(target: Target, way: str) -> Fault:
    file, _, line = target.source.rpartition(":")
    remedy = 'set jump = "none" (ProxyJump none) where it is reached directly'
    return Fault(file, int(line), f"the jump host {quoted(target.name)} leads through itself: {way}; {remedy}")
