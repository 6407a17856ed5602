"""How one file or directory stands against a limit of permission bits and a set of owners.

Modes are masks: the excess is ``mode & 07777 & ~limit``. Special bits on files are excess, on directories they are
noted. With an ACL the group bits are its mask, so an ACL matters only where the group bits are not 0.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from tomcat_fleet.model.evidence import FileKind, FileStatus
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.place import Ref
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.status import WORST_FIRST, Status
from tomcat_fleet.model.storage import Owners

GROUP_EXECUTE = 0o010
GROUP_WRITE = 0o020


class Mark(StrEnum):
    """What a permission judgement says; a check that uses it has a reason of the same value, with the words."""

    PROTECTED = "protected"
    TREE_PROTECTED = "tree-protected"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    SPECIAL_BITS = "special-bits"  # setuid, setgid or sticky on a file
    EXCESS_WRITE = "excess-write"
    EXCESS_OTHER_READ = "excess-other-read"
    EXCESS_GROUP_READ = "excess-group-read"
    EXCESS_EXECUTE = "excess-execute"
    WRITE = "write"  # directories
    EXCESS_RX = "excess-rx"
    EXCESS_GX_ONLY = "excess-gx-only"
    FOREIGN_OWNER = "foreign-owner"
    TREE_FOREIGN_OWNER = "tree-foreign-owner"
    OWNER_UNKNOWN = "owner-unknown"
    ACL_PRESENT = "acl-present"
    UPLOAD_GROUP = "upload-group"  # group-writable upload directory, and nothing tells the account's group
    # the rest only qualify
    ROOT_OWNER = "root-owner"
    ROOT_UNREADABLE = "root-unreadable"  # only root can read it, and Tomcat does not run as root
    LINKED = "linked"
    TREE_COUNT = "tree-count"
    TREE_LINKS = "tree-links"
    DIRECTORY_BITS = "directory-bits"
    GX_ACCEPTED = "gx-accepted"
    UPLOAD_ACCEPTED = "upload-accepted"


# One observation and the status it would give alone; ``PASS`` only qualifies.
Part: TypeAlias = tuple[Status, Mark]


class Ownership(StrEnum):
    """Whose a file is."""

    ACCOUNT = "account"  # an account of the instance
    ROOT = "root"  # root, which the policy accepts
    FOREIGN = "foreign"
    UNDECIDED = "undecided"  # nothing tells which account the instance has


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an object is held against. ``upload_dirs`` are exempt from write by the groups in ``groups``."""

    limit: int
    owners: Owners
    policy: Policy
    upload_dirs: tuple[str, ...] = ()
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The status of one subject, ready to become a finding."""

    status: Status
    mark: Mark
    notes: tuple[Mark, ...]
    subject: str
    refs: tuple[Ref, ...]
    params: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()


def excess(mode: int, limit: int) -> int:
    """Bits of ``mode`` outside ``limit``, special bits included."""
    return mode & 0o7777 & ~limit


_ACL_MARK = {True: "+", False: "", None: "?"}


def octal(mode: int) -> str:
    """Four octal digits: ``0640``."""
    return f"{mode & 0o7777:04o}"


def mode_text(status: FileStatus) -> str:
    """Permission column of ``ls -l``: ``-rw-r-----``, with ``+`` for an ACL and ``?`` when that is not known."""
    kinds = {FileKind.FILE: stat.S_IFREG, FileKind.DIRECTORY: stat.S_IFDIR, FileKind.LINK: stat.S_IFLNK}
    return stat.filemode(kinds.get(status.kind, 0) | status.mode) + _ACL_MARK[status.acl]


def owner_text(uid: int, name: str = "") -> str:
    """``tomcat(998)``, or ``uid 998`` when the target has no name for it."""
    return f"{name}({uid})" if name else f"uid {uid}"


def ownership(uid: int, owners: Owners, policy: Policy) -> Ownership:
    """Whose the uid is. Without a known account only listed uids and an accepted root are decided."""
    if uid in owners.uids:
        return Ownership.ACCOUNT
    if uid == 0 and policy.owner_root == "accept":
        return Ownership.ROOT
    return Ownership.UNDECIDED if isinstance(owners.known, Unknown) else Ownership.FOREIGN


def object_parts(status: FileStatus, rule: Rule) -> tuple[Part, ...]:
    """Everything that speaks for or against one object."""
    parts = list(mode_parts(status, rule))
    if status.acl is not False and status.mode & 0o070:
        parts.append((Status.MANUAL, Mark.ACL_PRESENT))
    whose = ownership(status.uid, rule.owners, rule.policy)
    if whose is Ownership.FOREIGN:
        parts.append((Status.FAIL, Mark.FOREIGN_OWNER))
    elif whose is Ownership.UNDECIDED:
        parts.append((Status.UNKNOWN, Mark.OWNER_UNKNOWN))
    elif whose is Ownership.ROOT:
        only_root = status.kind is FileKind.FILE and not status.mode & 0o044 and bool(rule.owners.uids)
        parts.append((Status.PASS, Mark.ROOT_UNREADABLE if only_root else Mark.ROOT_OWNER))
    if status.link_target is not None:
        parts.append((Status.PASS, Mark.LINKED))
    return tuple(parts)


def mode_parts(status: FileStatus, rule: Rule) -> tuple[Part, ...]:
    """Parts that follow from the permission bits alone; empty when they are within the limit."""
    if status.kind is FileKind.DIRECTORY:
        return _directory_parts(status, rule)
    bits = excess(status.mode, rule.limit)
    return ((Status.FAIL, _file_mark(bits)),) if bits else ()


def judged_bits(status: FileStatus, rule: Rule) -> int:
    """Excess bits that count, after the policy's exemptions."""
    if status.kind is not FileKind.DIRECTORY:
        return excess(status.mode, rule.limit)
    bits = excess(status.mode, rule.limit) & 0o777
    if status.gid in rule.groups and is_upload(status, rule):
        bits &= ~GROUP_WRITE
    accepted = rule.policy.dir_group_execute == "ignore" and bits == GROUP_EXECUTE
    return 0 if accepted else bits


def is_upload(status: FileStatus, rule: Rule) -> bool:
    """Whether the object is, or lies below, a directory that the policy lists for uploads."""
    roots = tuple(f"{path.rstrip('/')}/" for path in rule.upload_dirs)
    return f"{status.path}/".startswith(roots) or f"{status.real_path}/".startswith(roots)


def _directory_parts(status: FileStatus, rule: Rule) -> tuple[Part, ...]:
    bits = judged_bits(status, rule)
    waived = excess(status.mode, rule.limit) & 0o777 & ~bits
    parts: list[Part] = []
    if bits == GROUP_WRITE and is_upload(status, rule) and not rule.groups:
        parts.append((Status.MANUAL, Mark.UPLOAD_GROUP))
    elif bits:
        parts.append((Status.FAIL, _directory_mark(bits)))
    if waived & GROUP_EXECUTE:
        parts.append((Status.PASS, Mark.GX_ACCEPTED))
    if waived & GROUP_WRITE:
        parts.append((Status.PASS, Mark.UPLOAD_ACCEPTED))
    if status.mode & 0o7000:
        parts.append((Status.PASS, Mark.DIRECTORY_BITS))
    return tuple(parts)


def _directory_mark(bits: int) -> Mark:
    if bits & 0o022:
        return Mark.WRITE
    return Mark.EXCESS_GX_ONLY if bits == GROUP_EXECUTE else Mark.EXCESS_RX


_FILE_MARKS = (
    (0o7000, Mark.SPECIAL_BITS),
    (0o022, Mark.EXCESS_WRITE),
    (0o004, Mark.EXCESS_OTHER_READ),
    (0o040, Mark.EXCESS_GROUP_READ),
)


def _file_mark(bits: int) -> Mark:
    return next((mark for mask, mark in _FILE_MARKS if bits & mask), Mark.EXCESS_EXECUTE)


def decide(parts: Iterable[Part], otherwise: Mark) -> tuple[Status, Mark, tuple[Mark, ...]]:
    """Worst status, the mark that gave it (``otherwise`` for a pass) and the other marks as notes, each once."""
    ordered = sorted(parts, key=lambda part: WORST_FIRST.index(part[0]))
    marks = list(dict.fromkeys(mark for _, mark in ordered))
    if not ordered or ordered[0][0] is Status.PASS:
        return Status.PASS, otherwise, tuple(marks)
    return ordered[0][0], marks[0], tuple(marks[1:])


def accounts_text(owners: Owners) -> str:
    """Names (or uids) of the accounts that may own, for display; ``-`` when none is known."""
    return ", ".join(owners.names) or ", ".join(map(str, sorted(owners.uids))) or "-"


def gap_of(owners: Owners) -> Gap:
    """Why the instance's account is not known."""
    return owners.known.gap if isinstance(owners.known, Unknown) else Gap.NOT_COLLECTED
