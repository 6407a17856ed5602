"""``tomcat-fleet doctor``: whether a sweep can work from here, one line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tomcat_fleet.cli.option import (
    Agent,
    Concurrency,
    Inventories,
    Keys,
    KnownHostsFile,
    Language,
    Limit,
    Output,
    SshConfig,
    Templates,
    Transport,
)
from tomcat_fleet.cli.word import Lang, Say, Sign, speaker
from tomcat_fleet.doctor.examine import Case, examine
from tomcat_fleet.doctor.finding import Finding, Level
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.escape import printable
from tomcat_fleet.sweep import clock

_SCHEMA = "tomcat-fleet/doctor/1"
_CANNOT_WORK = 2
_PIPE_WIDTH = 4000  # one line per finding for grep
_LONGEST = 700
_NARROW = 50  # columns that a sentence has at least
_SIGNS = {
    Level.OK: Sign("●", "green"),
    Level.WARNING: Sign("▲", "yellow"),
    Level.PROBLEM: Sign("■", "bold red"),
}


class Form(StrEnum):
    """How the findings are told."""

    TEXT = "text"
    JSON = "json"


def doctor(  # noqa: PLR0913, PLR0917  one parameter per option
    inventory: Inventories,
    output: Output = None,
    limit: Limit = None,
    ssh_config: SshConfig = None,
    known_hosts: KnownHostsFile = None,
    key: Keys = None,
    agent: Agent = False,  # noqa: FBT002  how typer knows a flag
    transport: Transport = None,
    concurrency: Concurrency = 64,
    resolve: Annotated[  # noqa: FBT002
        bool, typer.Option("--resolve", help="Resolve cmd:, keyring: and vault: references, too, as an audit does.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="Lines for people, or JSON.")] = Form.TEXT,
    lang: Language = Lang.KO,
    templates: Templates = None,
) -> None:
    """Check what an audit with these options needs.

    Exit 2 when it cannot work. Logs in to every jump host, to find out whether it lets through; connects to no target
    and changes nothing.
    """
    case = Case(
        inventory=tuple(inventory),
        limit=limit,
        ssh_config=ssh_config,
        output=output,
        known_hosts=known_hosts or Path("~/.ssh/known_hosts"),
        keys=tuple(key or ()),
        agent=agent,
        concurrency=concurrency,
        lang=lang,
        transport=transport,
        templates=templates,
        outside=resolve,
        now=clock.now().astimezone(),
    )
    findings = examine(case)
    if form is Form.JSON:
        typer.echo(json.dumps(_document(findings), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
        _show(console, findings, lang)
    raise typer.Exit(_CANNOT_WORK if _worst(findings) is Level.PROBLEM else 0)


def _show(console: Console, findings: Sequence[Finding], lang: Lang) -> None:
    """Aligned by what the terminal shows, and wrapped within its own column."""
    say = speaker(lang)
    heads = [_head(each, say) for each in findings]
    first = max(cell_len(sign) for sign, _ in heads)
    second = max(cell_len(name) for _, name in heads)
    room = max(_NARROW, console.width - first - second - 4)
    for (sign, name), each in zip(heads, findings, strict=True):
        margin = _padded(sign, first), _padded(name, second)
        for number, line in enumerate(_lines(console, each, lang, room)):
            left = Text.assemble((margin[0], _SIGNS[each.level].style), f"  {margin[1]}  ")
            console.print(left + line if not number else Text(" " * cell_len(left.plain)) + line, soft_wrap=True)
    counts = {level.value: sum(each.level is level for each in findings) for level in Level}
    console.print(say(f"doctor.closing_{_worst(findings)}", **counts), soft_wrap=True)


def _head(finding: Finding, say: Say) -> tuple[str, str]:
    return f"{_SIGNS[finding.level].glyph} {say(f'level_of.{finding.level}')}", say(f"doctor_check.{finding.check}")


def _lines(console: Console, finding: Finding, lang: Lang, room: int) -> Iterator[Text]:
    told = _told(finding, lang)
    advice = _advice(finding, lang)
    whole = Text(told)
    if advice:
        whole = Text(f"{told} → ") + Text(advice, "bold")
    for line in whole.wrap(console, room):
        line.rstrip()
        yield line


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _told(finding: Finding, lang: Lang) -> str:
    params = {name: _param(name, value, lang) for name, value in finding.params.items()}
    return speaker(lang)(f"doctor.{finding.said}", **params)


def _param(name: str, value: object, lang: Lang) -> object:
    """Text of other places as one harmless line; a transport's reason in the reader's words."""
    if isinstance(value, int):
        return value
    text = str(getattr(said(str(value)), lang)) if name == "why" else str(value)
    return printable(text, _LONGEST)


def _advice(finding: Finding, lang: Lang) -> str:
    if finding.level is Level.OK:
        return ""
    params = {name: _param(name, value, lang) for name, value in finding.params.items()}
    return speaker(lang)(f"doctor.{finding.said}_do", **params)


def _worst(findings: Sequence[Finding]) -> Level:
    order = [*Level]
    return max((each.level for each in findings), key=order.index, default=Level.OK)


def _document(findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "schema": _SCHEMA,
        "works": _worst(findings) is not Level.PROBLEM,
        "findings": [
            {
                "check": each.check,
                "level": each.level,
                "said": each.said,
                "message": {lang.value: _told(each, lang) for lang in Lang},
                "advice": {lang.value: _advice(each, lang) for lang in Lang},
            }
            for each in findings
        ],
    }
