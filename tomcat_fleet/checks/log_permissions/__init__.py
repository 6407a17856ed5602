"""WT-12: access and container logs exist; log directories stay within 0740 and log files within 0640."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.holding import as_finding, judge_stored, judge_tree, not_collected, unread
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.permission import Rule
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.storage import AccessLog, Logs, LogTarget

DIRECTORY_LIMIT = 0o740
VALVE = (
    '<Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access." suffix=".log"'
    ' pattern="combined" />'
)
SHOWN = 5  # log files named as evidence that logs exist


class Reason(StrEnum):
    """Everything this check can say."""

    EXISTENCE = "existence"
    ACCESS_PRESENT = "access-present"
    ACCESS_NO_FILE = "access-no-file"
    ACCESS_ELSEWHERE = "access-elsewhere"
    ERROR_PRESENT = "error-present"
    ERROR_NO_FILE = "error-no-file"
    ERROR_ELSEWHERE = "error-elsewhere"
    PROTECTED = "protected"
    TREE_PROTECTED = "tree-protected"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    WRITE = "write"
    EXCESS_RX = "excess-rx"
    EXCESS_GX_ONLY = "excess-gx-only"
    SPECIAL_BITS = "special-bits"
    EXCESS_WRITE = "excess-write"
    EXCESS_OTHER_READ = "excess-other-read"
    EXCESS_GROUP_READ = "excess-group-read"
    EXCESS_EXECUTE = "excess-execute"
    FOREIGN_OWNER = "foreign-owner"
    TREE_FOREIGN_OWNER = "tree-foreign-owner"
    OWNER_UNKNOWN = "owner-unknown"
    ACL_PRESENT = "acl-present"
    ROOT_OWNER = "root-owner"
    LINKED = "linked"
    TREE_COUNT = "tree-count"
    TREE_LINKS = "tree-links"
    DIRECTORY_BITS = "directory-bits"
    GX_ACCEPTED = "gx-accepted"
    UMASK = "umask"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per access log, one for the container log, one per log directory and per tree of log files."""
    logs = instance.logs
    yield from _access(logs, f"{instance.base}/conf/server.xml")
    yield _error(logs, instance.base)
    if _writes_files(logs) and not (logs.directories and logs.trees):
        yield not_collected(Reason, f"{instance.base}/logs")
    rule = Rule(limit=DIRECTORY_LIMIT, owners=instance.owners, policy=context.policy)
    for stored in logs.directories:
        yield as_finding(judge_stored(stored, FileKind.DIRECTORY, rule), Reason)
    for tree in logs.trees:
        yield _with_umask(as_finding(judge_tree(tree, rule), Reason), logs.umask)


def _access(logs: Logs, server_xml: str) -> Iterator[Finding]:
    if isinstance(logs.access, Unknown):
        yield unread(Reason, logs.access)
        return
    if not logs.access.value:
        ref = Place(server_xml)
        refs = (ref, Observation(server_xml, "AccessLogValve: 0"))
        yield replace(_said(Status.FAIL, Reason.EXISTENCE, server_xml, refs), commands=(f"# {server_xml}", VALVE))
    for log in logs.access.value:
        yield _access_log(log)


def _access_log(log: AccessLog) -> Finding:
    subject = f"{log.directory.rstrip('/')}/{log.prefix}"
    if log.target is not LogTarget.FILE:
        return _said(Status.MANUAL, Reason.ACCESS_ELSEWHERE, log.place.path, (log.place,), target=log.target.value)
    if isinstance(log.files, Unknown):
        finding = unread(Reason, log.files)
        return replace(finding, refs=(log.place, *finding.refs))
    if not log.files.value:
        return _said(Status.MANUAL, Reason.ACCESS_NO_FILE, subject, (log.place, Place(log.directory)))
    files = tuple(Place(f"{log.directory.rstrip('/')}/{name}") for name in sorted(log.files.value)[-SHOWN:])
    refs = (log.place, *files)
    return _said(Status.PASS, Reason.ACCESS_PRESENT, subject, refs, count=str(len(log.files.value)))


def _error(logs: Logs, base: str) -> Finding:
    """Judge whether messages of the container are kept: the guide's error log."""
    missing = next((fact for fact in (logs.error_target, logs.error_files) if isinstance(fact, Unknown)), None)
    target = logs.error_target.value if isinstance(logs.error_target, Known) else None
    if target is not None and target is not LogTarget.FILE:
        ref = Observation("logging", target.value)
        return _said(Status.MANUAL, Reason.ERROR_ELSEWHERE, base, (ref,), target=target.value)
    if missing is not None:
        return unread(Reason, missing)
    files = sorted(logs.error_files.value) if isinstance(logs.error_files, Known) else []
    if not files:
        return _said(Status.MANUAL, Reason.ERROR_NO_FILE, f"{base}/logs", (Place(f"{base}/logs"),))
    refs = tuple(Place(path) for path in files[-SHOWN:])
    return _said(Status.PASS, Reason.ERROR_PRESENT, base, refs, count=str(len(files)), sample=files[-1])


def _writes_files(logs: Logs) -> bool:
    access = logs.access.value if isinstance(logs.access, Known) else ()
    return logs.error_target == Known(LogTarget.FILE) or any(log.target is LogTarget.FILE for log in access)


def _with_umask(finding: Finding, umask: str) -> Finding:
    if not umask or finding.status in {Status.NOT_APPLICABLE, Status.UNKNOWN}:
        return finding
    return replace(finding, notes=(*finding.notes, Reason.UMASK), params={**finding.params, "umask": umask})


def _said(status: Status, reason: Reason, subject: str, refs: tuple[Ref, ...], **params: str) -> Finding:
    return Finding(status=status, reason=reason, subject=subject, refs=refs, params={"path": subject} | params)


CHECK = Check(item="WT-12", slug="log_permissions", severity=Severity.HIGH, reasons=Reason, judge=judge)
