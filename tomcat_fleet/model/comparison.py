"""Two sweeps held against each other, item by item: what a re-diagnosis (이행점검) has to tell. No database is needed.

Classes, of every item on every instance that either sweep knows:

- ``FIXED`` 조치 완료: failed, and is pass or not_applicable now.
- ``PARTLY`` 일부 조치: fails still, but some of the earlier failing findings are gone, none is new, and nothing that
  could be told then is unknown, manual or error now: a failure that cannot be read any more is not mended.
- ``OPEN`` 미조치: fails still.
- ``NOT_CHECKED`` 확인 불가: failed, and nothing proves either now: unknown, manual or error; the host was not reached
  or is not in the sweep; the instance is not there any more.
- ``NEW`` 신규: fails now, and did not fail, or was not known.
- ``PASSED`` 양호: did not fail, or was not known, and is pass or not_applicable now.
- ``UNDECIDED`` 미확정: did not fail, or was not known, and nothing proves either now.

A waiver changes no class; it stands in the findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.result import FindingResult, InstanceResult, Steps, TargetResult
from tomcat_fleet.model.status import COMPLETE, REACHED, Outcome, Severity, Status

_SOUND = frozenset({Status.PASS, Status.NOT_APPLICABLE})
_DECIDED = _SOUND | {Status.FAIL}
_NO_STEPS = Steps(ko=(), en=())
_SEVEREST = tuple(Severity)


class Kind(StrEnum):
    """What has become of an item; the module says which is which."""

    FIXED = "fixed"
    PARTLY = "partly"
    OPEN = "open"
    NOT_CHECKED = "not_checked"
    NEW = "new"
    PASSED = "passed"
    UNDECIDED = "undecided"


class Absence(StrEnum):
    """Why an instance has no verdict in a sweep."""

    NO_TARGET = "no_target"  # the sweep does not have the target
    NOT_REACHED = "not_reached"  # its outcome says why
    GONE = "gone"  # the host was audited, and the instance is not there
    NOT_FOUND = "not_found"  # the host was audited in part, and the instance was not seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One sweep's word on an item. ``status`` is None when it has none; ``absence`` says why."""

    status: Status | None
    findings: tuple[FindingResult, ...] = ()  # without evidence and remedies, which are most of a result
    absence: Absence | None = None
    outcome: Outcome | None = None  # None: the sweep does not have the target
    version: str = ""

    @property
    def failures(self) -> tuple[FindingResult, ...]:
        """The findings that fail."""
        return tuple(one for one in self.findings if one.status is Status.FAIL)

    @property
    def waived(self) -> bool:
        """It fails, and every failure has a waiver in force."""
        return self.status is Status.FAIL and bool(self.failures) and all(one.waiver for one in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One item on one instance in both sweeps."""

    target: str
    slug: str
    base: str
    item: str
    severity: Severity
    kind: Kind
    was: Side
    now: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything, by severity, target, base and item."""

    rows: tuple[Compared, ...]
    counts: Mapping[Kind, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Items that failed earlier: fixed, partly, open and not_checked together."""
        return sum(self.counts[kind] for kind in (Kind.FIXED, Kind.PARTLY, Kind.OPEN, Kind.NOT_CHECKED))


def compare(old: Iterable[TargetResult], new: Iterable[TargetResult], *, passed: bool = True) -> Comparison:
    """Hold two sweeps against each other. ``passed`` False leaves PASSED out of ``rows``, never out of ``counts``.

    Holds ``old`` and ``rows`` in memory, without evidence. Raises ConfigError for a target that a sweep has twice.
    """
    counts: Counter[Kind] = Counter()
    rows = []
    for row in _rows(old, new):
        counts[row.kind] += 1
        if passed or row.kind is not Kind.PASSED:
            rows.append(row)
    rows.sort(key=lambda row: (_SEVEREST.index(row.severity), row.target, row.base, row.item))
    return Comparison(rows=tuple(rows), counts={kind: counts[kind] for kind in Kind})


def _rows(old: Iterable[TargetResult], new: Iterable[TargetResult]) -> Iterator[Compared]:
    before: dict[str, TargetResult] = {}
    for result in old:
        if result.target in before:
            raise ConfigError(f"{printable(result.target)}: has two results in the earlier sweep")
        before[result.target] = _lean(result)
    done: set[str] = set()
    for result in new:
        if result.target in done:
            raise ConfigError(f"{printable(result.target)}: has two results in the later sweep")
        done.add(result.target)
        yield from _of_target(before.pop(result.target, None), _lean(result))
    for result in before.values():
        yield from _of_target(result, None)


def _lean(result: TargetResult) -> TargetResult:
    """What is compared of a result: the evidence of ten thousand hosts would take gigabytes."""
    instances = tuple(
        replace(
            instance,
            passwords=(),
            findings=tuple(
                replace(one, notes=(), evidence=(), remediation=_NO_STEPS, commands=()) for one in instance.findings
            ),
        )
        for instance in result.instances
    )
    return replace(result, instances=instances, host=None, seen=(), gaps=(), method=None)


def _of_target(old: TargetResult | None, new: TargetResult | None) -> Iterator[Compared]:
    some = new or old
    assert some is not None
    before, after = _instances(old), _instances(new)
    for base in sorted({*before, *after}):
        was, now = before.get(base), after.get(base)
        items = sorted({*(was.verdicts if was else ()), *(now.verdicts if now else ())})
        for item in items:
            sides = _side(old, was, item), _side(new, now, item)
            yield Compared(
                target=some.target,
                slug=some.slug,
                base=base,
                item=item,
                severity=_severity(sides),
                kind=_kind(*sides),
                was=sides[0],
                now=sides[1],
            )


def _instances(result: TargetResult | None) -> dict[str, InstanceResult]:
    if result is None or result.outcome not in REACHED:
        return {}
    return {instance.base: instance for instance in result.instances}


def _side(result: TargetResult | None, instance: InstanceResult | None, item: str) -> Side:
    if result is None:
        return Side(status=None, absence=Absence.NO_TARGET)
    if instance is None:
        absence = Absence.GONE if result.outcome in COMPLETE else Absence.NOT_FOUND
        if result.outcome not in REACHED:
            absence = Absence.NOT_REACHED
        return Side(status=None, absence=absence, outcome=result.outcome)
    return Side(
        status=instance.verdicts.get(item),
        findings=tuple(one for one in instance.findings if one.item == item),
        outcome=result.outcome,
        version=instance.version or "",
    )


def _severity(sides: tuple[Side, Side]) -> Severity:
    """As the later sweep has it."""
    for side in reversed(sides):
        if side.findings:
            return min((one.severity for one in side.findings), key=_SEVEREST.index)
    return Severity.HIGH


def _kind(was: Side, now: Side) -> Kind:
    sound = now.status in _SOUND
    if was.status is not Status.FAIL:
        return Kind.NEW if now.status is Status.FAIL else Kind.PASSED if sound else Kind.UNDECIDED
    if now.status is not Status.FAIL:
        return Kind.FIXED if sound else Kind.NOT_CHECKED
    before, after = ({(one.reason, one.subject) for one in side.failures} for side in (was, now))
    open_then, open_now = ({(one.reason, one.subject) for one in _undecided(side)} for side in (was, now))
    return Kind.PARTLY if after < before and after and open_now <= open_then else Kind.OPEN


def _undecided(side: Side) -> Iterator[FindingResult]:
    return (one for one in side.findings if one.status not in _DECIDED)
