"""Aligned columns for a pipe: one line per row, and a hundred thousand rows in a moment."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.cells import cell_len


def print_aligned(rows: Sequence[Sequence[str]]) -> None:
    """Print ``rows``, the headings being the first, two blanks between columns; wide characters count as two."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
