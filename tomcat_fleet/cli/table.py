"""A table of foreign words: aligned in a pipe, folded to its width on a terminal, nothing hidden in either."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.aligned import print_aligned
from tomcat_fleet.report.visible import one_line


def show(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print ``rows`` below ``headings``; numbers stand to the right."""
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    numeric = [all(isinstance(row[at], int | float) for row in rows) and bool(rows) for at in range(len(headings))]
    if not sys.stdout.isatty():
        print_aligned([list(headings), *cells])
        return
    table = Table(box=None, pad_edge=False)
    for heading, right in zip(headings, numeric, strict=True):
        table.add_column(heading, overflow="fold", justify="right" if right else "left", no_wrap=right)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
