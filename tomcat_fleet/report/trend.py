"""A row of sweeps as the points of a small line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tomcat_fleet.model.result import SweepSummary, TrendPoint
from tomcat_fleet.model.status import COMPLETE, Status

SWEEPS = 30  # the last ones
WIDTH, HEIGHT = 120.0, 24.0
_MARGIN = 3.0  # room for the stroke and the dot at the end

Number = int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number over the sweeps. ``path`` is that of an SVG, ``WIDTH`` by ``HEIGHT``; a sweep without it is a gap."""

    path: str
    end: tuple[str, str] | None  # x, y of the last sweep when it has the number
    sweeps: int
    low: Number
    high: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of this sweep beside that of the sweep before."""

    now: Number | None
    change: Number | None  # None: not known
    line: Line | None


def draw(values: Sequence[Number | None]) -> Line | None:
    """The line of ``values``, the last ``SWEEPS`` of them; None when fewer than two are known."""
    chosen = values[-SWEEPS:]
    known = [value for value in chosen if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    spots = [None if value is None else _spot(at, len(chosen), value, low, high) for at, value in enumerate(chosen)]
    return Line(path=" ".join(_strokes(spots)), end=spots[-1], sweeps=len(chosen), low=low, high=high)


def figures(summary: SweepSummary) -> dict[str, Figure]:
    """Every number at the head of the fleet page: targets, instances, incomplete, score and the statuses."""
    before, points = summary.changes, summary.trend
    complete = sum(count for outcome, count in summary.outcomes.items() if outcome in COMPLETE)
    left = None
    if before and before.outcomes:
        left = sum(count for outcome, count in before.outcomes.items() if outcome not in COMPLETE)
    return {
        "targets": _figure(summary.targets, before.targets if before else None, [p.targets for p in points]),
        "instances": _figure(summary.instances, before.instances if before else None, [p.instances for p in points]),
        "incomplete": _figure(summary.targets - complete, left, [p.incomplete for p in points]),
        "score": _figure(summary.score, before.score if before else None, [p.score for p in points]),
        **{status.value: _of_status(status, summary) for status in Status},
    }


def outcome_changes(summary: SweepSummary) -> Mapping[str, int]:
    """Hosts of each outcome, more or fewer than in the sweep before; empty when that is not known."""
    before = summary.changes.outcomes if summary.changes else {}
    return {outcome: count - before.get(outcome, 0) for outcome, count in summary.outcomes.items()} if before else {}


def _of_status(status: Status, summary: SweepSummary) -> Figure:
    before = summary.changes.statuses if summary.changes else {}
    points: Sequence[TrendPoint] = summary.trend
    return _figure(
        summary.statuses[status],
        before.get(status, 0) if before else None,
        [point.statuses.get(status, 0) for point in points],
    )


def _figure(now: Number | None, before: Number | None, values: Sequence[Number | None]) -> Figure:
    change = None if now is None or before is None else round(now - before, 1)
    return Figure(now=now, change=change, line=draw(values))


def _spot(at: int, count: int, value: Number, low: Number, high: Number) -> tuple[str, str]:
    x = _MARGIN + at * (WIDTH - 2 * _MARGIN) / (count - 1)
    level = (value - low) / (high - low) if high > low else 0.5
    return f"{x:.1f}", f"{HEIGHT - _MARGIN - level * (HEIGHT - 2 * _MARGIN):.1f}"


def _strokes(spots: Sequence[tuple[str, str] | None]) -> Iterator[str]:
    """Strokes between the gaps; one sweep between two gaps is a dot."""
    for known, run in groupby(spots, key=lambda spot: spot is not None):
        joined = [f"{spot[0]} {spot[1]}" for spot in run if spot is not None]
        if known:
            yield f"M{' L'.join(joined)}" + ("h.01" if len(joined) == 1 else "")
