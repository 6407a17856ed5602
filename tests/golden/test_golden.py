"""The golden cases, each by its number and name."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from tests import stock
from tests.checks.case import load
from tests.checks.proof import prove
from tests.verdict import ITEMS, audit, table
from tomcat_fleet.model.result import TargetResult

TESTS = Path(__file__).parent.parent
CASES = TESTS / "checks"


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A layout of ``tests/stock.py``, its thirteen verdicts in order and reasons of the decisive findings."""

    layout: str
    verdicts: str
    reasons: dict[str, str] = {}


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One golden case."""

    number: int
    words: str
    cases: tuple[str, ...] = ()
    hosts: tuple[Host, ...] = ()
    tests: tuple[str, ...] = ()


GOLDEN = msgspec.convert(
    tomllib.loads((Path(__file__).parent / "golden.toml").read_text("utf-8"))["golden"], tuple[Golden, ...]
)


def _id(golden: Golden) -> str:
    return f"{golden.number:02d}-" + "-".join(re.findall(r"[\w.=]+", golden.words))


@pytest.mark.parametrize("golden", GOLDEN, ids=_id)
def test_golden(golden: Golden) -> None:
    assert golden.cases or golden.tests
    for case in golden.cases:
        prove(CASES / f"{case}.toml")
    for host in golden.hosts:
        result = audit(stock.named(host.layout))
        assert table(result.verdicts) == dict(zip(ITEMS, host.verdicts.split(), strict=True)), host.layout
        assert {item: _decisive(result, item) for item in host.reasons} == host.reasons, host.layout
    for test in golden.tests:
        file, _, name = test.partition("::")
        assert name in _functions(TESTS.parent / file), test


def _decisive(result: TargetResult, item: str) -> str:
    found = [one for instance in result.instances for one in instance.findings if one.item == item]
    return " ".join(sorted({one.reason for one in found if one.status is result.verdicts[item]}))


def _functions(file: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, kinds)}


def test_all_twenty_six_are_here_in_order() -> None:
    assert [golden.number for golden in GOLDEN] == list(range(1, 27))


def test_each_case_file_is_listed_under_the_numbers_that_it_claims() -> None:
    claimed = {(number, path) for path in CASES.glob("*/*.toml") for number in load(path).golden}
    listed = {(golden.number, CASES / f"{case}.toml") for golden in GOLDEN for case in golden.cases}
    assert listed == claimed
