"""Loading the guide and filling its sentences."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tomcat_fleet.checks import ALL
from tomcat_fleet.model.result import Steps, Words
from tomcat_fleet.model.status import Severity

EDITION = "2018-03 WEB/WAS Tomcat, WT-01…WT-13"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Everything the guide says about one item. ``remedies`` holds steps for single reasons."""

    item: str
    slug: str
    severity: Severity
    controls: tuple[str, ...]  # benchmark-edition:id
    sources: tuple[str, ...]
    title: Words
    why: Words
    criterion: Words
    reading: Words | None  # the reading chosen where the guide is garbled or contradicts Tomcat
    remedy: Steps
    impact: Words
    manual_steps: Steps
    reasons: Mapping[str, Words]
    remedies: Mapping[str, Steps]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The thirteen items and the words for gaps and outcomes."""

    items: Mapping[str, Item]  # by WT-nn, in guide order
    gaps: Mapping[str, Words]
    outcomes: Mapping[str, Words]
    defects: Mapping[str, Words]  # what is said when the tool itself falls short

    def say(self, item: str, reason: str, params: Mapping[str, str]) -> Words:
        """The sentence of a reason. A parameter called ``gap`` holds a gap key and is put into words."""
        words = self.items[item].reasons[reason]
        return Words(ko=self._fill(words.ko, params, "ko"), en=self._fill(words.en, params, "en"))

    def _fill(self, sentence: str, params: Mapping[str, str], lang: str) -> str:
        values = dict(params)
        if "gap" in values:
            values["gap"] = getattr(self.gaps[values["gap"]], lang)
        return sentence.format_map(values)


@cache
def load() -> Guide:
    """The guide that ships with this version."""
    items = {check.item: _item(check.slug, check.item) for check in ALL}
    return Guide(items=items, gaps=_table("gaps.toml"), outcomes=_table("outcomes.toml"), defects=_table("defect.toml"))


def _table(name: str) -> dict[str, Words]:
    data = tomllib.loads(files("tomcat_fleet.guide").joinpath(name).read_text("utf-8"))
    return {key: _words(value) for key, value in data.items()}


def _item(slug: str, item: str) -> Item:
    data: dict[str, Any] = tomllib.loads(files("tomcat_fleet.checks").joinpath(slug, "guide.toml").read_text("utf-8"))
    return Item(
        item=item,
        slug=slug,
        severity=Severity(data["severity"]),
        controls=tuple(data["controls"]),
        sources=tuple(data["sources"]),
        title=_words(data["title"]),
        why=_words(data["why"]),
        criterion=_words(data["criterion"]),
        reading=_words(data["reading"]) if "reading" in data else None,
        remedy=_steps(data["remedy"]),
        impact=_words(data["impact"]),
        manual_steps=_steps(data["manual_steps"]),
        reasons={key: _words(value) for key, value in data["reasons"].items()},
        remedies={key: _steps(value) for key, value in data.get("remedies", {}).items()},
    )


def _words(data: Mapping[str, str]) -> Words:
    return Words(ko=data["ko"], en=data["en"])


def _steps(data: Mapping[str, list[str]]) -> Steps:
    return Steps(ko=tuple(data["ko"]), en=tuple(data["en"]))
