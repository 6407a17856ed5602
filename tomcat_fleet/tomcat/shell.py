"""Assignments in shell files that start Tomcat: setenv.sh, /etc/default, /etc/sysconfig, init scripts, systemd lists.

Only what can be known without running a shell: literal values and references to names assigned before. Anything else
leaves the name without a value.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"(?:^|;|&&|\|\||\bthen\b|\belse\b)\s*(?:export\s+|readonly\s+)?([A-Za-z_]\w*)=")
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^${}]*))?\}|([A-Za-z_]\w*))")


@dataclass(frozen=True, slots=True)
class Assigned:
    """The last assignment of a name. ``value`` is None when only a shell could tell it."""

    value: str | None
    line: int


def assignments(text: str) -> dict[str, Assigned]:
    """Names assigned in ``text`` with 1-based lines. A name that extends itself first is taken to start empty."""
    found: dict[str, Assigned] = {}
    for number, line in logical_lines(text):
        for match in _ASSIGNMENT.finditer(line):
            known = {name: item.value for name, item in found.items() if item.value is not None}
            known.setdefault(match[1], "")
            found[match[1]] = Assigned(_value(line[match.end() :], known), number)
    return found


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with backslash continuations joined, comments and blank lines left out, by number of the first line."""
    pending, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        start = start or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += line[:-1]
            continue
        whole = pending + line
        if whole.strip() and not whole.lstrip().startswith("#"):
            yield start, whole
        pending, start = "", 0
    if pending.strip():
        yield start, pending


def words(text: str) -> tuple[str, ...]:
    """Shell words without any expansion; blank-separated when the quotes do not close."""
    try:
        return tuple(shlex.split(text, comments=False))
    except ValueError:
        return tuple(text.split())


def expand(text: str, known: Mapping[str, str]) -> str | None:
    """``$NAME``, ``${NAME}`` and ``${NAME:-default}`` replaced; None when anything a shell would run is left."""
    unknown = False

    def _one(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match[1] or match[3]
        if name in known:
            return known[name]
        unknown = unknown or match[2] is None
        return match[2] or ""

    done = _REFERENCE.sub(_one, text)
    return None if unknown or "$" in done or "`" in done else done


def _value(raw: str, known: Mapping[str, str]) -> str | None:
    text = raw.strip()
    if text.startswith("'"):
        return text[1:].partition("'")[0]
    if text.startswith('"'):
        return expand(_double_quoted(text[1:]), known)
    return expand(re.split(r"[\s;#&|]", text, maxsplit=1)[0], known)


def _double_quoted(text: str) -> str:
    taken = re.match(r"(?:[^\"\\]|\\.)*", text, re.DOTALL)
    return re.sub(r"\\([\"\\$`])", r"\1", taken[0]) if taken else ""
