"""The auditor's clock and the names made from it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """``2026-11-23T17:50:14Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sweep_id(moment: datetime) -> str:
    """``20261123T175014Z-4f0a``: sorts by time, distinct when two sweeps start in one second."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
