"""Everything that an audit is given, read before the first connection, with all that is wrong at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tomcat_fleet import history
from tomcat_fleet.cli.fleet import read_fleet
from tomcat_fleet.cli.option import Carrier
from tomcat_fleet.errors import ConfigError, Fault, UserError
from tomcat_fleet.inventory import Inventory
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.report import pdf
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.installed import data_directory, tables_in_use
from tomcat_fleet.sweep.lock import series
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.profile import load_profile
from tomcat_fleet.sweep.resume import find
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.open import check_transports
from tomcat_fleet.waiver import NO_WAIVERS, read_waivers

if TYPE_CHECKING:
    from tomcat_fleet.history.store import History

NO_HISTORY = "none"
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where it is, as the options say."""

    inventory: list[Path]
    limit: str | None
    ssh_config: Path | None
    transport: Carrier | None
    known_hosts: Path | None
    keys: list[Path] | None
    agent: bool
    profile: Path | None
    waivers: Path | None
    history: str  # empty: the usual place; none: nowhere
    formats: frozenset[str]
    output: Path | None
    resume: str | None


class Desk:
    """Collects what is wrong with all inputs before anything is said."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def of(self, read: Callable[[], T]) -> T | None:
        """What ``read`` returns, or None when it complained."""
        try:
            return read()
        except UserError as error:
            self.faults.extend(error.faults)
            return None


def gather(given: Sources, began: datetime) -> tuple[SweepPlan, Inventory]:
    """A plan of what is known from files, and the fleet with its warnings. Raises UserError with every fault."""
    sweep, today = clock.sweep_id(began), began.astimezone().date()
    profile, waiver_file, resume, output = given.profile, given.waivers, given.resume, given.output
    desk = Desk()
    fleet = desk.of(lambda: read_fleet(given.inventory, given.limit, given.ssh_config, given.transport))
    policy = desk.of(lambda: load_profile(profile) if profile else Policy())
    waivers = desk.of(lambda: read_waivers(waiver_file) if waiver_file else NO_WAIVERS)
    tables = desk.of(lambda: tables_in_use(data_directory(os.environ), today))
    access = desk.of(lambda: _access(fleet, given))
    if pdf.NAME in given.formats:
        desk.of(pdf.check)
    past = desk.of(lambda: remembered(given.history))
    directory = desk.of(lambda: find(resume, output) if resume else output or Path(f"tomcat-fleet-{sweep}"))
    if desk.faults:
        raise UserError(desk.faults)
    assert fleet is not None
    assert policy is not None
    assert waivers is not None
    assert tables is not None
    assert access is not None
    assert directory is not None
    plan = SweepPlan(
        sweep=sweep,
        targets=fleet.targets,
        access=access,
        output=directory,
        today=today,
        policy=policy,
        tables=tables,
        limit=given.limit,
        inventory_files=fleet.files,
        waivers=waivers,
        history=past,
        series=series(given.inventory, given.limit),
    )
    return plan, fleet


def remembered(place: str) -> History | None:
    """The history at ``place``, the usual one for an empty text, None for none.

    Raises ConfigError for a place that was named; where the usual one cannot be had a sweep goes on without it.
    """
    if place == NO_HISTORY:
        return None
    try:
        return history.open(place or None)
    except ConfigError as error:
        if place:
            raise
        _log.warning("nothing will be remembered of this sweep, nor compared with the last: %s", error)
        return None


def _access(fleet: Inventory | None, given: Sources) -> Access:
    targets = fleet.targets if fleet else ()
    jumps = fleet.jumps if fleet else {}
    desk = Desk()
    desk.of(lambda: check_transports(targets, jumps))
    access = desk.of(
        lambda: load_access(
            targets,
            jumps=jumps,
            known_hosts=given.known_hosts,
            key_files=given.keys or (),
            use_agent=given.agent,
        )
    )
    if access is None or desk.faults:
        raise ConfigError(desk.faults)
    return access
