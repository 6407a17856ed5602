"""The shape of the house: sizes, names, documents that must not drift."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tomcat_fleet.checks import ALL

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "tomcat_fleet").rglob("*.py"))
FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_modules_are_named_and_described(path: Path) -> None:
    assert path.stem not in FORBIDDEN
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_the_only_broad_handlers_are_the_reasoned_ones() -> None:
    places = [
        _name(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id == "Exception"
    ]
    assert sorted(places) == [
        "tomcat_fleet/cli/app.py",  # the program's last word
        "tomcat_fleet/evaluate/item.py",  # a defect in one check
        "tomcat_fleet/sweep/run.py",  # a defect on one target
        "tomcat_fleet/tomcat/examine.py",  # a defect in one instance
    ]


def test_both_readmes_show_the_same_commands_and_codes() -> None:
    english, korean = (ROOT.joinpath(name).read_text("utf-8") for name in ("README.md", "README.ko.md"))

    def commands(text: str) -> list[str]:
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]

    assert commands(english) == commands(korean)
    assert re.findall(r"^\| (\d[\d, ]*) \|", english, re.MULTILINE) == re.findall(
        r"^\| (\d[\d, ]*) \|", korean, re.MULTILINE
    )


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_check_has_a_folder_and_the_guide_has_thirteen() -> None:
    assert [check.item for check in ALL] == [f"WT-{number:02d}" for number in range(1, 14)]
    for check in ALL:
        assert (ROOT / "tomcat_fleet/checks" / check.slug / "guide.toml").is_file()
