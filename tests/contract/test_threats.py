"""Every threat of the list has its tests, and they exist under the names given."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THREATS = tomllib.loads(Path(__file__).with_name("threats.toml").read_text("utf-8"))
EXPECTED = {
    *(f"T{number}" for number in range(1, 11)),
    *(f"F{number}" for number in range(1, 5)),
    *(f"X{number}" for number in range(1, 8)),
    *(f"S{number}" for number in range(1, 5)),
    *("P1", "H1", "H2", "C1", "Z1", "U1", "U2", "J1", "E1"),
    *("secrets", "logs", "tracebacks", "arguments", "files", "target", "reuse", "time"),
    *("shells", "phases", "interruption", "disk", "overlap", "clocks", "twins", "soak"),
}


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def test_no_threat_is_forgotten() -> None:
    assert set(THREATS) == EXPECTED


@pytest.mark.parametrize("threat", THREATS)
def test_its_tests_exist(threat: str) -> None:
    entry = THREATS[threat]
    assert set(entry) == {"what", "tests"}
    assert entry["tests"]
    for name in entry["tests"]:
        path, _, test = name.partition("::")
        assert named_in(path), name
        assert not test or test in named_in(path), name
