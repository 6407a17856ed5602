"""The fault of one image: files that are the same on several hosts, byte for byte, and what they make fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tomcat_fleet.model.result import FindingResult, InstanceResult, TargetResult
from tomcat_fleet.model.status import Status

LISTED = 10  # files that the page names
_REMEMBERED = 20_000  # distinct files of a sweep, whatever hostile hosts send
_OF_ONE_HOST = 200


@dataclass(slots=True)
class Alike:
    """One file: how many hosts have it, the items that fail because of it, and the first host by name."""

    place: str
    sha256: str
    hosts: int = 0
    items: set[str] = field(default_factory=set)
    example: tuple[str, str] = ("", "")  # target, slug


@dataclass(slots=True)
class Images:
    """Collects them, in any order of the hosts and in bounded memory."""

    _files: dict[tuple[str, str], Alike] = field(default_factory=dict)  # (place, SHA-256)

    def add(self, result: TargetResult) -> None:
        """Count one host."""
        found: dict[tuple[str, str], set[str]] = {}
        for instance, finding in failing(result):
            for key in _files(instance, finding):
                if key in found or len(found) < _OF_ONE_HOST:
                    found.setdefault(key, set()).add(finding.item)
        for key, items in found.items():
            if key not in self._files and len(self._files) >= _REMEMBERED:
                continue
            known = self._files.setdefault(key, Alike(*key))
            known.hosts += 1
            known.items |= items
            host = (result.target, result.slug)
            known.example = min(known.example, host) if known.hosts > 1 else host

    def alike(self) -> tuple[Alike, ...]:
        """Files of two hosts or more, those on most hosts first."""
        found = (file for file in self._files.values() if file.hosts > 1)
        return tuple(sorted(found, key=lambda file: (-file.hosts, -len(file.items), file.place, file.sha256)))


def failing(result: TargetResult) -> Iterator[tuple[InstanceResult, FindingResult]]:
    """Every failing finding of ``result`` with its instance."""
    for instance in result.instances:
        yield from ((instance, finding) for finding in instance.findings if finding.status is Status.FAIL)


def place(subject: str, instance: InstanceResult) -> str:
    """The same for every host that is made alike, wherever its instance lies."""
    for name, root in (("$CATALINA_BASE", instance.base), ("$CATALINA_HOME", instance.home)):
        if root and f"{subject}/".startswith(f"{root.rstrip('/')}/"):
            return name + subject[len(root.rstrip("/")) :]
    return subject


def _files(instance: InstanceResult, finding: FindingResult) -> Iterator[tuple[str, str]]:
    for row in finding.evidence:
        if row.kind == "file" and row.sha256:
            yield place(row.source, instance), row.sha256
