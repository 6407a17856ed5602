"""The way to machines behind jump hosts, for asking them for their host keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack

import asyncssh

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.connect import Endpoint, connect
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.jump import Hop, parse_jump

_CLOSE_S = 2.0
_NOT_TRUSTED = frozenset({Outcome.HOSTKEY_UNKNOWN, Outcome.HOSTKEY_CHANGED})


def jump_hosts(targets: Iterable[Target], jumps: Mapping[str, Target]) -> tuple[Target, ...]:
    """Return the jump hosts of ``targets``, nearest first, each with the way to it."""
    found: dict[tuple[str, int, str | None], Target] = {}
    for target in targets:
        before: list[str] = []
        for hop in parse_jump(target.jump):
            host = _described(hop, target, ",".join(before) or None, jumps)
            found.setdefault((host.address, host.port, host.jump), host)
            before.append(f"{hop.user}@{hop}" if hop.user else str(hop))
    return tuple(found.values())


def _described(hop: Hop, target: Target, before: str | None, jumps: Mapping[str, Target]) -> Target:
    if hop.address in jumps:
        return jumps[hop.address]
    return Target(
        name=str(hop),
        address=hop.address,
        port=hop.port,
        user=hop.user,
        key_files=target.key_files,
        use_agent=target.use_agent,
        jump=before,
        source=target.source,
    )


class Route:
    """Open connections to jump hosts, one for all machines behind it."""

    def __init__(self, access: Access | None, jumps: Mapping[str, Target], limits: Limits) -> None:
        self._access = access  # None: no host key is known yet, so nothing is logged in to
        self._jumps = jumps
        self._limits = limits
        self._stack = AsyncExitStack()
        self._opening: dict[tuple[object, ...], asyncio.Task[asyncssh.SSHClientConnection | None]] = {}

    async def tunnel(self, target: Target) -> asyncssh.SSHClientConnection | None:
        """Return the connection to the last jump host of ``target``, None without one; raises ``TargetError``."""
        if not target.jump:
            return None
        key = (target.jump, target.key_files, target.use_agent)
        if key not in self._opening:
            self._opening[key] = asyncio.create_task(self._open(target))
        return await asyncio.shield(self._opening[key])

    async def aclose(self) -> None:
        """Close every connection."""
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        await self._stack.aclose()

    async def _open(self, target: Target) -> asyncssh.SSHClientConnection | None:
        """Every hop of ``target``, each through the one before."""
        if self._access is None:
            raise TargetError(Outcome.JUMP_FAILED, "known_hosts has no key of its jump host yet; approve that first")
        tunnel = None
        deadline = Deadline(self._limits.total_s)
        for hop in parse_jump(target.jump):
            try:
                tunnel = await connect(self._endpoint(hop, target, self._access), self._limits, deadline, tunnel)
            except TargetError as error:
                advice = "approve its key first" if error.outcome in _NOT_TRUSTED else ""
                reason = failure.line(f"jump host {hop}", error.outcome, advice, error.reason)
                raise TargetError(Outcome.JUMP_FAILED, reason) from None
            self._stack.push_async_callback(_close, tunnel)
        return tunnel

    def _endpoint(self, hop: Hop, target: Target, access: Access) -> Endpoint:
        host = self._jumps.get(hop.address)
        if host is None:
            login, profile, alias = access.hop_login(target, hop.user), "modern", None
        else:
            login, profile, alias = access.login(host), host.ssh_profile, host.host_key_alias
        address, port = (host.address, host.port) if host else (hop.address, hop.port)
        return Endpoint(
            address=address,
            port=port,
            profile=profile,
            login=login,
            host_keys=access.known_hosts.of(address, port, alias),
        )


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    try:
        async with asyncio.timeout(_CLOSE_S):
            await connection.wait_closed()
    except failure.PEER_FAULTS:
        connection.abort()
