"""What the case files together must cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.case import VERDICTS
from tomcat_fleet.checks import ALL
from tomcat_fleet.model.check import Check

HERE = Path(__file__).parent.parent / "checks"
FILES = sorted(HERE.glob("*/*.toml"))


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.item)
def test_each_check_has_cases_that_pass_fail_and_cannot_tell(check: Check) -> None:
    verdicts = {path.stem.partition("-")[0] for path in FILES if path.parent.name == check.slug}
    assert verdicts >= {"pass", "fail", "unknown"}
    assert verdicts <= set(VERDICTS)


def test_every_case_belongs_to_a_check() -> None:
    assert {path.parent.name for path in HERE.rglob("*.toml")} == {check.slug for check in ALL}
    assert set(HERE.rglob("*.toml")) == set(FILES)
