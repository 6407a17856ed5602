"""``tomcat-fleet inventory``: the fleet as understood, without connecting to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.aligned import print_aligned
from tomcat_fleet.cli.option import Inventories, Language, Limit, SshConfig
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.errors import Fault
from tomcat_fleet.inventory import Inventory, load
from tomcat_fleet.model.target import Target

_WARNINGS = 20

_COLUMNS = ("target", "address", "account", "jump", "zone", "groups", "instances", "source")
_WHOLE = frozenset({"address", "source"})  # not broken in two, as long as they are short
_SHORT = 24

app = typer.Typer(
    help="The fleet as the inventory describes it. Connects to nothing.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def show(inventory: Inventories, limit: Limit = None, ssh_config: SshConfig = None, lang: Language = Lang.KO) -> None:
    """List the targets that a sweep would audit."""
    fleet = load(inventory, limit, ssh_config)
    warn(fleet)
    say = speaker(lang)
    headings = [say(f"inventory.{column}") for column in _COLUMNS]
    rows = [_row(target) for target in fleet.targets]
    if not sys.stdout.isatty():
        print_aligned([headings, *rows])
        return
    table = Table(box=None, pad_edge=False)
    shown = [at for at in range(len(_COLUMNS)) if any(row[at] for row in rows)]
    for at in shown:
        key = _COLUMNS[at]
        table.add_column(headings[at], overflow="fold", no_wrap=key in _WHOLE and _is_short(rows, key))
    for row in rows:
        table.add_row(*(Text(row[at]) for at in shown))
    Console(highlight=False).print(table)


@app.command()
def lint(inventory: Inventories, limit: Limit = None, ssh_config: SshConfig = None, lang: Language = Lang.KO) -> None:
    """Check inventory files.

    Tells every fault with its file and line; exit 2 when there is one.
    """
    fleet = load(inventory, limit, ssh_config)
    warn(fleet, None)
    typer.echo(speaker(lang)("inventory.fine", targets=len(fleet.targets), warnings=len(fleet.warnings)))


def warn(fleet: Inventory, limit: int | None = _WARNINGS) -> None:
    """Say what an inventory warns of on stderr; ``lint`` has no limit."""
    found = sorted(fleet.warnings)
    for fault in found[:limit]:
        print(Fault(fault.file, fault.line, f"warning: {fault.message}"), file=sys.stderr)  # noqa: T201
    if limit is not None and len(found) > limit:
        print(f"warning: {len(found) - limit} more; 'tomcat-fleet inventory lint' lists all", file=sys.stderr)  # noqa: T201


def _is_short(rows: Sequence[tuple[str, ...]], key: str) -> bool:
    at = _COLUMNS.index(key)
    return max((len(row[at]) for row in rows), default=0) <= _SHORT


def _row(target: Target) -> tuple[str, ...]:
    return (
        target.name,
        f"[{target.address}]:{target.port}" if ":" in target.address else f"{target.address}:{target.port}",
        target.user or "",
        target.jump or "",
        target.zone or "",
        ", ".join(target.groups),
        ", ".join(hint.base for hint in target.instances),
        target.source,
    )
