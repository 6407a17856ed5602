"""What is shown while a sweep runs and when it is over."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from tomcat_fleet.checks import ALL
from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.progress import Display
from tomcat_fleet.cli.verdict import verdict
from tomcat_fleet.cli.word import SIGNS, Lang, speaker
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import Outcome, Severity, Status
from tomcat_fleet.sweep.event import Done, Finished, Started


def row(number: int, **other: object) -> Finished:
    values: dict[str, object] = {
        "target": f"web{number:02}", "slug": "", "outcome": Outcome.AUDITED, "reason": None, "instances": 1,
        "worst": Status.FAIL, "failed": (number, 0, 0), "seconds": 0.4, **other,
    }  # fmt: skip
    return Finished(**values)  # type: ignore[arg-type]


def summary(**other: object) -> SweepSummary:
    values: dict[str, object] = {
        "sweep": "s", "started": "", "finished": "", "tool": "", "guide": "", "advisories_date": "", "policy": {},
        "inventory_sha256": {}, "limit": None, "targets": 30, "instances": 31,
        "outcomes": dict.fromkeys(Outcome, 0), "statuses": dict.fromkeys(Status, 0),
        "items": {check.item: dict.fromkeys(Status, 7) for check in ALL},
        "severities": {severity: dict.fromkeys(Status, 0) for severity in Severity},
        "score": 50.0, "complete": True, **other,
    }  # fmt: skip
    return SweepSummary(**values)  # type: ignore[arg-type]


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=80, color_system=None, legacy_windows=False)


def text(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


async def test_elsewhere_a_line_comes_now_and_then() -> None:
    screen = console()
    display = Display(screen, speaker(Lang.EN), pause_s=0.05)
    async with display.shown():
        display(Started(sweep="s", total=4, concurrency=2))
        await asyncio.sleep(0.12)
        display(row(1))
        display(row(2, outcome=Outcome.TIMEOUT, worst=None))
        await asyncio.sleep(0.12)
        display(Done(summary=summary(), index=Path("index.html")))
    lines = text(screen).splitlines()
    assert lines[0] == "Sweep s started: targets 4, 2 at a time"
    assert any("0 done · 0 incomplete · 4 left · about unknown" in line for line in lines[1:])
    assert "1 done · 1 incomplete · 2 left" in lines[-1]
    assert len(lines) >= 4


async def test_on_a_terminal_every_target_has_a_line_in_eighty_columns() -> None:
    screen = console(terminal=True)
    display = Display(screen, speaker(Lang.KO))
    async with display.shown():
        display(Started(sweep="s", total=2, concurrency=2))
        display(row(1, target="아주긴이름" * 20))
        display(row(2, outcome=Outcome.UNREACHABLE, worst=None, instances=0))
    assert "■ " in text(screen)
    assert "취약" in text(screen)
    assert "web02  접속 불가  0.4초" in text(screen)
    assert "남음 0" in text(screen)
    assert all(cell_len(line) <= 80 for line in text(screen).replace("\x1b", "\n").splitlines())


@pytest.mark.parametrize("lang", Lang)
def test_the_end_names_items_worst_hosts_and_the_missing(lang: Lang, capsys: pytest.CaptureFixture[str]) -> None:
    closing, screen = Closing(lang), console()
    for number in range(30):
        closing(row(number))
    for number in range(25):
        closing(row(100 + number, outcome=Outcome.AUTH_FAILED, worst=None, failed=(0, 0, 0), reason="said " * 40))
    closing(Done(summary=summary(), index=Path("/reports/index.html")))
    closing.show(screen, 12.0)
    shown = text(screen)
    assert all(check.item in shown for check in ALL)
    assert shown.index("web29") < shown.index("web28") < shown.index("web27")
    assert "web26" not in shown
    assert "web100" in shown
    assert "web119" in shown
    assert "web120" not in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert capsys.readouterr().out == "/reports/index.html\n"


def test_every_status_has_a_shape_of_its_own() -> None:
    assert set(SIGNS) == set(Status)
    assert len({sign.glyph for sign in SIGNS.values()}) == len(Status)


@pytest.mark.parametrize(
    ("failed", "complete", "fail_on", "code"),
    [
        (None, True, None, 0),
        (Severity.HIGH, True, None, 0),
        (Severity.HIGH, True, Severity.HIGH, 1),
        (Severity.MEDIUM, True, Severity.HIGH, 0),
        (Severity.MEDIUM, True, Severity.MEDIUM, 1),
        (Severity.HIGH, True, Severity.LOW, 1),
        (Severity.LOW, True, Severity.LOW, 1),
        (None, True, Severity.LOW, 0),
        (Severity.HIGH, False, Severity.LOW, 3),
        (None, False, None, 3),
    ],
)
def test_exit_codes(failed: Severity | None, complete: bool, fail_on: Severity | None, code: int) -> None:  # noqa: FBT001
    severities = {severity: {Status.FAIL: int(severity is failed)} for severity in Severity}
    assert verdict(summary(severities=severities, complete=complete), fail_on) == code
