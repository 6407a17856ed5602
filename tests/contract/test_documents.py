"""What the documents say of the command is true: every command line, option, default, ending and TOML example."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tomcat_fleet.cli.app import app
from tomcat_fleet.inventory import load
from tomcat_fleet.inventory.credential import SCHEMES
from tomcat_fleet.inventory.format import format_of
from tomcat_fleet.inventory.ledger import Ledger
from tomcat_fleet.model.escalation import METHODS
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.algorithm import PROFILES
from tomcat_fleet.transport.bastion import PATIENCE_S
from tomcat_fleet.transport.open import check_transports
from tomcat_fleet.transport.reference.command import TIME_LIMIT_S
from tomcat_fleet.waiver import read_waivers
from tomcat_fleet.waiver.review import review

ROOT = Path(__file__).resolve().parents[2]
TWINS = (
    ("README.md", "README.ko.md"),
    ("docs/access.md", "docs/access.ko.md"),
    ("docs/formats.md", "docs/formats.ko.md"),
    ("docs/history.md", "docs/history.ko.md"),
    ("docs/waivers.md", "docs/waivers.ko.md"),
)
DOCUMENTS = [*(name for pair in TWINS for name in pair), "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"]
EXAMPLES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("inventory/**/*") if path.is_file())
OTHERS = {"--list", "--host"}  # options of inventory scripts and of ansible-inventory


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)


def spans(name: str) -> list[str]:
    """What stands in backquotes within sentences and tables."""
    prose = re.sub(r"^```.*?^```", "", text_of(name), flags=re.DOTALL | re.MULTILINE)
    return [re.sub(r"\s+", " ", found).replace("\\|", "|") for found in re.findall(r"`([^`]+)`", prose)]


def words_of(line: str) -> Iterator[list[str]]:
    """The arguments of every ``tomcat-fleet`` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    lexer.wordchars += "*?!:@%+,…#{}[]"
    lexer.commenters = ""
    found: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("|;&"):
            found.append(word)
            continue
        if found[:1] == ["tomcat-fleet"]:
            yield found[1:]
        found = []


@cache
def root() -> Any:
    return get_command(app)


def parsed(words: list[str], *, whole: bool = True) -> dict[str, Any]:
    """What the command itself makes of ``words``; fails as the command would. ``whole``: nothing may be missing."""
    command, context, name = root(), None, "tomcat-fleet"
    wanted_help = "--help" in words
    words = [word for word in words if word != "--help"]
    try:
        while hasattr(command, "commands"):
            context = command.make_context(name, words or ["--version"], parent=context, resilient_parsing=not words)
            if not words:
                return {}
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            found, command, words = command.resolve_command(context, rest)
            name = str(found)
            if not words and hasattr(command, "commands"):
                return {}  # a group of verbs is meant
        return dict(command.make_context(name, words, parent=context).params)
    except Exception as error:
        said = error.format_message() if hasattr(error, "format_message") else repr(error)
        if (wanted_help or not whole) and said.startswith("Missing "):
            return {}
        raise AssertionError(f"{shlex.join(words)}: {said}") from error


def verbs() -> dict[str, Any]:
    found = dict(root().commands)
    for name, group in [*found.items()]:
        found |= {f"{name} {verb}": command for verb, command in getattr(group, "commands", {}).items()}
    return found


def options() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for command in verbs().values():
        for one in command.params:
            for name in one.opts:
                found.setdefault(name, []).append(one)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_lines_of_blocks_are_taken_as_they_stand(name: str) -> None:
    lines = [line.partition(" #")[0] for block in blocks(name, "sh") for line in block.splitlines()]
    found = [words for line in lines for words in words_of(line)]
    for words in found:
        assert parsed(words)
    assert found or name not in {each for pair in TWINS for each in pair}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_and_options_that_sentences_name_exist(name: str) -> None:
    known = options()
    for span in spans(name):
        first = span.split(" ")[0]
        if "tomcat-fleet " in span:
            for words in words_of(span):
                parsed(words, whole=False)
        elif first.startswith("--") and first not in OTHERS:
            assert first in known, span
        elif first in verbs() and re.fullmatch(r"[\w -]+( [\w.-]+)?", span):
            parsed(shlex.split(span), whole=False)


@pytest.mark.parametrize("name", EXAMPLES)
def test_commands_of_the_examples_are_taken(name: str) -> None:
    for line in re.findall(r"^#\s+(tomcat-fleet .*)$", text_of(name), re.MULTILINE):
        for words in words_of(line):
            params = parsed(words)
            assert all((ROOT / path).exists() for path in params["inventory"]), line


@pytest.mark.parametrize("name", ["docs/access.md", "docs/access.ko.md"])
def test_defaults_that_are_named_are_those_of_the_options(name: str) -> None:
    found = re.findall(r"`(--[a-z-]+)`\s*\(([^)]+)\)", text_of(name))
    assert dict(found).keys() == {"--per-jump", "--per-subnet"}
    unlimited = {"no limit": "0", "제한 없음": "0"}
    for option, said in found:
        assert {str(one.default) for one in options()[option]} == {unlimited.get(said, said)}, option


@pytest.mark.parametrize("name", ["docs/access.md", "docs/access.ko.md"])
def test_figures_are_those_of_the_code(name: str) -> None:
    assert re.search(rf"{PATIENCE_S:.0f}\s?(seconds|초)", text_of(name))
    (row,) = re.findall(r"^\| `cmd:.*$", text_of(name), re.MULTILINE)
    assert re.search(rf"\b{TIME_LIMIT_S:.0f} ?(seconds|초)", row)


def rows(name: str, heading: str) -> list[list[str]]:
    """The code in the first cells of the table whose first heading that is."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text_of(name), re.MULTILINE)
    assert table, heading
    return [re.findall(r"`([^`]+)`", re.split(r"(?<!\\)\|", line)[1]) for line in table[1].splitlines()]


@pytest.mark.parametrize(("name", "headings"), [
    ("docs/access.md", ("Reference", "`ssh_profile`", "outcome")),
    ("docs/access.ko.md", ("참조", "`ssh_profile`", "결과")),
])  # fmt: skip
def test_tables_name_what_there_is(name: str, headings: tuple[str, str, str]) -> None:
    references, profiles, outcomes = ([cell[0] for cell in rows(name, heading)] for heading in headings)
    assert [one.partition(":")[0] for one in references] == [*SCHEMES]
    assert profiles == [*PROFILES]
    reached = {Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT, Outcome.NOT_RUN}
    assert sorted(outcomes) == sorted(one.value for one in Outcome if one not in reached)
    for method in METHODS:
        assert re.search(rf"\b{method}\b", text_of(name)), method


FORMATS = {
    "toml": {".toml"}, "ini": {"", ".ini", ".cfg"}, "yaml": {".yml", ".yaml"}, "json": {".json"},
    "csv": {".csv", ".tsv"}, "ssh_config": {".ssh_config", "ssh_config"}, "list": {".txt", ".list"},
}  # fmt: skip


@pytest.mark.parametrize("name", ["docs/access.md", "docs/access.ko.md"])
def test_files_are_recognised_by_the_endings_that_are_named(name: str) -> None:
    section = re.search(r"^\|---\|---\|\n((?:\|.*\n)+)", text_of(name), re.MULTILINE)
    assert section
    said = set(re.findall(r"`(\.[a-z_]+|ssh_config)`", section[1]))
    assert said == {ending for endings in FORMATS.values() for ending in endings} - {""}
    for kind, endings in FORMATS.items():
        for ending in endings:
            path = Path(ending if ending == "ssh_config" else f"hosts{ending}")
            found = format_of(path, "audit@web01\n" if kind == "list" else "web01\n", Ledger())
            assert found is not None
            assert found.value == kind, ending


def examples(*, waivers: bool) -> list[tuple[str, int]]:
    return [
        (name, at)
        for pair in TWINS
        for name in pair
        for at, block in enumerate(blocks(name, "toml"))
        if ("[[waiver]]" in block) is waivers
    ]


@pytest.mark.parametrize(("name", "at"), examples(waivers=True))
def test_examples_are_waivers_without_a_fault(name: str, at: int, tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(blocks(name, "toml")[at], "utf-8")
    found = read_waivers(file)
    assert len(found.each) == 2
    assert list(review(found, date(2026, 11, 26))) == []


def alternatives(block: str) -> Iterator[str]:
    """The block, and the block with each line that is offered as a comment in place of its like."""
    yield block
    for line, key in re.findall(r"^# ((\w+) = .*)$", block, re.MULTILINE):
        yield re.sub(rf"^{key} = .*$", lambda _, line=line: line, block, flags=re.MULTILINE)


@pytest.mark.parametrize(("name", "at"), examples(waivers=False))
def test_examples_are_inventories_without_a_fault(name: str, at: int, tmp_path: Path) -> None:
    for number, block in enumerate(alternatives(blocks(name, "toml")[at])):
        data = tomllib.loads(block)
        members = "".join(
            f'[groups.{group}]\nhosts = ["{group}-1"]\n' for group in data.get("groups", {}) if "hosts" not in group
        )
        lone = "" if members or "hosts" in data else "[hosts.web01]\n"
        file = tmp_path / f"{number}.toml"
        file.write_text(f"{block}\n{members}{lone}", "utf-8")
        fleet = load([file])
        assert fleet.targets
        assert not fleet.warnings
        check_transports(fleet.targets)


@pytest.mark.parametrize(("english", "korean"), TWINS)
def test_both_languages_show_the_same(english: str, korean: str) -> None:
    def shown(name: str) -> list[object]:
        lines = [line.partition(" #")[0].rstrip() for block in blocks(name, "sh") for line in block.splitlines()]
        tables = [tomllib.loads(block) for block in blocks(name, "toml")]
        for waiver in (each for table in tables for each in table.get("waiver", ())):
            del waiver["who"], waiver["why"]  # sentences
        return [*lines, *tables]

    assert shown(english) == shown(korean)
    headings = [len(re.findall(r"^#+ ", re.sub(r"```.*?```", "", text_of(name), flags=re.DOTALL), re.MULTILINE))
                for name in (english, korean)]  # fmt: skip
    assert headings[0] == headings[1]


@pytest.mark.parametrize("name", [*DOCUMENTS, "ARCHITECTURE.md"])
def test_links_lead_somewhere(name: str) -> None:
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)", text_of(name)):
        target = (ROOT / name).parent / link if link else ROOT / name
        assert target.exists(), link
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w\s-]", "", head).lower().replace(" ", "-") for head in heads}, anchor


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_option_is_explained(verb: str) -> None:
    command = verbs()[verb]
    assert command.help
    for one in command.params:
        assert getattr(one, "help", None), f"{verb} {one.name}"
