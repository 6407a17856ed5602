"""``tomcat-fleet demo``: the whole way on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tomcat_fleet.cli.logs import verbose
from tomcat_fleet.cli.option import Language, Output, Templates, Verbose
from tomcat_fleet.cli.watching import watch
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.demo.fleet import HOSTS
from tomcat_fleet.demo.run import run
from tomcat_fleet.sweep import clock

_DIRECTORY = Path("demo-report")


def demo(
    output: Output = None,
    hosts: Annotated[int, typer.Option(min=HOSTS, max=500, metavar="N", help="Size of the demo fleet.")] = HOSTS,
    lang: Language = Lang.KO,
    templates: Templates = None,
    verbosity: Verbose = 0,
) -> None:
    """Audit a fleet of demo hosts on loopback.

    At the end it says which page to open.
    """
    verbose(verbosity)
    say = speaker(lang)
    directory = output or _DIRECTORY
    typer.echo(say("demo.building", count=hosts), err=True)
    today = clock.now().astimezone().date()
    _, interrupted = watch(
        lambda events, stop: run(directory, events, stop, hosts=hosts, lang=lang, templates=templates, today=today),
        lang,
    )
    typer.echo(say("demo.shared"), err=True)
    typer.echo(say("demo.open", path=(directory / "index.html").resolve()))
    raise typer.Exit(interrupted)
