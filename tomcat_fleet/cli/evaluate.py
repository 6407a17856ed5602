"""``tomcat-fleet evaluate``: stored evidence judged again, or verified, without a connection."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tomcat_fleet.cli.gather import Desk
from tomcat_fleet.cli.option import (
    Classification,
    EmbeddedFont,
    FailOn,
    Formats,
    Language,
    Output,
    Templates,
    WaiverFile,
    listed,
)
from tomcat_fleet.cli.render import print_pages, writing
from tomcat_fleet.cli.verdict import INCOMPLETE, verdict
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError, UserError
from tomcat_fleet.report import pdf
from tomcat_fleet.report.render import Look
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.again import Grounds, Report, Verification, verify
from tomcat_fleet.sweep.again import evaluate as judge_again
from tomcat_fleet.sweep.installed import data_directory, tables_in_use
from tomcat_fleet.sweep.profile import load_profile
from tomcat_fleet.waiver import NO_WAIVERS, read_waivers

_SHOWN = 200


def evaluate(  # noqa: PLR0913, PLR0917  one parameter per option
    sweep: Annotated[Path, typer.Argument(metavar="DIR", help="Directory that a sweep has written.")],
    output: Output = None,
    verified: Annotated[  # noqa: FBT002  how typer has flags
        bool,
        typer.Option("--verify", help="Check every hash and chain, and that the evidence leads to the same results."),
    ] = False,
    anew: Annotated[  # noqa: FBT002  same
        bool, typer.Option("--anew", help="Judge by today's date and the patch tables in use, not by the sweep's.")
    ] = False,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file of judging parameters; implies --anew.")
    ] = None,
    formats: Formats = "html,json",
    lang: Language = Lang.KO,
    templates: Templates = None,
    embed_font: EmbeddedFont = None,
    classification: Classification = "",
    waivers: WaiverFile = None,
    fail_on: FailOn = None,
) -> None:
    """Judge the evidence of a sweep again.

    Takes what the sweep has stored, and writes a report of it. Connects to nothing.
    """
    if output is None and not verified:
        raise ConfigError("say where the report goes with -o DIR, or check what is there with --verify")
    if output is not None and output.resolve().is_relative_to(sweep.resolve()):
        raise ConfigError(f"{output}: is where the evidence is; the new report needs a directory of its own")
    say = speaker(lang)
    desk = Desk()
    wanted = listed(formats)
    if pdf.NAME in wanted:
        desk.of(pdf.check)
    accepted = desk.of(lambda: read_waivers(waivers) if waivers else NO_WAIVERS)
    grounds = desk.of(lambda: _grounds(profile)) if anew or profile else None
    if accepted is None or desk.faults:
        raise UserError(desk.faults)
    if verified and not _told(verify(sweep, accepted if waivers else None), say):
        raise typer.Exit(INCOMPLETE)
    if output is None:
        return
    report = Report(
        output=output,
        lang=lang,
        templates=templates,
        font=embed_font,
        classification=classification or None,
        formats=wanted,
        waivers=accepted,
    )
    with writing(output):
        summary = judge_again(sweep, report, grounds)
        print_pages(output, Look(lang=lang, classification=classification, templates=templates), wanted)
    typer.echo(output / "index.html")
    raise typer.Exit(verdict(summary, fail_on))


def _grounds(profile: Path | None) -> Grounds:
    today = clock.now().astimezone().date()
    return Grounds(
        today=today,
        tables=tables_in_use(data_directory(os.environ), today),
        policy=load_profile(profile) if profile else None,
    )


def _told(found: Verification, say: Say) -> bool:
    """Say what was verified; whether all of it was as it should be."""
    for fault in found.faults[:_SHOWN]:
        print(fault, file=sys.stderr)  # noqa: T201  this is the command line
    if len(found.faults) > _SHOWN:
        print(say("verify.more", count=len(found.faults) - _SHOWN), file=sys.stderr)  # noqa: T201  same
    words = {"sweep": found.sweep, "targets": found.targets, "records": found.records, "files": found.files}
    key = "verify.damaged" if found.faults else "verify.sound"
    typer.echo(say(key, count=len(found.faults), **words))
    return not found.faults
