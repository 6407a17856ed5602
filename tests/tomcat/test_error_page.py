"""Error pages."""

from __future__ import annotations

import pytest

from tests.tomcat.look import BASE, Site, server_xml, site
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.web import ErrorPage, ErrorPages
from tomcat_fleet.tomcat.error_page import error_pages

VALVE = "org.apache.catalina.valves.ErrorReportValve"


def page(code: int | str | None, location: str = "/e.html") -> str:
    number = "" if code is None else f"<error-code>{code}</error-code>"
    return f"<error-page>{number}<location>{location}</location></error-page>"


def web(*pages: str) -> str:
    return f"<web-app>{''.join(pages)}</web-app>"


def see(made: Site) -> ErrorPages:
    return made.see(error_pages)


def codes(pages: tuple[ErrorPage, ...]) -> list[int | None]:
    return [one.code for one in pages]


def shared(found: ErrorPages) -> list[int | None]:
    assert isinstance(found.global_pages, Known)
    return codes(found.global_pages.value)


def missing(found: ErrorPages) -> list[tuple[str, str, object]]:
    return [(one.application, one.location, one.state) for one in found.missing_locations]


def test_global_pages_and_the_hosts_own() -> None:
    made = site(
        **{"conf/web.xml": web(page(404), page(500)), "conf/Catalina/localhost/web.xml.default": web(page(403))}
    )
    found = see(made)
    assert shared(found) == [403, 404, 500]
    assert found.applications == ()


def test_host_pages_of_several_hosts_belong_to_their_applications() -> None:
    hosts = "<Host name='a' appBase='webapps'/><Host name='b' appBase='webapps'/>"
    made = site(server=server_xml(hosts=hosts), **{
        "conf/web.xml": web(page(404)),
        "conf/Catalina/a/web.xml.default": web(page(403)),
        "webapps/app/WEB-INF/web.xml": web(page(500)),
        "webapps/app/e.html": "",
    })  # fmt: skip
    found = see(made)
    assert shared(found) == [404]
    own = {one.application.host: codes(one.pages.value) for one in found.applications if isinstance(one.pages, Known)}
    assert own == {"a": [500, 403], "b": [500]}


def test_location_is_looked_up_in_every_application() -> None:
    made = site(**{
        "conf/web.xml": web(page(404, "/e/404.html"), page(500, "/e/500.jsp?x=1"), page(403, "/served")),
        "webapps/ROOT/e/404.html": "",
        "webapps/ROOT/e/500.jsp": "",
        "webapps/ROOT/served": "",
        "webapps/app/WEB-INF/web.xml": (
            "<web-app><servlet-mapping><servlet-name>s</servlet-name><url-pattern>/served</url-pattern></servlet-mapping>"
            "<servlet><servlet-name>s</servlet-name></servlet>" + page(404, "/own.html") + "</web-app>"
        ),
        "webapps/app/own.html": "",
    })  # fmt: skip
    made.war("webapps/w.war", {"e/404.html": "x", "WEB-INF/web.xml": "<web-app/>"})
    assert missing(see(made)) == [
        ("/w", "/e/500.jsp?x=1", Known(None)),
        ("/w", "/served", Known(None)),
        ("/app", "/e/500.jsp?x=1", Known(None)),
    ]


def test_unreadable_location_is_unknown() -> None:
    made = site(**{"conf/web.xml": web(page(404, "/hidden/e.html")), "webapps/ROOT/hidden/e.html": ""}).deny(
        "webapps/ROOT/hidden"
    )
    ((application, _, state),) = missing(see(made))
    assert application == "/"
    assert isinstance(state, Unknown)


def test_missing_and_malformed_global_file() -> None:
    made = site()
    made.host.remove(f"{BASE}/conf/web.xml")
    assert see(made).global_pages == Unknown(Gap.MISSING, f"{BASE}/conf/web.xml")
    broken = see(site(**{"conf/web.xml": "<web-app>"})).global_pages
    assert isinstance(broken, Unknown)
    assert broken.gap is Gap.MALFORMED


def test_unreadable_application_and_unlisted_directory() -> None:
    found = see(site(**{"webapps/a/WEB-INF/web.xml": "<web-app>"}))
    assert isinstance(found.applications[0].pages, Unknown)
    found = see(site(**{"webapps/a/x": "", "conf/web.xml": web(page(404))}).deny("webapps"))
    assert isinstance(found.applications[0].pages, Unknown)
    assert isinstance(found.missing_locations[0].state, Unknown)


@pytest.mark.parametrize(
    ("version", "expected"), [("7.0.28", False), ("7.0.29", True), ("10.1.60", True), ("6.0.53", False), (None, False)]
)
def test_default_page_by_version(version: str | None, expected: bool) -> None:  # noqa: FBT001 - a table
    assert see(site(version)).default_page_since is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("10.1.60", [None, 404]),
        ("9.0.6", [None, 404]),
        ("9.0.5", []),
        ("8.5.77", []),
        ("8.5.78", [None, 404]),
        (None, []),
    ],
)
def test_report_valve(version: str | None, expected: list[int | None]) -> None:
    valve = f"<Valve className='{VALVE}' errorCode.0='conf/e.html' errorCode.404='/srv/404.html' errorCode.x='y'/>"
    made = site(version, server=server_xml(valve), **{"conf/e.html": "", "/srv/404.html": ""})
    found = see(made)
    assert codes(found.report_valve) == expected
    assert found.missing_locations == ()


def test_report_valve_whose_file_is_gone() -> None:
    found = see(site(server=server_xml(f"<Valve className='{VALVE}' errorCode.0='gone.html'/>")))
    assert missing(found) == [("*", f"{BASE}/gone.html", Known(None))]


def test_report_valve_must_be_on_every_host() -> None:
    valve = f"<Valve className='{VALVE}' errorCode.0='conf/web.xml'/>"
    hosts = f"<Host name='a' appBase='x'>{valve}</Host><Host name='b' appBase='x'>{{}}</Host>"
    assert codes(see(site(server=server_xml(hosts=hosts.format("")))).report_valve) == []
    assert codes(see(site(server=server_xml(hosts=hosts.format(valve)))).report_valve) == [None, None]


@pytest.mark.parametrize(
    ("attributes", "hidden"),
    [
        ("showReport='false' showServerInfo='false'", 1),
        ("showReport='false'", 0),
        ("showReport='no' ShowServerInfo='0'", 1),
    ],
)
def test_hidden_details(attributes: str, hidden: int) -> None:
    found = see(site(server=server_xml(f"<Valve className='{VALVE}' {attributes}/>")))
    assert len(found.hides_details) == hidden


def test_undeployed_applications_do_not_count() -> None:
    server = server_xml(attributes="autoDeploy='false' deployOnStartup='false'")
    assert see(site(server=server, **{"webapps/a/WEB-INF/web.xml": web(page(404))})).applications == ()
