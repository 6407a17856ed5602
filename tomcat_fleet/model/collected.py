"""What one conversation with a collector brings."""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.result import MethodResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Evidence of one target and how it was gathered."""

    evidence: Evidence
    method: MethodResult
