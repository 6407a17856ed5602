"""From the evidence of one target to its instances, as Tomcat itself would see them. Pure: no I/O, no clock."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import PurePath

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.evidence import Evidence, Question
from tomcat_fleet.model.fact import Fact, Gap, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.assembly import Settings, assemble
from tomcat_fleet.tomcat.discovery import Seed, discover
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.seen import Seen, SeenKind

__all__ = ["Examination", "Seen", "SeenKind", "Settings", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything that the evidence says. ``wanted`` holds what the collector should still be asked."""

    instances: tuple[Instance, ...]
    seen: tuple[Seen, ...]
    wanted: frozenset[Question]
    absence: Fact[None]  # Known: proven that nothing but ``instances`` is Tomcat; Unknown says why not
    gaps: tuple[Unknown, ...] = ()  # why there may be more instances, or why one is missing here


def examine(evidence: Evidence, target: Target, settings: Settings) -> Examination:
    """Instances of the target in order of their paths. The same evidence gives the same result.

    Raises ``TargetError`` for evidence that would keep us busy for longer than any honest target does.
    """
    reader = Reader(evidence)
    found = discover(reader, target)
    built = tuple(_build(reader, seed, target, settings) for seed in found.seeds)
    defects = tuple(item for item in built if isinstance(item, Seen))
    gaps = (*found.gaps, *(Unknown(Gap.FAILED, item.subject, item.detail) for item in defects))
    return Examination(
        instances=tuple(item for item in built if isinstance(item, Instance)),
        seen=tuple(sorted((*found.seen, *defects))),
        wanted=frozenset(reader.wanted),
        absence=gaps[0] if defects else found.absence,
        gaps=gaps,
    )


def _build(reader: Reader, seed: Seed, target: Target, settings: Settings) -> Instance | Seen:
    """Assemble one instance; a defect of ours costs that instance and is listed, the others go on."""
    try:
        return assemble(reader, seed, target, settings)
    except TargetError:
        raise
    except Exception as exc:  # noqa: BLE001 - the evidence of one instance must not lose the others
        return Seen(kind=SeenKind.DEFECT, subject=seed.base, detail=_where(exc))


def _where(exc: Exception) -> str:
    """Name the exception and the line of ours that raised it, never its text: that may quote the target."""
    frames = traceback.extract_tb(exc.__traceback__)
    last = frames[-1]
    return f"{type(exc).__name__} at {PurePath(last.filename).name}:{last.lineno}"
