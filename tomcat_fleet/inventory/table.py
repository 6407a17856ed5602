"""CSV: the asset list that every operations team keeps.

The first line names the columns; a column that is not known becomes a variable under its heading. Several lines may
describe one machine, one instance each: their paths and groups add up, and everything else has to agree.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from tomcat_fleet.inventory import column, credential, key
from tomcat_fleet.inventory.expand import is_ip
from tomcat_fleet.inventory.key import KEYS, Setting, settle
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.native import SETTINGS
from tomcat_fleet.inventory.tree import ALL, Host, Tree
from tomcat_fleet.inventory.value import RefusedError, group_name, host_name
from tomcat_fleet.model.spelling import quoted

_SEPARATOR = re.compile(r"sep=(.)\Z", re.IGNORECASE)  # Excel's own first line
_TITLES = 10  # lines above the headings
_SEVERAL = re.compile(r"[;|]")
_ADDED_UP = frozenset({key.BASES.name, key.WAS_ACCOUNTS.name})
_LISTS = frozenset({"tomcat_bases", "was_accounts", "key_files"})


class _Column(NamedTuple):
    heading: str
    meaning: str | None
    word: str  # the variable that it sets
    is_structure: bool  # the machine's name or its groups, or nothing at all
    is_secret: bool


def _column(heading: str) -> _Column:
    meaning = column.meaning_of(heading)
    is_structure = not heading or meaning in {column.NAME, column.GROUPS}
    word = heading if meaning is None or is_structure else SETTINGS[meaning][0]
    return _Column(heading, meaning, word, is_structure, column.is_secret(heading))


class TableReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger = tree.ledger
        self._plain: dict[int, list[int]] = {}  # column -> lines on which it holds a secret
        self._known: set[str] = set()  # hosts of this file
        self._groups: set[str] = set()
        self._settled: dict[tuple[int, str], Setting] = {}  # cells are much the same from line to line

    def read(self, text: str) -> None:
        """Read every record; faults go to the ledger and reading goes on."""
        records = self._records(text)
        spot, headings = self._headings(records)
        columns = self._columns(headings, spot)
        if not columns:
            return
        for place, cells in records:
            self._record(columns, cells, place)
        for index, lines in self._plain.items():
            more = f", and on {len(lines) - 1} more lines" if len(lines) > 1 else ""
            self._ledger.fault(
                Spot(self._file, lines[0]),
                f"the column {quoted(columns[index].heading)} holds a value here{more}; leave it out or write "
                f"references ({' '.join(f'{scheme}:' for scheme in credential.SCHEMES)})",
            )

    def _headings(self, records: Iterator[tuple[Spot, list[str]]]) -> tuple[Spot, list[str]]:
        """Return the line that names the columns: the first, or one below titles; the first when none does."""
        first = next(records, (Spot(self._file, 0), []))
        if column.names_machines(first[1]):
            return first
        for spot, cells in chain([first], islice(records, _TITLES)):
            if column.names_machines(cells, others=1):
                self._ledger.warn(first[0], f"passed over, as line {spot.line} names the columns")
                return spot, cells
            if any(map(is_ip, cells)):
                break  # a machine: nothing that may be passed over
        return first

    def _records(self, text: str) -> Iterator[tuple[Spot, list[str]]]:
        """Yield every record that holds something, with the line where it begins."""
        lines = text.split("\n")
        skipped = next((at for at, line in enumerate(lines) if line.strip()), 0)
        separator = _SEPARATOR.match(lines[skipped].strip())
        skipped += bool(separator)
        mark = separator[1] if separator else _delimiter(lines[skipped : skipped + _TITLES])
        reader = csv.reader(
            (line + "\n" for line in lines[skipped:]), delimiter=mark, strict=True, skipinitialspace=True
        )
        before = skipped
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                self._ledger.fault(Spot(self._file, before + 1), f"CSV: {_reason(error)}")
                return
            if cells is None:
                return
            spot, before = Spot(self._file, before + 1), skipped + reader.line_num
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield spot, cells

    def _columns(self, headings: Sequence[str], spot: Spot) -> list[_Column]:
        columns = [_column(heading) for heading in headings]
        first: dict[str, str] = {}
        for index, found in enumerate(columns):
            if not found.heading:
                continue
            same = found.meaning or found.heading
            if same == "os" and same in first and found.heading not in KEYS:  # a system, and its version
                columns[index] = found._replace(meaning=None, word=found.heading)
            elif same in first:
                self._ledger.fault(
                    spot, f"the columns {quoted(first[same])} and {quoted(found.heading)} mean the same; keep one"
                )
            first.setdefault(same, found.heading)
        if not {column.NAME, "address"} & first.keys():
            self._ledger.fault(
                spot, "no column names the machines: 호스트명, 서버명, hostname, IP, address or the like is needed"
            )
            return []
        return columns

    def _record(self, columns: Sequence[_Column], cells: list[str], spot: Spot) -> None:
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            self._ledger.fault(spot, f"has {len(cells)} fields and the heading line {len(columns)}")
            return
        filled = {found.meaning: cell for found, cell in zip(columns, cells, strict=False) if found.meaning and cell}
        host = self._host(filled, spot)
        for index, (found, cell) in enumerate(zip(columns, cells, strict=False)):
            if not cell or found.is_structure:
                continue
            if found.is_secret and not _is_reference(cell):
                self._plain.setdefault(index, []).append(spot.line)
            elif setting := self._setting(index, found, cell, spot):
                self._put(host, setting)

    def _host(self, filled: dict[str, str], spot: Spot) -> Host | None:
        name = filled.get(column.NAME) or filled.get("address", "")
        try:
            if not name:
                raise RefusedError("names neither a host nor an address")  # noqa: TRY301  one way out
            host_name(name)
        except RefusedError as error:
            self._ledger.fault(spot, str(error) if not name else f"host {quoted(name)}: {error}")
            return None
        host = self._tree.host(name, ALL, spot)
        if name not in self._known:
            self._tree.take(name, spot)
            self._known.add(name)
        for part in _SEVERAL.split(filled.get(column.GROUPS, "")):
            self._join(host, "_".join(part.split()), spot)
        return host

    def _join(self, host: Host, group: str, spot: Spot) -> None:
        if group not in self._groups:
            if not group:
                return
            try:
                self._tree.declare(group_name(group), spot)
            except RefusedError as error:
                self._ledger.fault(spot, str(error))
                return
            self._groups.add(group)
        self._tree.host(host.name, group, spot)

    def _setting(self, index: int, found: _Column, cell: str, spot: Spot) -> Setting | None:
        known = self._settled.get((index, cell))
        if known:
            return known._replace(spot=spot)
        said = Ledger()
        setting = settle(found.word, _raw(found, cell), spot, said)
        if setting and not said.warnings:
            self._settled[index, cell] = setting
        for fault in said.faults:
            self._ledger.fault(spot, quoted(found.heading) + fault.message.removeprefix(found.word))
        for warning in said.warnings:
            self._ledger.warn(spot, quoted(found.heading) + warning.message.removeprefix(found.word))
        return setting

    def _put(self, host: Host | None, setting: Setting) -> None:
        if host is None:
            return
        name = key.canonical(setting.word)
        earlier = host.settings.get(name)
        if earlier is None or earlier.spot.file != self._file:
            self._tree.put(host, setting)
        elif name in _ADDED_UP:
            host.settings[name] = _both(earlier, setting)
        elif name in KEYS and earlier.value != setting.value:
            self._ledger.fault(
                setting.spot, f"{setting.word} of {quoted(host.name)} is another than on line {earlier.spot.line}"
            )
        elif earlier.value != setting.value:
            host.settings[name] = earlier._replace(value=f"{earlier.value}, {setting.value}")


def _delimiter(lines: Sequence[str]) -> str:
    return column.delimiter_of(next(filter(column.recognized, lines), lines[0] if lines else ""))


def _raw(found: _Column, cell: str) -> object:
    if found.meaning == "os":
        return column.system(cell)
    if found.meaning == "zone":
        return "_".join(cell.split())
    return [part.strip() for part in re.split(r"[;|,\n]", cell) if part.strip()] if found.meaning in _LISTS else cell


def _both(earlier: Setting, later: Setting) -> Setting:
    """Return two lists as one; one that cannot be used alone where there is such a one."""
    if not isinstance(earlier.value, tuple):
        return earlier
    if not isinstance(later.value, tuple):
        return later
    return earlier._replace(value=tuple(dict.fromkeys([*earlier.value, *later.value])))


def _is_reference(cell: str) -> bool:
    try:
        credential.reference(cell)
    except RefusedError:
        return False
    return True


def _reason(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is not closed"
    if "expected after" in str(error):
        return "something follows a closing quote"
    return "a field is too long" if "field larger" in str(error) else "is malformed"
