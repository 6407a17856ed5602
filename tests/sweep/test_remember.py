"""A sweep finds its place in the history: the report says what is different, and no failure of it costs the report."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests import stock
from tests.cli.terminal import fleet
from tests.property.stream import NONCE, framed, recorded
from tests.report.reading import read
from tests.sweep.scene import plan, targets
from tomcat_fleet import history
from tomcat_fleet.errors import TargetError
from tomcat_fleet.history.store import History
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.plan import Open
from tomcat_fleet.sweep.run import run
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel

SERIES = "fleet.toml"


def answers(*layouts: str) -> Open:
    """Host n is laid out like the nth layout; one without a name does not answer."""
    streams = {name: framed(recorded(stock.named(name))).replace(NONCE.encode(), TOKEN) for name in layouts if name}

    async def open_(target: Target, access: Access, limits: Limits) -> Channel:
        del access, limits
        name = layouts[int(target.name[3:])]
        if not name:
            raise TargetError(Outcome.UNREACHABLE, "No route to host")
        return ReplayChannel([streams[name]])

    return open_


def night(folder: Path, number: int, past: History | None, *layouts: str, stopped: bool = False) -> dict[str, Any]:
    made = plan(folder / str(number), targets(len(layouts)), answers(*layouts), history=past, series=SERIES)
    made = replace(made, sweep=f"2026112{number}T175014Z-0001")

    async def audited() -> None:
        stop = Stop()
        if stopped:
            stop.request()
        await run(made, lambda _: None, stop)

    asyncio.run(audited())
    found: dict[str, Any] = json.loads((folder / str(number) / "summary.json").read_text())
    return found


@pytest.fixture
def past(tmp_path: Path) -> History:
    return history.open(tmp_path / "state" / "history.db")


def test_the_report_says_what_is_different_since_the_last_sweep(tmp_path: Path, past: History) -> None:
    first = night(tmp_path, 1, past, "good", "stock-9.0.122", "good")
    assert (first["changes"], len(first["trend"])) == (None, 1)
    second = night(tmp_path, 2, past, "stock-9.0.122", "good", "")
    changes = second["changes"]
    assert changes["sweep"] == first["sweep"]
    assert {(one["kind"], one["target"]) for one in changes["listed"]} == {("new", "web00000"), ("fixed", "web00001")}
    failing = {item for item, status in json.loads((tmp_path / "1" / "results.jsonl").read_text().splitlines()[1])[
        "verdicts"].items() if status == "fail"}  # fmt: skip
    assert {one["item"] for one in changes["listed"] if one["kind"] == "fixed"} == failing
    assert (changes["new"], changes["fixed"], changes["reopened"]) == (len(failing), len(failing), 0)
    assert [point["targets"] for point in second["trend"]] == [3, 3]
    assert [point["incomplete"] for point in second["trend"]] == [0, 1]
    third = night(tmp_path, 3, past, "good", "stock-9.0.122", "good")
    assert {(one["kind"], one["target"]) for one in third["changes"]["listed"]} == {
        ("fixed", "web00000"), ("reopened", "web00001")}  # fmt: skip
    assert str(len(failing)) in read(tmp_path / "2" / "index.html").text


def test_a_sweep_that_was_interrupted_waits_for_its_end(tmp_path: Path, past: History) -> None:
    cut = night(tmp_path, 1, past, "good", stopped=True)
    assert cut["outcomes"]["not_run"] == 1
    assert (cut["changes"], cut["trend"], past.sweeps()) == (None, [], [])


def test_a_history_that_fails_costs_the_comparison_only(
    tmp_path: Path, past: History, caplog: pytest.LogCaptureFixture
) -> None:
    night(tmp_path, 1, past, "good")
    place = tmp_path / "state" / "history.db"
    place.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    for extra in place.parent.glob("history.db-*"):
        extra.unlink()
    found = night(tmp_path, 2, past, "good")
    assert (found["targets"], found["changes"], found["trend"]) == (1, None, [])
    assert (tmp_path / "2" / "SHA256SUMS").is_file()
    assert "the sweep is not in the history" in caplog.text


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.toml"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)
    path.write_text(f'[defaults]\nport = 1\nkey_files = ["{tmp_path}/key"]\n[hosts.a]\naddress = "127.0.0.1"\n')
    return path


def audit(tmp_path: Path, inventory: Path, place: str, state: Path | None = None) -> tuple[int, str, Path]:
    (tmp_path / "known_hosts").touch()
    output = tmp_path / "out"
    done = fleet(
        "audit", "-i", inventory, "-o", output, "--known-hosts", tmp_path / "known_hosts", "--lang", "en",
        TOMCAT_FLEET_HISTORY=place, **({"XDG_STATE_HOME": str(state)} if state else {}),
    )  # fmt: skip
    return done.returncode, done.stderr, output


def test_a_place_that_was_named_must_do(tmp_path: Path, inventory: Path) -> None:
    (tmp_path / "no.db").write_text("x" * 200)
    code, said, output = audit(tmp_path, inventory, str(tmp_path / "no.db"))
    assert (code, output.exists()) == (2, False)
    assert "no.db: is not a history of tomcat-fleet" in said


def test_the_usual_place_is_private_and_may_fail(tmp_path: Path, inventory: Path) -> None:
    code, said, _ = audit(tmp_path, inventory, "", tmp_path / "state")
    assert code == 3, said  # nobody listens there
    made = tmp_path / "state" / "tomcat-fleet" / "history.db"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert len(history.open(made).sweeps()) == 1
    (tmp_path / "file").touch()
    code, said, output = audit(tmp_path, inventory, "", tmp_path / "file")
    assert (code, (output / "index.html").is_file()) == (3, True)
    assert "nothing will be remembered of this sweep" in said
