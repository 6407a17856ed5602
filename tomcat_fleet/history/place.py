"""Where a history is, and a name for that place which shows no password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_state_path

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.escape import printable

VARIABLE: Final = "TOMCAT_FLEET_HISTORY"
_POSTGRESQL: Final = {"postgresql", "postgres", "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class Place:
    """``url`` may hold a password, ``shown`` does not. ``path`` is that of an SQLite file, else None."""

    url: str
    shown: str
    path: Path | None = None

    def __repr__(self) -> str:
        return f"Place({self.shown!r})"


def default_place(environ: Mapping[str, str] = os.environ) -> str:
    """What TOMCAT_FLEET_HISTORY says, or ``tomcat-fleet/history.db`` in this user's state directory."""
    return environ.get(VARIABLE) or str(user_state_path("tomcat-fleet") / "history.db")


def place_of(given: str) -> Place:
    """What a path or a URL means. Raises ConfigError for a URL of another kind of database."""
    scheme, mark, rest = given.partition("://")
    if not mark:
        return _file(given)
    if scheme in {"sqlite", "sqlite+pysqlite"}:
        return _file(rest.removeprefix("/"))
    if scheme not in _POSTGRESQL:
        raise ConfigError(
            f"{printable(scheme, 40)}://…: a history is an SQLite file, or a URL that begins with postgresql://"
        )
    place, _, _ = rest.partition("?")
    account, at, machine = place.rpartition("@")  # a password may hold anything but these
    user = account.partition(":")[0] + at
    return Place(url=f"postgresql+psycopg://{rest}", shown=printable(f"postgresql://{user}{machine}"))


def _file(given: str) -> Place:
    if not given or given == ":memory:" or "\0" in given:
        raise ConfigError("a history is an SQLite file, or a URL that begins with postgresql://")
    path = Path(given).expanduser()
    return Place(url="", shown=printable(str(path)), path=path)
