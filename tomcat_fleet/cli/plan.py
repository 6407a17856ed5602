"""``tomcat-fleet plan``: what an audit would do, without connecting to anything."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
import typer
from rich.console import Console

from tomcat_fleet.cli import drop_in
from tomcat_fleet.cli.inventory import warn
from tomcat_fleet.cli.option import Inventories, Language, Limit, SshConfig
from tomcat_fleet.cli.plan_page import show
from tomcat_fleet.cli.planned import planned
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.collect.reach import reach
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.inventory import load
from tomcat_fleet.transport.open import check_transports


class PlanFormat(StrEnum):
    """What is printed."""

    TEXT = "text"
    JSON = "json"
    SUDOERS = "sudoers"
    DOAS = "doas"


Shape: TypeAlias = Annotated[
    PlanFormat,
    typer.Option("--format", help="text; json; or the one file that the hosts need for sudo (sudoers) or doas."),
]
_METHODS = {PlanFormat.SUDOERS: "sudo", PlanFormat.DOAS: "doas"}


def plan(
    inventory: Inventories,
    limit: Limit = None,
    ssh_config: SshConfig = None,
    lang: Language = Lang.KO,
    shape: Shape = PlanFormat.TEXT,
) -> None:
    """Print what an audit would reach, run and read, and the rules it needs. Connects to nothing."""
    fleet = load(inventory, limit, ssh_config)
    if not fleet.targets:
        raise ConfigError("the inventory has no target" + (f" that --limit {limit!r} selects" if limit else ""))
    check_transports(fleet.targets, fleet.jumps)
    hosts = planned(fleet.targets, fleet.jumps)
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
