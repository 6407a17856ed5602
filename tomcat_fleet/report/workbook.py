"""results.xlsx: cover, summary, scores by host, findings, what is not known, accepted risks; in flat memory.

Every text is written as a text and never looked at: ``write`` would guess formulas and links. The prefix that Excel
sets for a leading apostrophe keeps a cell text even when a reader edits it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from tomcat_fleet.report import cover_sheet, sheet, summary_sheet, waiver_sheet
from tomcat_fleet.report.cell import Cell, Marked, shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.sheet import Column
from tomcat_fleet.report.summary_sheet import Heading, Row
from tomcat_fleet.report.wording import Wording

_FROZEN = 3  # columns that stay in sight: number, zone and host, or number, kind and state
MOST_ROWS = 1_048_576  # of one sheet in Excel; a fleet that needs more goes on in another
_PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_TEXT = {"text_wrap": True, "valign": "top", "quote_prefix": True, "font_size": 10}
_HEADING = _TEXT | {"bold": True, "bg_color": "#EDEFF2", "bottom": 1, "valign": "vcenter"}
_NUMBER = {"valign": "top", "font_size": 10, "num_format": "0"}
_OPEN = {"font_color": "#5B3FA0", "bold": True}
_LOOKS: dict[str, dict[str, Any]] = {
    "pass": {"font_color": "#1B6E3C"},
    "fail": {"font_color": "#B3261E", "bold": True, "bg_color": "#FBE9E7"},
    "manual": {"font_color": "#8A5A00", "bold": True},
    "unknown": _OPEN | {"bg_color": "#F1EDF9"},
    "not_applicable": {"font_color": "#5F6368"},
    "error": {"bold": True, "bg_color": "#FFFFDD"},
    "audited": {},
    "no_tomcat": {"font_color": "#5F6368"},
}  # every other is an outcome that leaves something open


def write(file: BinaryIO, material: Material, *, most_rows: int = MOST_ROWS) -> None:
    """The workbook into ``file``, which must be able to seek. Rows wait in a temporary directory of mode 0700.

    Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix="tomcat-fleet-") as folder:
        book = Workbook(file, _PLAIN | {"tmpdir": folder})
        book.use_zip64()  # only where a sheet needs it
        _fill(book, material, most_rows)
        try:
            book.close()
        except FileCreateError as error:  # which hides that the disk is full
            raise error.args[0] from error


def _fill(book: Any, material: Material, most_rows: int) -> None:
    summary, wording = material.summary, material.wording
    moment = datetime.fromisoformat(summary.finished).replace(tzinfo=None)
    book.set_properties({"title": f"tomcat-fleet {shown(summary.sweep)}", "created": moment})
    page = _Page(book, material.classification)
    cover = cover_sheet.rows(summary, material.classification, wording)
    _list(page, wording.own("name.cover"), cover_sheet.WIDTHS, cover)
    _list(page, wording.own("name.summary"), summary_sheet.WIDTHS, summary_sheet.rows(summary, wording))
    columns = (*sheet.FINDINGS, *sheet.FOLLOW_UP)
    matrix = _Table(page, wording, "matrix", sheet.matrix_columns(wording), most_rows)
    findings = _Table(page, wording, "findings", columns, most_rows)
    unknown = _Table(page, wording, "unknown", sheet.UNKNOWN, most_rows)
    waivers = _Table(page, wording, "waivers", waiver_sheet.COLUMNS, most_rows)
    waivers.add(waiver_sheet.waivers(summary, wording))
    for result in material.results():
        matrix.add(sheet.matrix(result, wording))
        findings.add(sheet.findings(result, wording))
        unknown.add(sheet.unknown(result, wording))
        waivers.add(waiver_sheet.waived(result, wording))
    for table in (matrix, findings, unknown, waivers):
        table.end()


class _Page:
    """Sheets of one book, and the looks of their cells."""

    def __init__(self, book: Any, classification: str) -> None:
        self._book = book
        self._mark = shown(classification)[:80].replace("&", "&&")
        self._formats: dict[str, Any] = {}
        self.heading = book.add_format(_HEADING)
        self.text = book.add_format(_TEXT)
        self.number = book.add_format(_NUMBER)

    def sheet(self, name: str) -> Any:
        """A new sheet that prints on A4 in landscape, as wide as the paper."""
        made = self._book.add_worksheet(name)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(0.4, 0.4, 0.6, 0.6)
        made.set_header(f"&R&B{self._mark}" if self._mark else "")
        made.set_footer("&L&A&R&P / &N")
        return made

    def put(self, made: Any, at: tuple[int, int], cell: Cell, look: Any = None) -> None:
        """One cell: a number of ours as a number, everything else as the text that it is."""
        if isinstance(cell, int):
            made.write_number(*at, cell, look or self.number)
            return
        look = look or (self._styled(cell.style) if isinstance(cell, Marked) else self.text)
        text = shown(cell)
        if text:
            # The library takes such a text for runs of its own and writes it into the sheet as it is.
            made.write_string(*at, f"{text} " if text.startswith("<r>") else text, look)
        else:
            made.write_blank(*at, None, look)

    def _styled(self, style: str) -> Any:
        if style not in self._formats:
            self._formats[style] = self._book.add_format(_TEXT | _LOOKS.get(style, _OPEN))
        return self._formats[style]


class _Table:
    """A table with numbered rows that goes on in another sheet when one is full."""

    def __init__(self, page: _Page, wording: Wording, name: str, columns: tuple[Column, ...], most_rows: int) -> None:
        self._page = page
        self._name = wording.own(f"name.{name}")
        self._columns = (sheet.NUMBER, *columns)
        self._headings = sheet.headings(self._columns, wording)
        self._most = most_rows
        self._sheets = 0
        self._rows = 0
        self._begin()

    def add(self, found: Iterable[tuple[Cell, ...]]) -> None:
        """Further rows."""
        for row in found:
            if self._next == self._most:
                self.end()
                self._begin()
            self._rows += 1
            for column, cell in enumerate((self._rows, *row)):
                self._page.put(self._made, (self._next, column), cell)
            self._next += 1

    def end(self) -> None:
        """The filter covers what was written."""
        self._made.autofilter(0, 0, max(1, self._next - 1), len(self._columns) - 1)

    def _begin(self) -> None:
        self._sheets += 1
        self._made = self._page.sheet(self._name if self._sheets == 1 else f"{self._name} ({self._sheets})")
        self._made.freeze_panes(1, _FROZEN)
        self._made.repeat_rows(0)
        self._made.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})
        for number, column in enumerate(self._columns):
            self._made.set_column(number, number, column.width)
            self._page.put(self._made, (0, number), self._headings[number], self._page.heading)
        self._next = 1


def _list(page: _Page, name: str, widths: tuple[int, ...], rows: Iterable[Row]) -> None:
    made = page.sheet(name)
    for number, width in enumerate(widths):
        made.set_column(number, number, width)
    for at, row in enumerate(rows):
        look = page.heading if isinstance(row, Heading) else None
        for column, cell in enumerate(row.cells if isinstance(row, Heading) else row):
            page.put(made, (at, column), cell, look)
