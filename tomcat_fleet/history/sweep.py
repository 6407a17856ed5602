"""A sweep as the history knows it, and what recording it tells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.result import Changes, SweepSummary, TrendPoint

DEFAULT_SERIES = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The facts of one sweep.

    ``series`` names sweeps that are compared with each other: those of the same inventory with the same limit.
    ``day`` is the auditor's day, by which ages are told; when it is empty it is the local day of ``started``.
    """

    sweep: str  # id
    started: str  # 2026-11-23T17:50:14Z
    finished: str = ""
    series: str = DEFAULT_SERIES
    tool: str = ""
    guide: str = ""
    tables_date: str = ""
    inventory_sha256: str = ""
    day: str = ""  # 2026-11-24


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a sweep has changed, for its report. ``changes`` is None for the first sweep of a series."""

    changes: Changes | None
    trend: tuple[TrendPoint, ...]  # at most 30 sweeps of the series, this one last
    repeated: bool = False  # it had been recorded before; nothing was written


def sweep_of(summary: SweepSummary, series: str = DEFAULT_SERIES, day: str = "") -> Sweep:
    """The facts of the sweep that ``summary`` is of."""
    return Sweep(
        sweep=summary.sweep,
        started=summary.started,
        finished=summary.finished,
        series=series,
        tool=summary.tool,
        guide=summary.guide,
        tables_date=summary.advisories_date,
        inventory_sha256=inventory_hash(summary.inventory_sha256),
        day=day or summary.day,
    )


def inventory_hash(files: Mapping[str, str]) -> str:
    """One hash for the files of an inventory, wherever they lie."""
    return hashlib.sha256(json.dumps(sorted(files.values())).encode()).hexdigest()


def moment(stamp: str) -> datetime:
    """The moment that ``stamp`` names. Raises ConfigError."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        raise ConfigError(f"{stamp[:40]!r} is no time such as 2026-11-23T17:50:14Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
