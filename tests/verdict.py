"""From a described host to verdicts, through the whole model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tests.virtual_host import TODAY, VirtualHost
from tomcat_fleet.checks import ALL
from tomcat_fleet.evaluate.result import audited
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import FindingResult, MethodResult, TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Settings, examine
from tomcat_fleet.tomcat.table import Tables, bundled

TARGET = Target(name="virtual", address="192.0.2.1")
ITEMS = tuple(check.item for check in ALL)


def result_of(
    evidence: Evidence,
    *,
    target: Target = TARGET,
    policy: Policy | None = None,
    today: date = TODAY,
    tables: Tables | None = None,
) -> TargetResult:
    """What a sweep says of this evidence."""
    policy = policy or Policy()
    examination = examine(evidence, target, Settings(policy=policy, today=today, tables=tables or bundled()))
    return audited(
        Collected(evidence=evidence, method=MethodResult(transport="virtual")),
        target,
        examination,
        Context(policy=policy, today=today),
        sweep="20261123T120000Z-0000",
        slug="virtual-00000000",
        started="2026-11-23T12:00:00Z",
        duration_s=0.1,
    )


def audit(
    host: VirtualHost,
    *,
    target: Target = TARGET,
    policy: Policy | None = None,
    today: date = TODAY,
    tables: Tables | None = None,
) -> TargetResult:
    """Collect from a described host and judge."""
    settings = Settings(policy=policy or Policy(), today=today)
    return result_of(host.evidence(target, settings), target=target, policy=policy, today=today, tables=tables)


def of_item(result: TargetResult, item: str) -> tuple[FindingResult, ...]:
    """All findings of one item, over all instances."""
    return tuple(f for instance in result.instances for f in instance.findings if f.item == item)


def table(verdicts: Iterable[tuple[str, Status]] | dict[str, Status]) -> dict[str, str]:
    """Verdicts as plain text, for comparison."""
    return {item: status.value for item, status in dict(verdicts).items()}
