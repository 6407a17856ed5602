"""Options that several verbs share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tomcat_fleet.cli.word import Lang
from tomcat_fleet.history import VARIABLE
from tomcat_fleet.model.status import Severity
from tomcat_fleet.report import pdf
from tomcat_fleet.report.format import ALWAYS, FORMATS

_FORMATS = (*ALWAYS, *FORMATS, pdf.NAME)


class Carrier(StrEnum):
    """How targets are reached."""

    ASYNCSSH = "asyncssh"
    PARAMIKO = "paramiko"
    LOCAL = "local"


def listed(formats: str) -> frozenset[str]:
    """The formats of a comma list."""
    return frozenset(part.strip() for part in formats.split(",") if part.strip())


def _formats(value: str) -> str:
    others = listed(value).difference(_FORMATS)
    if others:
        raise typer.BadParameter(f"{', '.join(sorted(others))}: no such format; there are {', '.join(_FORMATS)}")
    return value


Formats: TypeAlias = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="LIST",
        callback=_formats,
        help=f"Comma list of {', '.join(_FORMATS)}; html and json always are.",
    ),
]
Language: TypeAlias = Annotated[
    Lang, typer.Option("--lang", envvar="TOMCAT_FLEET_LANG", help="Language of terminal and report.")
]
Inventories: TypeAlias = Annotated[
    list[Path],
    typer.Option("--inventory", "-i", metavar="PATH", help="Inventory file or directory; may be given several times."),
]
Limit: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--limit", metavar="PATTERN", help="Only these hosts: names, groups, wildcards, web:&prod:!db, @file."
    ),
]
PerJump: TypeAlias = Annotated[
    int,
    typer.Option(min=0, metavar="N", help="Targets under way at a time over one jump host; 0: as many as there are."),
]
PerSubnet: TypeAlias = Annotated[
    int,
    typer.Option(min=0, metavar="N", help="Targets under way at a time in one /24 or /64; 0: as many as there are."),
]
SshConfig: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--ssh-config", metavar="FILE", help="OpenSSH client configuration that fills what the inventory leaves open."
    ),
]
Transport: TypeAlias = Annotated[
    Carrier | None,
    typer.Option(
        "--transport",
        metavar="NAME",
        help="Reach every target by asyncssh, paramiko or local, whatever the inventory says.",
    ),
]
Concurrency: TypeAlias = Annotated[
    int, typer.Option("--concurrency", metavar="N", min=1, max=1000, help="Targets under way at a time.")
]
KnownHostsFile: TypeAlias = Annotated[
    Path | None, typer.Option("--known-hosts", metavar="FILE", help="Trusted host keys; default ~/.ssh/known_hosts.")
]
Keys: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--key", metavar="FILE", help="Private key for targets that name none; repeatable.")
]
Agent: TypeAlias = Annotated[bool, typer.Option("--agent", help="Offer the keys of the SSH agent.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="DIR", help="Directory for the results.")
]
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
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Directory whose templates replace those of the same name."),
]
EmbeddedFont: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--embed-font", metavar="FILE", help="Font file (TTF, OTF) that the pages carry, cut to their letters."
    ),
]
Classification: TypeAlias = Annotated[
    str, typer.Option("--classification", metavar="TEXT", help="Mark on every page, such as 대외비.")
]
Remember: TypeAlias = Annotated[
    str,
    typer.Option(
        "--history",
        envvar=VARIABLE,
        metavar="PLACE",
        show_default=False,
        help="Where this sweep is remembered and compared with the last: a file or postgresql://…, none to do without."
        " Default: history.db in the state directory of this account.",
    ),
]
WaiverFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        help="TOML file of accepted risks: shown beside the findings they cover, and left out of --fail-on.",
    ),
]
FailOn: TypeAlias = Annotated[
    Severity | None,
    typer.Option("--fail-on", help="Exit 1 when an item of this severity or a higher one failed and is not waived."),
]
