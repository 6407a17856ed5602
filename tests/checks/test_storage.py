"""WT-04, 06, 07 and 12: every row of their rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.judging import DENIED, NOBODY, USERS, outcome, run, severity
from tests.good_instance import (
    BASE,
    CONTEXT,
    UID,
    context_with,
    daemon,
    directory_status,
    file_status,
    instance,
    logs,
    stored,
    tree,
)
from tomcat_fleet.checks import (
    directory_permissions,
    file_permissions,
    log_permissions,
    password_file,
)
from tomcat_fleet.model.daemon import Daemon
from tomcat_fleet.model.evidence import FileKind, FileStatus, SearchKind
from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.status import Status
from tomcat_fleet.model.storage import AccessLog, LogTarget, Role, Stored, Tree

# WT-04


def password(status: FileStatus, **other: Any) -> Instance:
    return instance(password_files=Known((Stored(path=USERS, role=Role.USERS, status=Known(status)),)), **other)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"mode": 0o600}, ("pass", "protected")),
        ({"mode": 0o400}, ("pass", "protected")),
        ({"mode": 0o500}, ("pass", "protected")),
        ({"mode": 0o700}, ("pass", "protected")),
        ({"mode": 0o000}, ("pass", "protected")),
        ({"mode": 0o640}, ("fail", "excess-group-read")),
        ({"mode": 0o644}, ("fail", "excess-other-read")),
        ({"mode": 0o660}, ("fail", "excess-write")),
        ({"mode": 0o577}, ("fail", "excess-write")),
        ({"mode": 0o610}, ("fail", "excess-execute")),
        ({"mode": 0o4600}, ("fail", "special-bits")),
        ({"mode": 0o2600}, ("fail", "special-bits")),
        ({"mode": 0o640, "uid": 0, "user": "root"}, ("fail", "excess-group-read")),
        ({"mode": 0o600, "uid": 1001}, ("fail", "foreign-owner")),
        ({"mode": 0o600, "uid": 0}, ("pass", "protected")),
        ({"mode": 0o640, "acl": True}, ("fail", "excess-group-read")),  # u:guest:r shows as the group's bits
        ({"mode": 0o600, "acl": True}, ("pass", "protected")),  # mask 0: the ACL gives nothing
        ({"mode": 0o600, "real_path": "/srv/u", "link_target": "/srv/u"}, ("pass", "protected")),
        ({"mode": 0o600, "kind": FileKind.OTHER}, ("unknown", "unreadable")),
        ({"mode": 0o777, "kind": FileKind.LINK}, ("unknown", "unreadable")),
    ],
)
def test_password_file(row: dict[str, Any], expected: tuple[str, str]) -> None:
    finding = run(password_file.CHECK, password(file_status(USERS, **row)))[0]
    assert (finding.status, finding.reason) == expected
    assert (finding.commands != ()) == (finding.status is Status.FAIL)


def test_password_file_notes() -> None:
    root = run(password_file.CHECK, password(file_status(USERS, 0o600, uid=0)))[0]
    assert root.notes == (password_file.Reason.ROOT_UNREADABLE,)
    strict = run(password_file.CHECK, password(file_status(USERS, 0o600, uid=0)), context_with(owner_root="fail"))[0]
    assert (strict.status, strict.reason) == ("fail", "foreign-owner")
    linked = run(password_file.CHECK, password(file_status(USERS, real_path="/srv/u", link_target="/srv/u")))[0]
    assert linked.notes == (password_file.Reason.LINKED,)
    nobody = run(password_file.CHECK, password(file_status(USERS), owners=NOBODY))[0]
    assert (nobody.status, nobody.reason, nobody.params["gap"]) == ("unknown", "owner-unknown", "missing")
    open_ = run(password_file.CHECK, password(file_status(USERS, 0o644), owners=NOBODY))[0]
    assert (open_.status, open_.notes) == ("fail", (password_file.Reason.OWNER_UNKNOWN,))
    of_root = run(password_file.CHECK, password(file_status(USERS, uid=0), owners=NOBODY))[0]
    assert (of_root.status, of_root.notes) == ("pass", (password_file.Reason.ROOT_OWNER,))


def test_password_files_that_are_not_there() -> None:
    none = run(password_file.CHECK, instance(password_files=Known(())))
    assert outcome(none) == ("not_applicable", {"no-files"})
    gone = instance(password_files=Known((Stored(path=USERS, role=Role.USERS, status=Known(None)),)))
    assert outcome(run(password_file.CHECK, gone)) == ("not_applicable", {"absent"})
    denied = instance(password_files=Known((Stored(path=USERS, role=Role.USERS, status=DENIED),)))
    assert outcome(run(password_file.CHECK, denied)) == ("unknown", {"unreadable"})


def test_a_backup_copy_counts_like_the_file() -> None:
    copies = (stored(USERS, Role.USERS, 0o600), stored(f"{USERS}.bak", Role.USERS_BACKUP, 0o644))
    found = run(password_file.CHECK, instance(password_files=Known(copies)))
    assert [(finding.subject, finding.status) for finding in found] == [(USERS, "pass"), (f"{USERS}.bak", "fail")]
    assert found[1].commands == (f"chmod 600 -- {USERS}.bak",)


# WT-06


def with_directory(role: Role, path: str = f"{BASE}/d", **row: Any) -> Instance:
    found = Stored(path=path, role=role, status=Known(directory_status(path, **row)))
    return instance(directories=Known((stored(BASE, Role.ADMIN_HOME, 0o740), found)), directory_trees=())


WEB, ADMIN = Role.WEB_HOME, Role.ADMIN_HOME


@pytest.mark.parametrize(
    ("role", "row", "expected"),
    [
        (WEB, {"mode": 0o700}, ("pass", "protected")),
        (WEB, {"mode": 0o740}, ("pass", "protected")),
        (WEB, {"mode": 0o744}, ("pass", "protected")),
        (WEB, {"mode": 0o755}, ("fail", "excess-rx")),
        (WEB, {"mode": 0o777}, ("fail", "write")),
        (WEB, {"mode": 0o775}, ("fail", "write")),
        (WEB, {"mode": 0o750}, ("fail", "excess-gx-only")),
        (WEB, {"mode": 0o702}, ("fail", "write")),
        (ADMIN, {"mode": 0o740}, ("pass", "protected")),
        (ADMIN, {"mode": 0o744}, ("fail", "excess-rx")),
        (ADMIN, {"mode": 0o750}, ("fail", "excess-gx-only")),
        (ADMIN, {"mode": 0o2740}, ("pass", "protected")),
        (ADMIN, {"mode": 0o1770}, ("fail", "write")),
        (ADMIN, {"mode": 0o740, "acl": True}, ("manual", "acl-present")),
        (ADMIN, {"mode": 0o700, "acl": True}, ("pass", "protected")),
        (ADMIN, {"mode": 0o755, "acl": True}, ("fail", "excess-rx")),
        (ADMIN, {"mode": 0o740, "uid": 1001}, ("fail", "foreign-owner")),
        (ADMIN, {"mode": 0o740, "uid": 0}, ("pass", "protected")),
        (ADMIN, {"mode": 0o740, "kind": FileKind.FILE}, ("not_applicable", "absent")),
        (ADMIN, {"mode": 0o740, "kind": FileKind.LINK}, ("unknown", "unreadable")),
        (Role.SCRATCH, {"mode": 0o777}, ("not_applicable", "scratch")),
    ],
)
def test_directory(role: Role, row: dict[str, Any], expected: tuple[str, str]) -> None:
    finding = run(directory_permissions.CHECK, with_directory(role, **row))[-1]
    assert (finding.status, finding.reason) == expected


@pytest.mark.parametrize(
    ("mode", "status"), [(0o750, "pass"), (0o710, "pass"), (0o751, "fail"), (0o770, "fail"), (0o754, "fail")]
)
def test_group_execute_may_be_accepted_and_nothing_else(mode: int, status: str) -> None:
    finding = run(
        directory_permissions.CHECK, with_directory(ADMIN, mode=mode), context_with(dir_group_execute="ignore")
    )[-1]
    assert finding.status == status
    assert (directory_permissions.Reason.GX_ACCEPTED in finding.notes) == (status == "pass")


@pytest.mark.parametrize(
    ("row", "daemons", "expected"),
    [
        ({"mode": 0o764}, (daemon(),), ("pass", "protected")),
        ({"mode": 0o764, "gid": 100}, (daemon(),), ("fail", "write")),
        ({"mode": 0o766}, (daemon(),), ("fail", "write")),
        ({"mode": 0o770}, (daemon(),), ("fail", "excess-gx-only")),
        ({"mode": 0o764}, (daemon(account=DENIED),), ("manual", "upload-group")),
        ({"mode": 0o774}, (daemon(account=DENIED),), ("fail", "write")),
    ],
)
def test_upload_directory(row: dict[str, Any], daemons: tuple[Daemon, ...], expected: tuple[str, str]) -> None:
    subject = replace(with_directory(WEB, f"{BASE}/webapps/shop/up", **row), daemons=Known(daemons))
    context = context_with(upload_dirs=(f"{BASE}/webapps/shop/up",))
    finding = run(directory_permissions.CHECK, subject, context)[-1]
    assert (finding.status, finding.reason) == expected
    assert run(directory_permissions.CHECK, subject)[-1].status is Status.FAIL


def test_upload_directories_do_not_lend_their_name() -> None:
    subject = with_directory(WEB, f"{BASE}/webapps/shop/uploads", mode=0o764)
    finding = run(directory_permissions.CHECK, subject, context_with(upload_dirs=(f"{BASE}/webapps/shop/up",)))[-1]
    assert finding.status is Status.FAIL


def test_scratch_directories_out_of_sight_are_not_missed() -> None:
    unseen: tuple[Fact[FileStatus | None], ...] = (Known(None), DENIED)
    for status in unseen:
        found = (stored(BASE, ADMIN, 0o740), Stored(path="/t", role=Role.SCRATCH, status=status))
        assert outcome(run(directory_permissions.CHECK, instance(directories=Known(found)))) == (
            "pass",
            {"protected", "tree-protected"},
        )


@given(mode=st.integers(0, 0o7777), extra=st.integers(0, 0o7777), role=st.sampled_from([WEB, ADMIN]))
def test_a_wider_directory_never_improves(mode: int, extra: int, role: Role) -> None:
    for context in (CONTEXT, context_with(dir_group_execute="ignore"), context_with(upload_dirs=(BASE,))):
        strict, wide = (
            run(directory_permissions.CHECK, with_directory(role, mode=bits), context) for bits in (mode, mode | extra)
        )
        assert severity(wide) >= severity(strict)


# WT-07


def rows(*modes: int, **other: Any) -> dict[str, Any]:
    excess = tuple(file_status(f"{BASE}/x/{at}", mode, **other) for at, mode in enumerate(modes))
    return {"excess": excess, "excess_total": len(excess)}


def conf(**found: Any) -> Tree:
    return tree(f"{BASE}/conf", Role.CONFIG, SearchKind.CONFIG_FILES, 0o700, **found)


def source(**found: Any) -> Tree:
    return tree(f"{BASE}/webapps", Role.SOURCE, SearchKind.SOURCE_FILES, 0o644, **found)


def script(**found: Any) -> Tree:
    return tree(f"{BASE}/bin", Role.SCRIPT, SearchKind.SCRIPT_FILES, 0o755, **found)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (instance(config_trees=(conf(**rows(0o640)),)), ("fail", {"excess-group-read"})),
        (instance(config_trees=(conf(**rows(0o640, 0o644)),)), ("fail", {"excess-other-read"})),
        (instance(config_trees=(conf(**rows(0o640, 0o660)),)), ("fail", {"excess-write"})),
        (instance(config_trees=(conf(owners={UID: 9, 1001: 1}),)), ("fail", {"tree-foreign-owner"})),
        (instance(config_trees=(conf(owners={UID: 9, 0: 1}),)), ("pass", None)),
        (instance(config_trees=(replace(conf(), search=DENIED),)), ("unknown", {"unreadable"})),
        (instance(config_trees=(conf(acls=(f"{BASE}/conf/a",)),)), ("pass", None)),
        (instance(source_trees=(source(**rows(0o664)),)), ("fail", {"excess-write"})),
        (instance(source_trees=(source(**rows(0o755)),)), ("fail", {"excess-execute"})),
        (instance(source_trees=(source(**rows(0o4644)),)), ("fail", {"special-bits"})),
        (instance(source_trees=(source(acls=(f"{BASE}/webapps/a",)),)), ("manual", {"acl-present"})),
        (instance(script_trees=(script(**rows(0o775)),)), ("fail", {"excess-write"})),
        (instance(script_trees=(script(**rows(0o4755)),)), ("fail", {"special-bits"})),
        (instance(config_trees=()), ("unknown", {"unreadable"})),
        (instance(config_files=Known((stored("/x/setenv.sh", Role.CONFIG, 0o750),))), ("fail", {"excess-group-read"})),
        (instance(config_files=Known((stored("/x/setenv.sh", Role.CONFIG, 0o700),))), ("pass", None)),
        (instance(config_files=Known((stored("/x/a.sh", Role.SCRIPT, 0o755),))), ("pass", None)),
        (instance(config_files=Known((stored("/x/a.xml", Role.SOURCE, 0o644),))), ("pass", None)),
        (instance(config_files=Known((stored("/x/a.xml", Role.CONFIG, 0o644),))), ("fail", {"excess-other-read"})),
        (instance(owners=NOBODY), ("unknown", {"owner-unknown"})),
    ],
)
def test_files(subject: Instance, expected: tuple[str, set[str] | None]) -> None:
    status, reasons = outcome(run(file_permissions.CHECK, subject))
    assert (status, reasons if expected[1] else None) == expected


def test_a_configuration_of_root_is_accepted_when_the_account_is_not_known() -> None:
    of_root = {"owners": {0: 10}}
    subject = instance(
        owners=NOBODY,
        config_trees=(conf(**of_root),),
        script_trees=(script(**of_root),),
        source_trees=(source(**of_root),),
        config_files=Known(()),
    )
    assert outcome(run(file_permissions.CHECK, subject))[0] == "pass"
    assert outcome(run(file_permissions.CHECK, subject, context_with(owner_root="fail")))[0] == "unknown"


def test_the_fix_of_a_tree() -> None:
    finding = run(file_permissions.CHECK, instance(config_trees=(conf(**rows(0o640, 0o644)),)))[0]
    assert finding.commands == ("find -H /opt/tomcat/conf -type f -perm /044 -exec chmod go-r {} +",)
    assert (finding.params["count"], finding.params["total"], finding.params["mode"]) == ("2", "10", "-rw-r--r--")


@given(modes=st.lists(st.integers(0, 0o7777), min_size=1, max_size=4), extra=st.integers(0, 0o7777))
def test_a_wider_file_never_improves(modes: list[int], extra: int) -> None:
    def subject(bits: list[int]) -> Instance:
        outside = [mode for mode in bits if mode & ~0o644]
        listed = Stored(path="/s", role=Role.CONFIG, status=Known(file_status("/s", bits[0])))
        return instance(source_trees=(source(**rows(*outside)),), config_files=Known((listed,)))

    wide = [modes[0] | extra, *modes[1:]]
    for check in (file_permissions.CHECK,):
        assert severity(run(check, subject(wide))) >= severity(run(check, subject(modes)))


# WT-12

LOGS = f"{BASE}/logs"


def access_log(**other: Any) -> AccessLog:
    found = AccessLog(
        class_name="org.apache.catalina.valves.AccessLogValve",
        target=LogTarget.FILE,
        directory=LOGS,
        prefix="access",
        place=Place(f"{BASE}/conf/server.xml", 168),
        files=Known(("access.1.gz", "access.log")),
    )
    return replace(found, **other)


def with_logs(directory: int = 0o740, *files: int, **other: Any) -> Instance:
    outside = rows(*(mode for mode in files if mode & ~0o640))
    found = tree(LOGS, Role.LOG, SearchKind.LOG_FILES, 0o640, **outside)
    return instance(logs=logs(**({"directories": (stored(LOGS, Role.LOG, directory),), "trees": (found,)} | other)))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (with_logs(0o740, 0o640, 0o600), ("pass", None)),
        (with_logs(0o750, 0o644), ("fail", {"excess-gx-only", "excess-other-read"})),
        (with_logs(0o750, 0o640), ("fail", {"excess-gx-only"})),
        (with_logs(0o755), ("fail", {"excess-rx"})),
        (with_logs(0o2770), ("fail", {"write"})),
        (with_logs(0o740, 0o660), ("fail", {"excess-write"})),
        (with_logs(0o740, 0o650), ("fail", {"excess-execute"})),
        (with_logs(access=Known(())), ("fail", {"existence"})),
        (with_logs(access=Known((access_log(files=Known(())),))), ("manual", {"access-no-file"})),
        (with_logs(access=Known((access_log(files=DENIED),))), ("unknown", {"unreadable"})),
        (with_logs(access=Known((access_log(target=LogTarget.JOURNAL),))), ("manual", {"access-elsewhere"})),
        (
            with_logs(access=Known((access_log(), access_log(target=LogTarget.CUSTOM)))),
            ("manual", {"access-elsewhere"}),
        ),
        (with_logs(error_target=Known(LogTarget.REMOTE)), ("manual", {"error-elsewhere"})),
        (with_logs(error_target=DENIED), ("unknown", {"unreadable"})),
        (with_logs(error_files=Known(())), ("manual", {"error-no-file"})),
        (
            instance(
                logs=logs(
                    access=Known((access_log(target=LogTarget.STDOUT),)),
                    error_target=Known(LogTarget.STDOUT),
                    error_files=Known(()),
                    directories=(),
                    trees=(),
                )
            ),
            ("manual", {"access-elsewhere", "error-elsewhere"}),
        ),
    ],
)
def test_logs(subject: Instance, expected: tuple[str, set[str] | None]) -> None:
    status, reasons = outcome(run(log_permissions.CHECK, subject))
    assert (status, reasons if expected[1] else None) == expected


def test_logs_follow_the_policy_and_note_the_umask() -> None:
    subject = with_logs(0o750, 0o640)
    found = run(log_permissions.CHECK, subject, context_with(dir_group_execute="ignore"))
    assert outcome(found)[0] == "pass"
    assert found[-1].params["umask"] == "0027"
    assert log_permissions.Reason.UMASK in found[-1].notes
    silent = run(log_permissions.CHECK, replace(subject, logs=replace(subject.logs, umask="")))
    assert log_permissions.Reason.UMASK not in silent[-1].notes


@given(mode=st.integers(0, 0o7777), file=st.integers(0, 0o7777), extra=st.integers(0, 0o7777))
def test_wider_logs_never_improve(mode: int, file: int, extra: int) -> None:
    strict = run(log_permissions.CHECK, with_logs(mode, file))
    assert severity(run(log_permissions.CHECK, with_logs(mode | extra, file))) >= severity(strict)
    assert severity(run(log_permissions.CHECK, with_logs(mode, file | extra))) >= severity(strict)


@given(mode=st.integers(0, 0o7777), extra=st.integers(0, 0o7777))
def test_a_wider_password_file_never_improves(mode: int, extra: int) -> None:
    strict, wide = (run(password_file.CHECK, password(file_status(USERS, bits))) for bits in (mode, mode | extra))
    assert severity(wide) >= severity(strict)
