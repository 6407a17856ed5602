from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.good_instance import UID, directory_status, file_status, search
from tests.need import need
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import FileKind, FileStatus, SearchKind
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.holding import SHOWN, judge_stored, judge_tree
from tomcat_fleet.model.permission import Mark, Ownership, Rule, decide, excess, mode_text, octal, ownership
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.repair import account, quote, repair, repair_tree, symbolic
from tomcat_fleet.model.status import WORST_FIRST, Status
from tomcat_fleet.model.storage import Owners, Role, Stored, Tree

OWNERS = Owners(uids=frozenset({UID}), names=("tomcat",), known=Known(None))
NOBODY = Owners(uids=frozenset(), names=(), known=Unknown(Gap.MISSING, "ps"))
MODES = st.integers(0, 0o7777)
LIMITS = st.sampled_from([0o644, 0o640, 0o700, 0o755, 0o744, 0o740])


def rule(limit: int = 0o700, owners: Owners = OWNERS, **policy: Any) -> Rule:
    return Rule(limit=limit, owners=owners, policy=Policy(**policy))


def judged(status: FileStatus, held: Rule) -> Status:
    stored = Stored(path=status.path, role=Role.CONFIG, status=Known(status))
    return judge_stored(stored, status.kind, held).status


def severity(status: Status) -> int:
    return -WORST_FIRST.index(status)


@pytest.mark.parametrize(
    ("mode", "limit", "left"),
    [
        (0o702, 0o744, 0o002),
        (0o577, 0o700, 0o077),
        (0o644, 0o744, 0),
        (0o4600, 0o700, 0o4000),
        (0o100640, 0o640, 0),
        (0o2770, 0o740, 0o2030),
    ],
)
def test_excess_is_a_mask_not_a_number(mode: int, limit: int, left: int) -> None:
    assert excess(mode, limit) == left


def test_modes_read_as_ls_shows_them() -> None:
    assert mode_text(file_status("/f", 0o640)) == "-rw-r-----"
    assert mode_text(directory_status("/d", 0o2770)) == "drwxrws---"
    assert mode_text(file_status("/f", 0o640, acl=True)) == "-rw-r-----+"
    assert mode_text(file_status("/f", 0o640, acl=None)) == "-rw-r-----?"
    assert mode_text(file_status("/f", 0o777, kind=FileKind.LINK)) == "lrwxrwxrwx"
    assert mode_text(file_status("/f", 0o600, kind=FileKind.OTHER)) == "?rw-------"
    assert octal(0o40) == "0040"


@pytest.mark.parametrize(
    ("uid", "owners", "policy", "whose"),
    [
        (UID, OWNERS, Policy(), Ownership.ACCOUNT),
        (0, OWNERS, Policy(), Ownership.ROOT),
        (0, OWNERS, Policy(owner_root="fail"), Ownership.FOREIGN),
        (1001, OWNERS, Policy(), Ownership.FOREIGN),
        (1001, NOBODY, Policy(), Ownership.UNDECIDED),
        (0, NOBODY, Policy(), Ownership.ROOT),
        (0, NOBODY, Policy(owner_root="fail"), Ownership.UNDECIDED),
        (UID, replace(OWNERS, known=Unknown(Gap.DENIED, "ps")), Policy(), Ownership.ACCOUNT),
        (0, replace(OWNERS, uids=frozenset({0})), Policy(owner_root="fail"), Ownership.ACCOUNT),
    ],
)
def test_ownership(uid: int, owners: Owners, policy: Policy, whose: Ownership) -> None:
    assert ownership(uid, owners, policy) is whose


def test_the_worst_part_decides_and_the_others_stay_as_notes() -> None:
    parts = [
        (Status.PASS, Mark.LINKED),
        (Status.MANUAL, Mark.ACL_PRESENT),
        (Status.FAIL, Mark.EXCESS_WRITE),
        (Status.UNKNOWN, Mark.OWNER_UNKNOWN),
    ]
    status, mark, notes = decide(parts, Mark.PROTECTED)
    assert (status, mark) == (Status.FAIL, Mark.EXCESS_WRITE)
    assert notes == (Mark.OWNER_UNKNOWN, Mark.ACL_PRESENT, Mark.LINKED)
    assert decide(parts[:1], Mark.PROTECTED) == (Status.PASS, Mark.PROTECTED, (Mark.LINKED,))


@given(
    mode=MODES,
    extra=MODES,
    limit=LIMITS,
    acl=st.sampled_from([True, False, None]),
    kind=st.sampled_from(["file", "directory"]),
)
def test_a_more_permissive_mode_never_improves(mode: int, extra: int, limit: int, acl: bool, kind: str) -> None:  # noqa: FBT001
    for policy in (rule(limit), rule(limit, dir_group_execute="ignore"), rule(limit, NOBODY)):
        strict = file_status("/f", mode, acl=acl, kind=FileKind(kind))
        wide = replace(strict, mode=mode | extra)
        assert severity(judged(wide, policy)) >= severity(judged(strict, policy))


@given(mode=MODES, extra=MODES, gid=st.sampled_from([UID, 100]), groups=st.sampled_from([(), (UID,)]))
def test_upload_exemption_keeps_the_order(mode: int, extra: int, gid: int, groups: tuple[int, ...]) -> None:
    held = replace(rule(0o744), upload_dirs=("/up/",), groups=frozenset(groups))
    strict = directory_status("/up/files", mode, gid=gid)
    wide = replace(strict, mode=mode | extra)
    assert severity(judged(wide, held)) >= severity(judged(strict, held))


@given(mode=MODES, limit=LIMITS, uid=st.sampled_from([0, UID, 1001]))
def test_an_acl_never_improves(mode: int, limit: int, uid: int) -> None:
    plain = file_status("/f", mode, uid=uid)
    assert severity(judged(replace(plain, acl=True), rule(limit))) >= severity(judged(plain, rule(limit)))


@given(mode=MODES, limit=LIMITS)
def test_only_the_mask_decides_a_file_of_the_account(mode: int, limit: int) -> None:
    assert (judged(file_status("/f", mode), rule(limit)) is Status.PASS) == (mode & ~limit == 0)


def as_tree(modes: list[int], limit: int, kind: SearchKind, cap: int = 200, **other: Any) -> Tree:
    make = directory_status if "directories" in kind else file_status
    rows = tuple(make(f"/t/{at:03}", mode) for at, mode in enumerate(modes) if mode & ~limit)
    found = search("/t", kind, total=len(modes), owners={UID: len(modes)}, excess_total=len(rows), excess=rows[:cap])
    return Tree(root="/t", role=Role.SOURCE, limit=limit, search=Known(replace(found, **other)))


@given(modes=st.lists(MODES, min_size=1, max_size=6), extra=MODES, data=st.data())
def test_a_tree_never_improves_when_one_mode_widens(modes: list[int], extra: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(modes) - 1))
    wider = [mode | extra if index == at else mode for index, mode in enumerate(modes)]
    for kind, limit in ((SearchKind.SOURCE_FILES, 0o644), (SearchKind.DIRECTORIES_740, 0o740)):
        for held in (rule(), rule(dir_group_execute="ignore")):
            before, after = (judge_tree(as_tree(found, limit, kind), held) for found in (modes, wider))
            assert severity(after.status) >= severity(before.status)


@given(modes=st.lists(MODES, min_size=1, max_size=6), seed=st.randoms())
def test_the_order_of_rows_changes_nothing(modes: list[int], seed: Random) -> None:
    tree = as_tree(modes, 0o640, SearchKind.LOG_FILES)
    assert isinstance(tree.search, Known)
    assert tree.search.value is not None
    rows = list(tree.search.value.excess)
    seed.shuffle(rows)
    shuffled = replace(tree, search=Known(replace(tree.search.value, excess=tuple(rows))))
    assert judge_tree(tree, rule()) == judge_tree(shuffled, rule())


def test_a_tree_shows_its_worst_rows_first_and_counts_all() -> None:
    modes = [0o640] * 30 + [0o644, 0o666, 0o4600]
    found = judge_tree(as_tree(modes, 0o600, SearchKind.CONFIG_FILES), rule())
    rows = [ref for ref in found.refs if isinstance(ref, FileStatus)]
    assert [row.mode for row in rows[:4]] == [0o4600, 0o666, 0o644, 0o640]
    assert len(rows) == SHOWN
    assert (found.mark, found.params["count"], found.params["total"]) == (Mark.SPECIAL_BITS, "33", "33")
    assert Mark.TREE_COUNT in found.notes


def test_rows_beyond_the_cap_are_not_waived() -> None:
    lenient = rule(dir_group_execute="ignore")
    modes = [0o750] * 5
    assert judge_tree(as_tree(modes, 0o740, SearchKind.DIRECTORIES_740), lenient).status is Status.PASS
    capped = judge_tree(as_tree(modes, 0o740, SearchKind.DIRECTORIES_740, cap=2), lenient)
    assert (capped.status, capped.params["gap"]) == (Status.UNKNOWN, "truncated")
    counted = as_tree(modes, 0o740, SearchKind.DIRECTORIES_740, cap=2, excess_modes={0o750: 5})
    assert judge_tree(counted, lenient).status is Status.PASS
    for wrong in ({0o750: 4}, {0o750: 4, 0o770: 1}):
        tree = as_tree(modes, 0o740, SearchKind.DIRECTORIES_740, cap=2, excess_modes=wrong)
        assert judge_tree(tree, lenient).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("other", "status", "mark"),
    [
        ({}, Status.PASS, Mark.TREE_PROTECTED),
        ({"owners": {UID: 2, 0: 1}}, Status.PASS, Mark.TREE_PROTECTED),
        ({"owners": {UID: 2, 1001: 1}}, Status.FAIL, Mark.TREE_FOREIGN_OWNER),
        ({"owners": {UID: 2}}, Status.UNKNOWN, Mark.OWNER_UNKNOWN),
        ({"owners": {}}, Status.UNKNOWN, Mark.OWNER_UNKNOWN),
        ({"acls": ("/t/1",)}, Status.MANUAL, Mark.ACL_PRESENT),
        ({"links": ("/t/1",)}, Status.PASS, Mark.TREE_PROTECTED),
        ({"total": 0, "owners": {}}, Status.NOT_APPLICABLE, Mark.ABSENT),
        ({"excess_total": 1}, Status.UNKNOWN, Mark.UNREADABLE),
    ],
)
def test_trees(other: dict[str, Any], status: Status, mark: Mark) -> None:
    found = judge_tree(as_tree([0o600] * 3, 0o640, SearchKind.LOG_FILES, **other), rule())
    assert (found.status, found.mark) == (status, mark)
    assert found.refs


def test_owners_of_a_sound_tree_have_the_names_that_its_account_has_elsewhere() -> None:
    tree = as_tree([0o600] * 3, 0o640, SearchKind.LOG_FILES, owners={UID: 2, 0: 1})
    assert judge_tree(tree, rule()).params["owners"] == f"root(0), tomcat({UID})"
    two = replace(OWNERS, uids=frozenset({UID, 997}))
    assert judge_tree(tree, rule(owners=two)).params["owners"] == f"root(0), uid {UID}"


def test_an_acl_below_a_limit_without_group_bits_can_give_nothing() -> None:
    tree = as_tree([0o600], 0o700, SearchKind.CONFIG_FILES, acls=("/t/0",))
    assert judge_tree(tree, rule()).status is Status.PASS


def test_unknown_and_absent_trees() -> None:
    tree = as_tree([], 0o640, SearchKind.LOG_FILES)
    gone = judge_tree(replace(tree, search=Known(None)), rule())
    denied = judge_tree(replace(tree, search=Unknown(Gap.DENIED, "/t")), rule())
    assert (gone.status, denied.status) == (Status.NOT_APPLICABLE, Status.UNKNOWN)
    assert denied.params["gap"] == "denied"
    assert isinstance(denied.refs[0], Unknown)


@pytest.mark.parametrize(
    ("kind", "wanted", "status", "gap"),
    [
        (FileKind.LINK, FileKind.FILE, Status.UNKNOWN, "unsafe-link"),
        (FileKind.OTHER, FileKind.FILE, Status.UNKNOWN, "not-regular"),
        (FileKind.DIRECTORY, FileKind.FILE, Status.UNKNOWN, "not-regular"),
        (FileKind.FILE, FileKind.DIRECTORY, Status.NOT_APPLICABLE, None),
    ],
)
def test_what_stands_where_something_else_should(
    kind: FileKind, wanted: FileKind, status: Status, gap: str | None
) -> None:
    stored = Stored(path="/x", role=Role.CONFIG, status=Known(file_status("/x", 0o600, kind=kind)))
    found = judge_stored(stored, wanted, rule())
    assert (found.status, found.params.get("gap")) == (status, gap)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0o077, "go-rwx"),
        (0o040, "g-r"),
        (0o133, "u-x,go-wx"),
        (0o7133, "u-xs,g-wxs,o-wx,a-t"),
        (0o022, "go-w"),
        (0o4000, "u-s"),
        (0o1000, "a-t"),
    ],
)
def test_symbolic_modes(bits: int, text: str) -> None:
    assert symbolic(bits) == text


def test_fixes_name_real_paths_and_keep_the_service_alive() -> None:
    linked = file_status("/etc/users.xml", 0o640, real_path="/srv/a b/users.xml", link_target="/srv/a b/users.xml")
    assert repair(linked, rule()) == ("chmod 600 -- '/srv/a b/users.xml'",)
    packaged = file_status("/u", 0o640, uid=0)
    assert repair(packaged, rule()) == ("chown tomcat -- /u", "chmod 600 -- /u")
    assert repair(file_status("/u", 0o600, uid=0), rule()) == ()
    assert repair(file_status("/u", 0o600, uid=7), rule()) == ("chown tomcat -- /u",)
    assert repair(file_status("/u", 0o070), rule()) == ("chmod 600 -- /u",)
    assert repair(file_status("/u", 0o640, acl=True), rule(0o644)) == ("getfacl -- /u",)
    assert repair(directory_status("/d", 0o2770), rule(0o740)) == ("chmod 740 -- /d",)
    assert repair(directory_status("/d", 0o770), rule(0o740, dir_group_execute="ignore")) == ("chmod 750 -- /d",)
    assert repair(file_status("/u", 0o640, uid=0), rule(owners=NOBODY)) == ("chmod 600 -- /u",)


def test_fixes_of_trees() -> None:
    tree = as_tree([0o640, 0o600], 0o700, SearchKind.CONFIG_FILES)
    assert isinstance(tree.search, Known)
    found = tree.search.value
    assert found is not None
    assert repair_tree(found, rule()) == ("find -H /t -type f -perm /040 -exec chmod g-r {} +",)
    capped = replace(found, excess_total=500)
    everything = "find -H /t -type f -perm /7077 -exec chmod u-s,g-rwxs,o-rwx,a-t {} +"
    assert repair_tree(capped, rule()) == (everything,)
    packaged = replace(found, owners={0: 2})
    assert repair_tree(packaged, rule())[0] == "find -H /t -type f ! -user 998 -exec chown tomcat {} +"
    stranger = replace(found, excess=(), excess_total=0, owners={0: 1, 7: 1})
    assert repair_tree(stranger, rule()) == ("find -H /t -type f ! -user 0 ! -user 998 -exec chown tomcat {} +",)
    directories = as_tree([0o770, 0o750], 0o740, SearchKind.DIRECTORIES_740)
    assert isinstance(directories.search, Known)
    assert directories.search.value is not None
    assert repair_tree(directories.search.value, rule(0o740)) == ("chmod 740 -- /t/000", "chmod 740 -- /t/001")


def test_directories_of_the_system_are_never_changed() -> None:
    assert repair(directory_status("/var/log", 0o755, uid=0), rule(0o740)) == ()
    assert repair(directory_status("/opt", 0o755, uid=0), rule(0o740)) == ()
    rows = (file_status("/var/log/tomcat.log", 0o644),)
    found = search("/var/log", SearchKind.LOG_FILES, excess=rows, excess_total=1)
    assert repair_tree(found, rule(0o640)) == ("chmod 640 -- /var/log/tomcat.log",)
    assert repair_tree(replace(found, excess_total=30), rule(0o640)) == ()


def test_strangers_are_shown_and_files_of_the_account_are_not() -> None:
    rows = (file_status("/t/a", uid=1001), file_status("/t/b"), file_status("/t/c", uid=0))
    tree = as_tree([0o600] * 3, 0o640, SearchKind.LOG_FILES, foreign=rows, owners={UID: 1, 0: 1, 1001: 1})
    assert [ref for ref in judge_tree(tree, rule()).refs if isinstance(ref, FileStatus)] == [rows[0]]


def test_who_gets_the_files() -> None:
    assert account(OWNERS) == "tomcat"
    assert account(NOBODY) is None
    assert account(replace(OWNERS, uids=frozenset({0}), names=("root",))) is None
    assert account(replace(OWNERS, uids=frozenset({UID, 0}), names=("root", "tomcat"))) == "tomcat"
    assert account(replace(OWNERS, names=("a b; reboot",))) == str(UID)


@pytest.mark.parametrize(
    "raw", [b"/a b", b"/it's", b"/$(id)`id`", b"/new\nline", b"/\xff\xfe\\n", "/한글".encode(), b"/;-e"]
)
def test_quoted_paths_come_back_as_one_word(raw: bytes) -> None:
    word = quote(escape.from_bytes(raw))
    done = subprocess.run([need("bash"), "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout == raw
    if b"\n" not in raw and b"\\" not in raw:
        assert len(shlex.split(word)) == 1


def test_symbolic_takes_exactly_the_bits_away(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    for bits in (0o7133, 0o077, 0o6022, 0o137):
        subprocess.run(["chmod", "7777", path], check=True)
        subprocess.run(["chmod", symbolic(bits), path], check=True)
        shown = subprocess.run(["stat", "-c", "%a", path], capture_output=True, check=True, text=True)
        assert int(shown.stdout, 8) == 0o7777 & ~bits
