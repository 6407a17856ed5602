"""How a message quotes what an operator wrote, and what it takes for meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tomcat_fleet.model.escape import one_line


def quoted(text: object) -> str:
    """``text`` in quotes as one safe line of moderate length."""
    return f"'{one_line(str(text), 80)}'"


def meant(word: str, known: Iterable[str]) -> str:
    """``" (did you mean 'port'?)"`` when a known word is close, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {quoted(near[0])}?)" if near else ""
