"""Whether the patch tables and the templates of the reports can be used, and how old the tables are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tomcat_fleet.doctor.finding import Finding, of_faults, ok, warning
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.report.template import environment
from tomcat_fleet.sweep.installed import tables_in_use
from tomcat_fleet.tomcat.table import bundled

OLD_DAYS = 60


def newest() -> date:
    """Day of the table that came with this release: a day that has been."""
    return date.fromisoformat(bundled().date)


def tables(directory: Path, today: date) -> Iterator[Finding]:
    """Judge the age of the tables in use; ``directory`` holds those that were installed."""
    try:
        found = tables_in_use(directory, today)
    except ConfigError as error:
        yield from of_faults("tables", error.faults)
        return
    days = (today - date.fromisoformat(found.date)).days
    known = {"date": found.date, "days": days, "limit": Policy().advisories_max_age_days}
    yield warning("tables", "tables_old", **known) if days > OLD_DAYS else ok("tables", "tables_ok", **known)


def templates(lang: str, override: Path | None) -> Iterator[Finding]:
    """Compile them."""
    try:
        environment(lang, override)
    except ConfigError as error:
        yield from of_faults("templates", error.faults)
    else:
        yield ok("templates", "templates_ok")
