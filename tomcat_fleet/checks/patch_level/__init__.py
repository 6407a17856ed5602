"""WT-13: the running Tomcat has the newest security fixes of a branch that is still maintained."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.evidence import Package
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.patch import Advisory, Patch, PatchLevel, VersionFacts
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.repair import quote
from tomcat_fleet.model.status import Severity, Status

RATINGS = ("critical", "important", "moderate", "low")
NAMED = 10  # advisories named in the sentence; the evidence lists all


class Reason(StrEnum):
    """Everything this check can say."""

    CURRENT = "current"
    END_OF_LIFE = "end-of-life"
    VULNERABLE = "vulnerable"
    UNLISTED = "unlisted"
    UNFIXED = "unfixed"
    PACKAGED = "packaged"
    VENDOR_BUILD = "vendor-build"
    TABLE_OLD = "table-old"
    SOURCES_DISAGREE = "sources-disagree"
    SOURCES_UNKNOWN = "sources-unknown"
    OVERRIDDEN = "overridden"
    VERSION_UNKNOWN = "version-unknown"
    PACKAGE_UNKNOWN = "package-unknown"
    TABLE_UNKNOWN = "table-unknown"
    RESTART_PENDING = "restart-pending"
    RESTART_UNKNOWN = "restart-unknown"
    RESTART_UNSEEN = "restart-unseen"
    BEHIND = "behind"
    END_NEAR = "end-near"


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding on the version, and one on the process when its jar was replaced under it."""
    version = instance.version
    yield from _restart(instance, version)
    if isinstance(version.number, Unknown):
        yield _missing(Reason.VERSION_UNKNOWN, version, version.number)
    elif isinstance(version.package, Unknown):  # upstream numbers mean nothing for a package that carries its own fixes
        yield _missing(Reason.PACKAGE_UNKNOWN, version, version.package)
    elif isinstance(instance.patch, Unknown):
        yield _missing(Reason.TABLE_UNKNOWN, version, instance.patch)
    else:
        yield _judged(version, version.number.value, version.package.value, instance.patch.value, context)


def _judged(version: VersionFacts, number: str, package: Package | None, patch: Patch, context: Context) -> Finding:
    status, reason = _verdict(version, package, patch, context)
    worst_first = sorted(patch.advisories, key=_weight)
    table = Observation("advisories", f"{patch.table_date} {patch.branch} {patch.level} newest={patch.newest or '-'}")
    listed = (Observation("advisories", _row(advisory)) for advisory in worst_first)
    return Finding(
        status=status,
        reason=reason,
        subject=version.jar,
        refs=(*_version_refs(version), *_gap(version, status), table, *listed),
        params=_params(version, number, package, patch, context) | _named(worst_first),
        notes=tuple(note for note in _notes(version, patch, status) if note is not reason),
    )


def _notes(version: VersionFacts, patch: Patch, status: Status) -> Iterator[Reason]:
    notes = (
        (patch.level is PatchLevel.BEHIND, Reason.BEHIND),
        (version.agree == Known(value=False), Reason.SOURCES_DISAGREE),
        (version.override is not None, Reason.OVERRIDDEN),
        (bool(patch.eol_date) and patch.level is not PatchLevel.END_OF_LIFE, Reason.END_NEAR),
        (status is Status.PASS and version.dates_only, Reason.RESTART_UNSEEN),
    )
    return (note for applies, note in notes if applies)


def _verdict(version: VersionFacts, package: Package | None, patch: Patch, context: Context) -> tuple[Status, Reason]:
    """First rule that applies; a package's fixes and an unlisted version are for a person to look up."""
    rules = (
        (package is not None, Status.MANUAL, Reason.PACKAGED),
        (version.vendor is not None, Status.MANUAL, Reason.VENDOR_BUILD),
        (patch.level is PatchLevel.END_OF_LIFE, Status.FAIL, Reason.END_OF_LIFE),
        (patch.level is PatchLevel.VULNERABLE, Status.FAIL, Reason.VULNERABLE),
        (patch.level is PatchLevel.UNLISTED, Status.MANUAL, Reason.UNLISTED),
        (bool(patch.advisories), Status.MANUAL, Reason.UNFIXED),
        (version.agree == Known(value=False), Status.MANUAL, Reason.SOURCES_DISAGREE),
        (isinstance(version.agree, Unknown), Status.UNKNOWN, Reason.SOURCES_UNKNOWN),
        (patch.table_age_days > context.policy.advisories_max_age_days, Status.MANUAL, Reason.TABLE_OLD),
    )
    return next(((status, reason) for applies, status, reason in rules if applies), (Status.PASS, Reason.CURRENT))


def _restart(instance: Instance, version: VersionFacts) -> Iterator[Finding]:
    pending = version.restart_pending
    if instance.running == Known(value=False) or pending == Known(value=False):
        return
    number = version.number.value if isinstance(version.number, Known) else "-"
    params = {"jar": version.jar, "version": number, "base": instance.base}
    if isinstance(pending, Unknown):
        yield _missing(Reason.RESTART_UNKNOWN, version, pending)
        return
    daemons = instance.daemons.value if isinstance(instance.daemons, Known) else ()
    opened = (Observation("open", path) for path in version.open_jars)
    units = sorted(unit.name for unit in instance.units if unit.name.endswith(".service"))
    yield Finding(
        status=Status.FAIL,
        reason=Reason.RESTART_PENDING,
        subject=f"{instance.base} {version.jar}",
        refs=(Place(version.jar), *opened, *(daemon.process for daemon in daemons)),
        params=params,
        commands=tuple(f"systemctl restart {quote(name)}" for name in units[:1]),
    )


def _params(
    version: VersionFacts, number: str, package: Package | None, patch: Patch, context: Context
) -> dict[str, str]:
    return {
        "version": number,
        "jar": version.jar,
        "sources": ", ".join(f"{source.name} {source.version}" for source in version.sources) or "-",
        "build": version.vendor or "-",
        "override": version.override.version if version.override else "-",
        "override_path": version.override.place.path if version.override else "-",
        "package": f"{package.manager} {package.name} {package.version}" if package else "-",
        "branch": patch.branch,
        "newest": patch.newest or "-",
        "eol": patch.eol_date or "-",
        "table": patch.table_date,
        "age": str(patch.table_age_days),
        "max_age": str(context.policy.advisories_max_age_days),
    } | ({"gap": version.agree.gap.value} if isinstance(version.agree, Unknown) else {})


def _named(advisories: list[Advisory]) -> dict[str, str]:
    names = [f"{advisory.cve} ({advisory.severity})" for advisory in advisories[:NAMED]]
    more = ["…"] if len(advisories) > NAMED else []
    cves = ", ".join([*names, *more])
    return {"count": str(len(advisories)), "cves": cves, "listed": f": {cves}" if cves else "."}


def _weight(advisory: Advisory) -> tuple[int, str]:
    rank = RATINGS.index(advisory.severity) if advisory.severity in RATINGS else len(RATINGS)
    return rank, advisory.cve


def _row(advisory: Advisory) -> str:
    return f"{advisory.cve} {advisory.severity} {advisory.fixed_in or '-'} {advisory.title}"


def _version_refs(version: VersionFacts) -> tuple[Ref, ...]:
    sources = tuple(source.place for source in version.sources) or (Place(version.jar),)
    seen = tuple(Observation(source.name, source.version) for source in version.sources)
    package = version.package.value if isinstance(version.package, Known) else None
    owned = (Observation(package.manager, f"{package.name} {package.version}"),) if package else ()
    shown = version.override
    hidden = (shown.place, Observation(shown.name, shown.version)) if shown else ()
    vendor = (Observation("build", version.vendor),) if version.vendor else ()
    return (*sources, *seen, *hidden, *vendor, *owned)


def _gap(version: VersionFacts, status: Status) -> tuple[Ref, ...]:
    return (version.agree,) if isinstance(version.agree, Unknown) and status is Status.UNKNOWN else ()


def _missing(reason: Reason, version: VersionFacts, fact: Unknown) -> Finding:
    number = version.number.value if isinstance(version.number, Known) else "-"
    return Finding(
        status=Status.UNKNOWN,
        reason=reason,
        subject=version.jar,
        refs=(*_version_refs(version), fact),
        params={"version": number, "jar": version.jar, "gap": fact.gap.value},
    )


CHECK = Check(item="WT-13", slug="patch_level", severity=Severity.HIGH, reasons=Reason, judge=judge)
