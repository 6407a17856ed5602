"""What the property tests look at: verdicts of sound hosts, and when one verdict is better than another."""

from __future__ import annotations

from functools import cache

from tests import stock
from tests.verdict import result_of
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.result import EvidenceRow, TargetResult
from tomcat_fleet.model.status import WORST_FIRST, Status

LAYOUTS = ("good-10.1", "good-9.0", "good-11.0", "debian")
# States a version that the jar states too: where it is not there, or states nothing, the verdict stands on the rest.
CORROBORATING = ("RELEASE-NOTES", "ServerInfo.properties", "MANIFEST.MF")
GOOD_STATUSES = frozenset({Status.PASS, Status.NOT_APPLICABLE})


@cache
def evidence(layout: str) -> Evidence:
    """What a collector would bring from a host of this layout."""
    return stock.named(layout).evidence()


def verdicts(result: TargetResult) -> dict[tuple[str, str], Status]:
    """Verdict of each item of each instance."""
    return {(one.base, item): status for one in result.instances for item, status in one.verdicts.items()}


@cache
def before(layout: str) -> dict[tuple[str, str], Status]:
    """Verdicts of the untouched host."""
    return verdicts(result_of(evidence(layout)))


@cache
def rows(layout: str) -> dict[tuple[str, str], tuple[EvidenceRow, ...]]:
    """What the passes of each item of the untouched host rest on."""
    found: dict[tuple[str, str], tuple[EvidenceRow, ...]] = {}
    for instance in result_of(evidence(layout)).instances:
        for one in (one for one in instance.findings if one.status is Status.PASS):
            key = (instance.base, one.item)
            found[key] = (*found.get(key, ()), *one.evidence)
    return {key: found.get(key, ()) for key in before(layout)}


def findings(result: TargetResult) -> set[tuple[str, str, str, str, str]]:
    """What is said, without line numbers and hashes."""
    return {
        (instance.base, one.item, one.status.value, one.reason, one.subject)
        for instance in result.instances
        for one in instance.findings
    }


def improved(layout: str, after: TargetResult) -> dict[tuple[str, str], str]:
    """Items that less evidence made look better, and defects of a check."""
    out: dict[tuple[str, str], str] = {}
    for key, status in verdicts(after).items():
        old = before(layout).get(key)
        to_pass = status is Status.PASS and old is not Status.PASS
        to_nothing = status is Status.NOT_APPLICABLE and old is not Status.NOT_APPLICABLE
        if status is Status.ERROR or to_pass or to_nothing:
            out[key] = f"{old} -> {status}"
    return out


def no_better(worse: Status, than: Status) -> bool:
    """Whether the first verdict is at most as good as the second."""
    return WORST_FIRST.index(worse) <= WORST_FIRST.index(than)


def host(layout: str) -> VirtualHost:
    """A fresh host of the layout."""
    return stock.named(layout)
