"""The small verbs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from rich.cells import cell_len

from tests.cli.terminal import command, environment, fleet, inventory
from tomcat_fleet import __version__
from tomcat_fleet.guide.book import load
from tomcat_fleet.report.template import template_dir


def test_version_names_tool_and_guide() -> None:
    assert fleet("version").stdout.startswith(f"tomcat-fleet {__version__} ")


@pytest.mark.parametrize("verb", [[], ["audit"], ["inventory"], ["inventory", "list"]])
def test_help_is_plain_and_has_a_short_option(verb: list[str]) -> None:
    short, long = (fleet(*verb, option) for option in ("-h", "--help"))
    assert short.returncode == long.returncode == 0
    assert short.stdout == long.stdout
    assert "-h, --help" in short.stdout
    assert "bool" not in short.stdout


def test_the_version_is_an_option_as_well() -> None:
    done = fleet("--version")
    assert done.returncode == 0
    assert done.stdout == fleet("version").stdout


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_steps_hang_below_their_mark_and_references_share_lines(lang: str) -> None:
    lines = fleet("guide", "WT-07", "--lang", lang).stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("  - ") and lines[number + 1].strip())
    assert max(map(cell_len, lines)) <= 80
    assert all(line[:4] in {"  - ", "    "} for line in lines[first : first + 2])
    assert sum("cis-tomcat" in line for line in lines) < 8


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_guide_is_listed(lang: str) -> None:
    shown = fleet("guide", "--lang", lang).stdout
    assert re.findall(r"WT-\d\d", shown) == list(load().items)
    assert max(map(cell_len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", ["WT-08", "wt-08", "WT08", "8"])
def test_one_item_is_explained_in_full(name: str) -> None:
    shown = " ".join(fleet("guide", name, "--lang", "en").stdout.split())
    item = load().items["WT-08"]
    for part in (item.title.en, item.why.en, item.criterion.en, *item.remedy.en, item.impact.en, *item.manual_steps.en):
        assert " ".join(part.split()) in shown


def test_an_item_that_does_not_exist_is_an_operator_error() -> None:
    done = fleet("guide", "WT-14")
    assert done.returncode == 2
    assert "WT-14" in done.stderr


def test_korean_is_the_default_and_the_environment_decides() -> None:
    assert "위험도" in fleet("guide").stdout
    assert "Sev." in fleet("guide", TOMCAT_FLEET_LANG="en").stdout


@pytest.mark.parametrize("document", ["all", "target-result", "sweep-summary"])
def test_schemas_are_schemas(document: str) -> None:
    schema = json.loads(fleet("schema", document).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_inventory_lint_lists_every_fault(tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", '[hosts.web01]\nprot = 22\n[hosts."web 02"]\n')
    done = fleet("inventory", "lint", "-i", path)
    assert done.returncode == 2
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{path}:2", f"{path}:3"]


def test_inventory_list_shows_what_a_sweep_would_reach(tmp_path: Path) -> None:
    path = inventory(
        tmp_path / "a.toml",
        '[groups.web]\nhosts = ["web[01:03]"]\n[groups.web.vars]\nzone = "dmz"\nuser = "audit"\n',
    )
    done = fleet("inventory", "list", "-i", path, "--limit", "web:!web02", "--lang", "en")
    assert done.returncode == 0
    assert "web01" in done.stdout
    assert "web02" not in done.stdout
    assert "dmz" in done.stdout
    assert fleet("inventory", "lint", "-i", path, "--lang", "en").stdout.startswith("No faults: targets 3")


def test_an_address_with_colons_is_told_from_its_port(tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", '[hosts.web01]\naddress = "2001:db8::13"\n')
    assert "[2001:db8::13]:22" in fleet("inventory", "list", "-i", path).stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("all:\n  hosts:\n    a: {x: 1\n    b:\n", "did not find expected ',' or '}'"),
        ("all:\n  vars:\n    p: *s3cret\n", "found undefined alias"),
    ],
)
def test_what_yaml_expected_is_said_and_what_it_found_is_not(tmp_path: Path, text: str, said: str) -> None:
    done = fleet("inventory", "lint", "-i", inventory(tmp_path / "a.yml", text))
    assert done.stderr.strip().endswith(f"YAML: {said}")


def test_a_closed_pipe_is_no_internal_error() -> None:
    with subprocess.Popen(
        command("schema"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    assert "Traceback" not in err
    assert process.returncode == -signal.SIGPIPE


def test_every_sentence_exists_in_both_languages_with_the_same_places() -> None:
    table = tomllib.loads(files("tomcat_fleet.cli").joinpath("words.toml").read_text("utf-8"))
    for section, entries in table.items():
        for key, words in entries.items():
            assert set(words) == {"ko", "en"}, f"{section}.{key}"
            places = [sorted(re.findall(r"{(\w+)}", words[lang])) for lang in ("ko", "en")]
            assert places[0] == places[1], f"{section}.{key}"


def test_terminal_and_report_have_one_word_for_one_thing() -> None:
    terminal = tomllib.loads(files("tomcat_fleet.cli").joinpath("words.toml").read_text("utf-8"))
    report = tomllib.loads((template_dir() / "words.toml").read_text("utf-8"))
    pairs = {"status": "status", "outcome": "outcome", "severity": "severity", "guide": "field"}
    for section, other in pairs.items():
        for key, words in terminal[section].items():
            same = report[other]["manual" if key == "manual_steps" else key]
            assert words["ko"] == same["ko"], f"{section}.{key}"
            assert words["en"].casefold() == same["en"].casefold(), f"{section}.{key}"
