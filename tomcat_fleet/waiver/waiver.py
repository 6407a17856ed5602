"""What a waiver is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

SOON_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One accepted risk. No pattern of a kind means that every one is covered."""

    who: str
    why: str  # one line, the ticket included
    until: date  # the last day on which it is in force
    items: tuple[str, ...]  # WT-nn
    targets: tuple[str, ...]  # patterns, at least one
    instances: tuple[str, ...] = ()  # patterns of CATALINA_BASE
    subjects: tuple[str, ...] = ()
    source: str  # waivers.toml:12
    line: int

    @property
    def scope(self) -> dict[str, tuple[str, ...]]:
        """Its patterns, those kinds left out of which it has none."""
        kinds = {
            "items": self.items,
            "targets": self.targets,
            "instances": self.instances,
            "subjects": self.subjects,
        }
        return {kind: patterns for kind, patterns in kinds.items() if patterns}

    def in_force(self, day: date) -> bool:
        """Whether it has not run out on ``day``."""
        return day <= self.until

    def expiring(self, day: date) -> bool:
        """Whether it is in force on ``day`` and for no more than 30 days longer."""
        return 0 <= (self.until - day).days <= SOON_DAYS

    def state(self, day: date) -> str:
        """in_force, expiring or expired."""
        if not self.in_force(day):
            return "expired"
        return "expiring" if self.expiring(day) else "in_force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """The waivers of one file, in its order."""

    each: tuple[Waiver, ...] = ()
    files: tuple[tuple[str, str], ...] = ()  # path, SHA-256


NO_WAIVERS: Final = Waivers()
