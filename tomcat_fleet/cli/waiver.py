"""``tomcat-fleet waiver``: accepted risks, looked at without a sweep."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tomcat_fleet.cli.aligned import print_aligned
from tomcat_fleet.cli.gather import Desk
from tomcat_fleet.cli.option import Language
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.errors import Fault, UserError
from tomcat_fleet.inventory import load
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.spelling import quoted
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.sweep import clock
from tomcat_fleet.waiver import Waiver, read_waivers
from tomcat_fleet.waiver.review import Remark, review, unmatched

_PLACES = ("source", "state", "until")
_KINDS = ("items", "targets", "instances", "subjects")
_PEOPLE = ("who", "why")

app = typer.Typer(
    help="Accepted risks: who has accepted what, why and until when.", no_args_is_help=True, rich_markup_mode=None
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="TOML file of waivers.")]


@app.command()
def lint(
    file: File,
    inventory: Annotated[
        list[Path] | None,
        typer.Option(
            "--inventory", "-i", metavar="PATH", help="Warn of patterns that match no host of it; repeatable."
        ),
    ] = None,
    lang: Language = Lang.KO,
) -> None:
    """Check a waiver file.

    Tells every fault with its line; exit 2 when there is one. Warns of what has expired or soon will, lasts more than
    two years, or overlaps.
    """
    say, desk = speaker(lang), Desk()
    waivers = desk.of(lambda: read_waivers(file))
    fleet = desk.of(lambda: load(inventory)) if inventory else None
    if waivers is None or desk.faults:
        raise UserError(desk.faults)
    found: list[Remark] = list(review(waivers, _today()))
    if fleet is not None:
        groups = {group for target in fleet.targets for group in target.groups}
        found += unmatched(waivers, [target.name for target in fleet.targets], groups)
    for remark in sorted(found):
        words = {key: quoted(value) if key == "pattern" else value for key, value in remark.about}
        text = say("waiver.warning", text=say(f"waiver.{remark.key}", **words))
        print(Fault(str(file), remark.line, text), file=sys.stderr)  # noqa: T201  this is the command line
    typer.echo(say("waiver.fine", waivers=len(waivers.each), warnings=len(found)))


@app.command("list")
def show(
    file: File,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    lang: Language = Lang.KO,
) -> None:
    """List the waivers of a file, those that expire first on top."""
    today, say = _today(), speaker(lang)
    waivers = sorted(read_waivers(file).each, key=lambda each: (each.until, each.line))
    if as_json:
        typer.echo(msgspec.json.format(encoded([_record(each, today) for each in waivers]), indent=2).decode())
        return
    rows = [[say(f"waiver.{column}") for column in (*_PLACES, *_KINDS, *_PEOPLE)]]
    for each in waivers:
        scope = (_patterns(each.scope.get(kind, ()), say("waiver.every")) for kind in _KINDS)
        state = say(f"waiver.{each.state(today)}")
        rows.append([each.source, state, each.until.isoformat(), *scope, each.who, each.why])
    print_aligned(rows)


def _record(waiver: Waiver, today: date) -> dict[str, object]:
    return {
        "who": waiver.who,
        "why": waiver.why,
        "until": waiver.until.isoformat(),
        "source": waiver.source,
        "state": waiver.state(today),
        "scope": waiver.scope,
    }


def _patterns(patterns: Sequence[str], every: str) -> str:
    return ", ".join(map(printable, patterns)) or every


def _today() -> date:
    return clock.now().astimezone().date()
