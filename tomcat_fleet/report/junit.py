"""junit.xml: a suite for every host, a case for every item on every instance, as CI servers show test results.

A failure stays a failure when it is waived. What is not known and what went wrong are errors, what a person must judge
and what does not exist are skipped; the type of each is the status. A host that was not fully audited has a case of its
own that is an error, so that its absence cannot pass for success.
"""

from __future__ import annotations

from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from junitparser import Error, Failure, Properties, Property, Skipped, TestCase, TestSuite

from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome, Status
from tomcat_fleet.report import detail
from tomcat_fleet.report.cell import shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.verdict import Verdict, verdicts
from tomcat_fleet.report.wording import Wording

_RESULTS = {
    Status.FAIL: Failure,
    Status.UNKNOWN: Error,
    Status.ERROR: Error,
    Status.MANUAL: Skipped,
    Status.NOT_APPLICABLE: Skipped,
}


def write(file: BinaryIO, material: Material) -> None:
    """The document, one suite in memory at a time. Raises OSError."""
    counts = "".join(f' {name}="{number}"' for name, number in _totals(material.summary).items())
    name = quoteattr(shown(f"tomcat-fleet {material.summary.sweep}"))
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name}{counts}>\n'.encode())
    file.writelines(_bytes(_suite(result, material.wording)) + b"\n" for result in material.results())
    file.write(b"</testsuites>\n")


def _totals(summary: SweepSummary) -> dict[str, int]:
    statuses, outcomes = summary.statuses, summary.outcomes
    unfinished = sum(count for outcome, count in outcomes.items() if outcome not in COMPLETE)
    empty = outcomes.get(Outcome.NO_TOMCAT, 0)
    return {
        "tests": sum(statuses.values()) + unfinished + empty,
        "failures": statuses[Status.FAIL],
        "errors": statuses[Status.UNKNOWN] + statuses[Status.ERROR] + unfinished,
        "skipped": statuses[Status.MANUAL] + statuses[Status.NOT_APPLICABLE] + empty,
    }


def _suite(result: TargetResult, wording: Wording) -> TestSuite:
    suite = TestSuite(shown(result.target))
    suite.hostname = shown(result.address)
    suite.timestamp = result.started.removesuffix("Z")
    for key, value in (("slug", result.slug), ("zone", result.zone or ""), ("outcome", result.outcome.value)):
        suite.add_property(key, shown(value))
    cases = [_case(result, verdict, wording) for verdict in verdicts(result, wording.guide)]
    suite.add_testcases([*_host(result, wording), *cases])
    suite.time = result.duration_s
    return suite


def _host(result: TargetResult, wording: Wording) -> list[TestCase]:
    if result.outcome is Outcome.AUDITED:
        return []
    made = TestCase(wording.own("host.audit"), classname=shown(result.target))
    kind = Skipped if result.outcome is Outcome.NO_TOMCAT else Error
    made.result = [kind(_line(detail.outcome(result, wording)), result.outcome.value)]
    return [made]


def _case(result: TargetResult, verdict: Verdict, wording: Wording) -> TestCase:
    title = f"{verdict.item.item} {wording.of(verdict.item.title)}"
    made = TestCase(shown(title), classname=shown(f"{result.target} {verdict.instance.base}"))
    known = {
        "item": verdict.item.item,
        "status": verdict.status.value,
        "severity": verdict.item.severity.value,
        "instance": verdict.instance.base,
        "version": verdict.instance.version or "",
        **{f"waiver-{at}": f"{one.who} · {one.why} · {one.until}" for at, one in enumerate(verdict.waivers, 1)},
        **({"waived": "true"} if verdict.waived else {}),
    }
    properties = Properties()  # type: ignore[no-untyped-call]
    for key, value in known.items():
        properties.add_property(Property(key, shown(value)))
    made.append(properties)  # type: ignore[no-untyped-call]
    if verdict.status in _RESULTS:
        said = "\n".join(dict.fromkeys(wording.of(one.message) for one in verdict.findings))
        told = _RESULTS[verdict.status](_line(said or wording.status(verdict.status).text), verdict.status.value)
        told.text = shown(detail.account(verdict.findings, wording))
        made.result = [told]
    return made


def _line(text: str) -> str:
    return shown(text).replace("\n", " / ")


def _bytes(suite: TestSuite) -> bytes:
    made = suite.tostring()  # type: ignore[no-untyped-call]
    return made if isinstance(made, bytes) else str(made).encode()
