"""What a cell of a table may hold: text that can be seen, and never anything a spreadsheet would compute."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from tomcat_fleet.report.visible import visible

LONGEST = 8_000  # characters; Excel ends at 32,767 UTF-16 units, and the whole text is in results.jsonl


class Marked(NamedTuple):
    """A cell with a look of its own: ``style`` is a status."""

    text: str
    style: str


Cell: TypeAlias = str | int | Marked

# What Excel, LibreOffice and Google Sheets take for a formula, in full width too, as Korean and Japanese editions do.
_FORMULA = re.compile(r"\s*[=+\-@|＝＋－＠｜]")
# Where the list separator is a semicolon, quotes that follow a comma protect nothing, and a cell begins here.
_INNER = re.compile(r"(;\s*)(?=[=+\-@|＝＋－＠｜])")


def shown(cell: Cell) -> str:
    """The text of a cell; its only control character is the line feed between lines."""
    text = cell if isinstance(cell, str) else cell.text if isinstance(cell, Marked) else str(cell)
    text = visible(text).replace("\t", " ").strip(" \n")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def inert(cell: Cell) -> str:
    """The text of a cell for a file that carries no types: one line that no program takes for a formula."""
    text = _INNER.sub(r"\1'", " / ".join(part for part in shown(cell).split("\n") if part.strip()))
    return f"'{text}" if _FORMULA.match(text) else text
