"""Which of several processes that name one base are believed.

Anyone may start a process that names any base, and its options say which files are read. So where one of them runs as
the base's owner or as root, only such are believed; where none does, all must run as one account.
"""

from __future__ import annotations

from collections.abc import Iterable

from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.fact import Known
from tomcat_fleet.tomcat.process import Launch
from tomcat_fleet.tomcat.reader import Reader

_JVMS = frozenset({DaemonKind.JAVA, DaemonKind.JSVC_CHILD})


def believed(reader: Reader, base: str, launches: Iterable[Launch]) -> tuple[Launch, ...]:
    """Processes that hold a JVM of ``base``, by pid; those of other accounts left out beside its owner's and root's."""
    jvms = tuple(sorted((one for one in launches if one.kind in _JVMS), key=lambda one: one.process.pid))
    trusted = {0, *_owner(reader, base)}
    return tuple(one for one in jvms if one.process.uid in trusted) or jvms


def leading(reader: Reader, base: str, jvms: tuple[Launch, ...]) -> Launch | None:
    """The process whose options count; None when there is none, or when several accounts claim the base alike."""
    trusted = {0, *_owner(reader, base)}
    accounts = {one.process.uid for one in jvms}
    return jvms[0] if jvms and (len(accounts) == 1 or accounts <= trusted) else None


def _owner(reader: Reader, base: str) -> tuple[int, ...]:
    status = reader.status(base)
    return (status.value.uid,) if isinstance(status, Known) and status.value else ()
