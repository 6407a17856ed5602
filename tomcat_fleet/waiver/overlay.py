"""Laying waivers over results, and taking them off. Neither touches a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from tomcat_fleet.model.result import FindingResult, TargetResult, WaiverResult, WaiverUse
from tomcat_fleet.model.status import Status
from tomcat_fleet.waiver.pattern import matcher
from tomcat_fleet.waiver.waiver import Waiver, Waivers

WAIVABLE: Final = frozenset({Status.FAIL, Status.MANUAL, Status.UNKNOWN})


class _Fitting:
    """One waiver, ready to be compared with many findings."""

    def __init__(self, number: int, waiver: Waiver, day: date) -> None:
        self.number = number
        self.items = waiver.items
        self.target = matcher(waiver.targets)
        self.instance = matcher(waiver.instances)
        self.subject = matcher(waiver.subjects)
        result = WaiverResult(
            who=waiver.who,
            why=waiver.why,
            until=waiver.until.isoformat(),
            source=waiver.source,
            expiring=waiver.expiring(day),
        )
        live = waiver.in_force(day)
        self.waiver = result if live else None
        self.expired = None if live else result


@dataclass(frozen=True, slots=True)
class Laid:
    """A result with waivers over its findings, and how many findings each waiver covers, by its place in the file."""

    result: TargetResult
    covered: Mapping[int, int] = field(default_factory=dict)


class Overlay:
    """The waivers of one file as they stand on ``day``."""

    def __init__(self, waivers: Waivers, day: date) -> None:
        self._waivers = waivers.each
        self._day = day
        fitting = [_Fitting(number, each, day) for number, each in enumerate(waivers.each)]
        # The one that lasts longest comes first, so that one in force comes before one that is not.
        self._fitting = sorted(fitting, key=lambda each: (-waivers.each[each.number].until.toordinal(), each.number))

    def lay(self, result: TargetResult) -> Laid:
        """``result`` with these waivers, whatever it had before. Nothing else of it is different."""
        here = [each for each in self._fitting if each.target(result.target)] if result.instances else []
        if not here:
            return Laid(bare(result))
        covered: Counter[int] = Counter()
        instances = []
        for instance in result.instances:
            near = _by_item(each for each in here if each.instance(instance.base))
            findings = tuple(_laid(finding, near.get(finding.item, ()), covered) for finding in instance.findings)
            instances.append(replace(instance, findings=findings))
        return Laid(replace(result, instances=tuple(instances)), covered)

    def uses(self, findings: Mapping[int, int], hosts: Mapping[int, int]) -> Iterator[WaiverUse]:
        """Every waiver of the file in its order, with the findings and hosts counted for its place in it."""
        for number, each in enumerate(self._waivers):
            yield WaiverUse(
                who=each.who,
                why=each.why,
                until=each.until.isoformat(),
                source=each.source,
                state=each.state(self._day),
                scope=each.scope,
                findings=findings.get(number, 0),
                hosts=hosts.get(number, 0),
            )


class Usage:
    """Counts, over a sweep, what each waiver was laid over."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self._findings: Counter[int] = Counter()
        self._hosts: Counter[int] = Counter()

    def add(self, laid: Laid) -> None:
        """Count one target."""
        self._findings.update(laid.covered)
        self._hosts.update(laid.covered.keys())

    def uses(self) -> tuple[WaiverUse, ...]:
        """Every waiver of the file, those too that were laid over nothing."""
        return tuple(self._overlay.uses(self._findings, self._hosts))


def bare(result: TargetResult) -> TargetResult:
    """``result`` without any waiver; itself when it has none."""
    if not any(map(_has, (finding for instance in result.instances for finding in instance.findings))):
        return result
    instances = tuple(replace(instance, findings=tuple(map(_bare, instance.findings))) for instance in result.instances)
    return replace(result, instances=instances)


def _by_item(fitting: Iterable[_Fitting]) -> dict[str, list[_Fitting]]:
    found: dict[str, list[_Fitting]] = {}
    for each in fitting:
        for item in each.items:
            found.setdefault(item, []).append(each)
    return found


def _laid(finding: FindingResult, near: Iterable[_Fitting], covered: Counter[int]) -> FindingResult:
    if finding.status in WAIVABLE:
        for each in near:
            if each.subject(finding.subject):
                covered[each.number] += 1
                return replace(finding, waiver=each.waiver, expired_waiver=each.expired)
    return _bare(finding)


def _bare(finding: FindingResult) -> FindingResult:
    return replace(finding, waiver=None, expired_waiver=None) if _has(finding) else finding


def _has(finding: FindingResult) -> bool:
    return finding.waiver is not None or finding.expired_waiver is not None
