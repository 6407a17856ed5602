"""One line of the doctor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tomcat_fleet.errors import Fault


class Level(StrEnum):
    """How much a line matters. With a problem an audit does not begin, or brings nothing."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. ``said`` names its sentence, ``said`` with ``_do`` the one that says what to do."""

    check: str
    level: Level
    said: str
    params: Mapping[str, object] = field(default_factory=dict)


def ok(check: str, said: str, **params: object) -> Finding:
    """Nothing to do."""
    return Finding(check=check, level=Level.OK, said=said, params=params)


def warning(check: str, said: str, **params: object) -> Finding:
    """A sweep works, less well than it might."""
    return Finding(check=check, level=Level.WARNING, said=said, params=params)


def problem(check: str, said: str, **params: object) -> Finding:
    """A sweep does not begin, or brings nothing."""
    return Finding(check=check, level=Level.PROBLEM, said=said, params=params)


def of_faults(check: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    """One problem for each of ``faults``, in its own words."""
    return (problem(check, "fault", fault=str(fault)) for fault in faults)
