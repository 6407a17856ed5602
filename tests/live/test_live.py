"""Generated configurations under real Tomcats: the running server and the audit of it must agree.

TOMCAT_FLEET_LIVE=full runs more of them; a number is a number of rounds. TOMCAT_FLEET_LIVE_SEED begins elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.ledger import Ledger
from tests.live.plan import compiled, plans, run
from tests.live.release import VERSIONS, unpack
from tests.need import need

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("lone")]
_ROUNDS = {"": 1, "full": 5}


def _rounds() -> int:
    asked = os.environ.get("TOMCAT_FLEET_LIVE", "")
    return _ROUNDS[asked] if asked in _ROUNDS else int(asked)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", VERSIONS)
def test_the_server_agrees(number: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    for program in ("java", "javac"):
        need(program)
    release = unpack(number, tmp_path)
    code = compiled(release, tmp_path / "classes")
    ledger = Ledger()
    configurations = 0
    for plan in plans(_rounds(), int(os.environ.get("TOMCAT_FLEET_LIVE_SEED", "0"))):
        configurations += run(release, tmp_path / f"b{plan.seed}", plan, code, ledger)
    record_property("live", f"Tomcat {number}: {configurations} configurations, {ledger.summary()}")
    assert ledger.disagreements == []
