"""``tomcat-fleet audit``: one sweep."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer

from tomcat_fleet.cli.fleet import read_fleet
from tomcat_fleet.cli.inventory import warn
from tomcat_fleet.cli.logs import verbose
from tomcat_fleet.cli.option import (
    Agent,
    Classification,
    Concurrency,
    FailOn,
    Formats,
    Inventories,
    Keys,
    KnownHostsFile,
    Language,
    Limit,
    Output,
    PerJump,
    PerSubnet,
    SshConfig,
    Templates,
    Transport,
    Verbose,
    listed,
)
from tomcat_fleet.cli.verdict import verdict
from tomcat_fleet.cli.watching import watch
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.errors import ConfigError, Fault, UserError
from tomcat_fleet.inventory import Inventory
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.installed import data_directory, tables_in_use
from tomcat_fleet.sweep.lock import turn
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.profile import load_profile
from tomcat_fleet.sweep.resume import find, resumed, unfinished
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.open import check_transports

_DEFAULTS = Limits()
T = TypeVar("T")


class Overlap(StrEnum):
    """What becomes of a sweep while another one of the same inventory is under way."""

    WAIT = "wait"
    REFUSE = "refuse"


Resume: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SWEEP", help="Go on with an interrupted sweep: its directory or id. What it has is not audited again."
    ),
]
Timeout: TypeAlias = Annotated[
    float, typer.Option(min=1, metavar="SECONDS", help="Seconds for everything on one target.")
]
Overlapping: TypeAlias = Annotated[Overlap, typer.Option(help="While another sweep of this inventory is under way.")]


def audit(  # noqa: PLR0913, PLR0917  one parameter per option
    inventory: Inventories,
    output: Output = None,
    limit: Limit = None,
    ssh_config: SshConfig = None,
    known_hosts: KnownHostsFile = None,
    key: Keys = None,
    agent: Agent = False,  # noqa: FBT002  how typer knows a flag
    transport: Transport = None,
    concurrency: Concurrency = 64,
    per_jump: PerJump = 32,
    per_subnet: PerSubnet = 0,
    timeout: Timeout = _DEFAULTS.total_s,
    profile: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file of judging parameters.")] = None,
    fail_on: FailOn = None,
    formats: Formats = "html,json",
    lang: Language = Lang.KO,
    classification: Classification = "",
    templates: Templates = None,
    resume: Resume = None,
    overlap: Overlapping = Overlap.WAIT,
    verbosity: Verbose = 0,
) -> None:
    """Audit every Tomcat of an inventory and write the reports."""
    verbose(verbosity)
    sweep = clock.sweep_id(began := clock.now())
    desk = _Faults()
    fleet = desk.of(lambda: read_fleet(inventory, limit, ssh_config, transport))
    policy = desk.of(lambda: load_profile(profile) if profile else Policy())
    today = began.astimezone().date()
    tables = desk.of(lambda: tables_in_use(data_directory(os.environ), today))
    access = desk.of(lambda: _access(fleet, known_hosts, key, agent=agent))
    directory = desk.of(lambda: find(resume, output) if resume else output or Path(f"tomcat-fleet-{sweep}"))
    if fleet is None or policy is None or tables is None or access is None or directory is None:
        raise UserError(desk.faults)
    plan = SweepPlan(
        sweep=sweep,
        targets=fleet.targets,
        access=access,
        output=directory,
        today=today,
        limits=replace(_DEFAULTS, total_s=timeout),
        policy=policy,
        tables=tables,
        lang=lang,
        concurrency=concurrency,
        per_jump=per_jump,
        per_subnet=per_subnet,
        classification=classification,
        templates=templates,
        formats=listed(formats),
        limit=limit,
        inventory_files=fleet.files,
    )
    plan = resumed(plan, policy if profile else None) if resume else _begins_anew(plan)
    warn(fleet)
    with turn(inventory, limit, _waiting(lang) if overlap is Overlap.WAIT else None):
        summary, interrupted = watch(lambda events, stop: run(plan, events, stop), lang, directory)
    raise typer.Exit(interrupted or verdict(summary, fail_on))


def _begins_anew(plan: SweepPlan) -> SweepPlan:
    """The plan as it is, after a word on results about to be replaced which a resumed sweep would keep."""
    left = unfinished(plan.output)
    if left is not None:
        sweep, done, total = left
        said = speaker(Lang(plan.lang))("audit.unfinished", path=plan.output, sweep=sweep, done=done, total=total)
        typer.echo(said, err=True)
    return plan


def _waiting(lang: Lang) -> Callable[[], None]:
    return lambda: typer.echo(speaker(lang)("audit.waiting"), err=True)


class _Faults:
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


def _access(fleet: Inventory | None, known_hosts: Path | None, keys: list[Path] | None, *, agent: bool) -> Access:
    targets = fleet.targets if fleet else ()
    jumps = fleet.jumps if fleet else {}
    desk = _Faults()
    desk.of(lambda: check_transports(targets, jumps))
    access = desk.of(
        lambda: load_access(targets, jumps=jumps, known_hosts=known_hosts, key_files=keys or (), use_agent=agent)
    )
    if access is None or desk.faults:
        raise ConfigError(desk.faults)
    return access
