"""WT-11: the web application that manages processes is gone, or needed by someone and closed to everyone else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from tomcat_fleet.model.access import AdminContext, is_restricted
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Ref
from tomcat_fleet.model.policy import ManagerRequired
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.web import Residue, ResidueKind


class Reason(StrEnum):
    """Everything this check can say."""

    ABSENT = "absent"
    PRESENT = "present"
    RENAMED = "renamed"
    REQUIRED = "required"
    REQUIRED_BUT_OPEN = "required-but-open"
    REQUIREMENT_EXPIRED = "requirement-expired"
    NOT_DEPLOYED = "not-deployed"
    DEPLOYMENT_UNKNOWN = "deployment-unknown"
    UNREADABLE = "unreadable"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per management function found, or one that there is none."""
    managers, contexts = instance.process_managers, instance.admin_contexts
    for fact in (managers, contexts):
        if isinstance(fact, Unknown):
            params = {"file": fact.source, "gap": fact.gap.value}
            yield Finding(
                status=Status.UNKNOWN, reason=Reason.UNREADABLE, subject=instance.base, refs=(fact,), params=params
            )
            break
    found = managers.value if isinstance(managers, Known) else ()
    if isinstance(contexts, Known):
        found = (*found, *(_residue(admin) for admin in contexts.value if not _covered(admin, found)))
    for residue in found:
        yield _present(instance, context, residue)
    if not found and isinstance(managers, Known) and isinstance(contexts, Known):
        yield _absent(instance)


def _absent(instance: Instance) -> Finding:
    absent = Observation(
        instance.base, "manager|host-manager|admin|catalina-manager.jar|org.apache.catalina.manager.*: 0"
    )
    refs: tuple[Ref, ...] = (*instance.searched, absent)
    params = {"base": instance.base}
    return Finding(status=Status.PASS, reason=Reason.ABSENT, subject=instance.base, refs=refs, params=params)


def _covered(admin: AdminContext, found: tuple[Residue, ...]) -> bool:
    """Whether one of the things found is this context: its application, or whatever deploys it."""
    paths = {admin.doc_base, *(place.path for place in admin.presence)}
    return any(residue.path in paths or residue.place == admin.definition for residue in found)


def _residue(admin: AdminContext) -> Residue:
    return Residue(
        kind=ResidueKind.RENAMED,
        path=admin.doc_base,
        name=admin.path or "/",
        deployed=admin.deployed,
        place=admin.servlet,
    )


def _present(instance: Instance, context: Context, residue: Residue) -> Finding:
    refs: tuple[Ref, ...] = (residue.place,)
    params = {"path": residue.path, "name": residue.name, "place": str(residue.place)}
    if isinstance(residue.deployed, Unknown):
        status, reason = Status.UNKNOWN, Reason.DEPLOYMENT_UNKNOWN
        refs = (*refs, residue.deployed)
        params["gap"] = residue.deployed.gap.value
    elif not residue.deployed.value:
        status, reason = Status.MANUAL, Reason.NOT_DEPLOYED
    else:
        status, reason = _required(instance, context)
        if reason is Reason.PRESENT and residue.kind is ResidueKind.RENAMED:
            reason = Reason.RENAMED
    required = context.policy.manager_required
    if required is not None:
        params |= {"who": required.who, "why": required.why, "until": required.until}
    removal = () if status is Status.PASS else residue.removal((instance.base, instance.home))
    return Finding(status=status, reason=reason, subject=residue.path, refs=refs, params=params, commands=removal)


def _required(instance: Instance, context: Context) -> tuple[Status, Reason]:
    """Fail, unless the profile names a need that holds today and WT-01 passes."""
    required = context.policy.manager_required
    if required is None:
        return Status.FAIL, Reason.PRESENT
    if not _holds(required, context.today):
        return Status.FAIL, Reason.REQUIREMENT_EXPIRED
    contexts = instance.admin_contexts
    networks = context.policy.manager_networks
    if isinstance(contexts, Known) and all(is_restricted(admin, networks) for admin in contexts.value):
        return Status.PASS, Reason.REQUIRED
    return Status.FAIL, Reason.REQUIRED_BUT_OPEN


def _holds(required: ManagerRequired, today: date) -> bool:
    """Whether the need has not run out; a date that is none proves no need."""
    try:
        return today <= date.fromisoformat(required.until)
    except ValueError:
        return False


CHECK = Check(item="WT-11", slug="process_manager", severity=Severity.MEDIUM, reasons=Reason, judge=judge)
