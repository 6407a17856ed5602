"""Waivers as the page of one host shows them: beside the findings that they cover, never in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tomcat_fleet.model.result import FindingResult, InstanceResult, WaiverResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What has been accepted of one item on one instance."""

    whole: bool  # it fails, and every failing finding has a waiver in force
    some: bool  # a failing finding has one
    until: str  # the first day on which one of them is over, "" when there is none
    expired: bool  # a finding counts again


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One waiver and the findings of this host that it is laid over."""

    waiver: WaiverResult
    state: str  # in_force, expiring, expired
    places: tuple[tuple[str, str], ...]  # item, subject


def acceptance(failing: Sequence[FindingResult]) -> Acceptance:
    """Of the failing findings of one item on one instance."""
    held = [finding.waiver.until for finding in failing if finding.waiver]
    return Acceptance(
        whole=bool(failing) and len(held) == len(failing),
        some=bool(held),
        until=min(held, default=""),
        expired=any(finding.expired_waiver for finding in failing),
    )


def accepted(instances: Sequence[InstanceResult]) -> tuple[Accepted, ...]:
    """Every waiver of this host: those that are over first, then by the day on which they end."""
    found: dict[tuple[str, WaiverResult], dict[tuple[str, str], None]] = {}
    for instance in instances:
        for finding in instance.findings:
            for waiver, state in _of(finding):
                place = (finding.item, finding.subject or instance.base)
                found.setdefault((state, waiver), {})[place] = None
    made = (Accepted(waiver=waiver, state=state, places=tuple(where)) for (state, waiver), where in found.items())
    return tuple(sorted(made, key=lambda one: (one.state != "expired", one.waiver.until, one.waiver.source)))


def _of(finding: FindingResult) -> list[tuple[WaiverResult, str]]:
    held = finding.waiver
    over = finding.expired_waiver
    return [
        *([(held, "expiring" if held.expiring else "in_force")] if held else []),
        *([(over, "expired")] if over else []),
    ]
