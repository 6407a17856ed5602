"""What the pages say of the sweep itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tomcat_fleet.model.result import TableResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFacts:
    """Known before the first connection; printed on every page and kept in summary.json."""

    sweep: str  # id of the sweep
    started: str  # 2026-11-23T17:50:14Z, the auditor's clock
    tool: str  # version of tomcat-fleet
    guide: str  # edition of the guide
    advisories_date: str  # 2026-11-23: day up to which the patch tables are complete
    tables: Mapping[str, TableResult] = field(default_factory=dict)  # advisories, releases: what was compared with
    policy: Mapping[str, str] = field(default_factory=dict)  # every judging parameter, as text
    inventory_sha256: Mapping[str, str] = field(default_factory=dict)  # file -> hash
    limit: str | None = None
    series: str = ""  # sweeps that are compared with each other
    day: str = ""  # 2026-11-24: of the auditor's calendar, by which is judged and waivers run out
    runs: int = 1  # more when the sweep was interrupted and gone on with: passwords compare within one run
