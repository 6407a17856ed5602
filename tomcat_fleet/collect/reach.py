"""What the collector may run and read on a target, as data that tests hold it to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Patterns of paths that serve one purpose. ``read``: contents; ``look``: names, owners, modes, times."""

    what: str
    read: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    discover: bool = False  # only where instances are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Programs by name, the directories they are taken from, and paths."""

    search: tuple[str, ...]
    always: tuple[str, ...]
    either: tuple[tuple[str, ...], ...]
    paths: tuple[Paths, ...]


@cache
def reach() -> Reach:
    """The list."""
    table: dict[str, Any] = tomllib.loads(files("tomcat_fleet.collect").joinpath("reach.toml").read_text("utf-8"))
    programs = table["programs"]
    return Reach(
        search=tuple(programs["search"]),
        always=tuple(programs["always"]),
        either=tuple(map(tuple, programs["either"])),
        paths=tuple(
            Paths(
                what=row["what"],
                read=tuple(row.get("read", ())),
                look=tuple(row.get("look", ())),
                discover=row.get("discover", False),
            )
            for row in table["paths"]
        ),
    )
