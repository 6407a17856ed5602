"""WT-07: sources within 0644, configuration within 0700, start scripts writable by their owner alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Unknown
from tomcat_fleet.model.holding import as_finding, judge_stored, judge_tree, not_collected, unread
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.permission import Rule
from tomcat_fleet.model.status import Severity
from tomcat_fleet.model.storage import Role

CONFIG_LIMIT = 0o700
LIMITS = {Role.SOURCE: 0o644, Role.SCRIPT: 0o755}


class Reason(StrEnum):
    """Everything this check can say."""

    PROTECTED = "protected"
    TREE_PROTECTED = "tree-protected"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
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
    ROOT_UNREADABLE = "root-unreadable"
    LINKED = "linked"
    TREE_COUNT = "tree-count"
    TREE_LINKS = "tree-links"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per tree, and one per configuration file that lies outside conf."""
    if not instance.config_trees:
        yield not_collected(Reason, f"{instance.base}/conf")
    for tree in (*instance.config_trees, *instance.script_trees, *instance.source_trees):
        rule = Rule(limit=tree.limit, owners=instance.owners, policy=context.policy)
        yield as_finding(judge_tree(tree, rule), Reason)
    files = instance.config_files
    if isinstance(files, Unknown):
        yield unread(Reason, files)
        return
    for stored in files.value:
        limit = LIMITS.get(stored.role, CONFIG_LIMIT)
        rule = Rule(limit=limit, owners=instance.owners, policy=context.policy)
        yield as_finding(judge_stored(stored, FileKind.FILE, rule), Reason)


CHECK = Check(item="WT-07", slug="file_permissions", severity=Severity.HIGH, reasons=Reason, judge=judge)
