"""Whether this machine's clock can be believed: reports, certificates and the age of tables follow it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, datetime

from tomcat_fleet.doctor.finding import Finding, ok, problem, warning

_ANSWER_S = 5


def examine(now: datetime, newest: date, *, synchronised: bool | None) -> Iterator[Finding]:
    """Hold ``now`` against the newest table, whose day has been; ``synchronised`` is what ``ntp`` says."""
    moment = f"{now:%Y-%m-%d %H:%M %Z}".rstrip()
    if now.date() < newest:
        yield problem("clock", "clock_past", now=moment, table=newest)
    elif synchronised is None:
        yield ok("clock", "clock_unknown", now=moment)
    elif synchronised:
        yield ok("clock", "clock_ok", now=moment)
    else:
        yield warning("clock", "clock_loose", now=moment)


def ntp(program: str = "timedatectl") -> bool | None:
    """Whether the clock is synchronised, as systemd has it; None where it does not say."""
    found = shutil.which(program)
    if found is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  a fixed command line
            [found, "show", "-p", "NTPSynchronized", "--value"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {b"yes": True, b"no": False}.get(done.stdout.strip()) if done.returncode == 0 else None
