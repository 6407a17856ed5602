"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tomcat_fleet.cli.word import Lang
from tomcat_fleet.model.status import Severity

_FORMATS = ("html", "json", "csv", "xlsx")


def listed(formats: str) -> frozenset[str]:
    """The formats of a comma list."""
    return frozenset(part.strip() for part in formats.split(",") if part.strip())


def _formats(value: str) -> str:
    others = listed(value).difference(_FORMATS)
    if others:
        raise typer.BadParameter(f"{', '.join(sorted(others))}: not in this release; {', '.join(_FORMATS)} are")
    return value


Formats: TypeAlias = Annotated[
    str,
    typer.Option("--format", callback=_formats, help="Comma list of html, json, csv, xlsx; html and json always are."),
]
Language: TypeAlias = Annotated[
    Lang, typer.Option("--lang", envvar="TOMCAT_FLEET_LANG", help="Language of terminal and report.")
]
Inventories: TypeAlias = Annotated[
    list[Path], typer.Option("--inventory", "-i", help="Inventory file or directory; may be given several times.")
]
Limit: TypeAlias = Annotated[
    str | None, typer.Option("--limit", help="Only these hosts: names, groups, wildcards, web:&prod:!db, @file.")
]
PerJump: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Targets under way at a time over one jump host; 0: as many as there are.")
]
PerSubnet: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Targets under way at a time in one /24 or /64; 0: as many as there are.")
]
SshConfig: TypeAlias = Annotated[
    Path | None,
    typer.Option("--ssh-config", help="OpenSSH client configuration that fills what the inventory leaves open."),
]
Output: TypeAlias = Annotated[Path | None, typer.Option("--output", "-o", help="Directory for the results.")]
Verbose: TypeAlias = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Say on stderr what happens to each target; -vv also how each connection comes about.",
    ),
]
Templates: TypeAlias = Annotated[
    Path | None, typer.Option("--templates", help="Directory whose templates replace those of the same name.")
]
Classification: TypeAlias = Annotated[str, typer.Option("--classification", help="Mark on every page, such as 대외비.")]
FailOn: TypeAlias = Annotated[
    Severity | None,
    typer.Option("--fail-on", help="Exit 1 when an item of this severity or a higher one failed."),
]
