import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from tomcat_fleet.model.status import Outcome, Severity, Status
from tomcat_fleet.report.template import template_dir
from tomcat_fleet.report.word import LANGUAGES, parse
from tomcat_fleet.tomcat.seen import SeenKind

TEXT = (template_dir() / "words.toml").read_text("utf-8")
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def leaves(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    if set(value) & set(LANGUAGES):
        yield path, value
        return
    for key, inner in value.items():
        yield from leaves(inner, f"{path}.{key}".strip("."))


WORDS = dict(leaves(tomllib.loads(TEXT)))


def test_there_are_words() -> None:
    assert len(WORDS) > 100


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_are_themselves(key: str) -> None:
    assert set(WORDS[key]) == {"ko", "en"}
    assert not HANGUL.search(WORDS[key]["en"])
    assert HANGUL.search(WORDS[key]["ko"])


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_are_filled_with_the_same_values(key: str) -> None:
    fields = [set(re.findall(r"\{(\w+)\}", WORDS[key][lang])) for lang in LANGUAGES]
    assert fields[0] == fields[1]


def test_every_word_is_used_by_a_template() -> None:
    templates = "".join(path.read_text("utf-8") for path in template_dir().glob("*.j2"))
    unused = [
        key
        for key in WORDS
        if not re.search(rf"\bw\.{re.escape(key)}\b", templates)
        and not re.search(rf"\bw\.{re.escape(key.rpartition('.')[0] or '-')}(\[|\))", templates)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("table", "vocabulary"),
    [("status", Status), ("severity", Severity), ("outcome", Outcome), ("seen_kind", SeenKind)],
)
def test_every_value_has_a_word(table: str, vocabulary: type[StrEnum]) -> None:
    words = parse(TEXT, "en")[table]
    assert {value.value for value in vocabulary} <= set(words)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[a]\nko = "가"\n', "a"),
        ('[a.b]\nen = "x"\n', "a.b"),
        ('[a]\nko = "가"\nen = ""\n', "a"),
        ('[a]\nko = "가"\nen = "x"\nfr = "y"\n', "a"),
        ('[a.items]\nko = "가"\nen = "x"\n', "items"),
    ],
)
def test_incomplete_words_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text, "ko")


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        parse(TEXT, "fr")
