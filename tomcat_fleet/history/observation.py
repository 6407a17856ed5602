"""What the history takes from one target's result: verdicts and fingerprints, no evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.status import REACHED, Outcome, Severity, Status, worst

_LENGTH = 16  # hex digits of a fingerprint
_SEVEREST = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemVerdict:
    """One item on one instance."""

    item: str
    status: Status
    severity: Severity
    fingerprint: str = ""  # of the set of (reason, subject, status): what was found
    detail: str = ""  # of the evidence: hosts made of one image have it in common


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedInstance:
    """One instance. ``items`` are sorted, each once."""

    base: str
    version: str = ""
    account: str = ""
    items: tuple[ItemVerdict, ...]

    @property
    def digest(self) -> str:
        """The same as long as no span ends."""
        said = [(one.item, one.status, one.severity, one.fingerprint) for one in self.items]
        return _digest(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One target of a sweep. ``instances`` are sorted by base, each base once."""

    target: str
    slug: str
    address: str
    zone: str = ""
    outcome: Outcome
    os: str = ""
    instances: tuple[ObservedInstance, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether this says anything about the host's instances."""
        return self.outcome in REACHED


def observed(result: TargetResult) -> Observed:
    """What the history keeps of ``result``: a few hundred bytes per instance."""
    bases: dict[str, list[InstanceResult]] = {}
    for instance in result.instances if result.outcome in REACHED else ():
        bases.setdefault(storable(instance.base), []).append(instance)
    return Observed(
        target=storable(result.target),
        slug=result.slug,
        address=storable(result.address),
        zone=storable(result.zone or ""),
        outcome=result.outcome,
        os=storable(result.host.os) if result.host else "",
        instances=tuple(_instance(base, bases[base]) for base in sorted(bases)),
    )


def storable(text: str) -> str:
    """``text`` without what PostgreSQL has no place for: the zero character, and halves of characters."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _instance(base: str, same: list[InstanceResult]) -> ObservedInstance:
    """One base; should a result name it twice, the worse verdict counts."""
    findings: dict[str, list[FindingResult]] = {}
    for finding in (finding for one in same for finding in one.findings):
        findings.setdefault(finding.item, []).append(finding)
    items = sorted({item for one in same for item in one.verdicts})
    return ObservedInstance(
        base=base,
        version=storable(same[0].version or ""),
        account=storable(same[0].user or ""),
        items=tuple(_item(item, [one.verdicts for one in same], findings.get(item, ())) for item in items),
    )


def _item(item: str, verdicts: list[Mapping[str, Status]], findings: Iterable[FindingResult]) -> ItemVerdict:
    found = list(findings)
    status = worst(one[item] for one in verdicts if item in one)
    severity = min((one.severity for one in found), key=_SEVEREST.index, default=Severity.HIGH)
    return ItemVerdict(
        item=item,
        status=status,
        severity=severity,
        fingerprint=_digest(sorted({(one.reason, one.subject, one.status) for one in found})),
        detail=_digest(
            [
                (one.reason, one.status, [(row.kind, row.sha256, row.line, row.excerpt) for row in one.evidence])
                for one in found
            ]
        ),
    )


def _digest(value: object) -> str:
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair
        raw = repr(value).encode()
    return hashlib.sha256(raw).hexdigest()[:_LENGTH]
