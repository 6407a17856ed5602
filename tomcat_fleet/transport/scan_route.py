"""The way to machines behind jump hosts, for asking them for their host keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import asyncssh

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.bastion import Bastions
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.jump import SSH_PORT, Hop, parse_jump
from tomcat_fleet.transport.ssh import AsyncSsh


def jump_hosts(targets: Iterable[Target], jumps: Mapping[str, Target]) -> tuple[Target, ...]:
    """Return the jump hosts of ``targets``, nearest first, each with the way to it."""
    found: dict[tuple[str, int, str | None], Target] = {}
    for target in targets:
        for host in _hops(target, jumps, ()):
            found.setdefault((host.address, host.port, host.jump), host)
    return tuple(found.values())


def _hops(target: Target, jumps: Mapping[str, Target], behind: tuple[str, ...]) -> Iterator[Target]:
    before: list[str] = []
    for hop in parse_jump(target.jump):
        host = _described(hop, target, ",".join(before) or None, jumps)
        if not before and hop.address in jumps and hop.address not in behind:
            yield from _hops(host, jumps, (*behind, hop.address))
        yield host
        before.append(hop.written)


def _described(hop: Hop, target: Target, before: str | None, jumps: Mapping[str, Target]) -> Target:
    """As ``Access.route`` goes: a way of its own is for one that comes first."""
    described = jumps.get(hop.address)
    if described is not None:
        way = before or described.jump
        return replace(described, user=hop.user or described.user, port=hop.port or described.port, jump=way)
    return Target(
        name=str(hop),
        address=hop.address,
        port=hop.port or SSH_PORT,
        user=hop.user,
        key_files=target.key_files,
        use_agent=target.use_agent,
        jump=before,
        source=target.source,
    )


class Route:
    """Open connections to jump hosts, one for all machines behind it."""

    def __init__(self, access: Access | None, limits: Limits) -> None:
        self._access = access  # None: no host key is known yet, so nothing is logged in to
        self._bastions = Bastions(AsyncSsh(), limits)

    async def tunnel(self, target: Target) -> asyncssh.SSHClientConnection | None:
        """Return the connection to the last jump host of ``target``, None without one; raises ``TargetError``."""
        if not target.jump:
            return None
        if self._access is None:
            raise TargetError(Outcome.JUMP_FAILED, "known_hosts has no key of its jump host yet; approve that first")
        return await self._bastions.tunnel(self._access.route(target))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._bastions.aclose()
