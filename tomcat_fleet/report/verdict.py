"""The verdicts of a host one by one, each with the findings that decide it: what most other formats count."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.guide.book import Guide, Item
from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult, WaiverResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.tally import waived_items

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:tomcat-fleet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One item on one instance. ``findings`` are those whose status is the verdict's; ``waived``: all of them are."""

    number: int  # of the instance on its host, from 1
    instance: InstanceResult
    item: Item
    status: Status
    findings: tuple[FindingResult, ...]
    waived: bool

    @property
    def waivers(self) -> tuple[WaiverResult, ...]:
        """Every waiver in force over the findings, once."""
        return tuple(dict.fromkeys(one.waiver for one in self.findings if one.waiver))


def verdicts(result: TargetResult, guide: Guide) -> Iterator[Verdict]:
    """Those of every instance in the guide's order."""
    for number, instance in enumerate(result.instances, 1):
        waived = waived_items(instance)
        for code, item in guide.items.items():
            if code not in instance.verdicts:
                continue
            status = instance.verdicts[code]
            found = tuple(one for one in instance.findings if one.item == code and one.status is status)
            yield Verdict(
                number=number, instance=instance, item=item, status=status, findings=found, waived=code in waived
            )


def fingerprint(*parts: str) -> str:
    """The same for the same parts in any sweep: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(raw) + raw)
    return digest.hexdigest()


def finding_fingerprint(result: TargetResult, instance: InstanceResult, finding: FindingResult) -> str:
    """What a finding is known by from sweep to sweep."""
    return fingerprint(result.target, instance.base, finding.item, finding.subject, finding.reason)


def identity(*parts: str) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, fingerprint(*parts)))
