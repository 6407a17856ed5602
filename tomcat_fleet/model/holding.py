"""Judging what an instance holds on disk: one named object, or everything that a search found below a directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from tomcat_fleet.model.check import Finding
from tomcat_fleet.model.evidence import FileKind, FileStatus, Search
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.permission import (
    Judgement,
    Mark,
    Ownership,
    Part,
    Rule,
    accounts_text,
    decide,
    gap_of,
    judged_bits,
    mode_parts,
    mode_text,
    object_parts,
    octal,
    owner_text,
    ownership,
)
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.repair import DIRECTORY_SEARCHES, repair, repair_tree
from tomcat_fleet.model.status import Status
from tomcat_fleet.model.storage import Stored, Tree

SHOWN = 20  # rows of a search that a finding carries


def as_finding(judged: Judgement, reasons: type[StrEnum]) -> Finding:
    """Turn a judgement into a finding; ``reasons`` has a member for every mark that its check can meet."""
    return Finding(
        status=judged.status,
        reason=reasons(judged.mark.value),
        subject=judged.subject,
        refs=judged.refs,
        params=judged.params,
        commands=judged.commands,
        notes=tuple(reasons(note.value) for note in judged.notes),
    )


def not_collected(reasons: type[StrEnum], source: str) -> Finding:
    """Something that every instance has and that nobody looked at."""
    return as_finding(_unknown(source, Unknown(Gap.NOT_COLLECTED, source)), reasons)


def unread(reasons: type[StrEnum], unknown: Unknown) -> Finding:
    """Report a list of objects that could not be established."""
    return as_finding(_unknown(unknown.source, unknown), reasons)


def judge_stored(stored: Stored, kind: FileKind, rule: Rule) -> Judgement:
    """One object that ought to be of ``kind``. Absent: not applicable. A directory's place taken by a file: too."""
    if isinstance(stored.status, Unknown):
        return _unknown(stored.path, stored.status)
    found = stored.status.value
    if found is None or (kind is FileKind.DIRECTORY and found.kind is FileKind.FILE):
        ref = Place(stored.path) if found is None else found
        return _settled(Status.NOT_APPLICABLE, Mark.ABSENT, stored.path, ref)
    if found.kind is not kind:
        gap = Gap.UNSAFE_LINK if found.kind is FileKind.LINK else Gap.NOT_REGULAR
        return _unknown(stored.path, Unknown(gap, stored.path), found)
    status, mark, notes = decide(object_parts(found, rule), Mark.PROTECTED)
    return Judgement(
        status=status,
        mark=mark,
        notes=notes,
        subject=stored.path,
        refs=(found,),
        params=_params(stored.path, found, rule) | {"owners": owner_text(found.uid, found.user)},
        commands=() if status is Status.PASS else repair(found, rule),
    )


def judge_tree(tree: Tree, rule: Rule) -> Judgement:
    """Everything below a directory as one judgement; the limit is the tree's. Nothing there: not applicable."""
    if isinstance(tree.search, Unknown):
        return _unknown(tree.root, tree.search)
    found = tree.search.value
    if found is None or not max(found.total, found.excess_total):
        ref = Place(tree.root) if found is None else _summary(found)
        return _settled(Status.NOT_APPLICABLE, Mark.ABSENT, tree.root, ref)
    held = replace(rule, limit=tree.limit)
    rows = sorted(found.excess, key=lambda row: _gravity(row, held))
    parts = (*_tree_modes(found, rows, held), *_tree_owners(found, held), *_tree_marks(found, held))
    status, mark, notes = decide(parts, Mark.TREE_PROTECTED)
    return Judgement(
        status=status,
        mark=mark,
        notes=notes,
        subject=tree.root,
        refs=_tree_refs(found, rows, held),
        params=_tree_params(found, rows, held, {mark, *notes}),
        commands=() if status is Status.PASS else repair_tree(found, held),
    )


def _tree_modes(search: Search, rows: list[FileStatus], rule: Rule) -> tuple[Part, ...]:
    parts = [part for row in rows for part in mode_parts(row, rule)]
    failed = [part for part in parts if part[0] is Status.FAIL]
    if failed:  # the sentence names the first row, so no other row's fault may stand beside it
        return failed[0], (Status.PASS, Mark.TREE_COUNT)
    if search.excess_total > len(rows) and not _unseen_harmless(search, rule):
        return (*parts, (Status.UNKNOWN, Mark.UNREADABLE))
    return tuple(parts)


def _unseen_harmless(search: Search, rule: Rule) -> bool:
    """Whether the count per mode clears the objects beyond the row cap; their paths, hence upload_dirs, cannot help."""
    modes = search.excess_modes
    kind = FileKind.DIRECTORY if search.kind in DIRECTORY_SEARCHES else FileKind.FILE
    row = FileStatus(path="", real_path="", kind=kind, mode=0, uid=-1, gid=-1)
    harmless = not any(judged_bits(replace(row, mode=mode), rule) for mode in modes)
    return harmless and sum(modes.values()) >= search.excess_total


def _tree_owners(search: Search, rule: Rule) -> tuple[Part, ...]:
    uids = {*search.owners, *(row.uid for row in (*search.excess, *search.foreign))}
    whose = {ownership(uid, rule.owners, rule.policy) for uid in uids}
    parts: list[Part] = []
    if Ownership.FOREIGN in whose:
        parts.append((Status.FAIL, Mark.TREE_FOREIGN_OWNER))
    if Ownership.UNDECIDED in whose or not _counted(search):
        parts.append((Status.UNKNOWN, Mark.OWNER_UNKNOWN))
    if Ownership.ROOT in whose:
        parts.append((Status.PASS, Mark.ROOT_OWNER))
    return tuple(parts)


def _tree_marks(search: Search, rule: Rule) -> tuple[Part, ...]:
    """ACLs and links. Where the limit leaves the group nothing, an ACL with a mask is already excess."""
    parts: list[Part] = []
    if search.acls and rule.limit & 0o070:
        parts.append((Status.MANUAL, Mark.ACL_PRESENT))
    if search.links:
        parts.append((Status.PASS, Mark.TREE_LINKS))
    return tuple(parts)


def _counted(search: Search) -> bool:
    return sum(search.owners.values()) >= search.total


def _gravity(row: FileStatus, rule: Rule) -> tuple[int, int, int, str]:
    bits = judged_bits(row, rule)
    weights = (bits & 0o7000, bits & 0o022, bits & 0o004, bits & 0o040, bits)
    rank = next((index for index, weight in enumerate(weights) if weight), len(weights))
    return rank, -(bits & 0o002), -bits, row.path


def _tree_refs(search: Search, rows: list[FileStatus], rule: Rule) -> tuple[Ref, ...]:
    settled = {Ownership.ACCOUNT, Ownership.ROOT}
    strangers = [row for row in search.foreign if ownership(row.uid, rule.owners, rule.policy) not in settled]
    shown: tuple[Ref, ...] = (*rows[:SHOWN], *(row for row in strangers[:SHOWN] if row not in rows[:SHOWN]))
    marked = (*(Place(path, note="acl") for path in search.acls), *(Place(path, note="link") for path in search.links))
    return (_summary(search), *shown, *marked[:SHOWN])


def _summary(search: Search) -> Observation:
    owners = ",".join(f"{uid}:{count}" for uid, count in sorted(search.owners.items())) or "-"
    text = f"total={search.total} excess={search.excess_total} owners={owners} acl={len(search.acls)}"
    return Observation(f"find {search.root}", text)


def _tree_params(search: Search, rows: list[FileStatus], rule: Rule, marks: set[Mark]) -> dict[str, str]:
    sample = next(iter((*rows, *search.foreign)), None)
    params = _params(search.root, sample, rule)
    foreign = {uid for uid in search.owners if ownership(uid, rule.owners, rule.policy) is Ownership.FOREIGN}
    names = _known_names(rule) | {row.uid: row.user for row in (*search.foreign, *rows)}
    params |= {
        "owners": _named(search.owners, names),
        "foreign": str(sum(search.owners[uid] for uid in foreign)),
        "strangers": _named(foreign, names),
        "total": str(search.total),
        "count": str(max(search.excess_total, len(rows))),
        "links": str(len(search.links)),
    }
    if Mark.UNREADABLE in marks or (Mark.OWNER_UNKNOWN in marks and not _counted(search)):
        params["gap"] = Gap.TRUNCATED.value
    return params


def _known_names(rule: Rule) -> dict[int, str]:
    """Names of root and of the one account that Tomcat runs under; with more of them nobody knows which is which."""
    uids, names = rule.owners.uids - {0}, [name for name in rule.owners.names if name != "root"]
    return {0: "root"} | (dict(zip(uids, names, strict=True)) if len(uids) == len(names) == 1 else {})


def _named(uids: Iterable[int], names: Mapping[int, str]) -> str:
    return ", ".join(owner_text(uid, names.get(uid, "")) for uid in sorted(uids)) or "-"


def _params(subject: str, sample: FileStatus | None, rule: Rule) -> dict[str, str]:
    params = {
        "root": subject,
        "path": subject if sample is None else sample.path,
        "mode": "-" if sample is None else mode_text(sample),
        "octal": "-" if sample is None else octal(sample.mode),
        "owner": "-" if sample is None else owner_text(sample.uid, sample.user),
        "group": "-" if sample is None else owner_text(sample.gid, sample.group),
        "target": (sample and sample.link_target) or "-",
        "limit": octal(rule.limit),
        "accounts": accounts_text(rule.owners),
    }
    return params | ({"gap": gap_of(rule.owners).value} if isinstance(rule.owners.known, Unknown) else {})


def _unknown(subject: str, unknown: Unknown, *seen: Ref) -> Judgement:
    return Judgement(
        status=Status.UNKNOWN,
        mark=Mark.UNREADABLE,
        notes=(),
        subject=subject,
        refs=(*seen, unknown),
        params={"root": subject, "path": subject, "gap": unknown.gap.value},
    )


def _settled(status: Status, mark: Mark, subject: str, ref: Ref) -> Judgement:
    return Judgement(
        status=status, mark=mark, notes=(), subject=subject, refs=(ref,), params={"root": subject, "path": subject}
    )
