"""Everything the tables say, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from tomcat_fleet.guide.book import Guide
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.result import Steps, Words
from tomcat_fleet.report.cell import Marked
from tomcat_fleet.report.word import parse


class Wording:
    """``words`` are those of the pages; what only the tables say is in ``sheet.toml``."""

    def __init__(self, lang: str, words: Mapping[str, Any], guide: Guide) -> None:
        self.lang = lang
        self._words = words
        self._own = parse(files("tomcat_fleet.report").joinpath("sheet.toml").read_text("utf-8"), lang)
        self.guide = guide

    def own(self, key: str, **values: object) -> str:
        """A sentence of ``sheet.toml`` by its dotted key."""
        found: Any = self._own
        for part in key.split("."):
            found = found[part]
        return str(found).format_map(values)

    def of(self, words: Words | None) -> str:
        """The sentence in this language."""
        return "" if words is None else str(getattr(words, self.lang))

    def page(self, key: str, **values: object) -> str:
        """A sentence of the pages by its dotted key."""
        found: Any = self._words
        for part in key.split("."):
            found = found[part]
        return str(found).format_map(values)

    def steps(self, steps: Steps) -> str:
        """Numbered lines when there are several."""
        lines: tuple[str, ...] = getattr(steps, self.lang)
        return lines[0] if len(lines) == 1 else "\n".join(f"{at}) {line}" for at, line in enumerate(lines, 1))

    def status(self, status: str) -> Marked:
        """A verdict, ``none`` for one that was not given."""
        return Marked(self._words["status"][status], status)

    def severity(self, severity: str) -> str:
        """High, medium or low."""
        return str(self._words["severity"][severity])

    def outcome(self, outcome: str) -> Marked:
        """What became of a host."""
        return Marked(self._words["outcome"][outcome], outcome)

    def gap(self, key: str) -> str:
        """Why something could not be read."""
        return self.of(self.guide.gaps[key]) if key in self.guide.gaps else key

    def said(self, line: str) -> str:
        """A short line of a transport or a collector."""
        return self.of(said(line)) if line else ""
