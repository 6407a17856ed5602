"""Small tables of releases and advisories for tests, as an operator would write them."""

from __future__ import annotations

import json
from typing import Any


def advisory(cve: str, first: str, last: str, fixed: str | None, *, severity: str = "important") -> dict[str, Any]:
    """One row that affects one branch."""
    branch = ".".join(first.split(".")[:2])
    return {
        "cve": cve,
        "severity": severity,
        "title": "A flaw",
        "affected": [{"branch": branch, "first": first, "last": last}],
        "fixed_in": {branch: fixed},
        "date_public": "2026-10-01",
    }


def advisories(*rows: dict[str, Any], date: str = "2026-11-01", **other: Any) -> dict[str, Any]:
    """An advisories table."""
    found = rows or (advisory("CVE-2026-99001", "10.1.0-M1", "10.1.60", "10.1.61"),)
    return {"schema": "tomcat-fleet/advisories/1", "date": date, "readme": [], "advisories": list(found)} | other


def release(version: str, *, released: bool | None = True, date: str | None = None) -> dict[str, Any]:
    """One row of a branch."""
    return {"version": version, "released": released, "date": date}


def branch(name: str, *rows: dict[str, Any], latest: str, **other: Any) -> dict[str, Any]:
    """One branch."""
    return {"branch": name, "status": "supported", "eol_date": None, "latest": latest, "releases": list(rows)} | other


def releases(*rows: dict[str, Any], date: str = "2026-11-01", **other: Any) -> dict[str, Any]:
    """A releases table."""
    found = rows or (branch("10.1", release("10.1.60"), release("10.1.61"), latest="10.1.61"),)
    return {"schema": "tomcat-fleet/releases/1", "date": date, "readme": [], "branches": list(found)} | other


def text(table: dict[str, Any]) -> bytes:
    """The file: a row is a line of its own."""
    return json.dumps(table, indent=1).encode()
