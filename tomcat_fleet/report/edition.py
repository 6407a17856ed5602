"""The versions of a fleet, and which of them are past their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.checks.patch_level import Reason
from tomcat_fleet.model.status import WORST_FIRST, Status

LISTED = 30  # versions and branches that the page names


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version and its patch verdicts."""

    name: str  # "" when it is not known
    instances: int
    statuses: Mapping[Status, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch with instances that get no more fixes, or whose release has known holes."""

    name: str  # 9.0
    ended: int  # instances of a branch whose support is over
    vulnerable: int  # instances of a supported branch that need a newer release
    versions: tuple[tuple[str, int], ...]  # the outdated ones with their instances, at most LISTED


def versions(counts: Mapping[str, Counter[Status]]) -> tuple[Version, ...]:
    """All versions in ascending order."""
    return tuple(
        Version(
            name=name,
            instances=counts[name].total(),
            statuses={status: counts[name][status] for status in WORST_FIRST if counts[name][status]},
        )
        for name in sorted(counts, key=version_key)
    )


def outdated(counts: Mapping[str, Counter[str]]) -> tuple[Branch, ...]:
    """Branches by the instances on them that must move, most first."""
    return tuple(sorted(_outdated(counts), key=lambda one: (-one.ended - one.vulnerable, one.name)))


def version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    """Sorts 9.0.20 before 9.0.100."""
    parts = version.replace("-", ".").split(".")
    return tuple((0, int(part)) if part.isascii() and part.isdigit() else (1, part) for part in parts)


def _outdated(counts: Mapping[str, Counter[str]]) -> Iterator[Branch]:
    branches: dict[str, list[str]] = {}
    for version in sorted(counts, key=version_key):
        if counts[version].total():
            branches.setdefault(_branch(version), []).append(version)
    for name, members in branches.items():
        ended, vulnerable = (
            sum(counts[version][reason.value] for version in members)
            for reason in (Reason.END_OF_LIFE, Reason.VULNERABLE)
        )
        listed = tuple((version, max(counts[version].values())) for version in members[:LISTED])
        yield Branch(name=name, ended=ended, vulnerable=vulnerable, versions=listed)


def _branch(version: str) -> str:
    parts: Sequence[str] = version.split(".")
    return ".".join(parts[:2])
