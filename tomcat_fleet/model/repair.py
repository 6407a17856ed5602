"""Shell lines that bring permissions and owners within a rule, with every path quoted."""

from __future__ import annotations

import re
import shlex
from functools import reduce
from operator import or_

from tomcat_fleet.model.escape import to_bytes
from tomcat_fleet.model.evidence import FileKind, FileStatus, Search, SearchKind
from tomcat_fleet.model.permission import Ownership, Rule, excess, judged_bits, ownership
from tomcat_fleet.model.storage import Owners

DIRECTORY_SEARCHES = frozenset({SearchKind.DIRECTORIES_744, SearchKind.DIRECTORIES_740})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?\Z")
# Directories that other programs live in: an instance may lie there, but they are not its to change.
_SHARED = frozenset(
    f"/{path}"
    for path in (
        *("", "bin", "boot", "data", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root"),
        *("run", "sbin", "srv", "sys", "tmp", "usr", "usr/java", "usr/lib", "usr/local", "usr/share"),
        *("usr/share/java", "var", "var/lib", "var/log", "var/tmp"),
    )
)
_SHOWN = frozenset(range(0x20, 0x7F)) - frozenset(b"'\\")
_LISTED = 20  # up to so many directories are named one by one


def quote(path: str) -> str:
    """One shell word for a path as ``escape`` shows it; bytes that cannot be shown need a shell with ``$'…'``."""
    if "\\" not in path:
        return shlex.quote(path)
    raw = to_bytes(path)
    plain = "".join(chr(byte) if byte in _SHOWN else f"\\{byte:03o}" for byte in raw)
    return f"$'{plain}'"


def account(owners: Owners) -> str | None:
    """Name or uid of the account that files should belong to; None when it is not known, or only root is."""
    uids = sorted(owners.uids - {0})
    names = [name for name in owners.names if name != "root" and _NAME.match(name)]
    if not uids:
        return None
    return names[0] if len(uids) == len(names) == 1 else str(uids[0])


def symbolic(bits: int) -> str:
    """Expression for chmod that takes ``bits`` away: ``go-rwx``, ``u-x,g-wx,o-wx``."""
    letters: dict[str, str] = {}
    for who, shift, special in (("u", 6, 0o4000), ("g", 3, 0o2000), ("o", 0, 0)):
        gone = "".join(flag for flag, bit in (("r", 4), ("w", 2), ("x", 1)) if bits >> shift & bit)
        gone += "s" if bits & special else ""
        if gone:
            letters[gone] = letters.get(gone, "") + who
    parts = [f"{who}-{gone}" for gone, who in letters.items()]
    return ",".join([*parts, "a-t"] if bits & 0o1000 else parts)


def is_shared(path: str) -> bool:
    """Whether the path is a directory of the system at large, such as /, /opt or /var/log."""
    return path in _SHARED


def repair(status: FileStatus, rule: Rule) -> tuple[str, ...]:
    """Lines for one file or directory; an ACL that must be read first gets the line that shows it."""
    if is_shared(status.real_path):
        return ()
    path = quote(status.real_path)
    bits = judged_bits(status, rule)
    owner = account(rule.owners)
    lines: list[str] = []
    if owner and _must_change_hands(status.uid, bits, rule):
        lines.append(f"chown {owner} -- {path}")
    if bits:
        lines.append(f"chmod {_within(status, rule):o} -- {path}")
    elif status.acl is not False and status.mode & 0o070:
        lines.append(f"getfacl -- {path}")
    return tuple(lines)


def repair_tree(search: Search, rule: Rule) -> tuple[str, ...]:
    """Lines for everything that a search found outside the rule."""
    bad = [row for row in search.excess if judged_bits(row, rule)]
    complete = search.excess_total <= len(search.excess)
    directories = search.kind in DIRECTORY_SEARCHES
    shared = is_shared(search.root)
    if (directories or shared) and complete and len(bad) <= _LISTED:
        return tuple(line for row in sorted(bad, key=lambda row: row.path) for line in repair(row, rule))
    if shared:
        return ()
    seen = reduce(or_, (judged_bits(row, rule) for row in bad), 0)
    mask = seen if complete else excess(0o777 if directories else 0o7777, rule.limit)
    start = f"find -H {quote(search.root)} -type {'d' if directories else 'f'}"
    lines = _change_hands(search, mask, rule, start)
    if mask:
        lines = (*lines, f"{start} -perm /{mask:03o} -exec chmod {symbolic(mask)} {{}} +")
    if not lines and search.acls:
        lines = (f"getfacl -- {' '.join(map(quote, search.acls[:_LISTED]))}",)
    return lines


def _change_hands(search: Search, mask: int, rule: Rule, start: str) -> tuple[str, ...]:
    owner = account(rule.owners)
    if owner is None or not any(_must_change_hands(uid, mask, rule) for uid in search.owners):
        return ()
    keep = {*rule.owners.uids, *(() if _must_change_hands(0, mask, rule) else (0,))}
    others = " ".join(f"! -user {uid}" for uid in sorted(keep))
    return (f"{start} {others} -exec chown {owner} {{}} +",)


def _must_change_hands(uid: int, bits: int, rule: Rule) -> bool:
    """Whether the owner is foreign, or a root whose files Tomcat could no longer reach once the bits are gone."""
    whose = ownership(uid, rule.owners, rule.policy)
    return whose is Ownership.FOREIGN or (whose is Ownership.ROOT and bool(bits & 0o055))


def _within(status: FileStatus, rule: Rule) -> int:
    directory = status.kind is FileKind.DIRECTORY
    lenient = directory and rule.policy.dir_group_execute == "ignore"
    return status.mode & (rule.limit | (0o010 if lenient else 0)) or (0o700 if directory else 0o600)
