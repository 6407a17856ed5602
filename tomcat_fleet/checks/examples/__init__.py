"""WT-10: Tomcat's example applications are not on the server."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Ref
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.web import Residue


class Reason(StrEnum):
    """Everything this check can say; the names of ResidueKind tell how the examples are present."""

    ABSENT = "absent"
    DIRECTORY = "directory"
    LINK = "link"
    ARCHIVE = "archive"
    DESCRIPTOR = "descriptor"
    CONTEXT = "context"
    RENAMED = "renamed"
    JAR = "jar"
    UNREADABLE = "unreadable"
    NOT_SERVED = "not-served"


def judge(instance: Instance, _context: Context) -> Iterator[Finding]:
    """One finding per thing found: existence decides, whether or not Tomcat serves it."""
    examples = instance.examples
    if isinstance(examples, Unknown):
        params = {"file": examples.source, "gap": examples.gap.value}
        yield Finding(
            status=Status.UNKNOWN, reason=Reason.UNREADABLE, subject=instance.base, refs=(examples,), params=params
        )
        return
    if not examples.value:
        absent = Observation(instance.base, "examples|jsp-examples|servlets-examples: 0")
        refs: tuple[Ref, ...] = (*instance.searched, absent)
        params = {"base": instance.base}
        yield Finding(status=Status.PASS, reason=Reason.ABSENT, subject=instance.base, refs=refs, params=params)
    for residue in examples.value:
        yield _present(instance, residue)


def _present(instance: Instance, residue: Residue) -> Finding:
    return Finding(
        status=Status.FAIL,
        reason=Reason(residue.kind.value),
        subject=residue.path,
        refs=(residue.place,),
        params={"path": residue.path, "name": residue.name, "place": str(residue.place)},
        commands=residue.removal((instance.base, instance.home)),
        notes=(Reason.NOT_SERVED,) if residue.deployed == Known(value=False) else (),
    )


CHECK = Check(item="WT-10", slug="examples", severity=Severity.LOW, reasons=Reason, judge=judge)
