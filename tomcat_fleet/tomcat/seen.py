"""Things noticed on a target that are listed in the report and not audited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SeenKind(StrEnum):
    """Why something is listed and not audited."""

    EMBEDDED = "embedded"  # a JVM that carries Tomcat, or may, inside its own archive
    CONTAINER = "container"  # a Tomcat whose paths are those of a container or chroot
    CUT = "process"  # a JVM whose command line could not be read to its end
    CANDIDATE = "candidate"  # a conf/server.xml that is not Tomcat's
    TEMPLATE = "template"  # the skeleton from which a package makes instances
    UNIT = "unit"  # a unit that names no base, or one that does not exist
    UNLISTED = "unlisted"  # found, but the inventory restricts the audit to its own list
    DEFECT = "defect"  # an instance that a defect of ours kept from being examined


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Seen:
    """One such thing. ``subject`` is a path or a process, ``detail`` one line of facts."""

    kind: str
    subject: str
    detail: str = ""
