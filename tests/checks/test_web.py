"""WT-08, WT-09, WT-10 and WT-11."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.good_instance import (
    BASE,
    CONTEXT,
    access,
    admin_context,
    application,
    context_with,
    error_page,
    error_pages,
    instance,
    listing_file,
    servlet,
)
from tomcat_fleet.checks import directory_listing, examples, process_manager
from tomcat_fleet.checks import error_pages as pages_check
from tomcat_fleet.guide import book
from tomcat_fleet.model.access import AddressClass
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.policy import ManagerRequired
from tomcat_fleet.model.status import Status, worst
from tomcat_fleet.model.web import (
    AppErrorPages,
    DefaultServlet,
    ErrorPages,
    ListingFile,
    ListingScope,
    MissingLocation,
    Residue,
    ResidueKind,
)

LISTING, PAGES, EXAMPLES, MANAGER = (one.CHECK for one in (directory_listing, pages_check, examples, process_manager))
LOST = Unknown(Gap.DENIED, f"{BASE}/webapps")
ON, OFF = Known(value=True), Known(value=False)


def run(check: Check, subject: Instance, context: Context = CONTEXT) -> list[Finding]:
    findings = list(check.judge(subject, context))
    for finding in findings:
        assert finding.refs
        for reason in (finding.reason, *finding.notes):
            book.load().say(check.item, reason, finding.params)
    return findings


def one(check: Check, context: Context = CONTEXT, **other: Any) -> Finding:
    [finding] = run(check, instance(**other), context)
    return finding


# WT-08


def listing(*servlets: DefaultServlet) -> Finding:
    return one(LISTING, listing_files=Known((listing_file(servlets=Known(servlets)),)))


LISTINGS = (
    (servlet(), Status.PASS, directory_listing.Reason.OFF, ()),
    (servlet(listings_text=None), Status.PASS, directory_listing.Reason.OFF_BY_DEFAULT, ()),
    (servlet(listings_text=" TRUE ", listings=ON), Status.FAIL, directory_listing.Reason.ON, ()),
    (
        servlet(listings_text="yes"),
        Status.PASS,
        directory_listing.Reason.OFF,
        (directory_listing.Reason.NOT_A_BOOLEAN,),
    ),
    (
        servlet(listings_text="${list}", listings=Unknown(Gap.UNRESOLVED, "list")),
        Status.MANUAL,
        directory_listing.Reason.UNDECIDED,
        (),
    ),
    (servlet(listings=LOST), Status.UNKNOWN, directory_listing.Reason.UNREADABLE, ()),
)


@pytest.mark.parametrize(("declared", "status", "reason", "notes"), LISTINGS)
def test_listings_of_one_servlet(
    declared: DefaultServlet, status: Status, reason: directory_listing.Reason, notes: tuple[str, ...]
) -> None:
    finding = listing(declared)
    assert (finding.status, finding.reason, finding.notes) == (status, reason, notes)
    assert bool(finding.commands) is (status is Status.FAIL)


def test_the_worst_servlet_of_a_file_decides() -> None:
    webdav = servlet(name="webdav", mappings=("/dav/*",), listings=ON, place=Place(f"{BASE}/conf/web.xml", 140))
    finding = listing(servlet(), webdav)
    assert (finding.status, finding.params["servlets"], finding.params["mappings"]) == (Status.FAIL, "webdav", "/dav/*")
    assert finding.commands[0] == f"# {BASE}/conf/web.xml:140"


def test_no_servlet_in_the_global_file_passes() -> None:
    assert listing().reason is directory_listing.Reason.NO_SERVLET


def app_file(servlets: Fact[tuple[DefaultServlet, ...]]) -> ListingFile:
    path = f"{BASE}/webapps/shop/WEB-INF/web.xml"
    return listing_file(scope=ListingScope.APPLICATION, path=path, application="/shop", servlets=servlets)


def test_an_application_that_turns_listings_on_fails() -> None:
    files = (listing_file(), app_file(Known((servlet(listings=ON),))), app_file(Known(())))
    findings = run(LISTING, instance(listing_files=Known(files)))
    assert [finding.status for finding in findings] == [Status.PASS, Status.FAIL]
    assert findings[1].params["application"] == "/shop"


def test_an_application_that_turns_listings_off_saves_nobody() -> None:
    files = (listing_file(servlets=Known((servlet(listings=ON),))), app_file(Known((servlet(),))))
    assert worst(one.status for one in run(LISTING, instance(listing_files=Known(files)))) is Status.FAIL


def test_listings_that_cannot_be_read_are_unknown() -> None:
    assert one(LISTING, listing_files=LOST).status is Status.UNKNOWN
    assert one(LISTING, listing_files=Known((listing_file(servlets=LOST),))).status is Status.UNKNOWN
    assert one(LISTING, listing_files=Known(())).params["gap"] == "missing"


# WT-09

CODES = (400, 401, 403, 404, 500)
Said = pages_check.Reason
SHOP = application()


def judged(pages: ErrorPages, context: Context = CONTEXT) -> list[tuple[str, Status, str]]:
    return [(f.subject, f.status, f.reason) for f in run(PAGES, instance(error_pages=Known(pages)), context)]


GLOBAL = f"{BASE}/conf/web.xml"


def test_all_codes_globally() -> None:
    finding = one(PAGES, error_pages=Known(error_pages(*CODES)))
    assert (finding.status, finding.notes) == (Status.PASS, (Said.MALFORMED_REQUEST,))


def test_a_report_valve_covers_malformed_requests_too() -> None:
    every = error_page(None, location="errors/any.html")
    finding = one(PAGES, error_pages=Known(error_pages(report_valve=(every,))))
    assert (finding.status, finding.notes) == (Status.PASS, ())


def test_a_page_without_a_code_counts_where_the_version_knows_it() -> None:
    pages = error_pages(global_pages=Known((error_page(None),)))
    assert judged(pages) == [(GLOBAL, Status.PASS, Said.COVERED)]
    assert judged(replace(pages, default_page_since=False)) == [(GLOBAL, Status.FAIL, Said.MISSING)]


def test_sources_add_up() -> None:
    pages = error_pages(400, 401, 403, report_valve=(error_page(404), error_page(500)))
    assert judged(pages) == [(GLOBAL, Status.PASS, Said.COVERED)]


def test_missing_codes_are_listed_with_their_blocks() -> None:
    finding = one(PAGES, error_pages=Known(error_pages(404, 500)))
    assert (finding.status, finding.params["codes"]) == (Status.FAIL, "400, 401, 403")
    assert finding.commands[0] == f"# {GLOBAL}"
    assert [line.strip() for line in finding.commands if "error-code>" in line] == [
        f"<error-code>{code}</error-code>" for code in (400, 401, 403)
    ]


def test_an_untouched_install_fails() -> None:
    assert judged(error_pages(applications=())) == [(GLOBAL, Status.FAIL, Said.MISSING)]


def test_mitigations_are_notes_of_a_fail() -> None:
    throwable = error_page(None, exception="java.lang.Throwable")
    pages = error_pages(global_pages=Known((throwable,)), hides_details=(Place(f"{BASE}/conf/server.xml", 170),))
    finding = one(PAGES, error_pages=Known(pages))
    assert (finding.status, finding.notes) == (Status.FAIL, (Said.HIDES_DETAILS, Said.THROWABLE))


def test_the_policy_names_the_codes() -> None:
    policy = context_with(error_codes=(404, 500))
    assert judged(error_pages(404, 500), policy) == [(GLOBAL, Status.PASS, Said.COVERED)]


def own(*codes: int, **other: Any) -> AppErrorPages:
    app = replace(SHOP, **other)
    return AppErrorPages(application=app, pages=Known(tuple(error_page(code) for code in codes)))


APPLICATIONS = (
    ((own(400, 401, 403),), [("/shop", Status.PASS, Said.COVERED_BY_APPLICATION)]),
    ((own(400, 401),), [("/shop", Status.FAIL, Said.MISSING_IN_APPLICATION)]),
    ((own(*CODES, sample=True),), [(GLOBAL, Status.FAIL, Said.MISSING)]),
    ((own(*CODES, deployed=OFF),), [(GLOBAL, Status.FAIL, Said.MISSING)]),
    (
        (own(*CODES), own(path="", doc_base=f"{BASE}/webapps/ROOT")),
        [("/shop", Status.PASS, Said.COVERED_BY_APPLICATION), (GLOBAL, Status.FAIL, Said.MISSING)],
    ),
    ((own(deployed=LOST),), [("/shop", Status.UNKNOWN, Said.DEPLOYMENT_UNKNOWN)]),
    ((own(*CODES, deployed=LOST),), [("/shop", Status.PASS, Said.COVERED_BY_APPLICATION)]),
    ((AppErrorPages(application=SHOP, pages=LOST),), [("/shop", Status.UNKNOWN, Said.UNREADABLE)]),
    ((own(*CODES, host="b.example"),), [("b.example/shop", Status.PASS, Said.COVERED_BY_APPLICATION)]),
)


@pytest.mark.parametrize(("applications", "expected"), APPLICATIONS)
def test_applications_where_the_common_pages_leave_a_gap(
    applications: tuple[AppErrorPages, ...], expected: list[tuple[str, Status, str]]
) -> None:
    assert judged(error_pages(404, 500, applications=applications)) == expected


def test_unreadable_applications_do_not_matter_when_all_is_covered() -> None:
    pages = error_pages(*CODES, applications=(AppErrorPages(application=SHOP, pages=LOST),))
    assert judged(pages) == [(GLOBAL, Status.PASS, Said.COVERED)]


def test_a_page_that_an_application_lacks() -> None:
    lost = (
        MissingLocation(application="/shop", location="/error/404.html", state=Known(None)),
        MissingLocation(application="/shop", location="/error/500.html", state=Known(None)),
        MissingLocation(application="", location="/error/500.html", state=LOST),
    )
    assert judged(error_pages(*CODES, missing_locations=lost)) == [
        (GLOBAL, Status.PASS, Said.COVERED),
        ("/", Status.UNKNOWN, Said.LOCATION_UNKNOWN),
        ("/shop", Status.MANUAL, Said.LOCATION_MISSING),
    ]


def test_error_pages_that_cannot_be_read_are_unknown() -> None:
    assert one(PAGES, error_pages=LOST).status is Status.UNKNOWN
    assert one(PAGES, error_pages=Known(error_pages(global_pages=LOST))).status is Status.UNKNOWN


# WT-10 and WT-11


def residue(kind: ResidueKind, path: str = f"{BASE}/webapps/examples", **other: Any) -> Residue:
    found = Residue(kind=kind, path=path, name="examples", deployed=ON, place=Place(path))
    return replace(found, **other)


REMOVALS = (
    (residue(ResidueKind.DIRECTORY), (f"rm -r -- {BASE}/webapps/examples",)),
    (residue(ResidueKind.LINK), (f"rm -- {BASE}/webapps/examples",)),
    (residue(ResidueKind.ARCHIVE, f"{BASE}/webapps/examples.war"), (f"rm -- {BASE}/webapps/examples.war",)),
    (residue(ResidueKind.DESCRIPTOR, "/etc/tomcat 10/examples.xml"), ("rm -- '/etc/tomcat 10/examples.xml'",)),
    (residue(ResidueKind.CONTEXT), ()),
    (residue(ResidueKind.RENAMED, f"{BASE}/webapps/it's"), (f"""rm -r -- '{BASE}/webapps/it'"'"'s'""",)),
    (residue(ResidueKind.RENAMED, f"{BASE}/webapps/old.war"), (f"rm -- {BASE}/webapps/old.war",)),
    (residue(ResidueKind.DIRECTORY, r"/srv/a'\x0ab/examples"), (r"rm -r -- $'/srv/a\'\x0ab/examples'",)),
    (residue(ResidueKind.RENAMED, "/"), ()),
    (residue(ResidueKind.RENAMED, "/opt"), ()),
    (residue(ResidueKind.JAR, f"{BASE}/lib/x.jar"), (f"rm -- {BASE}/lib/x.jar",)),
)


@pytest.mark.parametrize(("found", "commands"), REMOVALS)
def test_examples_of_every_kind_fail(found: Residue, commands: tuple[str, ...]) -> None:
    finding = one(EXAMPLES, examples=Known((found,)))
    assert (finding.status, finding.reason, finding.subject) == (Status.FAIL, found.kind.value, found.path)
    assert finding.commands == commands


def test_examples_fail_even_when_they_are_not_served() -> None:
    finding = one(EXAMPLES, examples=Known((residue(ResidueKind.DIRECTORY, deployed=OFF),)))
    assert (finding.status, finding.notes) == (Status.FAIL, (examples.Reason.NOT_SERVED,))


def test_no_examples() -> None:
    assert one(EXAMPLES).status is Status.PASS
    assert one(EXAMPLES, examples=LOST).status is Status.UNKNOWN


MANAGER_HOME = f"{BASE}/webapps/manager"
Manager = process_manager.Reason
PRESENT = residue(ResidueKind.DIRECTORY, MANAGER_HOME, name="manager")
NEED = ManagerRequired(who="WAS operations", why="hot deployment", until="2026-11-23")
OPEN = admin_context(access=Known(access(frozenset(AddressClass))))


def manager(context: Context = CONTEXT, *found: Residue, **other: Any) -> Finding:
    parts: dict[str, Any] = {"process_managers": Known(found or (PRESENT,)), **other}
    parts.setdefault("admin_contexts", Known((admin_context(),)))
    return one(MANAGER, context, **parts)


def needed(**other: Any) -> Context:
    return context_with(manager_required=replace(NEED, **other))


def test_no_manager() -> None:
    assert one(MANAGER).reason is Manager.ABSENT


def test_a_manager_fails_once_for_its_directory_and_its_context() -> None:
    finding = manager()
    assert (finding.status, finding.reason) == (Status.FAIL, Manager.PRESENT)
    assert finding.commands == (f"rm -r -- {MANAGER_HOME}",)


NEEDS: tuple[tuple[Context, dict[str, Any], Status, process_manager.Reason], ...] = (
    (needed(), {}, Status.PASS, Manager.REQUIRED),
    (needed(until="2026-11-22"), {}, Status.FAIL, Manager.REQUIREMENT_EXPIRED),
    (needed(until="whenever"), {}, Status.FAIL, Manager.REQUIREMENT_EXPIRED),
    (needed(), {"admin_contexts": Known((OPEN,))}, Status.FAIL, Manager.REQUIRED_BUT_OPEN),
    (needed(), {"admin_contexts": Known((admin_context(access=LOST),))}, Status.FAIL, Manager.REQUIRED_BUT_OPEN),
)


@pytest.mark.parametrize(("context", "other", "status", "reason"), NEEDS)
def test_a_need_counts_only_today_and_behind_a_filter(
    context: Context, other: dict[str, Any], status: Status, reason: process_manager.Reason
) -> None:
    finding = manager(context, **other)
    assert (finding.status, finding.reason) == (status, reason)


def test_networks_of_the_policy_hold_for_the_need_too() -> None:
    inside = admin_context(access=Known(access(frozenset({AddressClass.PRIVATE, AddressClass.LOOPBACK}))))
    outside = context_with(manager_required=NEED, manager_networks=("10.0.0.0/8", "127.0.0.0/8", "::1/128"))
    assert manager(outside, admin_contexts=Known((inside,))).reason is Manager.REQUIRED_BUT_OPEN


def test_a_manager_that_is_not_served_is_a_question() -> None:
    assert manager(CONTEXT, replace(PRESENT, deployed=OFF)).status is Status.MANUAL
    finding = manager(CONTEXT, replace(PRESENT, deployed=LOST))
    assert (finding.status, finding.reason) == (Status.UNKNOWN, Manager.DEPLOYMENT_UNKNOWN)


def test_a_renamed_copy_is_found_through_its_servlets() -> None:
    ops = admin_context(
        path="/ops",
        doc_base=f"{BASE}/webapps/ops",
        standard_name=False,
        servlet=Place(f"{BASE}/webapps/ops/WEB-INF/web.xml", 30),
        presence=(Place(f"{BASE}/webapps/ops"),),
    )
    finding = one(MANAGER, admin_contexts=Known((ops,)), process_managers=Known(()))
    assert (finding.status, finding.reason, finding.subject) == (Status.FAIL, Manager.RENAMED, f"{BASE}/webapps/ops")


def test_what_is_missing_for_the_manager_is_unknown() -> None:
    assert one(MANAGER, process_managers=LOST).status is Status.UNKNOWN
    assert one(MANAGER, admin_contexts=LOST).status is Status.UNKNOWN
    both = run(MANAGER, instance(admin_contexts=LOST, process_managers=Known((PRESENT,))))
    assert {finding.status for finding in both} == {Status.UNKNOWN, Status.FAIL}
