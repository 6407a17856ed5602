"""A span, and what it takes over from the one before it, so that no answer has to look further back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tomcat_fleet.history.observation import ItemVerdict
from tomcat_fleet.model.status import Severity, Status

SOUND: Final = frozenset({Status.PASS, Status.NOT_APPLICABLE})
KNOWN: Final = SOUND | {Status.FAIL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A verdict for as long as it was the same."""

    target: str
    zone: str
    base: str
    item: str
    severity: Severity
    status: Status
    first: str  # day
    last: str  # day of the last observation
    ended: str  # day that found it to be otherwise, or gone; empty when it stands
    open_since: str  # day of the first failure of the streak; empty without one
    fingerprint: str
    detail: str


@dataclass(frozen=True, slots=True)
class Carry:
    """The latest span of an item on an instance."""

    until_sweep: int | None
    verdict: str
    severity: str
    fingerprint: str
    known: str | None
    known_on: str | None
    failed: bool
    open_since: str | None
    last_sweep: int | None

    def goes_on(self, now: ItemVerdict) -> bool:
        """Whether ``now`` says the same."""
        return (self.verdict, self.severity, self.fingerprint) == (now.status, now.severity, now.fingerprint)


def carried(former: Carry | None, now: ItemVerdict, day: str, before: str) -> dict[str, Any]:
    """The columns of a span that begins on ``day``; ``before`` is that of the last observation of ``former``."""
    failing = former is not None and former.known == Status.FAIL
    since = former.open_since if former is not None and failing else None
    if now.status in KNOWN:
        known: str | None = now.status.value
        known_on: str | None = None
        since = (since or day) if now.status is Status.FAIL else None
    else:
        known = former.known if former else None
        known_on = (before if former.verdict in KNOWN else former.known_on) if former else None
    return {
        "verdict": now.status.value,
        "severity": now.severity.value,
        "fingerprint": now.fingerprint,
        "detail": now.detail,
        "known": known,
        "known_on": known_on,
        "failed": now.status is Status.FAIL or (former is not None and former.failed),
        "open_since": since,
    }
