"""Going on with an interrupted sweep: what its ledger has is final, the rest is audited as it would have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tomcat_fleet import __version__
from tomcat_fleet.collect import script
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.ledger.opening import Opening, fingerprint
from tomcat_fleet.ledger.store import Ledger
from tomcat_fleet.model import ledger_file
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.plan import SweepPlan

_NAMED = 10  # hosts that a message names


def open_ledger(plan: SweepPlan, started: str) -> Ledger:
    """The ledger of the sweep that ``plan`` goes on with, or a new one. Raises ConfigError, OSError."""
    if plan.resumed:
        return Ledger.resume(plan.output, clock.stamp(clock.now()))
    opening = Opening(
        sweep=plan.sweep,
        started=started,
        today=plan.today,
        tool=__version__,
        collector=script.version(),
        limit=plan.limit,
        inventory_sha256=dict(plan.inventory_files),
        policy=plan.policy,
        advisories=plan.tables.advisories,
        releases=plan.tables.releases,
        origins=dict(plan.tables.origins),
    )
    return Ledger.create(plan.output, opening, plan.targets)


def find(sweep: str, output: Path | None) -> Path:
    """The directory of ``sweep``: a path, or an id whose directory is ``output`` or has its usual name.

    Raises ConfigError.
    """
    places = [Path(sweep), *([output] if output else []), Path(f"tomcat-fleet-{sweep}")]
    place = next((path for path in places if (path / ledger_file.NAME).is_file()), None)
    if place is None:
        raise ConfigError(
            f"--resume {sweep}: no ledger of a sweep in {', '.join(map(str, dict.fromkeys(places)))};"
            " name the directory that holds its results"
        )
    if output is not None and output.resolve() != place.resolve():
        raise ConfigError(f"--resume {sweep}: its results are in {place}, not in {output}")
    return place


def resumed(plan: SweepPlan, profile: Policy | None) -> SweepPlan:
    """``plan`` as the sweep in its output directory was begun: its id, day, policy and tables.

    Raises ConfigError with everything that is not as it was: two halves of a report must be of one piece.
    """
    with Ledger.reopen(plan.output) as ledger:
        opening = ledger.opening()
        before, runs = ledger.targets(), ledger.runs()
    faults = [*_altered(opening, profile), *_moved(before, {each.name: fingerprint(each) for each in plan.targets})]
    if faults:
        place = str(plan.output / ledger_file.NAME)
        raise ConfigError([Fault(place, 0, f"cannot be resumed: {fault}") for fault in faults])
    return replace(
        plan,
        sweep=opening.sweep,
        started=opening.started,
        runs=runs + 1,
        today=opening.today,
        policy=opening.policy,
        tables=opening.tables,
        limit=opening.limit,
        inventory_files=dict(opening.inventory_sha256),
    )


def unfinished(output: Path) -> tuple[str, int, int] | None:
    """Id, results and targets of an interrupted sweep in ``output`` that a new one would replace; else None."""
    try:
        with Ledger.reopen(output) as ledger:
            opening, done, total = ledger.opening(), len(ledger.done()), len(ledger.targets())
    except (ConfigError, OSError):
        return None
    return (opening.sweep, done, total) if 0 < done < total else None


def _altered(opening: Opening, profile: Policy | None) -> Iterator[str]:
    if opening.tool != __version__:
        yield f"it was begun by version {opening.tool} of this tool, which is {__version__}"
    elif opening.collector != script.version():
        yield "the collector is another one since"
    if profile is not None and profile != opening.policy:
        yield "--profile is not the one that it was begun with"


def _moved(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for names, what in (
        (before.keys() - now.keys(), "not in the inventory any more"),
        (now.keys() - before.keys(), "new in the inventory"),
        ({name for name in before.keys() & now.keys() if before[name] != now[name]}, "changed in the inventory"),
    ):
        for name in sorted(names)[:_NAMED]:
            yield f"{name} is {what}"
        if len(names) > _NAMED:
            yield f"and {len(names) - _NAMED} more: {what}"
