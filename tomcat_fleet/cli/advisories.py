"""``tomcat-fleet advisories``: the tables behind WT-13, and putting newer ones in their place."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.option import Language
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.sweep import clock
from tomcat_fleet.sweep.installed import data_directory, install, read_updates, tables_in_use
from tomcat_fleet.sweep.profile import load_profile
from tomcat_fleet.tomcat.advisory import assess, is_over
from tomcat_fleet.tomcat.table import BUNDLED, SEVERITIES, AdvisoryRow, Branch, Tables, bundled
from tomcat_fleet.tomcat.version import Version

_PIPE_WIDTH = 1000
_NAMES = ("advisories", "releases")

app = typer.Typer(
    help="The tables of releases and advisories behind WT-13.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def show(
    what: Annotated[
        str | None, typer.Argument(metavar="VERSION", help="A version such as 9.0.50, or CVE-2025-24813.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Profile whose advisories_max_age_days counts.")
    ] = None,
    lang: Language = Lang.KO,
) -> None:
    """Show the tables in use, what affects a version, or one advisory."""
    today, say = _today(), speaker(lang)
    policy = load_profile(profile) if profile else Policy()
    tables = tables_in_use(data_directory(os.environ), today)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    if what is None:
        _show_tables(console, say, tables, policy, today)
    elif what.upper().startswith("CVE-"):
        _show_advisory(console, say, _known(what, tables))
    else:
        _show_version(console, say, tables, _version(what), today)
    if what is not None:
        _line(console, say("advisories.as_of", date=tables.date))


@app.command()
def update(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="advisories.json, releases.json, or a directory with them.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Even if older than the table in use, or poorer.")] = False,  # noqa: FBT002
    lang: Language = Lang.KO,
) -> None:
    """Check newer tables and install them for this user.

    Sweeps use them from then on.
    """
    today, say, directory = _today(), speaker(lang), data_directory(os.environ)
    updates = read_updates(files, _standing(directory, today), today, force=force)
    try:
        install(updates, directory)
    except OSError as error:
        where = str(error.filename or directory)
        raise ConfigError([Fault(where, 0, f"cannot be written: {error.strerror}")]) from None
    used = tables_in_use(directory, today).origins
    for one in updates:
        path = directory / f"{one.kind}.json"
        typer.echo(say("advisories.installed", name=one.kind, date=one.table.date, sha256=one.sha256, path=path))
        if used[one.kind].place == BUNDLED:
            typer.echo(say("advisories.outdated", name=one.kind, date=used[one.kind].date), err=True)


def _today() -> date:
    return clock.now().astimezone().date()


def _standing(directory: Path, today: date) -> Tables:
    """Take the tables in use; damaged ones must not stand in the way of those that replace them."""
    try:
        return tables_in_use(directory, today)
    except ConfigError:
        return bundled()


def _version(text: str) -> Version:
    try:
        return Version.of(text)
    except ValueError:
        raise ConfigError(f"{text!r} is neither a version such as 9.0.50 or 10.1.0-M5 nor a CVE number") from None


def _known(text: str, tables: Tables) -> AdvisoryRow:
    row = next((row for row in tables.advisories.advisories if row.cve == text.upper()), None)
    if row is None:
        raise ConfigError(f"{text}: not among the advisories of Apache Tomcat as of {tables.advisories.date}")
    return row


def _show_tables(console: Console, say: Say, tables: Tables, policy: Policy, today: date) -> None:
    table = _table(say, "table", "date", "age", "source", "sha256")
    for name in _NAMES:
        one = tables.origins[name]
        days = (today - date.fromisoformat(one.date)).days
        place = say("advisories.bundled") if one.place == BUNDLED else one.place
        table.add_row(name, one.date, say("advisories.days", days=days), Text(place), one.sha256[:12])
    console.print(table)
    age = (today - date.fromisoformat(tables.date)).days
    limit = policy.advisories_max_age_days
    _line(console, say("advisories.too_old" if age > limit else "advisories.fresh", days=age, limit=limit))
    releases = sum(len(branch.releases) for branch in tables.releases.branches)
    count = len(tables.advisories.advisories)
    _line(console, say("advisories.counts", count=count, releases=releases) + "\n")
    table = _table(say, "branch", "status", "eol", "newest", "releases", "advisories")
    for branch in tables.releases.branches:
        table.add_row(*_branch(say, branch, tables, today))
    console.print(table)


def _branch(say: Say, branch: Branch, tables: Tables, today: date) -> tuple[str, ...]:
    released = sum(release.released is not False for release in branch.releases)
    hits = {hit.row.cve for hit in tables.hits.get(branch.branch, ())}
    status = say("advisories.over" if is_over(branch, today) else "advisories.supported")
    return branch.branch, status, branch.eol_date or "-", branch.latest, str(released), str(len(hits))


def _show_version(console: Console, say: Say, tables: Tables, version: Version, today: date) -> None:
    patch = assess(tables, version, today)
    console.print(Text(f"Tomcat {version}", "bold"))
    _line(console, say(f"level.{patch.level}", branch=patch.branch, newest=patch.newest, eol=patch.eol_date or "-"))
    counts = {key: sum(one.severity == key for one in patch.advisories) for key in SEVERITIES}
    _line(console, say("advisories.hits", count=len(patch.advisories), **counts))
    if not patch.advisories:
        return
    table = _table(say, "cve", "severity", "fixed", "title")
    for one in patch.advisories:
        table.add_row(one.cve, say(f"rating.{one.severity}"), one.fixed_in or say("advisories.no_fix"), Text(one.title))
    console.print(table)


def _show_advisory(console: Console, say: Say, row: AdvisoryRow) -> None:
    console.print(Text(f"{row.cve}  {row.title}", "bold"))
    _line(console, say("advisories.about", rating=say(f"rating.{row.severity}"), date=row.date_public or "-"))
    table = _table(say, "branch", "severity", "first", "last", "fixed")
    for span in row.affected:
        rating = say(f"rating.{row.severity_by_branch.get(span.branch, row.severity)}")
        first = say("advisories.assumed", version=span.first) if span.branch in row.first_assumed else span.first
        fixed = row.fixed_in.get(span.branch) or say("advisories.no_fix")
        table.add_row(span.branch, rating, first, span.last, fixed)
    console.print(table)
    _line(console, say("advisories.unnamed"))


def _table(say: Say, *names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(say(f"advisories.{name}"), overflow="fold", no_wrap=name not in {"title", "source"})
    return table


def _line(console: Console, text: str) -> None:
    console.print(Text(text))
