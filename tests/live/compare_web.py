"""Listings and error pages that the server shows, against what the model says."""

from __future__ import annotations

from tests.live.compare import Scene
from tests.live.draft import LISTED, OWN_PAGE, Site
from tests.live.server import Answer
from tests.live.web import CODES
from tomcat_fleet.checks.error_pages.cover import covered
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.web import AppErrorPages, ErrorPages, ListingFile, ListingScope


def compare_listings(scene: Scene, site: Site, served: set[str]) -> set[str]:
    """Compare, for every application, whether a directory is listed; the files that explain the listings."""
    files = scene.audit.instance.listing_files
    assert isinstance(files, Known), files
    failing = {
        finding.subject
        for finding in scene.audit.result.findings
        if finding.item == "WT-08" and finding.status.value in {"fail", "manual", "unknown"}
    }
    explained: set[str] = set()
    for path in sorted(served):
        shown = any(_lists(scene.ask(site, f"{path}{where}")) for where in ("/d/", "/files/d/", "/files/", "/"))
        causes = {file.path for file in files.value if _is_on(file) and _concerns(scene, site, path, file)}
        open_ = any(_is_open(file) and _concerns(scene, site, path, file) for file in files.value)
        subject = scene.subject(site, path)
        if shown:
            explained |= causes
        if open_ and not causes:
            scene.ledger.open("listing")
            continue
        scene.ledger.implies("listing", subject, seen=shown, said=bool(causes))
        scene.ledger.implies("WT-08", subject, seen=shown, said=bool(causes & failing))
    return explained


def overstated(scene: Scene, explained: set[str]) -> list[str]:
    """Files that the model says switch listings on although nothing showed one."""
    files = scene.audit.instance.listing_files
    assert isinstance(files, Known), files
    return sorted(file.path for file in files.value if _is_on(file) and file.path not in explained)


def _lists(answer: Answer) -> bool:
    return answer.status == 200 and LISTED in answer.body and f"{LISTED}" in answer.body


def _is_on(file: ListingFile) -> bool:
    return isinstance(file.servlets, Known) and any(one.listings == Known(value=True) for one in file.servlets.value)


def _is_open(file: ListingFile) -> bool:
    if isinstance(file.servlets, Unknown):
        return True
    return any(isinstance(one.listings, Unknown) for one in file.servlets.value)


def _concerns(scene: Scene, site: Site, path: str, file: ListingFile) -> bool:
    """Whether the file takes part in the application at all."""
    if file.scope is ListingScope.GLOBAL:
        return True
    if file.scope is ListingScope.HOST_DEFAULT:
        return file.path.startswith(f"{scene.draft.root}/conf/{site.engine}/{site.name.lower()}/")
    beside = f"{scene.draft.root}/conf/"
    own = file.path.startswith(
        (f"{scene.draft.root}/{site.app_base}/", f"{scene.draft.root}/outside/{site.name}", beside)
    )
    return own and file.application == (path or "/")


def compare_errors(scene: Scene, site: Site, served: set[str]) -> set[str]:
    """Compare, for every application and code, whose page a visitor gets; all that were seen."""
    seen: set[str] = set()
    facts = scene.audit.instance.error_pages
    assert isinstance(facts, Known), facts
    pages = facts.value
    own = {one.application.path: one for one in pages.applications if one.application.host == site.name.lower()}
    for path in sorted(served & set(own)):
        for code in CODES:
            seen.add(_compare_code(scene, site, pages, own[path], code))
        if own[path].pages == Known(()) or isinstance(own[path].pages, Known):
            _compare_missing_file(scene, site, pages, own[path])
    return seen


def compare_error_verdict(scene: Scene, seen: set[str]) -> None:
    """WT-09 of the whole server, all of whose applications were asked."""
    said = scene.audit.result.verdicts["WT-09"].value
    expected = {"pass": False, "fail": True}.get(said)
    if said == "fail" and "" in seen:
        expected = None  # a code that could not be provoked may be the one
    if expected is None:
        scene.ledger.open("WT-09")
    else:
        scene.ledger.same("WT-09", scene.draft.root.name, server="Tomcat's" in seen, model=expected)


def _compare_code(scene: Scene, site: Site, pages: ErrorPages, app: AppErrorPages, code: int) -> str:
    path = app.application.path
    answer = scene.ask(site, f"{path}/code?status={code}")
    subject = f"{scene.subject(site, path)} {code}"
    if answer.status == 404 and code != 404:
        return ""  # an application with a global descriptor of its own has no such servlet
    whose, said = _whose(answer), _said(site, pages, app, code)
    if said is None:
        scene.ledger.open("error page")
    else:
        scene.ledger.same("error page", subject, server=whose, model=said)
    return whose


def _compare_missing_file(scene: Scene, site: Site, pages: ErrorPages, app: AppErrorPages) -> None:
    path = app.application.path
    said = _said(site, pages, app, 404)
    if said is not None:
        answer = scene.ask(site, f"{path}/no-such-file")
        scene.ledger.same("error page", f"{scene.subject(site, path)} absent file", server=_whose(answer), model=said)


def _whose(answer: Answer) -> str:
    if OWN_PAGE in answer.body:
        return "own"
    if "HTTP Status" in answer.body:
        return "Tomcat's"
    return "nobody's" if not answer.body.strip() else f"odd: {answer.body[:80]!r}"


def _said(site: Site, pages: ErrorPages, app: AppErrorPages, code: int) -> str | None:
    """Whose page the model expects; None where it does not decide."""
    if isinstance(app.pages, Unknown) or isinstance(pages.global_pages, Unknown):
        return None
    taken = {(page.code, page.exception) for page in app.pages.value}
    shared = () if app.apart else pages.global_pages.value
    merged = (*app.pages.value, *(one for one in shared if (one.code, one.exception) not in taken))
    in_force = [page for page in merged if page.code == code and page.exception is None]
    if not in_force and pages.default_page_since:
        in_force = [page for page in merged if page.code is None and page.exception is None]
    if in_force:
        assert covered(merged, (code,), default_page=pages.default_page_since)
        return _with_location(site, pages, app, in_force[-1].location)
    if covered(pages.report_valve, (code,), default_page=True):
        exact = [page for page in pages.report_valve if page.code == code] or list(pages.report_valve)
        lost = {one.location for one in pages.missing_locations if one.application == "*"}
        return "Tomcat's" if exact[0].location in lost else "own"
    others = len({one.application.host for one in pages.applications}) > 1
    if others and any(f"errorCode.{wanted}=" in text for text in site.body for wanted in (0, code)):
        return None  # the model only counts what every host has
    return "Tomcat's"


def _with_location(site: Site, pages: ErrorPages, app: AppErrorPages, location: str) -> str | None:
    label = f"{site.name.lower()}{app.application.path or '/'}"
    lost = [one for one in pages.missing_locations if (one.application, one.location) == (label, location)]
    if any(isinstance(one.state, Unknown) for one in lost):
        return None
    return "nobody's" if lost else "own"
