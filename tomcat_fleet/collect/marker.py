"""Markers of ACLs, as the collector brings them: lines of ``ls -q`` that show one, and their number.

Some programs called ls show no marker at all. Then the number is ``?``, and whether there is an ACL is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tomcat_fleet.collect.row import Rows
from tomcat_fleet.model import escape

_UNTOLD = "?"
_NAME = re.compile(r"\S+\s+\d+\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+ (.*)\Z")


def of_one(shown: bytes) -> bool | None:
    """The marker of one path."""
    mark = shown.strip().decode("latin-1")
    return None if mark == _UNTOLD else mark == "+"


def possible(counts: Rows) -> bool:
    """Whether any was counted, or could not be. Raises ``ValueError`` when there is no number."""
    return counts.trailers.get("acls") == [_UNTOLD] or counts.number("acls") > 0


def paths(block: bytes, counts: Rows) -> tuple[str, ...]:
    """Names that carry one; empty when they cannot be told."""
    return tuple(sorted(_names(block))) if possible(counts) else ()


def marks(block: bytes, counts: Rows, names: Iterable[str]) -> Callable[[str], bool | None]:
    """Whether the entry of a name carries one; None when that cannot be told.

    ``ls -q`` shows what is not plain ASCII as question marks: entries that look alike share their marker.
    """
    if not possible(counts):
        return lambda _: False
    shown = _names(block)
    looks = {_look(name) for name in shown}
    told = counts.trailers["acls"] == [str(len(shown))]
    if not told or looks - {_look(name) for name in names} - {".", ".."}:
        return lambda _: None
    return lambda name: _look(name) in looks


def _names(block: bytes) -> frozenset[str]:
    """Names in lines of ``ls -la``; a line that cannot be read gives none."""
    found = (_NAME.match(escape.from_bytes(line)) for line in block.split(b"\n"))
    return frozenset(match[1] for match in found if match)


def _look(name: str) -> str:
    return re.sub(r"[^ -~]", "?", escape.to_bytes(name).decode("latin-1"))
