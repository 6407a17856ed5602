"""WT-09: every required status code has a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tomcat_fleet.checks.error_pages.cover import block, covered, listed
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.status import Severity, Status
from tomcat_fleet.model.web import AppErrorPages, Application, ErrorPage, ErrorPages


class Reason(StrEnum):
    """Everything this check can say."""

    COVERED = "covered"
    MISSING = "missing"
    COVERED_BY_APPLICATION = "covered-by-application"
    MISSING_IN_APPLICATION = "missing-in-application"
    LOCATION_MISSING = "location-missing"
    LOCATION_UNKNOWN = "location-unknown"
    UNREADABLE = "unreadable"
    DEPLOYMENT_UNKNOWN = "deployment-unknown"
    HIDES_DETAILS = "hides-details"
    THROWABLE = "throwable"
    MALFORMED_REQUEST = "malformed-request"


_THROWABLE = "java.lang.Throwable"
_BAD_REQUEST, _SERVER_ERROR = 400, 500


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding for conf/web.xml, and where that is not enough one per application that has pages of its own."""
    pages = instance.error_pages
    if isinstance(pages, Unknown):
        yield _unknown(instance.base, Reason.UNREADABLE, pages)
        return
    shared = pages.value.global_pages
    path = f"{instance.base}/conf/web.xml"
    if isinstance(shared, Unknown):
        yield _unknown(path, Reason.UNREADABLE, shared)
        return
    everywhere = (*shared.value, *pages.value.report_valve)
    codes = context.policy.error_codes
    missing = frozenset(codes) - covered(everywhere, codes, default_page=pages.value.default_page_since)
    if missing:
        yield from _incomplete(path, pages.value, everywhere, missing, codes)
    else:
        yield _complete(path, pages.value, everywhere, codes)
        wanted = frozenset(codes) - covered(pages.value.report_valve, codes, default_page=True)
        apart = (one for one in pages.value.applications if one.apart and not _irrelevant(one))
        yield from (_judge_application(one, pages.value, wanted) for one in apart)
    yield from _locations(pages.value)


def _complete(path: str, pages: ErrorPages, everywhere: tuple[ErrorPage, ...], codes: tuple[int, ...]) -> Finding:
    valve = covered(pages.report_valve, codes, default_page=True)
    blind = _BAD_REQUEST in codes and _BAD_REQUEST not in valve
    return Finding(
        status=Status.PASS,
        reason=Reason.COVERED,
        subject=path,
        refs=tuple(page.place for page in everywhere),
        params={"file": path, "codes": listed(codes)},
        notes=(Reason.MALFORMED_REQUEST,) if blind else (),
    )


def _incomplete(
    path: str, pages: ErrorPages, everywhere: tuple[ErrorPage, ...], missing: frozenset[int], codes: tuple[int, ...]
) -> Iterator[Finding]:
    """Applications with pages of their own are judged apart; the others share one finding on conf/web.xml."""
    apps = [one for one in pages.applications if not _irrelevant(one)]
    plain = [
        one
        for one in apps
        if one.pages == Known(()) and one.application.deployed == Known(value=True) and not one.apart
    ]
    rest = frozenset(codes) - covered(pages.report_valve, codes, default_page=True)
    for app in apps:
        if app not in plain:
            yield _judge_application(app, pages, rest if app.apart else missing)
    if plain or not apps:
        places: tuple[Ref, ...] = tuple(page.place for page in everywhere) or (Observation(path, "error-page: 0"),)
        yield _lacking(Reason.MISSING, path, path, places, everywhere, pages, missing)


def _irrelevant(app: AppErrorPages) -> bool:
    return app.application.sample or app.application.deployed == Known(value=False)


def _judge_application(app: AppErrorPages, pages: ErrorPages, missing: frozenset[int]) -> Finding:
    subject = _name(app.application)
    if isinstance(app.pages, Unknown):
        return _unknown(subject, Reason.UNREADABLE, app.pages, app.application.place)
    own = app.pages.value
    left = missing - covered(own, missing, default_page=pages.default_page_since)
    places = tuple(page.place for page in own) or (app.application.place,)
    if not left:
        params = {"application": subject, "file": app.application.doc_base}
        return Finding(
            status=Status.PASS, reason=Reason.COVERED_BY_APPLICATION, subject=subject, refs=places, params=params
        )
    if isinstance(app.application.deployed, Unknown):
        return _unknown(subject, Reason.DEPLOYMENT_UNKNOWN, app.application.deployed, *places)
    file = f"{app.application.doc_base}/WEB-INF/web.xml"
    return _lacking(Reason.MISSING_IN_APPLICATION, subject, file, places, own, pages, left)


def _lacking(
    reason: Reason,
    subject: str,
    file: str,
    places: tuple[Ref, ...],
    present: tuple[ErrorPage, ...],
    pages: ErrorPages,
    missing: frozenset[int],
) -> Finding:
    partly = _SERVER_ERROR in missing and any(page.exception == _THROWABLE for page in present)
    tags = ((Reason.HIDES_DETAILS, bool(pages.hides_details)), (Reason.THROWABLE, partly))
    return Finding(
        status=Status.FAIL,
        reason=reason,
        subject=subject,
        refs=(*places, *pages.hides_details),
        params={"file": file, "application": subject, "codes": listed(missing)},
        commands=(f"# {file}", *(line for code in sorted(missing) for line in block(code))),
        notes=tuple(tag for tag, holds in tags if holds),
    )


def _locations(pages: ErrorPages) -> Iterator[Finding]:
    """Name each application that lacks a page: Tomcat then answers with an empty body."""
    for application in sorted({one.application for one in pages.missing_locations}):
        lost = [one for one in pages.missing_locations if one.application == application]
        gap = next((one.state for one in lost if isinstance(one.state, Unknown)), None)
        name = application or "/"
        rows = tuple(
            Observation(printable(f"{name}: {one.location}"), "0") for one in lost if isinstance(one.state, Known)
        )
        if rows:
            locations = printable(", ".join(sorted({one.location for one in lost if isinstance(one.state, Known)})))
            params = {"application": name, "locations": locations}
            yield Finding(status=Status.MANUAL, reason=Reason.LOCATION_MISSING, subject=name, refs=rows, params=params)
        if gap is not None:
            yield _unknown(name, Reason.LOCATION_UNKNOWN, gap)


def _name(application: Application) -> str:
    path = application.path or "/"
    return path if application.host == "localhost" else f"{application.host}{path}"


def _unknown(subject: str, reason: Reason, fact: Unknown, *places: Place) -> Finding:
    params = {"application": subject, "file": fact.source, "gap": fact.gap.value}
    return Finding(status=Status.UNKNOWN, reason=reason, subject=subject, refs=(*places, fact), params=params)


CHECK = Check(item="WT-09", slug="error_pages", severity=Severity.LOW, reasons=Reason, judge=judge)
