"""metrics.prom: the sweep as gauges in Prometheus' text format, for the textfile collector of node_exporter.

Series of hosts are bounded: a metric names the worst hosts and says how many it does not name. There are no
timestamps, which the textfile collector refuses; the moments of the sweep are metrics of their own.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome, Severity, Status
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import verdicts
from tomcat_fleet.report.wording import Wording

MOST_HOSTS = 1_000  # named by a metric
_LONGEST = 200  # characters of a label


def write(file: BinaryIO, material: Material) -> None:
    """The document. Raises OSError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sweep(material))
    file.write(generate_latest(registry))


@dataclass(slots=True)
class _Named:
    """The hosts that a metric names: those with the highest weight, by name among equals."""

    hosts: list[tuple[tuple[int, ...], tuple[str, str, str], str]] = field(default_factory=list)
    total: int = 0

    def add(self, weight: tuple[int, ...], result: TargetResult) -> None:
        self.total += 1
        order = (*weight, -self.total)  # results come by name
        where = (_label(result.target), result.slug, _label(result.zone or ""))
        push = heapq.heappush if len(self.hosts) < MOST_HOSTS else heapq.heappushpop
        push(self.hosts, (order, where, result.outcome.value))

    @property
    def left_out(self) -> int:
        return self.total - len(self.hosts)


class _Sweep(Collector):
    def __init__(self, material: Material) -> None:
        self._material = material
        self._wording = material.wording

    def collect(self) -> Iterator[GaugeMetricFamily]:
        summary = self._material.summary
        yield from self._moments(summary)
        yield from self._counts(summary)
        yield from self._beside(summary)
        yield from self._hosts()

    def _gauge(self, name: str, word: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
        return _gauge(name, self._wording.own(f"metric.{word}", most=MOST_HOSTS), labels)

    def _one(self, name: str, word: str, value: float) -> GaugeMetricFamily:
        made = self._gauge(name, word)
        made.add_metric((), value)
        return made

    def _moments(self, summary: SweepSummary) -> Iterator[GaugeMetricFamily]:
        info = self._gauge("sweep_info", "info", ("sweep", "tool", "guide", "advisories"))
        info.add_metric(tuple(map(_label, (summary.sweep, summary.tool, summary.guide, summary.advisories_date))), 1)
        yield info
        yield self._one("sweep_start_timestamp_seconds", "started", _seconds(summary.started))
        yield self._one("sweep_end_timestamp_seconds", "finished", _seconds(summary.finished))
        yield self._one("sweep_complete", "complete", int(summary.complete))
        if summary.score is not None:
            yield self._one("score_percent", "score", summary.score)

    def _counts(self, summary: SweepSummary) -> Iterator[GaugeMetricFamily]:
        targets = self._gauge("targets", "targets", ("outcome",))
        for outcome in Outcome:
            targets.add_metric((outcome.value,), summary.outcomes.get(outcome, 0))
        yield targets
        yield self._one("instances", "instances", summary.instances)
        items = self._wording.guide.items
        counts = self._gauge("verdicts", "verdicts", ("item", "severity", "status"))
        waived = self._gauge("waived_failures", "waived", ("item", "severity"))
        for code, statuses in summary.items.items():
            severity = items[code].severity.value if code in items else ""
            waived.add_metric((code, severity), summary.waived.get(code, 0))
            for status in Status:
                counts.add_metric((code, severity, status.value), statuses.get(status, 0))
        yield counts
        yield waived

    def _beside(self, summary: SweepSummary) -> Iterator[GaugeMetricFamily]:
        states = Counter(use.state for use in summary.waivers)
        waivers = self._gauge("waivers", "waivers", ("state",))
        for state in ("in_force", "expiring", "expired"):
            waivers.add_metric((state,), states[state])
        yield waivers
        if summary.changes:
            changes = self._gauge("changed_verdicts", "changes", ("kind",))
            for kind in ("new", "fixed", "reopened"):
                changes.add_metric((kind,), getattr(summary.changes, kind))
            yield changes

    def _hosts(self) -> Iterator[GaugeMetricFamily]:
        failing, unfinished = _Named(), _Named()
        for result in self._material.results():
            weight = _failures(result, self._wording)
            if any(weight):
                failing.add(weight, result)
            if result.outcome not in COMPLETE:
                unfinished.add((), result)
        failures = self._gauge("target_failed_verdicts", "failures", ("target", "slug", "zone", "severity"))
        for weight, where, _ in sorted(failing.hosts, reverse=True):
            for severity, count in zip(Severity, weight, strict=False):
                failures.add_metric((*where, severity.value), count)
        yield failures
        incomplete = self._gauge("target_incomplete", "incomplete", ("target", "slug", "zone", "outcome"))
        for _, where, outcome in sorted(unfinished.hosts, reverse=True):
            incomplete.add_metric((*where, outcome), 1)
        yield incomplete
        left = self._gauge("targets_not_named", "left_out", ("metric",))
        left.add_metric((failures.name,), failing.left_out)
        left.add_metric((incomplete.name,), unfinished.left_out)
        yield left


def _failures(result: TargetResult, wording: Wording) -> tuple[int, ...]:
    found = Counter(each.item.severity for each in verdicts(result, wording.guide) if each.status is Status.FAIL)
    return tuple(found[severity] for severity in Severity)


def _gauge(name: str, text: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tomcat_fleet_{name}", text, labels=labels)


def _label(text: str) -> str:
    return shown(text).replace("\n", "\\n")[:_LONGEST]


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
