"""Which target is next, with never too many at a time over one jump host or in one subnet.

Those of one way come in the inventory's order.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.jump import parse_jump

_Way: TypeAlias = tuple[str | None, str | None]  # the nearest jump host, which carries everything; the subnet
_BITS = {4: 24, 6: 64}  # what is one segment in most networks


def subnet(address: str) -> str | None:
    """The /24 or /64 of an address; None for a name, which is not looked up for this."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(ipaddress.ip_network((found, _BITS[found.version]), strict=False))


def nearest(jump: str, jumps: Mapping[str, Target]) -> str:
    """The address of the first machine on the way that ``jump`` names; ``jumps`` describe some by name."""
    passed: set[str] = set()
    while True:
        name = parse_jump(jump)[0].address
        described = jumps.get(name)
        if described is None or name in passed:  # a circle is refused elsewhere
            return name
        if not described.jump:
            return described.address
        passed.add(name)
        jump = described.jump


class Lanes:
    """Hands out targets to whoever asks. ``per_jump`` and ``per_subnet`` are the most under way at a time; 0: any.

    ``jumps`` are the jump hosts that the inventory describes, by name.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        per_jump: int,
        per_subnet: int,
        jumps: Mapping[str, Target] | None = None,
    ) -> None:
        self._per_jump = per_jump
        self._per_subnet = per_subnet
        self._nearest = cache(lambda jump: nearest(jump, jumps or {}))
        self._waiting: dict[_Way, deque[Target]] = {}
        for target in targets:
            self._waiting.setdefault(self._way(target), deque()).append(target)
        self._jumps: Counter[str | None] = Counter()
        self._subnets: Counter[str | None] = Counter()
        self._news = asyncio.Event()

    async def next(self) -> Target | None:
        """The next target that may go, once there is one; None when all are handed out."""
        while self._waiting:
            found = self._free()
            if found is not None:
                return found
            self._news.clear()
            await self._news.wait()
        return None

    def done(self, target: Target) -> None:
        """Make room for another one."""
        jump, segment = self._way(target)
        self._jumps[jump] -= 1
        self._subnets[segment] -= 1
        self._news.set()

    def _way(self, target: Target) -> _Way:
        jump = self._nearest(target.jump) if target.jump and self._per_jump else None
        segment = subnet(target.address) if self._per_subnet else None
        # Behind another jump host the same numbers may be another network.
        return jump, f"{target.jump} {segment}" if segment and target.jump else segment

    def _free(self) -> Target | None:
        for way, waiting in self._waiting.items():
            jump, segment = way
            if jump is not None and self._jumps[jump] >= self._per_jump:
                continue
            if segment is not None and self._subnets[segment] >= self._per_subnet:
                continue
            found = waiting.popleft()
            if not waiting:
                del self._waiting[way]
            self._jumps[jump] += 1
            self._subnets[segment] += 1
            return found
        return None
