"""What a plan means in the words of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from tomcat_fleet import __version__
from tomcat_fleet.guide.book import EDITION
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.model.result import TableResult
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.tomcat.table import Tables


def facts(plan: SweepPlan, started: str) -> SweepFacts:
    """Facts that every page prints."""
    files = {**plan.inventory_files, **dict(plan.waivers.files)}
    found = facts_of(plan.sweep, started, plan.policy, plan.tables, files, plan.limit)
    return replace(found, runs=plan.runs, series=plan.series, day=plan.today.isoformat())


def facts_of(
    sweep: str, started: str, policy: Policy, tables: Tables, inventory: Mapping[str, str], limit: str | None
) -> SweepFacts:
    """The same, of a sweep whose plan is gone."""
    return SweepFacts(
        sweep=sweep,
        started=started,
        tool=__version__,
        guide=EDITION,
        advisories_date=tables.date,
        tables={
            name: TableResult(date=one.date, sha256=one.sha256, source=one.place)
            for name, one in sorted(tables.origins.items())
        },
        policy=policy_text(policy),
        inventory_sha256=dict(inventory),
        limit=limit,
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
