"""What a plan means in the words of the report."""

from __future__ import annotations

from dataclasses import fields

from tomcat_fleet import __version__
from tomcat_fleet.guide.book import EDITION
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.model.result import TableResult
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.sweep.plan import SweepPlan


def facts(plan: SweepPlan, started: str) -> SweepFacts:
    """Facts that every page prints."""
    return SweepFacts(
        sweep=plan.sweep,
        started=started,
        tool=__version__,
        guide=EDITION,
        advisories_date=plan.tables.date,
        tables={
            name: TableResult(date=one.date, sha256=one.sha256, source=one.place)
            for name, one in sorted(plan.tables.origins.items())
        },
        policy=policy_text(plan.policy),
        inventory_sha256=dict(plan.inventory_files),
        limit=plan.limit,
    )


def policy_text(policy: Policy) -> dict[str, str]:
    """Every policy value as text; an unset one is ``""``."""
    return {field.name: _text(getattr(policy, field.name)) for field in fields(policy)}


def _text(value: object) -> str:
    if isinstance(value, ManagerRequired):
        return f"{value.who}; {value.why}; {value.until}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
