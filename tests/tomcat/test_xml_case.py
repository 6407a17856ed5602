"""Every XML case: what becomes of the file, what it costs, and what an audit says of a host that has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import stock
from tests.tomcat.xml_case import FILES, FOLDER, load, plain, raw
from tests.verdict import audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Status

ROOT = Path(__file__).parents[2]
NAMES = [path.stem for path in FILES]
BASE = stock.BASE


@cache
def measured() -> dict[str, dict[str, Any]]:
    """What became of every file, each read in a process of its own with bounded memory and time."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.tomcat.xml_case"], input="\n".join(NAMES), capture_output=True, text=True,
        check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=500,
    )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    slowest, largest = (sorted(rows, key=lambda row: -row[key])[:3] for key in ("seconds", "mebibytes"))
    for row in (*slowest, *largest):
        print(f"{row['name']}: {row['seconds']:.2f} s, {row['mebibytes']:.0f} MiB")  # noqa: T201  the figures
    return {row["name"]: row for row in rows}


def host(file: str, content: bytes) -> VirtualHost:
    """A sound host with a manager, one of whose files has this content."""
    made = stock.good()
    made.file(f"{BASE}/webapps/manager/index.html", "x")
    package = "org.apache.catalina.manager"
    valve = stock.address_valve("10.1.60")
    stock.application(made, f"{BASE}/webapps/manager", stock.servlets(package, stock.MANAGER), stock.context(valve))
    made.file(f"{BASE}/{file}", content, mode=0o600, uid=stock.UID, gid=stock.UID)
    return made


@cache
def of_garbage(file: str) -> dict[str, Status]:
    """Verdicts of a host whose file nobody can read."""
    return audit(host(file, b"\xa5\x00<<&")).verdicts


def audited(name: str) -> TargetResult:
    case = load(FOLDER / f"{name}.toml")
    return audit(host(case.file, raw(case)))


def test_names_say_what_must_come_of_the_file() -> None:
    assert {name.partition("-")[0] for name in NAMES} == {"read", "refused"}
    assert len(NAMES) > 70


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_read_or_refused_at_a_bounded_cost(name: str) -> None:
    row = measured()[name]
    assert row["became"].startswith(name.partition("-")[0]), row
    assert row["seconds"] < 20, row  # one or two on an idle machine
    assert row["mebibytes"] < 700, row


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("refused-")])
def test_a_refused_file_tells_an_audit_no_more_than_garbage(name: str) -> None:
    case = load(FOLDER / f"{name}.toml")
    result = audited(name)
    garbage = of_garbage(case.file)
    better = [item for item in garbage if result.verdicts[item] not in {garbage[item], Status.UNKNOWN}]
    assert better == []
    rests = [
        (one.item, row.source)
        for instance in result.instances
        for one in instance.findings
        for row in one.evidence
        if one.status is Status.PASS and row.kind == "file" and row.source == f"{BASE}/{case.file}" and row.line
    ]
    assert rests == []
    assert {item for item in case.unknown if result.verdicts[item] is not Status.UNKNOWN} == set()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("read-")])
def test_a_file_that_is_read_is_judged_as_the_plain_one(name: str) -> None:
    case = load(FOLDER / f"{name}.toml")
    result = audited(name)
    if not case.times:
        assert result.verdicts == audit(host(case.file, plain(case).encode())).verdicts
    assert {item: result.verdicts[item].value for item in case.verdicts} == case.verdicts
    assert Status.ERROR not in result.verdicts.values()
    gaps = [gap for gap in result.gaps if gap.source == f"{BASE}/{case.file}"]
    assert gaps == []


@pytest.mark.parametrize("file", ["conf/server.xml", "conf/web.xml", "conf/tomcat-users.xml"])
def test_items_that_rest_on_an_unreadable_file_do_not_pass(file: str) -> None:
    sound = audit(host(file, stock.good().nodes[f"{BASE}/{file}"].data)).verdicts
    lost = {item for item, status in of_garbage(file).items() if status is Status.UNKNOWN}
    print(f"{file}: {', '.join(sorted(lost))} are unknown without it")  # noqa: T201  the figures
    assert lost
    assert not [item for item, status in of_garbage(file).items() if status is Status.PASS is not sound[item]]
