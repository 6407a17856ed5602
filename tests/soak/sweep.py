"""The audit command as an operator runs it, with an eye on what it uses and what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.soak.fleet import ROOT, Fleet
from tomcat_fleet.model.result import TargetResult

CONCURRENCY = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One finished run."""

    code: int
    seconds: float
    cpu_s: float
    peak_mib: float
    said: bytes  # both streams
    output: Path
    strays: tuple[str, ...]  # what lies outside the output directory and was not there before

    def results(self) -> tuple[TargetResult, ...]:
        """Every line of results.jsonl."""
        lines = (self.output / "results.jsonl").read_bytes().splitlines()
        return tuple(msgspec.json.decode(line, type=TargetResult) for line in lines)

    def summary(self) -> Any:
        """What summary.json says."""
        return json.loads((self.output / "summary.json").read_bytes())

    def files(self) -> Iterator[Path]:
        """Every file of the report."""
        return (path for path in self.output.rglob("*") if path.is_file())


def audit(fleet: Fleet, place: Path, *, timeout: float, limit_s: float) -> Sweep:
    """Run ``tomcat-fleet audit`` over the whole fleet; it is killed after ``limit_s``."""
    cell = place / "cell"
    for name in ("home", "tmp", "work"):
        (cell / name).mkdir(parents=True)
    output = cell / "report"
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
        "HOME": str(cell / "home"), "TMPDIR": str(cell / "tmp"), "LOGNAME": "soak",
        "TZ": "UTC", "TOMCAT_FLEET_HISTORY": "none",
    }  # fmt: skip
    command = [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(fleet.inventory), "-o", str(output),
               "--known-hosts", str(fleet.known_hosts), "--key", str(fleet.key), "--timeout", f"{timeout:g}",
               "--concurrency", str(CONCURRENCY), "--lang", "en"]  # fmt: skip
    before = _everything(place)
    with (place / "said").open("wb") as both:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=both, stderr=both, cwd=cell / "work",
                                   env=environment)  # fmt: skip
        guard = threading.Timer(limit_s, process.kill)
        guard.start()
        _, status, used = os.wait4(process.pid, 0)
        guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (place / "said").read_bytes()
    assert process.returncode >= 0, f"killed after {limit_s:g} s: {said[-2000:]!r}"
    return Sweep(
        code=process.returncode,
        seconds=time.monotonic() - began,
        cpu_s=used.ru_utime + used.ru_stime,
        peak_mib=used.ru_maxrss / 1024,
        said=said,
        output=output,
        strays=tuple(sorted(_strays(place) - before - _everything(output) - {str(output), str(place / "said")})),
    )


def _strays(place: Path) -> set[str]:
    """All but the locks by which sweeps of one inventory wait for each other."""
    locks = Path(".local/state/tomcat-fleet/locks")
    own = {str(locks), *map(str, locks.parents)}
    return {name for name in _everything(place) if not any(name.endswith(f"/home/{part}") for part in own)
            and f"/{locks}/" not in name}  # fmt: skip


def _everything(place: Path) -> set[str]:
    return {str(path) for path in place.rglob("*")}
