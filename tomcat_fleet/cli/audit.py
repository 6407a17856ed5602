"""``tomcat-fleet audit``: one sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tomcat_fleet.cli.gather import Sources, gather
from tomcat_fleet.cli.inventory import warn
from tomcat_fleet.cli.logs import verbose
from tomcat_fleet.cli.option import (
    Agent,
    Classification,
    Concurrency,
    EmbeddedFont,
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
    Remember,
    SshConfig,
    Templates,
    Transport,
    Verbose,
    WaiverFile,
    listed,
)
from tomcat_fleet.cli.render import print_pages, writing
from tomcat_fleet.cli.verdict import verdict
from tomcat_fleet.cli.watching import watch
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.report.render import Look
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.lock import turn
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.resume import resumed, unfinished
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.channel import Limits

_DEFAULTS = Limits()


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
    waivers: WaiverFile = None,
    history: Remember = "",
    fail_on: FailOn = None,
    formats: Formats = "html,json",
    lang: Language = Lang.KO,
    classification: Classification = "",
    templates: Templates = None,
    embed_font: EmbeddedFont = None,
    resume: Resume = None,
    overlap: Overlapping = Overlap.WAIT,
    verbosity: Verbose = 0,
) -> None:
    """Audit every Tomcat of an inventory and write the reports."""
    verbose(verbosity)
    sources = Sources(
        inventory=inventory,
        limit=limit,
        ssh_config=ssh_config,
        transport=transport,
        known_hosts=known_hosts,
        keys=key,
        agent=agent,
        profile=profile,
        waivers=waivers,
        history=history,
        formats=listed(formats),
        output=output,
        resume=resume,
    )
    plan, fleet = gather(sources, clock.now())
    plan = replace(
        plan, limits=replace(_DEFAULTS, total_s=timeout), lang=lang, concurrency=concurrency, per_jump=per_jump,
        per_subnet=per_subnet, classification=classification, templates=templates, font=embed_font,
        formats=listed(formats),
    )  # fmt: skip
    plan = resumed(plan, plan.policy if profile else None) if resume else _begins_anew(plan)
    warn(fleet)
    with turn(inventory, limit, _waiting(lang) if overlap is Overlap.WAIT else None):
        summary, interrupted = watch(lambda events, stop: run(plan, events, stop), lang, plan.output)
    with writing(plan.output):  # whoever has interrupted a sweep does not wait for a browser
        if not interrupted:
            print_pages(plan.output, Look(lang=lang, classification=classification, templates=templates), plan.formats)
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
