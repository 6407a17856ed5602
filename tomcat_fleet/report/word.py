"""The words of the pages, from ``templates/words.toml``: both languages side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeAlias

LANGUAGES = ("ko", "en")

Book: TypeAlias = Mapping[str, "str | Book"]


def parse(text: str, lang: str) -> dict[str, Any]:
    """The nested words of one language. Raises ValueError naming every key that lacks a language."""
    if lang not in LANGUAGES:
        raise ValueError(f"unknown language: {lang}")
    data = tomllib.loads(text)
    missing = sorted(_missing(data, ""))
    taken = sorted(_taken(data))
    if taken:  # w.items in a template would be the method of the mapping
        raise ValueError(f"names that a template cannot reach: {', '.join(taken)}")
    if missing:
        raise ValueError(f"words without both languages: {', '.join(missing)}")
    return {key: _pick(value, lang) for key, value in data.items()}


def _leaf(value: Mapping[str, Any]) -> bool:
    return any(lang in value for lang in LANGUAGES)


def _pick(value: Mapping[str, Any], lang: str) -> Any:
    if _leaf(value):
        return value[lang]
    return {key: _pick(inner, lang) for key, inner in value.items()}


def _missing(value: Mapping[str, Any], path: str) -> list[str]:
    if _leaf(value):
        complete = set(value) == set(LANGUAGES) and all(isinstance(text, str) and text for text in value.values())
        return [] if complete else [path]
    return [
        name
        for key, inner in value.items()
        for name in (_missing(inner, f"{path}.{key}".strip(".")) if isinstance(inner, dict) else [f"{path}.{key}"])
    ]


def _taken(value: Mapping[str, Any]) -> set[str]:
    found = {key for key in value if hasattr(dict, key)}
    return found.union(*(_taken(inner) for inner in value.values() if isinstance(inner, dict)))
