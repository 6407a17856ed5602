"""The terminal's own words, both languages side by side in words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from tomcat_fleet.model.status import Status


class Lang(StrEnum):
    """Language of the terminal and of the page that opens first."""

    KO = "ko"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Sign:
    """How a status looks: a shape of its own, so that colour is never needed."""

    glyph: str
    style: str


SIGNS: Mapping[Status, Sign] = {
    Status.PASS: Sign("●", "green"),
    Status.FAIL: Sign("■", "bold red"),
    Status.MANUAL: Sign("◆", "yellow"),
    Status.UNKNOWN: Sign("▲", "magenta"),
    Status.NOT_APPLICABLE: Sign("–", "dim"),
    Status.ERROR: Sign("✕", "bold reverse"),
}

Say: TypeAlias = Callable[..., str]


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("tomcat_fleet.cli").joinpath("words.toml").read_text("utf-8"))


def speaker(lang: Lang) -> Say:
    """``say("closing.item")``: the sentence of a key in ``lang``, its placeholders filled from keyword arguments."""

    def say(key: str, **params: object) -> str:
        section, _, name = key.partition(".")
        return _table()[section][name][lang.value].format_map(params)

    return say
