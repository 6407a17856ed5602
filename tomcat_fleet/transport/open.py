"""Which transport reaches a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from tomcat_fleet.errors import ConfigError, Fault, TargetError
from tomcat_fleet.model.escalation import METHODS
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.access import Access, fault_of, on_the_way
from tomcat_fleet.transport.algorithm import PROFILES
from tomcat_fleet.transport.bastion import Bastions
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.endpoint import Endpoint, Login
from tomcat_fleet.transport.jump import parse_jump
from tomcat_fleet.transport.local import open_local
from tomcat_fleet.transport.ssh import AsyncSsh, open_ssh
from tomcat_fleet.transport.tether import JumpLostError, Tethered
from tomcat_fleet.transport.threaded.channel import open_paramiko
from tomcat_fleet.transport.threaded.connect import Paramiko
from tomcat_fleet.transport.threaded.offer import unable

TRANSPORTS = ("asyncssh", "paramiko", "local")
ESCALATIONS = METHODS
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


def check_transports(targets: Iterable[Target], jumps: Mapping[str, Target] | None = None) -> None:
    """Raise ``ConfigError`` for every target whose transport, ssh_profile, escalation or jump cannot be served.

    ``jumps`` are the jump hosts that the inventory describes: those on the way are reached as the targets are.
    """
    targets = list(targets)
    faults = [fault for target in targets for fault in _faults(target)]
    by_paramiko = [target for target in targets if target.transport == "paramiko"]
    hops = on_the_way(by_paramiko, jumps or {})
    faults += [fault_of(hop, lacking) for hop in hops if (lacking := unable(hop.ssh_profile))]
    # A second machine would pass or fail for what this one is.
    here = [target for target in targets if target.transport == "local"]
    faults += [
        fault_of(one, f"transport 'local' is this machine, which {here[0].name} ({here[0].address}) is already")
        for one in here
        if one.address != here[0].address
    ]
    if faults:
        raise ConfigError(faults)


class Carriers:
    """The ways to the targets of one sweep; connections to jump hosts are shared and kept open."""

    def __init__(self, limits: Limits) -> None:
        self._asyncssh = Bastions(AsyncSsh(), limits)
        self._paramiko = Bastions(Paramiko(), limits)

    async def open(self, target: Target, access: Access, limits: Limits) -> Channel:
        """Start ``sh -s`` on ``target``. Raises TargetError, JumpLostError when only the way there broke."""
        match target.transport:
            case "asyncssh":
                return await _over(self._asyncssh, open_ssh, target, access, limits)
            case "paramiko":
                return await _over(self._paramiko, open_paramiko, target, access, limits)
            case "local":
                return await open_local(target, limits)
            case _:
                raise TargetError(Outcome.NOT_RUN, "its transport is not part of this release")

    async def aclose(self) -> None:
        """Close the connections to jump hosts."""
        await self._asyncssh.aclose()
        await self._paramiko.aclose()


class _Opener(Protocol[C_contra]):
    async def __call__(
        self, target: Target, access: Access, limits: Limits, *, tunnel: C_contra | None = None
    ) -> Channel: ...


async def _over(bastions: Bastions[C], open_: _Opener[C], target: Target, access: Access, limits: Limits) -> Channel:
    route = access.route(target)
    tunnel = await bastions.tunnel(route)
    if tunnel is None:
        return await open_(target, access, limits)
    through, hop = tunnel, route[-1]

    async def bears(error: TargetError) -> bool:
        return await bastions.bears(through, error)

    try:
        channel = await open_(target, access, limits, tunnel=through)
    except TargetError as error:
        if await bears(error):
            raise failure.named(error, hop) from None
        raise _broken(error, hop, access.login(target)) from None
    return Tethered(channel, bears, hop)


def _broken(error: TargetError, hop: Endpoint, login: Login) -> TargetError:
    """What the end of the way means for the login that it ended: what may have counted is not tried again."""
    if error.outcome in failure.SETTLED:
        return error
    lost = JumpLostError(hop)
    if failure.settled(error, login):
        return TargetError(lost.outcome, f"{lost.reason} during the login; a password is not sent a second time")
    return lost


def _faults(target: Target) -> Iterator[Fault]:
    if target.transport not in TRANSPORTS:
        known = ", ".join(TRANSPORTS)
        yield fault_of(target, f"transport {target.transport!r} is not part of this release; use {known}")
    if target.ssh_profile not in PROFILES:
        yield fault_of(target, f"ssh_profile {target.ssh_profile!r} does not exist; use {', '.join(PROFILES)}")
    elif target.transport == "paramiko" and (lacking := unable(target.ssh_profile)):
        yield fault_of(target, lacking)
    if target.become and target.become.method not in ESCALATIONS:
        method = target.become.method
        yield fault_of(target, f"escalation by {method!r} is not part of this release; use {', '.join(ESCALATIONS)}")
    try:
        parse_jump(target.jump)
    except ValueError as error:
        yield fault_of(target, str(error))
