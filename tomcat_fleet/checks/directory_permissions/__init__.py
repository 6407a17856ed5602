"""WT-06: web home directories within 0744, management directories within 0740, owned by the service account."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.holding import as_finding, judge_stored, judge_tree, not_collected, unread
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.permission import Rule, mode_text, octal, owner_text
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.storage import Role, Stored

WEB_LIMIT = 0o744
ADMIN_LIMIT = 0o740


class Reason(StrEnum):
    """Everything this check can say."""

    PROTECTED = "protected"
    TREE_PROTECTED = "tree-protected"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    WRITE = "write"
    EXCESS_RX = "excess-rx"
    EXCESS_GX_ONLY = "excess-gx-only"
    FOREIGN_OWNER = "foreign-owner"
    TREE_FOREIGN_OWNER = "tree-foreign-owner"
    OWNER_UNKNOWN = "owner-unknown"
    ACL_PRESENT = "acl-present"
    UPLOAD_GROUP = "upload-group"
    SCRATCH = "scratch"
    ROOT_OWNER = "root-owner"
    LINKED = "linked"
    TREE_COUNT = "tree-count"
    TREE_LINKS = "tree-links"
    DIRECTORY_BITS = "directory-bits"
    GX_ACCEPTED = "gx-accepted"
    UPLOAD_ACCEPTED = "upload-accepted"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per directory named, one per tree searched."""
    named = instance.directories
    rule = Rule(
        limit=ADMIN_LIMIT,
        owners=instance.owners,
        policy=context.policy,
        upload_dirs=context.policy.upload_dirs,
        groups=_groups(instance),
    )
    if isinstance(named, Unknown):
        yield unread(Reason, named)
    elif not any(stored.role is Role.ADMIN_HOME for stored in named.value):
        yield not_collected(Reason, instance.base)
    else:
        for stored in named.value:
            yield from _named(stored, rule)
    for tree in instance.directory_trees:
        yield as_finding(judge_tree(tree, rule), Reason)


def _named(stored: Stored, rule: Rule) -> Iterator[Finding]:
    if stored.role is Role.SCRATCH:
        yield from _scratch(stored)
        return
    limit = WEB_LIMIT if stored.role is Role.WEB_HOME else ADMIN_LIMIT
    held = Rule(
        limit=limit,
        owners=rule.owners,
        policy=rule.policy,
        upload_dirs=rule.upload_dirs,
        groups=rule.groups,
    )
    yield as_finding(judge_stored(stored, FileKind.DIRECTORY, held), Reason)


def _scratch(stored: Stored) -> Iterator[Finding]:
    """Show temp and work; the guide's criterion does not reach them, so what is not seen there is not missed."""
    if isinstance(stored.status, Known) and stored.status.value is not None:
        row = stored.status.value
        yield Finding(
            status=Status.NOT_APPLICABLE,
            reason=Reason.SCRATCH,
            subject=stored.path,
            refs=(row,),
            params={
                "path": stored.path,
                "mode": mode_text(row),
                "octal": octal(row.mode),
                "owner": owner_text(row.uid, row.user),
            },
        )


def _groups(instance: Instance) -> frozenset[int]:
    """Primary groups of the accounts that run the instance; empty when it is stopped or the account is not known."""
    daemons = instance.daemons.value if isinstance(instance.daemons, Known) else ()
    accounts = (daemon.account.value for daemon in daemons if isinstance(daemon.account, Known))
    return frozenset(account.gid for account in accounts if account is not None)


CHECK = Check(item="WT-06", slug="directory_permissions", severity=Severity.MEDIUM, reasons=Reason, judge=judge)
