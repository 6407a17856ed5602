"""The waiver file, read strictly.

[[waiver]]
who = "…"                   # who accepts the risk
why = "…"
until = 2027-03-31          # the last day
items = ["WT-09"]
targets = ["web*"]          # "*": every target
instances = ["/opt/*"]      # optional, CATALINA_BASE
subjects = ["/manager"]     # optional, what a finding is about
ticket = "SEC-1"            # optional
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.guide import book
from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.spelling import meant, quoted
from tomcat_fleet.model.toml_lines import Lines, NotTomlError, parse
from tomcat_fleet.waiver.pattern import impossible
from tomcat_fleet.waiver.waiver import Waiver, Waivers

_ARRAY = "waiver"
_TEXTS = {"who": 200, "why": 2000, "ticket": 200}  # longest
_REQUIRED = ("who", "why", "until", "items", "targets")
_LISTS = ("items", "targets", "instances", "subjects")
_KEYS = (*_REQUIRED, "instances", "subjects", "ticket")
_EXAMPLES = {"items": '["WT-09"]', "targets": '["web*"]', "instances": '["/opt/tomcat"]', "subjects": '["/manager"]'}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


def read_waivers(path: Path) -> Waivers:
    """The waivers of a file. Raises ConfigError with every fault of it at once, each with its line."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
        data, lines = parse(text)
    except OSError as error:
        raise ConfigError([Fault(str(path), 0, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise ConfigError([Fault(str(path), 0, "not UTF-8")]) from None
    except NotTomlError as error:
        raise ConfigError([Fault(str(path), error.line, f"not TOML: {error.reason}")]) from None
    reading = _Reading(path, lines)
    found = reading.waivers(data)
    if reading.faults:
        raise ConfigError(reading.faults)
    return Waivers(each=tuple(found), files=((str(path), hashlib.sha256(raw).hexdigest()),))


class _Reading:
    """Collects what is wrong with one file."""

    def __init__(self, path: Path, lines: Lines) -> None:
        self._path = path
        self._lines = lines
        self.faults: list[Fault] = []

    def waivers(self, data: Mapping[str, Any]) -> list[Waiver]:
        """Every waiver without a fault."""
        for key in data:
            if key != _ARRAY:
                self._fault((key,), f"unknown key {quoted(key)}{meant(key, [_ARRAY])}; every waiver is a [[{_ARRAY}]]")
        tables = data.get(_ARRAY, [])
        if not isinstance(tables, list):
            self._fault((_ARRAY,), f"every waiver is a table in double brackets, [[{_ARRAY}]]")
            return []
        found = [self._waiver(table, number) for number, table in enumerate(tables)]
        kept = [each for each in found if each is not None]
        self._twice(kept)
        return kept

    def _waiver(self, table: Any, number: int) -> Waiver | None:
        if not isinstance(table, Mapping):
            self._fault((_ARRAY, number), f"every waiver is a table in double brackets, [[{_ARRAY}]]")
            return None
        before = len(self.faults)
        self._keys(table, number)
        values = self._values(table, number)
        if len(self.faults) > before:
            return None
        line = self._lines.near((_ARRAY, number))
        if ticket := values.pop("ticket", ""):
            values["why"] = f"{values['why']} ({ticket})"
        return Waiver(**values, source=f"{from_text(self._path.name)}:{line}", line=line)

    def _keys(self, table: Mapping[str, Any], number: int) -> None:
        for key in table:
            if key not in _KEYS:
                self._fault((_ARRAY, number, key), f"unknown key {quoted(key)}{meant(key, _KEYS)}")
        for key in _REQUIRED:
            if key not in table:
                self._fault((_ARRAY, number), f"a waiver without {key!r}")

    def _values(self, table: Mapping[str, Any], number: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key in table.keys() & set(_KEYS):
            try:
                values[key] = _one(key, table[key])
            except ValueError as error:
                self._fault((_ARRAY, number, key), str(error))
        for key in _LISTS:
            for place, wrong in _wrong(key, values.get(key, ())):
                self._fault((_ARRAY, number, key, place), f"{key}: {wrong}")
        return values

    def _twice(self, waivers: list[Waiver]) -> None:
        seen: dict[object, Waiver] = {}
        for each in waivers:
            scope = tuple((kind, frozenset(patterns)) for kind, patterns in each.scope.items())
            first = seen.setdefault((each.until, scope), each)
            if first is not each:
                same = f"covers the same until the same day as line {first.line}"
                self.faults.append(Fault(str(self._path), each.line, same))

    def _fault(self, place: tuple[str | int, ...], message: str) -> None:
        self.faults.append(Fault(str(self._path), self._lines.near(place), message))


def _one(key: str, value: Any) -> object:
    if key in _TEXTS:
        return _text(key, value)
    if key == "until":
        return _day(value)
    return _list(key, value)


def _text(key: str, value: Any) -> str:
    said = " ".join(value.split()) if isinstance(value, str) else ""
    if not said:
        raise ValueError(f"{key} must say something")
    if len(said) > _TEXTS[key]:
        raise ValueError(f"{key} is longer than {_TEXTS[key]} characters")
    hidden = next((char for char in said if not char.isprintable()), None)
    if hidden is not None:
        raise ValueError(f"{key} holds a character that does not show, U+{ord(hidden):04X}")
    return said


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and _DATE.match(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    if type(value) is date:
        return value
    raise ValueError(f"until must be a date such as 2027-03-31, not {quoted(value)}")


def _list(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{key} must be a list of texts such as {_EXAMPLES[key]}")
    if not value:
        every = "" if key in _REQUIRED else "; without the key every one is covered"
        raise ValueError(f"{key} is empty: it covers nothing{every}")
    return tuple(value)


def _wrong(key: str, patterns: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Position and fault of the entries of a list."""
    for place, pattern in enumerate(patterns):
        if pattern in patterns[:place]:
            yield place, f"{quoted(pattern)} is there twice"
        elif key == "items":
            known = book.load().items
            if pattern not in known:
                yield place, f"unknown item {quoted(pattern)}{meant(pattern, known)}"
        elif why := impossible(key, pattern):
            yield place, f"{quoted(pattern)} {why}"
