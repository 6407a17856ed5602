"""The little that is kept of every target until the fleet page is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tomcat_fleet.model.result import GapResult, TargetResult
from tomcat_fleet.model.status import REACHED, Outcome, Severity, Status
from tomcat_fleet.report.tally import waived_items

_WEIGHT = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target on the fleet page. ``verdicts`` follows the guide's order of items; None: not judged."""

    name: str
    slug: str
    address: str
    group: str  # zone, else first group, else ""
    outcome: Outcome
    reason: str
    verdicts: tuple[Status | None, ...]
    instances: int
    versions: tuple[str, ...]
    failing: tuple[int, int, int]  # failing items by severity: high, medium, low
    unknown: tuple[str, ...]  # items unknown or in error
    waived: frozenset[str]  # items that fail, and whose every failure has a waiver in force
    gap: GapResult | None  # what could not be read, the first that names what would help
    offset: int  # of its line in results.jsonl.part
    length: int

    @property
    def reached(self) -> bool:
        """Whether the target answered and its evidence could be judged at all."""
        return self.outcome in REACHED

    @property
    def badness(self) -> tuple[int, ...]:
        """Sorts the worst host first: failing items by severity, then what is not known."""
        high, medium, low = self.failing
        return (-high, -medium, -low, -len(self.unknown))


def summarise(result: TargetResult, severities: Mapping[str, Severity], *, offset: int, length: int) -> Row:
    """The row of ``result``; ``severities`` maps item codes to severities in the guide's order."""
    failing = [0, 0, 0]
    for item, status in result.verdicts.items():
        if status is Status.FAIL and item in severities:
            failing[_WEIGHT[severities[item]]] += 1
    return Row(
        name=result.target,
        slug=result.slug,
        address=result.address,
        group=result.zone or next(iter(result.groups), ""),
        outcome=result.outcome,
        reason=result.outcome_reason or "",
        verdicts=tuple(map(result.verdicts.get, severities)),
        instances=len(result.instances),
        versions=tuple(sorted({instance.version or "" for instance in result.instances})),
        failing=(failing[0], failing[1], failing[2]),
        unknown=tuple(item for item in severities if result.verdicts.get(item) in (Status.UNKNOWN, Status.ERROR)),
        waived=_waived(result),
        gap=min(result.gaps, key=lambda gap: (not gap.help, gap.gap, gap.source), default=None),
        offset=offset,
        length=length,
    )


def _waived(result: TargetResult) -> frozenset[str]:
    accepted, bare = set[str](), set[str]()
    for instance in result.instances:
        covered = waived_items(instance)
        accepted |= covered
        bare |= {item for item, status in instance.verdicts.items() if status is Status.FAIL} - covered
    return frozenset(accepted - bare)
