"""Again and again kill -9: nothing that was acknowledged is lost or done twice, and every host has one final row."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.cli.terminal import environment
from tests.conftest import Figure
from tests.sweep.scene import lines
from tests.thorough import times
from tomcat_fleet.sweep.again import verify

KILLS = times(40, 100)
TARGETS = times(240, 400)
_ROOT = Path(__file__).parents[2]


class Lives:
    """The program under test, one child at a time."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.acks = Path(f"{output}.acks")
        self.acks.touch()
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.sweep.mortal", output, str(TARGETS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env=environment(),
        )

    def begin(self) -> int:
        assert self._program.stdin is not None
        self._program.stdin.write("live\n")
        self._program.stdin.flush()
        return int(self._line())

    def end(self) -> int:
        word, status = self._line().split()
        assert word == "ended"
        return int(status)

    def acknowledged(self) -> dict[str, int]:
        """Target -> the life in which it was said to be done."""
        found: dict[str, int] = {}
        for line in self.acks.read_text().splitlines():
            life, _, target = line.partition(" ")
            assert target not in found, f"{target} was audited twice"
            found[target] = int(life)
        return found

    def close(self) -> None:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait(60)
        self._program.stdout.close()

    def _line(self) -> str:
        assert self._program.stdout is not None
        return self._program.stdout.readline()


def test_nothing_acknowledged_is_lost_to_any_number_of_kills(tmp_path: Path, figure: Figure) -> None:
    chance = random.Random(20261123)
    lives = Lives(tmp_path / "out")
    early = 0
    try:
        for _ in range(KILLS):
            early += _killed(lives, chance) == 0
            _is_whole(lives.output)
        acknowledged = lives.acknowledged()
        lives.begin()
        assert lives.end() == 0
        everything = lives.acknowledged()
    finally:
        lives.close()
    rows = lines(lives.output)
    assert Counter(row["target"] for row in rows) == Counter(f"web{number:05}" for number in range(TARGETS))
    lost = [target for target, life in acknowledged.items() if not _is_of(rows, target, life)]
    assert lost == []
    assert everything.items() >= acknowledged.items()
    assert verify(lives.output).faults == ()
    assert {path.name for path in lives.output.iterdir()} == {
        "SHA256SUMS", "failed.retry", "hosts", "index.html", "ledger.db", "results.jsonl", "summary.json",
    }  # fmt: skip
    figure(
        f"{KILLS} x kill -9 ({early} before the first result of that life): {len(acknowledged)} results acknowledged,"
        f" {len(lost)} lost, {len(rows)} of {TARGETS} targets with exactly one final row"
    )


def _killed(lives: Lives, chance: random.Random) -> int:
    """Start a life, let it acknowledge a few results and kill it somewhere after that; how many it acknowledged."""
    before = lives.acks.stat().st_size
    enough = chance.choice((0, 0, 1, 2, 3, 5)) * len("10 web00000\n")
    child = lives.begin()
    deadline = time.monotonic() + 60
    while lives.acks.stat().st_size - before < enough and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(chance.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    assert lives.end() == signal.SIGKILL, "it ended before it was killed: more targets are needed"
    return (lives.acks.stat().st_size - before) // len("10 web00000\n")


def _is_whole(output: Path) -> None:
    """Right after the kill, before anything of ours mends it."""
    path = output / "ledger.db"
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _is_of(rows: list[dict[str, Any]], target: str, life: int) -> bool:
    """Whether the final row is the one that was acknowledged in that life."""
    row = next(row for row in rows if row["target"] == target)
    said = row["outcome_reason"] if row["outcome"] == "unreachable" else row["method"]["address"]
    return bool(said == f"in life {life}")
