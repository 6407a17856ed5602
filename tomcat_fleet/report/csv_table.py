"""results.csv: RFC 4180, every field in quotes, with the byte-order mark by which Excel knows UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from tomcat_fleet.report import sheet
from tomcat_fleet.report.cell import Cell, inert
from tomcat_fleet.report.material import Material


def write(file: BinaryIO, material: Material) -> None:
    """A row for every finding. Raises OSError."""
    wording = material.wording
    found = (row for result in material.results() for row in sheet.findings(result, wording))
    numbered = ((number, *row) for number, row in enumerate(found, 1))
    file.writelines(lines(chain([sheet.headings((sheet.NUMBER, *sheet.FINDINGS), wording)], numbered)))


def lines(rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """The file, a row at a time; the first of ``rows`` are the headings."""
    yield codecs.BOM_UTF8
    for row in rows:
        yield (",".join(_quoted(inert(cell)) for cell in row) + "\r\n").encode()


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
