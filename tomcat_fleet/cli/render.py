"""``tomcat-fleet render``: stored results as another report, without a connection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tomcat_fleet.cli.option import Classification, Formats, Language, Output, Templates, listed
from tomcat_fleet.cli.word import Lang
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.report import pdf
from tomcat_fleet.report.finished import finished
from tomcat_fleet.report.render import Look, add, anew, beside


def render(
    sweep: Annotated[Path, typer.Argument(metavar="SWEEP", help="Directory that a sweep has written, or its id.")],
    output: Output = None,
    formats: Formats = "html,json",
    lang: Language = Lang.KO,
    classification: Classification = "",
    templates: Templates = None,
) -> None:
    """Write reports from stored results.

    With -o a whole report in a directory of its own, in another language or with other templates. Without it, the
    formats that are asked for join those in the sweep's directory. Connects to nothing and judges nothing.
    """
    wanted = listed(formats)
    if output is None and not beside(wanted):
        raise ConfigError("say where the report goes with -o DIR, or which formats join the one that is there")
    if pdf.NAME in wanted:
        pdf.check()
    report = finished(_place(sweep))
    look = Look(lang=lang, classification=classification, templates=templates)
    if output is None:
        written = add(report, look, beside(wanted))
    else:
        written = (output / "index.html",)
        anew(report, output, look, wanted)
        print_pages(output, look, wanted)
    for path in written:
        typer.echo(path)


def print_pages(directory: Path, look: Look, formats: frozenset[str]) -> None:
    """Add the PDF files to a report that has just been written, where ``formats`` ask for them."""
    if pdf.NAME in formats:
        add(finished(directory), look, {pdf.NAME})


def _place(sweep: Path) -> Path:
    usual = Path(f"tomcat-fleet-{sweep}")
    return usual if not sweep.exists() and usual.is_dir() else sweep
