"""WT-05: Tomcat does not run as root."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.checks.daemon_account.command import run_as_account
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.daemon import Daemon, DaemonKind, Unit
from tomcat_fleet.model.evidence import Account, Process
from tomcat_fleet.model.fact import Fact, Gap, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.permission import owner_text
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.status import Severity, Status

ESCALATING = frozenset({"sudo", "wheel", "docker", "admin", "root", "lxd"})  # their members can become root
NO_LOGIN = ("nologin", "false")
FIRST_MAPPED_UID = 65536  # user namespaces map root of a container to a uid from here on


class Reason(StrEnum):
    """Everything this check can say."""

    ROOT = "root"
    OWN_ACCOUNT = "own-account"
    UNVOUCHED = "unvouched"
    GROUP_ESCALATION = "group-escalation"
    MAPPED_UID = "mapped-uid"
    ACCOUNT_UNKNOWN = "account-unknown"
    UNKNOWN = "unknown"
    UNIT_UNKNOWN = "unit-unknown"
    NO_JVM = "no-jvm"
    STOPPED = "stopped"
    STOPPED_USER = "stopped-user"
    STOPPED_ROOT = "stopped-root"
    STOPPED_ROOT_AT_BOOT = "stopped-root-at-boot"
    LOGIN_SHELL = "login-shell"
    NO_ENTRY = "no-entry"
    CONTAINER = "container"
    ROOT_CONTROLLER = "root-controller"


def judge(instance: Instance, _context: Context) -> Iterator[Finding]:
    """One finding per JVM of the instance; when it is stopped, one per unit that starts it."""
    if isinstance(instance.daemons, Unknown):
        yield _unknown(instance, instance.daemons)
        return
    daemons = sorted(instance.daemons.value, key=lambda daemon: daemon.process.pid)
    jvms = [daemon for daemon in daemons if daemon.kind in {DaemonKind.JAVA, DaemonKind.JSVC_CHILD}]
    for daemon in jvms:
        yield _running(daemon, daemons, instance)
    if daemons and not jvms:
        refs: tuple[Ref, ...] = (*(daemon.process for daemon in daemons), Unknown(Gap.MISSING, "java"))
        yield _finding(Status.UNKNOWN, Reason.NO_JVM, instance.base, refs, gap=Gap.MISSING.value)
    if not daemons:
        yield from _stopped(instance)


def _running(daemon: Daemon, daemons: list[Daemon], instance: Instance) -> Finding:
    process = daemon.process
    params = {"pid": str(process.pid), "user": owner_text(process.uid, process.user), "base": instance.base}
    controllers = [other for other in daemons if other.kind is DaemonKind.JSVC_CONTROLLER and other.process.uid == 0]
    refs: list[Ref] = [process, *(other.process for other in controllers)]
    subject = f"{instance.base} {params['user']}"  # no pid: a subject must survive a restart
    if process.uid == 0:
        commands = run_as_account(instance)
        return Finding(
            status=Status.FAIL, reason=Reason.ROOT, subject=subject, refs=tuple(refs), params=params, commands=commands
        )
    status, reason, more = _account(daemon.account, process)
    if status is Status.PASS and not daemon.vouched:
        status, reason = Status.MANUAL, Reason.UNVOUCHED
    notes = [*_notes(daemon.account, process), *([Reason.ROOT_CONTROLLER] if controllers else [])]
    evidence = _account_ref(daemon.account)
    return Finding(
        status=status,
        reason=reason,
        subject=subject,
        refs=(*refs, evidence),
        params=params | more,
        notes=tuple(note for note in notes if note is not reason),
    )


def _account(account: Fact[Account | None], process: Process) -> tuple[Status, Reason, dict[str, str]]:
    """Judge what an account other than uid 0 can become; without its groups nobody knows."""
    if isinstance(account, Unknown):
        return Status.UNKNOWN, Reason.ACCOUNT_UNKNOWN, {"gap": account.gap.value}
    if _contained(process) and process.uid >= FIRST_MAPPED_UID:
        return Status.MANUAL, Reason.MAPPED_UID, {}
    found = account.value
    if found is None:
        return Status.PASS, Reason.OWN_ACCOUNT, {}
    if found.uid != process.uid:
        return Status.UNKNOWN, Reason.ACCOUNT_UNKNOWN, {"gap": Gap.MALFORMED.value}
    groups = sorted(ESCALATING.intersection(found.groups) | ({"root"} if found.gid == 0 else set()))
    if groups:
        return Status.MANUAL, Reason.GROUP_ESCALATION, {"groups": ", ".join(groups)}
    return Status.PASS, Reason.OWN_ACCOUNT, {}


def _notes(account: Fact[Account | None], process: Process) -> Iterator[Reason]:
    if _contained(process):
        yield Reason.CONTAINER
    if isinstance(account, Unknown):
        return
    if account.value is None:
        yield Reason.NO_ENTRY
    elif not account.value.shell.endswith(NO_LOGIN):  # an empty field means /bin/sh
        yield Reason.LOGIN_SHELL


def _account_ref(account: Fact[Account | None]) -> Ref:
    if isinstance(account, Unknown):
        return account
    found = account.value
    if found is None:
        return Observation("passwd", "-")
    return Observation("id", f"uid={found.uid} gid={found.gid} shell={found.shell} groups={','.join(found.groups)}")


def _contained(process: Process) -> bool:
    return process.root not in {None, "", "/"}


def _stopped(instance: Instance) -> Iterator[Finding]:
    running = instance.running
    if isinstance(running, Unknown):
        yield _unknown(instance, running)
    elif running.value:
        yield _unknown(instance, Unknown(Gap.NOT_COLLECTED, "ps"))
    elif isinstance(instance.units_known, Unknown):
        yield from _of_units(instance)
        yield _unknown(instance, instance.units_known, Reason.UNIT_UNKNOWN)
    elif not instance.units:
        refs = (Observation("ps", "catalina.base: 0"), Place(instance.base))
        yield _finding(Status.MANUAL, Reason.STOPPED, instance.base, refs, base=instance.base)
    else:
        yield from _of_units(instance)


def _of_units(instance: Instance) -> Iterator[Finding]:
    for unit in sorted(instance.units, key=lambda unit: (unit.name, unit.place)):
        yield _unit(unit, instance)


def _unit(unit: Unit, instance: Instance) -> Finding:
    """Judge what starts a stopped instance; only a systemd unit without User= is known to start it as root."""
    params = {"unit": unit.name, "user": unit.user or "root", "base": instance.base}
    refs = (unit.place, Observation("ps", "catalina.base: 0"))
    systemd = unit.name.endswith(".service")
    as_root = unit.user in {"root", "0"} or (unit.user is None and systemd)
    if as_root and unit.enabled:
        status, reason = Status.FAIL, Reason.STOPPED_ROOT_AT_BOOT
    elif as_root:
        status, reason = Status.MANUAL, Reason.STOPPED_ROOT
    else:
        status, reason = Status.MANUAL, Reason.STOPPED if unit.user is None else Reason.STOPPED_USER
    return Finding(
        status=status,
        reason=reason,
        subject=unit.name,
        refs=refs,
        params=params,
        commands=run_as_account(instance, unit) if as_root else (),
    )


def _unknown(instance: Instance, fact: Unknown, reason: Reason = Reason.UNKNOWN) -> Finding:
    return _finding(Status.UNKNOWN, reason, instance.base, (fact,), base=instance.base, gap=fact.gap.value)


def _finding(status: Status, reason: Reason, subject: str, refs: tuple[Ref, ...], **params: str) -> Finding:
    return Finding(status=status, reason=reason, subject=subject, refs=refs, params=params)


CHECK = Check(item="WT-05", slug="daemon_account", severity=Severity.MEDIUM, reasons=Reason, judge=judge)
