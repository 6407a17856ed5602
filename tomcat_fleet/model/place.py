"""Where something was seen: the evidence a finding points at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tomcat_fleet.model.evidence import FileStatus, Process
from tomcat_fleet.model.fact import Unknown


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; line 0 means the file as a whole (``note`` says what was or was not there)."""

    path: str
    line: int = 0
    note: str = ""

    def __str__(self) -> str:
        """``path:line``, or the path alone for the file as a whole."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact that is neither a file line, a stat row nor a process: ``source`` names the command or table."""

    source: str
    text: str


Ref: TypeAlias = Place | FileStatus | Process | Unknown | Observation
