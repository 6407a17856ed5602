"""Counting over a sweep. Targets may come in any order: the counts do not depend on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tomcat_fleet.checks.patch_level import CHECK as PATCH_LEVEL
from tomcat_fleet.checks.patch_level import Reason
from tomcat_fleet.model.result import FindingResult, InstanceResult, SweepSummary, TargetResult, Words
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import COMPLETE, Outcome, Severity, Status
from tomcat_fleet.report import oddity
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.image import Images, failing, place
from tomcat_fleet.report.oddity import Oddities
from tomcat_fleet.report.shared import LISTED, Sharing

_KEYS = 20_000  # distinct places or gaps remembered, whatever hostile hosts send


@dataclass(slots=True)
class Failing:
    """Hosts that fail one item for one reason; the sentence shown is that of the first host by name."""

    hosts: int = 0
    example: tuple[str, str] = ("", "")  # target, slug
    message: Words = field(default_factory=lambda: Words(ko="", en=""))
    subjects: Counter[str] = field(default_factory=Counter)  # subject -> hosts

    def add(self, result: TargetResult, finding: FindingResult, subjects: set[str], room: int) -> None:
        """Count one host."""
        self.hosts += 1
        if not self.example[0] or result.target < self.example[0]:
            self.example, self.message = (result.target, result.slug), finding.message
        for subject in sorted(subjects)[:room]:
            self.subjects[subject] += 1


@dataclass(slots=True)
class Tally:
    """Everything the summary and the fleet page count."""

    severities: Mapping[str, Severity]
    targets: int = 0
    instances: int = 0
    waived: Counter[str] = field(default_factory=Counter)  # item -> failing instances whose every failure is waived
    failing_high: int = 0  # instances that fail at least one item of severity high
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    items: dict[str, Counter[Status]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], Failing] = field(default_factory=dict)  # (item, reason)
    versions: dict[str, Counter[Status]] = field(default_factory=dict)  # version -> WT-13 status -> instances
    outdated: dict[str, Counter[str]] = field(default_factory=dict)  # version -> why it fails WT-13 -> instances
    gaps: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)  # (gap, help) -> hosts, first source
    seen: Counter[str] = field(default_factory=Counter)  # kind -> count
    passwords: Sharing = field(default_factory=Sharing)
    oddities: Oddities = field(default_factory=Oddities)
    images: Images = field(default_factory=Images)
    _places: int = 0

    def __post_init__(self) -> None:
        self.items = {item: Counter() for item in self.severities}

    def add(self, result: TargetResult) -> None:
        """Count one target."""
        self.targets += 1
        self.outcomes[result.outcome] += 1
        self.instances += len(result.instances)
        for instance in result.instances:
            self._count(instance)
            self.waived.update(item for item in waived_items(instance) if item in self.severities)
        self._reasons(result)
        self._gaps(result)
        self.passwords.add(result)
        self.oddities.add(result)
        self.images.add(result)
        self.seen.update(seen.kind for seen in result.seen)

    def statuses(self, severity: Severity | None = None) -> dict[Status, int]:
        """Instance verdicts by status, over all items or those of one severity."""
        chosen = [counts for item, counts in self.items.items() if severity in (None, self.severities[item])]
        return {status: sum(counts[status] for counts in chosen) for status in Status}

    def summary(self, facts: SweepFacts, finished: str) -> SweepSummary:
        """summary.json."""
        statuses = self.statuses()
        shared, twins = self.passwords.shared(), self.oddities.twins()
        return SweepSummary(
            sweep=facts.sweep,
            started=facts.started,
            finished=finished,
            tool=facts.tool,
            guide=facts.guide,
            advisories_date=facts.advisories_date,
            tables=dict(facts.tables),
            policy=dict(facts.policy),
            inventory_sha256=dict(facts.inventory_sha256),
            limit=facts.limit,
            targets=self.targets,
            instances=self.instances,
            outcomes={outcome: self.outcomes[outcome] for outcome in Outcome},
            statuses=statuses,
            items={item: {status: counts[status] for status in Status} for item, counts in self.items.items()},
            severities={severity: self.statuses(severity) for severity in Severity},
            score=score(statuses),
            complete=all(outcome in COMPLETE for outcome in self.outcomes),
            passwords=self.passwords.compared,
            shared_passwords=tuple(group.result() for group in shared[:LISTED]),
            shared_passwords_total=len(shared),
            passwords_left_out=self.passwords.left_out,
            series=facts.series,
            day=facts.day,
            runs=facts.runs,
            waived=dict(sorted(self.waived.items())),
            waived_severities={
                severity: sum(n for item, n in self.waived.items() if self.severities[item] is severity)
                for severity in Severity
            },
            shared_host_keys=tuple(each.result() for each in twins[: oddity.LISTED]),
            shared_host_keys_total=len(twins),
            wrong_clocks=self.oddities.clocks_total,
            weak_ssh=self.oddities.weak_total,
        )

    def _count(self, instance: InstanceResult) -> None:
        high = False
        for item, status in instance.verdicts.items():
            if item in self.items:
                self.items[item][status] += 1
                high = high or (status is Status.FAIL and self.severities[item] is Severity.HIGH)
        self.failing_high += high
        version = instance.version or ""
        if version in self.versions or len(self.versions) < _KEYS:
            verdict = instance.verdicts.get(PATCH_LEVEL.item, Status.ERROR)
            self.versions.setdefault(version, Counter())[verdict] += 1
            self.outdated.setdefault(version, Counter()).update(_outdated(instance))

    def _reasons(self, result: TargetResult) -> None:
        subjects: dict[tuple[str, str], set[str]] = {}
        first: dict[tuple[str, str], FindingResult] = {}
        for instance, finding in failing(result):
            key = (finding.item, finding.reason)
            places = subjects.setdefault(key, set())
            if finding.subject.startswith("/"):  # a path or a context; a pid or a version is no place to mend
                places.add(place(finding.subject, instance))
            first.setdefault(key, finding)
        for key, finding in first.items():
            known = self.reasons.setdefault(key, Failing())
            before = len(known.subjects)
            known.add(result, finding, subjects[key], max(0, _KEYS - self._places))
            self._places += len(known.subjects) - before

    def _gaps(self, result: TargetResult) -> None:
        sources: dict[tuple[str, str], str] = {}
        for gap in result.gaps:
            key = (gap.gap, gap.help)
            sources[key] = min(sources.get(key, gap.source), gap.source)
        for key, source in sources.items():
            if key in self.gaps or len(self.gaps) < _KEYS:
                hosts, first = self.gaps.get(key, (0, source))
                self.gaps[key] = (hosts + 1, min(first, source))


def waived_items(instance: InstanceResult) -> frozenset[str]:
    """Items that ``instance`` fails, and whose every failing finding has a waiver in force."""
    failures = [finding for finding in instance.findings if finding.status is Status.FAIL]
    bare = {finding.item for finding in failures if finding.waiver is None}
    return frozenset(finding.item for finding in failures) - bare


def _outdated(instance: InstanceResult) -> set[str]:
    """Whether its branch is no longer maintained or its release has known holes, as reasons of the check."""
    found = {f.reason for f in instance.findings if f.item == PATCH_LEVEL.item and f.status is Status.FAIL}
    return found & {Reason.END_OF_LIFE.value, Reason.VULNERABLE.value}
