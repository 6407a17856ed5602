"""Whether the process still runs the jar that lies on the disk."""

from __future__ import annotations

import re

from tomcat_fleet.model.evidence import FileStatus, Process
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown

_CLOCK_GRACE = 60  # seconds: a package manager starts the service right after it unpacked
_CATALINA = re.compile(r"/(?:tomcat\d*-)?catalina(?:-\d[^/]*)?\.jar( \(deleted\))?$")


def restart_pending(running: Fact[bool], jvm: Process | None, jar: FileStatus) -> Fact[bool]:
    """Tell whether the process was started before the jar was replaced.

    A JVM keeps its jars open, and the kernel names them: a name that is gone, or another place than the present jar's
    (a link to the installation was turned), is an upgrade without a restart. Dates alone cannot show one, because tar
    and package managers give files the dates of their build; but a jar newer than its process always is one.
    """
    if isinstance(running, Unknown):
        return running
    if not running.value:
        return Known(value=False)
    seen = open_jars(jvm)
    if seen and jar.real_path not in seen:
        return Known(value=True)
    if jvm is None or jvm.started is None or not jar.mtime:
        return Unknown(Gap.NOT_COLLECTED, "process start time")
    return Known(value=jar.mtime > jvm.started + _CLOCK_GRACE)


def open_jars(jvm: Process | None) -> frozenset[str]:
    """Copies of catalina.jar that the process has open, as far as that could be seen."""
    return frozenset(path for path in (jvm.jars or () if jvm else ()) if _CATALINA.search(path))
