"""Every deliberate exception.

    FleetError
      UserError         the operator's input is wrong; nothing was connected to; exit 2
        InventoryError    inventory, group_vars, host_vars, --limit
        ConfigError       known_hosts, keys, profile file, output directory, options
      TargetError       one target could not be audited; becomes its outcome, never ends a sweep
      DiskError          results or a report cannot be written any more; the message says what is kept; exit 4
      EvidenceError     one artefact could not be read as what it claims to be; becomes an Unknown fact

Exceptions are ordinary classes: a frozen dataclass cannot carry a traceback through a context manager.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tomcat_fleet.model.status import Outcome


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with the operator's input. ``line`` is 1-based, 0 when the whole file is meant."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" if place else self.message


class FleetError(Exception):
    """Root of all deliberate exceptions."""


class UserError(FleetError):
    """The operator's input is wrong. Carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault] | str) -> None:
        found = (Fault("", 0, faults),) if isinstance(faults, str) else tuple(faults)
        self.faults: tuple[Fault, ...] = tuple(sorted(set(found)))
        super().__init__("\n".join(map(str, self.faults)))


class InventoryError(UserError):
    """Inventory, its variable files or a host pattern."""


class ConfigError(UserError):
    """Anything else the operator hands in: known_hosts, keys, profile, output directory."""


class TargetError(FleetError):
    """A target could not be audited. ``reason`` is short, escaped and free of secrets."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        self.reason = reason
        super().__init__(f"{outcome.value}: {reason}")


class EvidenceError(FleetError):
    """An artefact is not what it claims to be. The message never quotes the artefact's text."""


class DiskError(FleetError):
    """The place for the results is full or broken. The message says what is kept and how to go on."""
