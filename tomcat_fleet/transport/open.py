"""Which transport reaches a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import asyncssh

from tomcat_fleet.errors import ConfigError, Fault, TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access, fault_of
from tomcat_fleet.transport.algorithm import PROFILES
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.jump import parse_jump
from tomcat_fleet.transport.local import open_local
from tomcat_fleet.transport.ssh import open_ssh

TRANSPORTS = ("asyncssh", "local")
ESCALATIONS = ("sudo", "doas", "dzdo")  # those that take -n and never ask at a prompt


def check_transports(targets: Iterable[Target]) -> None:
    """Raise ``ConfigError`` for every target whose transport, ssh_profile, escalation or jump cannot be served."""
    faults = [fault for target in targets for fault in _faults(target)]
    if faults:
        raise ConfigError(faults)


async def open_channel(
    target: Target,
    access: Access,
    limits: Limits,
    *,
    tunnel: asyncssh.SSHClientConnection | None = None,
) -> Channel:
    """Start ``sh -s`` on ``target``; raises ``TargetError``.

    ``tunnel`` is an open connection to the target's last jump host, see ``open_ssh``.
    """
    match target.transport:
        case "asyncssh":
            return await open_ssh(target, access, limits, tunnel=tunnel)
        case "local":
            return await open_local(target, limits)
        case _:
            raise TargetError(Outcome.NOT_RUN, "its transport is not part of this release")


def _faults(target: Target) -> Iterator[Fault]:
    if target.transport not in TRANSPORTS:
        yield fault_of(target, f"transport {target.transport!r} is not part of this release; use asyncssh or local")
    if target.ssh_profile not in PROFILES:
        yield fault_of(target, f"ssh_profile {target.ssh_profile!r} does not exist; use {', '.join(PROFILES)}")
    if target.become and target.become.method not in ESCALATIONS:
        method = target.become.method
        yield fault_of(target, f"escalation by {method!r} is not part of this release; use {', '.join(ESCALATIONS)}")
    try:
        parse_jump(target.jump)
    except ValueError as error:
        yield fault_of(target, str(error))
