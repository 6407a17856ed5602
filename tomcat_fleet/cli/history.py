"""``tomcat-fleet history``: what earlier sweeps have found."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from tomcat_fleet import history
from tomcat_fleet.cli.diff import changed
from tomcat_fleet.cli.gather import Desk
from tomcat_fleet.cli.option import Language
from tomcat_fleet.cli.table import show as show_table
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.history.file import fresh
from tomcat_fleet.history.span import Span
from tomcat_fleet.history.sweep import DEFAULT_SERIES
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.result import TrendPoint
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report.cell import inert
from tomcat_fleet.report.finished import finished
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.visible import one_line
from tomcat_fleet.sweep import clock

if TYPE_CHECKING:
    from tomcat_fleet.history.store import History

_KEEP: Final = re.compile(r"([1-9][0-9]{0,5})d?")
_COUNTED: Final = (Status.PASS, Status.FAIL, Status.MANUAL, Status.UNKNOWN)
_COUNTS: Final = ("targets", "incomplete", "instances", *_COUNTED, "score")

Place: TypeAlias = Annotated[
    str | None,
    typer.Option("--history", envvar=history.VARIABLE, metavar="PLACE", help="SQLite file or postgresql:// URL."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Series: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Sweeps of this series; otherwise that of the last sweep.")
]

app = typer.Typer(help="What earlier sweeps have found.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(place: Place = None, as_json: Json = False, lang: Language = Lang.KO) -> None:  # noqa: FBT002
    """List the sweeps that the history has, the newest last."""
    say = speaker(lang)
    with history.open(place, make=False) as opened:
        sweeps = opened.sweeps()
        where = opened.shown
    if as_json:
        _json([{**asdict(point), **asdict(sweep)} for sweep, point in sweeps])
        return
    if not sweeps:
        typer.echo(say("history.empty", place=where))
        return
    show_table(
        _headings(say, "day", "sweep", "series", *_COUNTS),
        [(sweep.day, sweep.sweep, sweep.series, *_counts(say, point)) for sweep, point in sweeps],
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of a sweep, or name of a host.")],
    place: Place = None,
    as_json: Json = False,  # noqa: FBT002
    lang: Language = Lang.KO,
) -> None:
    """Show what a sweep has changed, or everything known of a host."""
    say = speaker(lang)
    with history.open(place, make=False) as opened:
        if opened.has(name):
            changes = opened.recorded(name).changes
            if as_json:
                _json(opened.changes(changes.sweep, name, listed=sys.maxsize) if changes else None)
            elif changes is None:
                typer.echo(say("history.first", sweep=one_line(name)))
            else:
                changed(say, changes, name)
            return
        hosts = opened.hosts(name)
        if not hosts:
            raise ConfigError(f"{one_line(name)}: neither a sweep nor a host that the history has")
        standings = [one for one in opened.standings() if one.target == name]
        since = {(one.base, one.item): one for one in opened.open_failures() if one.target == name}
    (host,) = hosts
    if as_json:
        _json({"host": host, "verdicts": standings, "open": list(since.values())})
        return
    typer.echo(say("history.host", target=one_line(name), outcome=say(f"outcome.{host.outcome}"), tried=host.tried,
                   reached=host.reached or "-"))  # fmt: skip
    if standings:
        typer.echo()
        show_table(_headings(say, "base", "item", "severity", "now", "since", "confirmed"), [
            (one.base, one.item, say(f"severity.{one.severity}"), say(f"status.{one.status}"),
             since[one.base, one.item].since if (one.base, one.item) in since else "-", one.confirmed)
            for one in standings
        ])  # fmt: skip


@app.command()
def trend(
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Only hosts of this zone.")] = None,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="Sweeps shown.")] = 30,
    series: Series = None,
    place: Place = None,
    as_json: Json = False,  # noqa: FBT002
    lang: Language = Lang.KO,
) -> None:
    """Show how counts and score have changed from sweep to sweep."""
    say = speaker(lang)
    with history.open(place, make=False) as opened:
        points = opened.trend(series or _last_series(opened), last=last, zone=zone)
        where = opened.shown
    if as_json:
        _json(points)
    elif not points:
        typer.echo(say("history.empty", place=where))
    else:
        show_table(_headings(say, "sweep", *_COUNTS), [(point.sweep, *_counts(say, point)) for point in points])


@app.command("open")
def open_(
    older_than: Annotated[int, typer.Option(min=0, metavar="DAYS", help="Only those open for more days.")] = 0,
    place: Place = None,
    as_json: Json = False,  # noqa: FBT002
    lang: Language = Lang.KO,
) -> None:
    """List failures that nobody has fixed yet, the oldest first.

    A failure stays open until a sweep finds the item to pass or not to apply.
    """
    say, today = speaker(lang), _today().isoformat()
    with history.open(place, make=False) as opened:
        found = [(one, one.days(today)) for one in opened.open_failures()]
    found = [(one, days) for one, days in found if not older_than or days > older_than]
    if as_json:
        _json([{**asdict(one), "days": days} for one, days in found])
        return
    typer.echo(say("history.open", count=len(found)))
    if found:
        typer.echo()
        show_table(_headings(say, "days", "since", "severity", "item", "target", "base", "now", "confirmed"), [
            (days, one.since, say(f"severity.{one.severity}"), one.item, one.target, one.base,
             say(f"status.{one.status}"), one.confirmed) for one, days in found
        ])  # fmt: skip


@app.command()
def add(
    directories: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Directories of finished sweeps, the oldest first.")
    ],
    series: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Series of sweeps to compare with; that of the audit unless named."),
    ] = None,
    place: Place = None,
    lang: Language = Lang.KO,
) -> None:
    """Take finished sweeps into the history, from results.jsonl and summary.json."""
    say = speaker(lang)
    desk = Desk()
    found = [report for directory in directories if (report := desk.of(partial(finished, directory)))]
    cut = [report.directory for report in found if report.summary.outcomes.get(Outcome.NOT_RUN)]
    # Recorded now, it could not be recorded when it has been gone on with.
    said = "was interrupted; 'tomcat-fleet audit --resume' finishes it"
    faults = [*desk.faults, *(Fault(printable(str(directory)), 0, said) for directory in cut)]
    if faults:
        raise ConfigError(faults)
    with history.open(place) as opened:
        known = {sweep.sweep: sweep.series for sweep, _ in opened.sweeps()}
        for report in sorted(found, key=lambda each: each.summary.started):
            summary = report.summary
            sweep = history.sweep_of(summary, series or known.get(summary.sweep, summary.series or DEFAULT_SERIES))
            rows = [history.observed(result) for result in report.results()]
            told = opened.record(sweep, rows)
            key = "history.repeated" if told.repeated else "history.added"
            typer.echo(say(key, sweep=one_line(sweep.sweep), targets=len(rows), place=opened.shown))


def _age(value: str) -> str:
    if not _KEEP.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no number of days such as 400d")
    return value


@app.command()
def prune(
    keep: Annotated[str, typer.Option(metavar="DAYS", callback=_age, help="Days to keep, such as 400d.")],
    place: Place = None,
    lang: Language = Lang.KO,
) -> None:
    """Forget old sweeps; since when a failure is open is not forgotten."""
    before = (_today() - timedelta(days=int(keep.rstrip("d")))).isoformat()
    with history.open(place, make=False) as opened:
        pruned = opened.prune(before)
    typer.echo(speaker(lang)("history.pruned", before=before, sweeps=pruned.sweeps, spans=pruned.spans))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file that ends in .csv, .jsonl or .db.")],
    place: Place = None,
    lang: Language = Lang.KO,
) -> None:
    """Write every verdict with its days to a table, or the whole history to another SQLite file."""
    if file.suffix not in {".csv", ".jsonl", ".db"}:
        raise ConfigError(f"{file}: the name has to end in .csv, .jsonl or .db")
    with history.open(place, make=False) as opened:
        if file.suffix == ".db":
            opened.copy(file)
        else:
            _write(file, opened.spans())
    typer.echo(speaker(lang)("history.exported", file=file))


def _write(file: Path, spans: Iterable[Span]) -> None:
    """A new file of mode 0600. Raises ConfigError when it is there, or cannot be written."""
    encoding = "utf-8-sig" if file.suffix == ".csv" else "utf-8"
    try:
        with fresh(file), file.open("w", encoding=encoding, newline="") as out:
            if file.suffix == ".csv":
                writer = csv.writer(out)
                writer.writerow(field.name for field in fields(Span))
                writer.writerows([inert(str(cell)) for cell in asdict(one).values()] for one in spans)
            else:
                out.writelines(encoded(one).decode() + "\n" for one in spans)
    except OSError as error:
        raise ConfigError([Fault(str(file), 0, f"cannot be written: {error.strerror}")]) from None


def _last_series(opened: History) -> str:
    sweeps = opened.sweeps()
    return sweeps[-1][0].series if sweeps else DEFAULT_SERIES


def _today() -> date:
    return clock.now().astimezone().date()


def _counts(say: Say, point: TrendPoint) -> Sequence[object]:
    score = say("closing.no_score") if point.score is None else point.score
    return (point.targets, point.incomplete, point.instances, *(point.statuses[status] for status in _COUNTED), score)


def _headings(say: Say, *names: str) -> list[str]:
    return [say(f"status.{name}" if isinstance(name, Status) else f"history.{name}") for name in names]


def _json(value: object) -> None:
    sys.stdout.write(encoded(value).decode() + "\n")
