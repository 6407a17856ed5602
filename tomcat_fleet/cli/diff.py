"""``tomcat-fleet diff``: what is different between two sweeps."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from tomcat_fleet import history
from tomcat_fleet.cli.option import Classification, EmbeddedFont, Language, Templates
from tomcat_fleet.cli.render import writing
from tomcat_fleet.cli.table import show
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.comparison import Comparison, Kind, Side
from tomcat_fleet.model.result import Change, Changes
from tomcat_fleet.report import follow_up
from tomcat_fleet.report.finished import finished
from tomcat_fleet.report.render import Look
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.visible import one_line

SHOWN: Final = 300
_TOLD: Final = (Kind.NEW, Kind.OPEN, Kind.PARTLY, Kind.NOT_CHECKED, Kind.FIXED)


def diff(  # noqa: PLR0913, PLR0917  one parameter per option
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="Directory of the earlier sweep, or its id in the history.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Directory of the later sweep, or its id in the history.")],
    place: Annotated[
        str | None,
        typer.Option("--history", envvar=history.VARIABLE, metavar="PLACE", help="SQLite file or postgresql:// URL."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,  # noqa: FBT002
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Directory for a re-diagnosis report of two directories."),
    ] = None,
    classification: Classification = "",
    templates: Templates = None,
    embed_font: EmbeddedFont = None,
    lang: Language = Lang.KO,
) -> None:
    """Compare two sweeps: what is new, fixed, reopened or still open.

    Two directories are compared item by item; with -o a report says what has become of each failure of the earlier one.
    Two ids are looked up in the history, which also knows what was reopened.
    """
    say = speaker(lang)
    folders = [Path(one).is_dir() for one in (old, new)]
    if output is not None and not all(folders):
        raise ConfigError("-o needs two directories that sweeps have written")
    if all(folders):
        earlier, later = finished(Path(old)), finished(Path(new))
        if output is not None:
            look = Look(lang=lang, classification=classification, templates=templates, font=embed_font)
            with writing(output):
                follow_up.write(output, earlier, later, look)
            typer.echo(output / follow_up.PAGE)
            return
        found = follow_up.compared(earlier, later)
        names = {"old": earlier.summary.sweep, "new": later.summary.sweep}
        if as_json:
            typer.echo(encoded({**names, "counts": found.counts, "rows": found.rows}).decode())
        else:
            _compared(say, found, names)
        return
    if any(folders):
        raise ConfigError("name two directories, or two sweeps of the history; not one of each")
    with history.open(place, make=False) as opened:
        changes = opened.changes(old, new, listed=sys.maxsize) if as_json else opened.changes(old, new)
    if as_json:
        typer.echo(encoded(changes).decode())
    else:
        changed(say, changes, new)


def changed(say: Say, changes: Changes, new: str) -> None:
    """Say what the sweep ``new`` has changed."""
    typer.echo(say("diff.sweeps", old=one_line(changes.sweep), new=one_line(new)))
    typer.echo(say("diff.changed", new=changes.new, fixed=changes.fixed, reopened=changes.reopened,
                   compared=changes.compared))  # fmt: skip
    for key, names, total in (
        ("diff.first_seen", changes.first_seen, changes.first_seen_total),
        ("diff.unseen", changes.unseen, changes.unseen_total),
    ):
        if total:
            typer.echo(say(key, count=total, names=_some(names, total)))
    if changes.listed:
        typer.echo()
        show(_headings(say, "kind", "severity", "item", "target", "base", "was", "now", "note"),
             [_change(say, one) for one in changes.listed])  # fmt: skip
    left = changes.new + changes.fixed + changes.reopened - len(changes.listed)
    if left:
        typer.echo(say("diff.more", count=left))


def _change(say: Say, one: Change) -> Sequence[str]:
    was = say(f"status.{one.was}") if one.was else say("diff.unknown")
    note = say("diff.failed_from" if one.kind == "fixed" else "diff.passed_until", day=one.since) if one.since else ""
    return (say(f"diff.{one.kind}"), say(f"severity.{one.severity}"), one.item, one.target, one.base, was,
            say(f"status.{one.now}"), note)  # fmt: skip


def _some(names: Sequence[str], total: int) -> str:
    shown = ", ".join(map(one_line, names[:5]))
    return f"{shown}, …" if total > len(names[:5]) else shown


def _compared(say: Say, found: Comparison, names: dict[str, str]) -> None:
    typer.echo(say("diff.sweeps", **{key: one_line(name) for key, name in names.items()}))
    counts = {kind.value: found.counts[kind] for kind in Kind}
    typer.echo(say("diff.failed", failed=found.failed, **counts))
    typer.echo(say("diff.others", **counts))
    rows = [row for kind in _TOLD for row in found.rows if row.kind is kind]
    if rows:
        typer.echo()
        show(_headings(say, "kind", "severity", "item", "target", "base", "was", "now"), [
            (say(f"diff.{row.kind}"), say(f"severity.{row.severity}"), row.item, row.target, row.base,
             _side(say, row.was), _side(say, row.now)) for row in rows[:SHOWN]
        ])  # fmt: skip
    if len(rows) > SHOWN:
        typer.echo(say("diff.more", count=len(rows) - SHOWN))


def _side(say: Say, side: Side) -> str:
    if side.status is not None:
        word = say(f"status.{side.status}")
        return say("diff.waived", status=word) if side.waived else word
    if side.absence == "not_reached" and side.outcome is not None:
        return say(f"outcome.{side.outcome}")
    return say(f"diff.{side.absence}") if side.absence else say("diff.unknown")


def _headings(say: Say, *names: str) -> list[str]:
    return [say(f"history.{name}") for name in names]
