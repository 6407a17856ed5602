"""Processes and units of an instance: the facts behind WT-05."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.evidence import Account, Process
from tomcat_fleet.model.fact import Fact
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A systemd unit, init script or defaults file that starts the instance."""

    name: str
    user: str | None  # None: no User= line, the unit runs as root
    enabled: bool  # starts at boot
    place: Place
