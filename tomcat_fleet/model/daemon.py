"""Processes and units of an instance: the facts behind WT-05."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.evidence import Account, Process
from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.place import Place


class DaemonKind(StrEnum):
    """What a process of the instance is."""

    JAVA = "java"
    JSVC_CONTROLLER = "jsvc-controller"  # keeps root, holds no JVM
    JSVC_CHILD = "jsvc-child"
    WRAPPER = "wrapper"  # sh, su, sudo around the JVM


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One process of the instance."""

    process: Process
    kind: DaemonKind
    account: Fact[Account | None]
    vouched: bool = True  # something of the instance, a unit or the inventory belongs to its account


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A systemd unit, init script or defaults file that starts the instance."""

    name: str
    user: str | None  # None: no User= line, the unit runs as root
    enabled: bool  # starts at boot
    place: Place


def account_names(daemons: Fact[tuple[Daemon, ...]], units: Iterable[Unit]) -> frozenset[str]:
    """Names, case folded, under which an instance runs or is started, as far as they are known."""
    names = {unit.user for unit in units if unit.user}
    for daemon in daemons.value if isinstance(daemons, Known) else ():
        account = daemon.account.value if isinstance(daemon.account, Known) else None
        if daemon.kind is not DaemonKind.WRAPPER:
            names.add(account.name if account else daemon.process.user)
    return frozenset(name.casefold() for name in names if name)
