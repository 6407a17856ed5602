"""What is odd about hosts as machines: one key under several names, and clocks that are wrong, SSH that is weak."""

from __future__ import annotations

from dataclasses import dataclass, field

from tomcat_fleet.model.result import SharedHostKey, TargetResult
from tomcat_fleet.report.weak_ssh import weak

LISTED = 50  # keys, clocks and weak links that the page and the summary name
NAMED = 20  # hosts of one key
LATE_S = 120  # a connection that takes its time does not look like a wrong clock
_REMEMBERED = 100_000  # host keys of a sweep


@dataclass(frozen=True, slots=True)
class Twins:
    """Hosts that present one host key: one machine under two names, a cluster's pair, or copies of one image."""

    key: str  # SHA256:… fingerprint
    hosts: int
    targets: tuple[tuple[str, str], ...]  # target, slug; the first by name

    def result(self) -> SharedHostKey:
        """As the summary has it."""
        return SharedHostKey(key=self.key, hosts=self.hosts, targets=tuple(target for target, _ in self.targets))


@dataclass(slots=True)
class Oddities:
    """Collects them, in any order of the hosts and in bounded memory."""

    clocks_total: int = 0
    _keys: dict[str, Twins] = field(default_factory=dict)
    _clocks: list[tuple[int, str, str]] = field(default_factory=list)  # -|seconds|, target, slug
    weak_total: int = 0
    _weak: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)  # target, slug, names

    def add(self, result: TargetResult) -> None:
        """Count one host."""
        host = (result.target, result.slug)
        key = result.method.host_key if result.method else ""
        if key and (key in self._keys or len(self._keys) < _REMEMBERED):
            known = self._keys.get(key, Twins(key, 0, ()))
            self._keys[key] = Twins(key, known.hosts + 1, tuple(sorted((*known.targets, host))[:NAMED]))
        skew = result.host.clock_skew_s if result.host else None
        if skew is not None and abs(skew) > LATE_S:
            self.clocks_total += 1
            self._clocks = sorted([*self._clocks, (-abs(skew), *host)])[:LISTED]
        names = tuple(name for name, _ in weak(result.method.algorithms)) if result.method else ()
        if names:
            self.weak_total += 1
            self._weak = sorted([*self._weak, (*host, names)])[:LISTED]

    def twins(self) -> tuple[Twins, ...]:
        """Keys of two hosts or more, those of most hosts first."""
        found = (twins for twins in self._keys.values() if twins.hosts > 1)
        return tuple(sorted(found, key=lambda twins: (-twins.hosts, twins.targets)))

    def clocks(self) -> tuple[tuple[str, str, int], ...]:
        """Target, slug and seconds of the clocks that are wrong by most."""
        return tuple((target, slug, -seconds) for seconds, target, slug in self._clocks)

    def weak_links(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Target, slug and weak algorithms of the hosts whose SSH is weak, the first by name."""
        return tuple(self._weak)
