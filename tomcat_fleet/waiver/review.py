"""What a valid waiver file still deserves to be told about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tomcat_fleet.waiver.pattern import matcher, overlap
from tomcat_fleet.waiver.waiver import Waiver, Waivers

LONGEST = timedelta(days=2 * 366)
_KINDS = ("items", "targets", "instances", "subjects")


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """One warning: ``key`` with its parameters, for the words of the terminal."""

    line: int
    key: str  # is_expired, is_expiring, is_long, overlaps, no_target, group
    about: tuple[tuple[str, str], ...] = ()


def review(waivers: Waivers, day: date) -> Iterator[Remark]:
    """What is doubtful on ``day``."""
    live: list[Waiver] = []
    for each in waivers.each:
        until = ("until", each.until.isoformat())
        if not each.in_force(day):
            yield Remark(each.line, "is_expired", (until,))
            continue
        if each.expiring(day):
            yield Remark(each.line, "is_expiring", (until, ("days", str((each.until - day).days))))
        if each.until - day > LONGEST:
            yield Remark(each.line, "is_long", (until,))
        shared = next((other for other in live if _overlap(each, other)), None)
        if shared is not None:
            yield Remark(each.line, "overlaps", (("other", str(shared.line)),))
        live.append(each)


def unmatched(waivers: Waivers, targets: Sequence[str], groups: Collection[str]) -> Iterator[Remark]:
    """Patterns that no target of an inventory matches."""
    for each in waivers.each:
        for pattern in each.targets:
            if not any(map(matcher([pattern]), targets)):
                key = "group" if pattern in groups else "no_target"
                yield Remark(each.line, key, (("pattern", pattern),))


def _overlap(one: Waiver, other: Waiver) -> bool:
    return all(overlap(getattr(one, kind), getattr(other, kind)) for kind in _KINDS)
