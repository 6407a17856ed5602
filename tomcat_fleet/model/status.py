"""The vocabularies of verdicts and of targets."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Status(StrEnum):
    """Status of a finding, of an item on an instance, of an item on a host."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    ERROR = "error"


WORST_FIRST = (
    Status.FAIL,
    Status.ERROR,
    Status.UNKNOWN,
    Status.MANUAL,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


def worst(statuses: Iterable[Status]) -> Status:
    """The status that decides a group; ``ERROR`` for an empty group, for silence proves nothing."""
    present = set(statuses)
    return next((status for status in WORST_FIRST if status in present), Status.ERROR)


class Severity(StrEnum):
    """The guide's 상, 중, 하."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Outcome(StrEnum):
    """What became of one target."""

    AUDITED = "audited"
    PARTIAL = "partial"  # reached, some evidence missing
    NO_TOMCAT = "no_tomcat"  # reached, complete evidence of absence
    UNREACHABLE = "unreachable"
    SSH_FAILED = "ssh_failed"
    HOSTKEY_UNKNOWN = "hostkey_unknown"
    HOSTKEY_CHANGED = "hostkey_changed"
    AUTH_FAILED = "auth_failed"
    JUMP_FAILED = "jump_failed"
    TIMEOUT = "timeout"
    COLLECTOR_FAILED = "collector_failed"
    NOT_RUN = "not_run"


COMPLETE = frozenset({Outcome.AUDITED, Outcome.NO_TOMCAT})  # an instance that is missing there is gone
REACHED = frozenset({Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT})
