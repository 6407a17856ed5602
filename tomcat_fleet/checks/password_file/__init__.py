"""WT-04: only the service account may read the files that hold passwords."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Unknown
from tomcat_fleet.model.holding import as_finding, judge_stored, unread
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.permission import Rule
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.status import Severity, Status

LIMIT = 0o700


class Reason(StrEnum):
    """Everything this check can say."""

    PROTECTED = "protected"
    NO_FILES = "no-files"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    SPECIAL_BITS = "special-bits"
    EXCESS_WRITE = "excess-write"
    EXCESS_OTHER_READ = "excess-other-read"
    EXCESS_GROUP_READ = "excess-group-read"
    EXCESS_EXECUTE = "excess-execute"
    FOREIGN_OWNER = "foreign-owner"
    OWNER_UNKNOWN = "owner-unknown"
    ACL_PRESENT = "acl-present"
    ROOT_OWNER = "root-owner"
    ROOT_UNREADABLE = "root-unreadable"
    LINKED = "linked"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per user file, backup copy and JMX password file."""
    files = instance.password_files
    if isinstance(files, Unknown):
        yield unread(Reason, files)
        return
    if not files.value:
        conf = f"{instance.base}/conf"
        yield Finding(
            status=Status.NOT_APPLICABLE,
            reason=Reason.NO_FILES,
            subject=instance.base,
            refs=(Place(conf),),
            params={"path": conf},
        )
    rule = Rule(limit=LIMIT, owners=instance.owners, policy=context.policy)
    for stored in files.value:
        yield as_finding(judge_stored(stored, FileKind.FILE, rule), Reason)


CHECK = Check(item="WT-04", slug="password_file", severity=Severity.HIGH, reasons=Reason, judge=judge)
