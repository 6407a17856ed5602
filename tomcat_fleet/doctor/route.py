"""Whether the jump hosts let us through: a real login to each, the doctor's only word to other machines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from tomcat_fleet.doctor.finding import Finding, ok, problem, warning
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.bastion import Bastions
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.ssh import AsyncSsh

Reach = Callable[[Target], Awaitable[None]]
AT_A_TIME = 8
_CHECK = "jumps"
LIMITS = Limits(connect_s=10, login_s=15, total_s=40, retries=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The jump hosts on the way to some targets, one of which stands for all."""

    name: str
    example: Target
    targets: int


def routes(targets: Iterable[Target]) -> tuple[Route, ...]:
    """Every distinct way: the jump hosts, and the keys that log in to them."""
    found: dict[tuple[object, ...], list[Target]] = {}
    for target in targets:
        if target.jump:
            found.setdefault((target.jump, target.key_files, target.use_agent), []).append(target)
    return tuple(
        Route(name=one_line(members[0].jump or "", 200), example=members[0], targets=len(members))
        for members in found.values()
    )


async def examine(found: Sequence[Route], reach: Reach, *, direct: bool) -> list[Finding]:
    """Go every way up to its last jump host, several at a time; targets are never spoken to.

    ``direct`` says that other targets are reached without: a sweep works for them even with every way closed.
    """
    turn = asyncio.Semaphore(AT_A_TIME)

    async def closed(route: Route) -> str | None:
        async with turn:
            try:
                await reach(route.example)
            except TargetError as error:
                return error.reason
            return None

    reasons = await asyncio.gather(*map(closed, found))
    tell = warning if direct or None in reasons else problem
    return [_finding(route, why, tell) for route, why in zip(found, reasons, strict=True)]


def untried(route: Route) -> Finding:
    """Say of a way that what leads to it is not in order yet."""
    return warning(_CHECK, "route_untried", route=route.name, targets=route.targets)


def _finding(route: Route, why: str | None, tell: Callable[..., Finding]) -> Finding:
    known: dict[str, object] = {"route": route.name, "targets": route.targets}
    return ok(_CHECK, "route_open", **known) if why is None else tell(_CHECK, "route_closed", why=why, **known)


def by_hops(access: Access) -> Reach:
    """Log in to every jump host of a target, and leave."""

    async def reach(target: Target) -> None:
        bastions = Bastions(AsyncSsh(), LIMITS)
        try:
            await bastions.tunnel(access.route(target))
        finally:
            await bastions.aclose()

    return reach
