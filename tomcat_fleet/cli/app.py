"""The ``tomcat-fleet`` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.main import get_command

from tomcat_fleet.cli import (
    advisories,
    audit,
    demo,
    diff,
    doctor,
    evaluate,
    guide,
    history,
    inventory,
    known_hosts,
    plan,
    render,
    schema,
    version,
    waiver,
)
from tomcat_fleet.cli.guard import guard
from tomcat_fleet.errors import DiskError, UserError
from tomcat_fleet.sweep.trace import frames

OPERATOR_ERROR = 2
INTERNAL_ERROR = 4

app = typer.Typer(
    name="tomcat-fleet",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,  # boxes in which every flag is a <bool> say less than plain lines
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)
app.command()(audit.audit)
app.command()(demo.demo)
app.command()(diff.diff)
app.command()(doctor.doctor)
app.command()(evaluate.evaluate)
app.command()(guide.guide)
app.command()(plan.plan)
app.command()(render.render)
app.command()(schema.schema)
app.add_typer(inventory.app, name="inventory")
app.add_typer(known_hosts.app, name="known-hosts")
app.add_typer(advisories.app, name="advisories")
app.add_typer(waiver.app, name="waiver")
app.add_typer(history.app, name="history")
app.command()(version.version)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  how typer calls it
    if wanted:
        version.version()
        raise typer.Exit


@app.callback()
def options(
    *,
    shown: Annotated[
        bool,
        typer.Option("--version", help="Print the versions and exit.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """Audit a fleet of Apache Tomcat servers over SSH, without installing anything on them."""
    del shown


def main() -> None:
    """Run one verb and exit.

    0 done, 1 findings, 2 operator error, 3 incomplete, 4 internal error, 130 or 143 interrupted.
    """
    guard()
    try:
        get_command(app)(prog_name="tomcat-fleet")  # calling the app itself would put another excepthook in place
    except UserError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)  # noqa: T201  this is the command line
        sys.exit(OPERATOR_ERROR)
    except DiskError as error:
        print(f"tomcat-fleet: {error}", file=sys.stderr)  # noqa: T201  same
        sys.exit(INTERNAL_ERROR)
    except Exception as error:  # noqa: BLE001  the program's last word
        sys.exit(_internal(error))


def _internal(error: Exception) -> int:
    """Say where it happened, in one line what, and nothing that may come from a target."""
    print(frames(error), file=sys.stderr)  # noqa: T201  same
    said = [type(error).__name__]
    if isinstance(error, OSError):
        said += [str(part) for part in (error.filename, error.strerror) if part]
    print(f"tomcat-fleet: internal error: {': '.join(said)}", file=sys.stderr)  # noqa: T201  same
    return INTERNAL_ERROR
