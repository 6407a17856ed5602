"""Code and words belong together: every reason has its sentence in both languages, and nothing else is said."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from string import Formatter

import pytest

from tomcat_fleet import checks
from tomcat_fleet.checks import ALL
from tomcat_fleet.guide import book
from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.check import Check
from tomcat_fleet.model.fact import Gap
from tomcat_fleet.model.result import Steps, Words
from tomcat_fleet.model.status import Outcome

ITEMS = book.load().items
SLUGS = (
    "manager_access",
    "default_accounts",
    "password_strength",
    "password_file",
    "daemon_account",
    "directory_permissions",
    "file_permissions",
    "directory_listing",
    "error_pages",
    "examples",
    "process_manager",
    "log_permissions",
    "patch_level",
)
HANGUL = re.compile("[가-힣]")
POLITE = re.compile("(니다|십시오)(?![가-힣])")
CONTROL = re.compile(
    r"(cis-tomcat9-1\.2:\d+(\.\d+)?|cis-tomcat11-1\.1:\d+(\.\d+)?|stig-tomcat9:V-\d{6}|kisa-ciip-2026:WEB-\d\d)\Z"
)

each_check = pytest.mark.parametrize("check", ALL, ids=lambda check: check.item)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def pairs(item: Item) -> list[Words]:
    """Every sentence and every step of an item, as pairs of languages."""
    single = [item.title, item.why, item.criterion, item.impact, *item.reasons.values()]
    steps: list[Steps] = [item.remedy, item.manual_steps, *item.remedies.values()]
    lines = [Words(ko=ko, en=en) for one in steps for ko, en in zip(one.ko, one.en, strict=True)]
    return [*single, *([item.reading] if item.reading else []), *lines]


def test_all_thirteen_in_guide_order() -> None:
    assert tuple(check.slug for check in ALL) == SLUGS
    assert [check.item for check in ALL] == [f"WT-{number:02}" for number in range(1, 14)]


def test_every_folder_is_a_check() -> None:
    folders = {path.name for path in files(checks).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(SLUGS)


@each_check
def test_check_lies_in_the_folder_of_its_slug(check: Check) -> None:
    assert check.judge.__module__ == f"tomcat_fleet.checks.{check.slug}"
    assert check.reasons.__module__.startswith(check.judge.__module__)


@each_check
def test_reasons_and_words_are_the_same_set(check: Check) -> None:
    assert set(ITEMS[check.item].reasons) == {reason.value for reason in check.reasons}


@each_check
def test_remedies_belong_to_reasons(check: Check) -> None:
    assert set(ITEMS[check.item].remedies) <= {reason.value for reason in check.reasons}


@each_check
def test_severity_in_code_and_words_agree(check: Check) -> None:
    assert ITEMS[check.item].severity is check.severity


@each_check
def test_languages_agree_on_placeholders(check: Check) -> None:
    for words in pairs(ITEMS[check.item]):
        assert placeholders(words.ko) == placeholders(words.en), words


@each_check
def test_each_language_is_itself(check: Check) -> None:
    for words in pairs(ITEMS[check.item]):
        assert HANGUL.search(words.ko), words.ko
        assert not HANGUL.search(words.en), words.en


@each_check
def test_korean_is_polite_throughout(check: Check) -> None:
    item = ITEMS[check.item]
    for words in pairs(item):
        if words not in (item.title, item.criterion):  # a heading, and the field's own "…인 경우"
            assert POLITE.search(words.ko), words.ko


@each_check
def test_only_reasons_have_placeholders(check: Check) -> None:
    item = ITEMS[check.item]
    reasons = list(item.reasons.values())
    for words in pairs(item):
        if words not in reasons:
            assert not placeholders(words.ko)


@each_check
def test_sources_are_official_and_controls_well_formed(check: Check) -> None:
    item = ITEMS[check.item]
    assert item.sources
    assert all(source.startswith("https://tomcat.apache.org/") for source in item.sources)
    assert all(CONTROL.match(control) for control in item.controls)
    assert len(set(item.controls)) == len(item.controls)


def literals(source: str) -> list[str]:
    """String constants of a module that are no docstrings."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


@each_check
def test_no_prose_in_code(check: Check) -> None:
    prose = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
    for path in files(checks).joinpath(check.slug).iterdir():
        if path.name.endswith(".py"):
            found = [text for text in literals(path.read_text("utf-8")) if HANGUL.search(text) or prose.search(text)]
            assert not found, path.name


@pytest.mark.parametrize(("table", "values"), [("gaps", Gap), ("outcomes", Outcome)])
def test_gaps_and_outcomes_have_words(table: str, values: type[Gap | Outcome]) -> None:
    words: dict[str, Words] = getattr(book.load(), table)
    assert set(words) == {value.value for value in values}
    for one in words.values():
        assert HANGUL.search(one.ko)
        assert not HANGUL.search(one.en)
        assert not placeholders(one.ko) | placeholders(one.en)


def test_a_gap_is_put_into_words() -> None:
    said = book.load().say("WT-01", "unreadable", {"path": "/manager", "file": "/x/context.xml", "gap": "denied"})
    assert said.en.endswith("(/x/context.xml: permission denied).")
    assert "/x/context.xml: 읽기 권한 없음" in said.ko


def test_braces_of_a_target_stay_as_they_are() -> None:
    said = book.load().say("WT-10", "directory", {"name": "{gap}", "path": "/opt/{0}/examples"})
    assert said.en.endswith("{gap} is present: /opt/{0}/examples")
