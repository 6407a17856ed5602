"""The soak with what depends on the machine's load; run by ``make soak`` on a machine that does nothing else.

The same good hosts are swept alone and among faulty ones, in turns. Budget: their p95 is at most a tenth longer among
faulty ones, and no faulty host takes longer than its deadline and two seconds. Slots that faulty hosts hold make the
sweep longer, not a good host slower: its time begins with its turn.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.soak import figures
from tests.soak.fleet import playing
from tests.soak.judge import Judge, raw_controls
from tests.soak.plan import drawn
from tests.soak.sweep import audit

GOOD, FAULTY = 700, 300
ROUNDS = int(os.environ.get("TOMCAT_FLEET_SOAK_ROUNDS", "3"))
TIMEOUT_S = float(os.environ.get("TOMCAT_FLEET_SOAK_TIMEOUT", "20"))
LATE_S = 2.0
SLOWER = 1.10
LIMIT_S = 1200.0


def main() -> int:
    """Print the figures; 1 when a promise is not kept."""
    broken: list[str] = []
    ratios: list[float] = []
    for number in range(ROUNDS):
        alone, _ = _round(0, number, broken)
        among, late = _round(FAULTY, number, broken)
        ratios.append(among / alone)
        _say(
            f"round {number + 1}: p95 of good hosts {alone:.2f} s alone, {among:.2f} s among faulty ones, "
            f"ratio {among / alone:.2f}; slowest faulty host {late:+.2f} s after its deadline"
        )
        if late > LATE_S:
            broken.append(f"a faulty host took {late:.2f} s longer than its deadline")
    _say(f"median ratio {median(ratios):.2f}, budget {SLOWER:.2f}")
    if median(ratios) > SLOWER:
        broken.append("faulty hosts slow the others down")
    _say("\n".join(broken) or "every promise is kept")
    return int(bool(broken))


def _round(faulty: int, seed: int, broken: list[str]) -> tuple[float, float]:
    hosts = drawn(GOOD, faulty, seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with playing(hosts, place) as fleet:
            sweep = audit(fleet, place, timeout=TIMEOUT_S, limit_s=LIMIT_S)
        judge = Judge.of(hosts, sweep)
        _say("\n".join(figures.lines(judge, sweep, fleet, TIMEOUT_S)))
        found = (*judge.missing_or_double(), *judge.inexact(), *judge.false_passes(), *judge.surprises(),
                 *raw_controls(sweep), *sweep.strays)  # fmt: skip
        broken += found
        if sweep.code != (3 if faulty else 0):
            broken.append(f"exit code {sweep.code}")
    late = max(figures.slowest(judge)[0], figures.slowest_seen(judge, fleet)[0]) - TIMEOUT_S
    return figures.good_p95(judge), late


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - figures are what this program is for


if __name__ == "__main__":
    sys.exit(main())
