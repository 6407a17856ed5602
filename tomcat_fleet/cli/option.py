"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tomcat_fleet.cli.word import Lang

Language: TypeAlias = Annotated[
    Lang, typer.Option("--lang", envvar="TOMCAT_FLEET_LANG", help="Language of terminal and report.")
]
Inventories: TypeAlias = Annotated[
    list[Path], typer.Option("--inventory", "-i", help="Inventory file or directory; may be given several times.")
]
Limit: TypeAlias = Annotated[
    str | None, typer.Option("--limit", help="Only these hosts: names, groups, wildcards, web:&prod:!db, @file.")
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
