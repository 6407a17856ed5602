"""What a sweep was begun with: enough to go on with it, and to judge its evidence again as it did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import msgspec

from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.table import AdvisoryTable, Origin, ReleaseTable, Tables, tables

UNREADABLE: Final = (msgspec.MsgspecError, ValueError)  # what damaged JSON raises; UTF-8 has an error of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything that was decided before the first connection and has a part in verdicts."""

    sweep: str
    started: str
    today: date  # the auditor's day, by which ages are told
    tool: str  # version of tomcat-fleet
    collector: str  # version and hash of the script
    limit: str | None
    inventory_sha256: Mapping[str, str]
    policy: Policy
    advisories: AdvisoryTable
    releases: ReleaseTable
    origins: Mapping[str, Origin]

    @property
    def tables(self) -> Tables:
        """The patch tables, indexed."""
        return tables(self.advisories, self.releases, self.origins)


def encoded(opening: Opening) -> bytes:
    """As JSON."""
    return msgspec.json.encode(opening)


def decoded(raw: bytes) -> Opening:
    """From JSON. Raises UNREADABLE."""
    return msgspec.json.decode(raw, type=Opening)


def kept(target: Target) -> Target:
    """``target`` without what is nobody's business later: how to log in, and variables, which may hold anything."""
    return replace(
        target,
        user=None,
        key_files=(),
        key_passphrase=None,
        password=None,
        use_agent=False,
        host_key_alias=None,
        become=replace(target.become, password=None) if target.become else None,
        source="",
        variables={},
    )


def fingerprint(target: Target) -> str:
    """A hash of what decides where a target is and how it is judged; the way of logging in may change in between."""
    become = replace(target.become, password=None) if target.become else None
    part = (
        target.address, target.port, target.transport, target.jump, become, target.instances, target.discover,
        target.was_accounts, target.os, target.zone, target.groups,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(part)).hexdigest()
