"""``tomcat-fleet plan``: what an audit would do, without connecting to anything."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
import typer
from rich.console import Console

from tomcat_fleet.cli import drop_in
from tomcat_fleet.cli.fleet import read_fleet
from tomcat_fleet.cli.inventory import warn
from tomcat_fleet.cli.option import Agent, Inventories, Keys, Language, Limit, SshConfig, Transport
from tomcat_fleet.cli.plan_page import show
from tomcat_fleet.cli.planned import planned
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.collect.reach import reach
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.open import check_transports


class PlanFormat(StrEnum):
    """What is printed."""

    TEXT = "text"
    JSON = "json"
    SUDOERS = "sudoers"
    DOAS = "doas"


Shape: TypeAlias = Annotated[
    PlanFormat,
    typer.Option(
        "--format", metavar="NAME", help="text; json; or the one file that the hosts need for sudo (sudoers) or doas."
    ),
]
_METHODS = {PlanFormat.SUDOERS: "sudo", PlanFormat.DOAS: "doas"}


def plan(
    inventory: Inventories,
    limit: Limit = None,
    ssh_config: SshConfig = None,
    key: Keys = None,
    agent: Agent = False,  # noqa: FBT002  how typer knows a flag
    transport: Transport = None,
    shape: Shape = PlanFormat.TEXT,
    lang: Language = Lang.KO,
) -> None:
    """Print what an audit would reach, run and read.

    And the sudoers rules it needs. Connects to nothing.
    """
    fleet = read_fleet(inventory, limit, ssh_config, transport)
    check_transports(fleet.targets, fleet.jumps)
    shared = tuple(map(str, key or ()))

    def with_options(machine: Target) -> Target:
        return replace(machine, key_files=machine.key_files or shared, use_agent=machine.use_agent or agent)

    jumps = {name: with_options(machine) for name, machine in fleet.jumps.items()}
    hosts = planned([*map(with_options, fleet.targets)], jumps)
    warn(fleet)
    say = speaker(lang)
    if shape in _METHODS:
        rights, names = drop_in.only(hosts, _METHODS[shape])
        typer.echo("\n".join(drop_in.lines(rights, names, say)))
    elif shape is PlanFormat.JSON:
        document = {"schema": "tomcat-fleet/plan/1", "hosts": hosts, "reach": reach()}
        typer.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    else:
        show(Console(highlight=False, soft_wrap=False), hosts, say)
