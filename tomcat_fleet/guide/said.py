"""Short English lines of transports and collectors, in the reader's words; results keep them as they were said."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from tomcat_fleet.model.result import Words

_LONGEST = 2000
_TRIED = "tried "


def said(line: str) -> Words:
    """``line`` in both languages; one that is not known stays what it is."""
    for pattern, words in _lines() if len(line) <= _LONGEST else ():
        found = pattern.fullmatch(line)
        if found:
            groups = {name: text for name, text in found.groupdict().items() if text is not None}
            rest = said(groups["rest"]) if "rest" in groups else Words(ko="", en="")
            tried = _tried(groups.get("tried", ""))
            return Words(
                ko=_fill(words.ko, groups | {"tried": tried.ko}, rest.ko),
                en=_fill(words.en, groups | {"tried": tried.en}, rest.en),
            )
    return Words(ko=line, en=line)


def _tried(listed: str) -> Words:
    """A list of what was offered to a server, each part in words of its own."""
    parts = [said(f"{_TRIED}{part}") for part in listed.split(", ")]
    return Words(
        ko=", ".join(part.ko.removeprefix(_TRIED) for part in parts),
        en=", ".join(part.en.removeprefix(_TRIED) for part in parts),
    )


def _fill(sentence: str, groups: dict[str, str], rest: str) -> str:
    text = sentence.format_map(groups | {"rest": rest})
    return text if "{rest}" in sentence or not rest else f"{text}, {rest}"


@cache
def _lines() -> tuple[tuple[re.Pattern[str], Words], ...]:
    data = tomllib.loads(files("tomcat_fleet.guide").joinpath("said.toml").read_text("utf-8"))
    return tuple((re.compile(line["pattern"]), Words(ko=line["ko"], en=line["en"])) for line in data["line"])
