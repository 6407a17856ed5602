"""WT-01: administration pages can be reached from chosen addresses only."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.checks.manager_access.remedy import restriction
from tomcat_fleet.checks.manager_access.verdict import Reason, allowed, notes, verdict
from tomcat_fleet.model.access import Access, AdminContext, forbidden
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Ref
from tomcat_fleet.model.status import Severity, Status

__all__ = ["CHECK", "Reason"]


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per context that serves administration code, or one that there is none."""
    contexts = instance.admin_contexts
    if isinstance(contexts, Unknown):
        yield _unknown(Reason.UNREADABLE, instance.base, contexts, ())
        return
    if not contexts.value:
        absent = Observation(instance.base, "org.apache.catalina.manager.*: 0")
        yield Finding(
            status=Status.PASS,
            reason=Reason.NOT_DEPLOYED,
            subject=instance.base,
            refs=(*instance.searched, absent),
            params={"base": instance.base},
        )
    for admin in contexts.value:
        yield _judge_context(instance, admin, context.policy.manager_networks)


def _judge_context(instance: Instance, admin: AdminContext, networks: tuple[str, ...]) -> Finding:
    refs: tuple[Ref, ...] = (admin.definition, admin.servlet)
    if admin.deployed == Known(value=False):
        return _finding(Status.PASS, Reason.NOT_SERVED, admin, (*refs, *admin.presence))
    if isinstance(admin.access, Unknown):
        return _unknown(Reason.UNREADABLE, _subject(admin), admin.access, refs)
    access = admin.access.value
    if access.starts and not forbidden(access, networks):
        return _unknown(Reason.UNREADABLE, _subject(admin), Unknown(Gap.NOT_COLLECTED, admin.definition.path), refs)
    refs = (*refs, *(one.place for one in access.filters), _probed(access))
    status, reason = verdict(access, networks)
    if status is not Status.PASS and isinstance(admin.deployed, Unknown):
        return _unknown(Reason.DEPLOYMENT_UNKNOWN, _subject(admin), admin.deployed, refs)
    if status is Status.UNKNOWN:
        return _unknown(reason, _subject(admin), Unknown(Gap.MALFORMED, admin.definition.path), refs)
    return Finding(
        status=status,
        reason=reason,
        subject=_subject(admin),
        refs=refs,
        params=_params(admin, access, networks),
        commands=restriction(instance, admin, networks) if status is Status.FAIL else (),
        notes=notes(access, reason),
    )


def _probed(access: Access) -> Observation:
    return Observation("probe", ", ".join(f"{probe.address}: {probe.decision.value}" for probe in access.results))


def _subject(admin: AdminContext) -> str:
    path = admin.path or "/"
    return path if admin.host == "localhost" else f"{admin.host}{path}"


def _params(admin: AdminContext, access: Access, networks: tuple[str, ...]) -> dict[str, str]:
    """Parameters of every sentence about a context with a known filter, so that any of them can be a note."""
    texts = [
        f'{name}="{value}"'
        for one in access.filters
        for name, value in (("allow", one.allow), ("deny", one.deny))
        if value is not None
    ]
    return {
        "path": _subject(admin),
        "file": str(admin.definition),
        "value": printable("; ".join(texts)) or "-",
        "addresses": printable(", ".join(probe.address for probe in allowed(access, networks))) or "-",
    }


def _finding(status: Status, reason: Reason, admin: AdminContext, refs: tuple[Ref, ...]) -> Finding:
    params = {"path": _subject(admin), "file": str(admin.definition)}
    return Finding(status=status, reason=reason, subject=_subject(admin), refs=refs, params=params)


def _unknown(reason: Reason, subject: str, fact: Unknown, refs: tuple[Ref, ...]) -> Finding:
    params = {"path": subject, "file": fact.source, "gap": fact.gap.value}
    return Finding(status=Status.UNKNOWN, reason=reason, subject=subject, refs=(*refs, fact), params=params)


CHECK = Check(item="WT-01", slug="manager_access", severity=Severity.HIGH, reasons=Reason, judge=judge)
