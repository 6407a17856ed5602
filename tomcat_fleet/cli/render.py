"""``tomcat-fleet render``: stored results as another report, without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from tomcat_fleet.cli.option import (
    Classification,
    EmbeddedFont,
    Formats,
    Language,
    Output,
    Templates,
    listed,
)
from tomcat_fleet.cli.word import Lang
from tomcat_fleet.errors import ConfigError, DiskError
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.report import pdf
from tomcat_fleet.report.finished import FinishedReport, finished
from tomcat_fleet.report.render import Accepted, Look, add, anew, beside
from tomcat_fleet.waiver import Overlay, Usage, Waivers, read_waivers


def render(
    sweep: Annotated[Path, typer.Argument(metavar="SWEEP", help="Directory that a sweep has written, or its id.")],
    output: Output = None,
    formats: Formats = "html,json",
    lang: Language = Lang.KO,
    classification: Classification = "",
    templates: Templates = None,
    embed_font: EmbeddedFont = None,
    waivers: Annotated[
        Path | None,
        typer.Option(
            "--waivers",
            metavar="FILE",
            help="TOML file of accepted risks that take the place of the sweep's own, as they stood on its day.",
        ),
    ] = None,
) -> None:
    """Write reports from stored results.

    With -o a whole report in a directory of its own, in another language or with other templates. Without it, the
    formats that are asked for join those in the sweep's directory. Connects to nothing and judges nothing.
    """
    wanted = listed(formats)
    if output is None and not beside(wanted):
        raise ConfigError("say where the report goes with -o DIR, or which formats join the one that is there")
    if output is None and waivers is not None:
        raise ConfigError("other waivers make another report: say where it goes with -o DIR")
    if pdf.NAME in wanted:
        pdf.check()
    accepted = read_waivers(waivers) if waivers else None
    report = finished(_place(sweep))
    look = Look(lang=lang, classification=classification, templates=templates, font=embed_font)
    with writing(output or report.directory):
        if output is None:
            written = add(report, look, beside(wanted))
        else:
            written = (output / "index.html",)
            anew(report, output, look, wanted, _accepted(accepted, report) if accepted else None)
            print_pages(output, look, wanted)
    for path in written:
        typer.echo(path)


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Around what writes a report outside a sweep: a disk that is full or broken is told in one line."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"{directory}: {error.strerror or 'cannot be written'}; the report is not complete") from error


def print_pages(directory: Path, look: Look, formats: frozenset[str]) -> None:
    """Add the PDF files to a report that has just been written, where ``formats`` ask for them."""
    if pdf.NAME in formats:
        add(finished(directory), look, {pdf.NAME})


def _accepted(waivers: Waivers, report: FinishedReport) -> Accepted:
    """As they stood on the day of the sweep, wherever and whenever this is: what was in force then, was."""
    overlay = Overlay(waivers, _day(report.summary))
    usage = Usage(overlay)

    def lay(result: TargetResult) -> TargetResult:
        laid = overlay.lay(result)
        usage.add(laid)
        return laid.result

    return Accepted(lay=lay, uses=usage.uses, files=dict(waivers.files))


def _day(summary: SweepSummary) -> date:
    """That of the calendar which the sweep went by; summaries of earlier versions do not have it."""
    if summary.day:
        return date.fromisoformat(summary.day)
    return datetime.fromisoformat(summary.started).astimezone().date()


def _place(sweep: Path) -> Path:
    usual = Path(f"tomcat-fleet-{sweep}")
    return usual if not sweep.exists() and usual.is_dir() else sweep
