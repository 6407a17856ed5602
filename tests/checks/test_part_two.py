"""Words, evidence and lost records of WT-04 … WT-07, WT-12 and WT-13; the rules of WT-05 and WT-13."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.checks.judging import CHECKS, DENIED, NOBODY, WORDS, fields, outcome, run, stopped
from tests.good_instance import (
    GOOD,
    account,
    daemon,
    instance,
    logs,
    patch,
    process,
    unit,
    version,
)
from tomcat_fleet.checks import (
    daemon_account,
    patch_level,
)
from tomcat_fleet.guide import book
from tomcat_fleet.model.check import Check
from tomcat_fleet.model.daemon import Daemon, DaemonKind
from tomcat_fleet.model.evidence import Package
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.patch import Advisory, PatchLevel
from tomcat_fleet.model.status import Status, worst
from tomcat_fleet.model.storage import Owners

# The words


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.slug)
def test_every_reason_has_words_in_both_languages_with_the_same_placeholders(check: Check) -> None:
    words = WORDS[check.slug]
    assert set(words["reasons"]) == {reason.value for reason in check.reasons}
    assert set(words.get("remedies", {})) <= set(words["reasons"])
    for sentence in words["reasons"].values():
        assert fields(sentence["ko"]) == fields(sentence["en"])
    for steps in (words["remedy"], words["manual_steps"], *words.get("remedies", {}).values()):
        assert len(steps["ko"]) == len(steps["en"]) > 0
    assert words["severity"] == check.severity
    assert all(source.startswith("https://tomcat.apache.org/") for source in words["sources"])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.slug)
def test_korean_sentences_end_as_a_korean_report_does(check: Check) -> None:
    words = WORDS[check.slug]
    prose = [words["why"]["ko"], words["impact"]["ko"], *words["remedy"]["ko"], *words["manual_steps"]["ko"]]
    assert all(sentence.endswith("니다.") for sentence in prose)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.slug)
def test_the_good_instance_passes(check: Check) -> None:
    assert outcome(run(check, GOOD))[0] == Status.PASS


# Corrupting one record of the good instance


def without_one_record() -> Iterator[tuple[str, Instance]]:
    for name in ("password_files", "directories", "config_files", "daemons", "patch"):
        yield name, instance(**{name: DENIED})
    yield "owners", replace(GOOD, owners=NOBODY)
    for name in ("number", "package", "restart_pending"):
        yield f"version.{name}", replace(GOOD, version=version(**{name: DENIED}))
    for name in ("access", "error_target", "error_files"):
        yield f"logs.{name}", replace(GOOD, logs=logs(**{name: DENIED}))
    yield "logs.directories", replace(GOOD, logs=logs(directories=()))
    yield "logs.trees", replace(GOOD, logs=logs(trees=()))
    for name in ("directory_trees", "config_trees", "script_trees", "source_trees"):
        for at, found in enumerate(getattr(GOOD, name)):
            trees = list(getattr(GOOD, name))
            trees[at] = replace(found, search=DENIED)
            yield name, instance(**{name: tuple(trees)})
    yield "config_trees", replace(GOOD, config_trees=())
    yield "directories", replace(GOOD, directories=Known(()))
    yield "account", replace(GOOD, daemons=Known((daemon(account=DENIED),)))
    yield "no daemon", replace(GOOD, daemons=Known(()))
    yield "running", replace(GOOD, daemons=Known(()), running=DENIED)


def test_a_lost_record_is_never_a_pass() -> None:
    for name, subject in without_one_record():
        statuses = {worst(finding.status for finding in run(check, subject)) for check in CHECKS}
        assert statuses == {Status.PASS, Status.UNKNOWN}, name


# WT-05


def running(*daemons: Daemon) -> Instance:
    return instance(daemons=Known(daemons))


ROOT = process(uid=0, user="root")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (running(daemon()), ("pass", {"own-account"})),
        (running(daemon(process=ROOT)), ("fail", {"root"})),
        (running(daemon(process=process(uid=0, user="toor"))), ("fail", {"root"})),
        (running(daemon(process=process(user="tomcat-s+"))), ("pass", {"own-account"})),
        (running(daemon(account=DENIED)), ("unknown", {"account-unknown"})),
        (running(daemon(account=Known(None))), ("pass", {"own-account"})),
        (running(daemon(account=Known(account(uid=5)))), ("unknown", {"account-unknown"})),
        (running(daemon(account=Known(account(groups=("tomcat", "docker"))))), ("manual", {"group-escalation"})),
        (running(daemon(account=Known(account(groups=("wheel",))))), ("manual", {"group-escalation"})),
        (running(daemon(account=Known(account(groups=("adm", "tomcat"))))), ("pass", {"own-account"})),
        (running(daemon(account=Known(account(gid=0)))), ("manual", {"group-escalation"})),
        (running(daemon(process=process(root="/ctr", uid=100000))), ("manual", {"mapped-uid"})),
        (running(daemon(process=process(root="/ctr"))), ("pass", {"own-account"})),
        (running(daemon(process=replace(ROOT, root="/ctr"))), ("fail", {"root"})),
        (running(daemon(), daemon(process=replace(ROOT, pid=9))), ("fail", {"root"})),
        (
            running(
                daemon(process=ROOT, kind=DaemonKind.JSVC_CONTROLLER),
                daemon(process=process(pid=9), kind=DaemonKind.JSVC_CHILD),
            ),
            ("pass", {"own-account"}),
        ),
        (
            running(
                daemon(process=ROOT, kind=DaemonKind.JSVC_CONTROLLER),
                daemon(process=replace(ROOT, pid=9), kind=DaemonKind.JSVC_CHILD),
            ),
            ("fail", {"root"}),
        ),
        (running(daemon(process=ROOT, kind=DaemonKind.JSVC_CONTROLLER)), ("unknown", {"no-jvm"})),
        (running(daemon(process=ROOT, kind=DaemonKind.WRAPPER), daemon()), ("pass", {"own-account"})),
        (running(daemon(process=ROOT, kind=DaemonKind.WRAPPER)), ("unknown", {"no-jvm"})),
        (instance(daemons=DENIED), ("unknown", {"unknown"})),
        (running(), ("unknown", {"unknown"})),
    ],
)
def test_daemon(subject: Instance, expected: tuple[str, set[str]]) -> None:
    assert outcome(run(daemon_account.CHECK, subject)) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (stopped(), ("manual", {"stopped-user"})),
        (stopped(units=()), ("manual", {"stopped"})),
        (stopped(units=(unit(user=None),)), ("fail", {"stopped-root-at-boot"})),
        (stopped(units=(unit(user="root"),)), ("fail", {"stopped-root-at-boot"})),
        (stopped(units=(unit(user="0"),)), ("fail", {"stopped-root-at-boot"})),
        (stopped(units=(unit(user=None, enabled=False),)), ("manual", {"stopped-root"})),
        (stopped(units=(unit(name="tomcat9", user=None),)), ("manual", {"stopped"})),
        (stopped(units=(unit(), unit(name="old.service", user=None))), ("fail", {"stopped-root-at-boot"})),
        (stopped(running=Unknown(Gap.HIDDEN, "/proc")), ("unknown", {"unknown"})),
    ],
)
def test_stopped_instance(subject: Instance, expected: tuple[str, set[str]]) -> None:
    assert outcome(run(daemon_account.CHECK, subject)) == expected


def test_daemon_notes() -> None:
    reasons = daemon_account.Reason
    shell = run(daemon_account.CHECK, running(daemon(account=Known(account(shell="/bin/bash")))))[0]
    assert shell.notes == (reasons.LOGIN_SHELL,)
    empty = run(daemon_account.CHECK, running(daemon(account=Known(account(shell="")))))[0]
    assert empty.notes == (reasons.LOGIN_SHELL,)
    assert run(daemon_account.CHECK, running(daemon(account=Known(account(shell="/bin/false")))))[0].notes == ()
    contained = run(daemon_account.CHECK, running(daemon(process=process(root="/ctr"), account=Known(None))))[0]
    assert contained.notes == (reasons.CONTAINER, reasons.NO_ENTRY)
    parent = daemon(process=replace(ROOT, pid=1), kind=DaemonKind.JSVC_CONTROLLER)
    jsvc = run(daemon_account.CHECK, running(parent, daemon(kind=DaemonKind.JSVC_CHILD)))[0]
    assert jsvc.notes == (reasons.ROOT_CONTROLLER,)
    assert parent.process in jsvc.refs


def test_two_instances_are_judged_apart() -> None:
    other = instance(base="/srv/two", daemons=Known((daemon(process=ROOT),)))
    assert [outcome(run(daemon_account.CHECK, one))[0] for one in (GOOD, other)] == ["pass", "fail"]


def test_the_order_of_processes_changes_nothing() -> None:
    pair = (daemon(), daemon(process=replace(ROOT, pid=9)))
    assert run(daemon_account.CHECK, running(*pair)) == run(daemon_account.CHECK, running(*reversed(pair)))


def test_commands_move_the_daemon_to_an_account() -> None:
    by_root = Owners(uids=frozenset({0}), names=("root",), known=Known(None))
    new = run(daemon_account.CHECK, instance(daemons=Known((daemon(process=ROOT),)), owners=by_root))[0].commands
    assert new[0] == (
        "id -u tomcat >/dev/null 2>&1 || "
        "useradd --system --user-group --home-dir /opt/tomcat --shell /usr/sbin/nologin tomcat"
    )
    folder = "/etc/systemd/system/tomcat.service.d"
    assert f"printf '%s\\n' '[Service]' 'User=tomcat' > {folder}/user.conf" in new
    assert "systemctl stop tomcat.service" in new
    assert "then systemctl start tomcat.service; else" in new[-1]
    bare = instance(base="/srv/my tomcat", daemons=Known((daemon(process=ROOT),)), units=())
    lines = run(daemon_account.CHECK, bare)[0].commands
    assert lines[0].startswith("env CATALINA_BASE='/srv/my tomcat' ")
    assert lines[0].endswith("/bin/catalina.sh stop")
    assert lines[2] == "chown -R -H tomcat -- '/srv/my tomcat'"
    assert "then runuser -u tomcat -- env CATALINA_BASE='/srv/my tomcat' " in lines[-1]


# WT-13

CVES = (
    Advisory(cve="CVE-2026-2", severity="low", fixed_in="10.1.60", title="b"),
    Advisory(cve="CVE-2026-1", severity="critical", fixed_in=None, title="a"),
)
DEB = Known(Package(manager="dpkg", name="tomcat10", version="10.1.34-0+deb12u1"))


def patched(level: PatchLevel, facts: dict[str, Any] | None = None, **other: Any) -> Instance:
    return instance(patch=Known(patch(level=level, **other)), version=version(**(facts or {})))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (patched(PatchLevel.CURRENT), ("pass", {"current"})),
        (patched(PatchLevel.BEHIND), ("pass", {"current"})),
        (patched(PatchLevel.VULNERABLE, advisories=CVES), ("fail", {"vulnerable"})),
        (patched(PatchLevel.END_OF_LIFE, eol_date="2024-03-31", advisories=CVES), ("fail", {"end-of-life"})),
        (patched(PatchLevel.UNLISTED), ("manual", {"unlisted"})),
        (patched(PatchLevel.CURRENT, advisories=CVES[1:]), ("manual", {"unfixed"})),
        (patched(PatchLevel.CURRENT, table_age_days=90), ("pass", {"current"})),
        (patched(PatchLevel.CURRENT, table_age_days=91), ("manual", {"table-old"})),
        (patched(PatchLevel.VULNERABLE, table_age_days=91), ("fail", {"vulnerable"})),
        (patched(PatchLevel.CURRENT, {"agree": Known(value=False)}), ("manual", {"sources-disagree"})),
        (patched(PatchLevel.VULNERABLE, {"agree": Known(value=False)}), ("fail", {"vulnerable"})),
        (patched(PatchLevel.VULNERABLE, {"package": DEB}, advisories=CVES), ("manual", {"packaged"})),
        (patched(PatchLevel.CURRENT, {"package": DEB}), ("manual", {"packaged"})),
        (patched(PatchLevel.END_OF_LIFE, {"package": DEB}), ("manual", {"packaged"})),
        (patched(PatchLevel.VULNERABLE, {"package": DENIED}), ("unknown", {"package-unknown"})),
        (patched(PatchLevel.CURRENT, {"number": DENIED}), ("unknown", {"version-unknown"})),
        (instance(patch=DENIED), ("unknown", {"table-unknown"})),
        (patched(PatchLevel.CURRENT, {"restart_pending": Known(value=True)}), ("fail", {"restart-pending"})),
        (patched(PatchLevel.CURRENT, {"restart_pending": DENIED}), ("unknown", {"restart-unknown"})),
        (
            patched(PatchLevel.CURRENT, {"restart_pending": Known(value=True), "package": DEB}),
            ("fail", {"restart-pending"}),
        ),
        (
            replace(stopped(), version=version(restart_pending=DENIED)),
            ("pass", {"current"}),
        ),
        (
            patched(PatchLevel.CURRENT, {"number": DENIED, "restart_pending": Known(value=True)}),
            ("fail", {"restart-pending"}),
        ),
    ],
)
def test_patch_level(subject: Instance, expected: tuple[str, set[str]]) -> None:
    assert outcome(run(patch_level.CHECK, subject)) == expected


def test_advisories_are_listed_worst_first() -> None:
    finding = run(patch_level.CHECK, patched(PatchLevel.VULNERABLE, advisories=CVES))[0]
    assert finding.params["cves"] == "CVE-2026-1 (critical), CVE-2026-2 (low)"
    texts = [getattr(ref, "text", "") for ref in finding.refs]
    assert texts[-2:] == ["CVE-2026-1 critical - a", "CVE-2026-2 low 10.1.60 b"]
    many = tuple(replace(CVES[0], cve=f"CVE-2025-{at}") for at in range(40))
    long = run(patch_level.CHECK, patched(PatchLevel.VULNERABLE, advisories=many))[0]
    assert long.params["count"] == "40"
    assert long.params["cves"].endswith("…")
    assert sum("CVE-2025-" in getattr(ref, "text", "") for ref in long.refs) == 40


def test_an_empty_list_of_advisories_ends_the_sentence() -> None:
    finding = run(patch_level.CHECK, patched(PatchLevel.END_OF_LIFE))[0]
    said = book.load().say("WT-13", finding.reason.value, finding.params)
    assert said.ko.endswith("알려진 취약점은 0건입니다.")
    assert said.en.endswith("advisories known to affect it (0).")


def test_patch_notes() -> None:
    reasons = patch_level.Reason
    behind = run(patch_level.CHECK, patched(PatchLevel.BEHIND, eol_date="2027-03-31"))[0]
    assert behind.notes == (reasons.BEHIND, reasons.END_NEAR)
    mixed = run(patch_level.CHECK, patched(PatchLevel.VULNERABLE, {"agree": Known(value=False)}))[0]
    assert mixed.notes == (reasons.SOURCES_DISAGREE,)
    pending = run(patch_level.CHECK, patched(PatchLevel.CURRENT, {"restart_pending": Known(value=True)}))[0]
    assert pending.commands == ("systemctl restart tomcat.service",)
