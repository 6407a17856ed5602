"""``tomcat-fleet version``."""

from __future__ import annotations

import platform

import typer

from tomcat_fleet import __version__
from tomcat_fleet.guide.book import EDITION


def version() -> None:
    """Print the versions of the tool, of Python and of the guide."""
    typer.echo(f"tomcat-fleet {__version__} · Python {platform.python_version()} · {EDITION}")
