"""A check and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Ref
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.status import Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a check may know besides the instance: the profile and the day of the sweep."""

    policy: Policy
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's status on one subject of one instance.

    ``reason`` is a key; the words come from the check's guide.toml, filled with ``params``. ``commands`` fix it on this
    host: shell lines with quoted paths, or XML lines to put in; they need no translation.
    """

    status: Status
    reason: StrEnum
    subject: str
    refs: tuple[Ref, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    notes: tuple[StrEnum, ...] = ()  # further reasons of the same check that qualify the status


Judge: TypeAlias = Callable[[Instance, Context], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One item of the guide. ``slug`` is the folder name."""

    item: str  # WT-01
    slug: str
    severity: Severity
    reasons: type[StrEnum]
    judge: Judge
