"""Administration contexts: recognised by their servlets, judged by the definition in force."""

from __future__ import annotations

import pytest

from tests.tomcat.look import BASE, MANAGER, Site, server_xml, site
from tomcat_fleet.model.access import AccessNote, AdminContext, AdminKind, Decision
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat.admin import admin_contexts

VALVE = r'<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="127\.\d+\.\d+\.\d+"/>'
TIGHT = f"<Context privileged='true'>\n {VALVE}\n</Context>"
BARE = "<Context privileged='true'/>"
WEB = MANAGER.format(more="")
PLAIN = "<web-app/>"


def found_in(made: Site) -> Fact[tuple[AdminContext, ...]]:
    return made.see(admin_contexts)


def contexts(made: Site) -> tuple[AdminContext, ...]:
    found = found_in(made)
    assert isinstance(found, Known)
    return found.value


def public(context: AdminContext) -> Decision:
    assert isinstance(context.access, Known)
    return next(result.decision for result in context.access.value.results if result.address == "8.8.8.8")


def servlet(class_name: str) -> str:
    return WEB.replace("org.apache.catalina.manager.HTMLManagerServlet", class_name)


@pytest.mark.parametrize(
    ("class_name", "kind"),
    [
        ("org.apache.catalina.manager.ManagerServlet", AdminKind.MANAGER),
        ("org.apache.catalina.manager.StatusManagerServlet", AdminKind.MANAGER),
        ("org.apache.catalina.manager.host.HTMLHostManagerServlet", AdminKind.HOST_MANAGER),
        ("org.apache.catalina.hostmanager.HostManagerServlet", AdminKind.HOST_MANAGER),
        ("org.apache.catalina.servlets.ManagerServlet", AdminKind.MANAGER),
        ("org.apache.webapp.admin.ApplicationServlet", AdminKind.ADMIN),
    ],
)
def test_kinds(class_name: str, kind: AdminKind) -> None:
    (context,) = contexts(site(**{"webapps/x/WEB-INF/web.xml": servlet(class_name)}))
    assert (context.kind, context.standard_name, context.path) == (kind, False, "/x")


def test_nothing_administrative_is_known() -> None:
    assert found_in(site(**{"webapps/manager/WEB-INF/web.xml": PLAIN})) == Known(())


def test_places() -> None:
    made = site(
        **{"webapps/manager/WEB-INF/web.xml": "\n\n" + WEB, "webapps/manager/META-INF/context.xml": "\n" + TIGHT}
    )
    (context,) = contexts(made)
    assert context.definition == Place(f"{BASE}/webapps/manager/META-INF/context.xml", 2)
    assert context.servlet == Place(f"{BASE}/webapps/manager/WEB-INF/web.xml", 3)
    assert context.standard_name
    assert isinstance(context.access, Known)
    assert [one.place.line for one in context.access.value.filters] == [3]
    (bare,) = contexts(site(**{"webapps/manager/WEB-INF/web.xml": WEB}))
    assert bare.definition == bare.servlet


@pytest.mark.parametrize(
    "files",
    [
        {"conf/Catalina/localhost/manager.xml": BARE},
        {"conf/server.xml": server_xml("<Context path='/manager' docBase='manager' privileged='true'/>")},
    ],
)
def test_other_definition_voids_meta_inf(files: dict[str, str]) -> None:
    made = site(**{"webapps/manager/WEB-INF/web.xml": WEB, "webapps/manager/META-INF/context.xml": TIGHT})
    assert [public(one) for one in contexts(made)] == [Decision.REFUSED]
    (context,) = contexts(made.put(files))
    assert public(context) is Decision.ALLOWED
    assert isinstance(context.access, Known)
    assert AccessNote.IGNORED_META_INF in context.access.value.notes


@pytest.mark.parametrize(
    "files",
    [
        {"conf/server.xml": server_xml(VALVE)},
        {"conf/server.xml": server_xml(engine=VALVE)},
        {"conf/context.xml": TIGHT},
        {"conf/Catalina/localhost/context.xml.default": TIGHT},
        {"conf/Catalina/localhost/manager.xml": TIGHT},
    ],
)
def test_filter_at_any_level_restricts(files: dict[str, str]) -> None:
    (context,) = contexts(site(**{"webapps/manager/WEB-INF/web.xml": WEB}).put(files))
    assert public(context) is Decision.REFUSED


def test_override_drops_the_defaults() -> None:
    made = site(**{"webapps/manager/WEB-INF/web.xml": WEB, "conf/context.xml": TIGHT})
    made.put({"webapps/manager/META-INF/context.xml": "<Context override='true'/>"})
    assert [public(one) for one in contexts(made)] == [Decision.ALLOWED]


def test_debian_descriptor_opens_the_manager() -> None:
    root = "/usr/share/tomcat10-admin/manager"
    made = site(**{f"{root}/WEB-INF/web.xml": WEB, f"{root}/META-INF/context.xml": TIGHT})
    made.put({"conf/Catalina/localhost/manager.xml": f"<Context path='/manager' docBase='{root}' privileged='true'/>"})
    (context,) = contexts(made)
    assert (context.doc_base, public(context)) == (root, Decision.ALLOWED)
    assert context.definition.path.endswith("localhost/manager.xml")


def test_manager_of_5_5_behind_its_descriptor() -> None:
    made = site("5.5.36", **{"server/webapps/manager/WEB-INF/web.xml": WEB})
    text = "<Context docBase='${catalina.home}/server/webapps/manager' privileged='true'/>"
    (context,) = contexts(made.put({"conf/Catalina/localhost/manager.xml": text}))
    assert (context.path, context.deployed, public(context)) == ("/manager", Known(True), Decision.ALLOWED)


def test_archive_and_parallel_names() -> None:
    made = site().war("webapps/tools#mgr##2.war", {"WEB-INF/web.xml": WEB, "META-INF/context.xml": TIGHT})
    (context,) = contexts(made)
    assert (context.path, public(context)) == ("/tools/mgr", Decision.REFUSED)


def test_deploy_xml_false_before_7_0_50_loses_the_valve() -> None:
    files = {"webapps/manager/WEB-INF/web.xml": WEB, "webapps/manager/META-INF/context.xml": TIGHT}
    server = server_xml(attributes="deployXML='false'")
    (older,) = contexts(site("7.0.42", server=server, **files))
    assert (older.deployed, public(older)) == (Known(True), Decision.ALLOWED)
    (newer,) = contexts(site("9.0.98", server=server, **files))
    assert newer.deployed == Known(False)


@pytest.mark.parametrize(
    "broken",
    ["webapps/manager/META-INF/context.xml", "conf/context.xml", "conf/Catalina/localhost/context.xml.default"],
)
def test_unreadable_definition_makes_access_unknown(broken: str) -> None:
    made = site(**{"webapps/manager/WEB-INF/web.xml": WEB, "webapps/manager/META-INF/context.xml": TIGHT})
    made.put({broken: "<Context>"})
    (context,) = contexts(made)
    assert isinstance(context.access, Unknown)
    assert context.access.gap is Gap.MALFORMED


def test_unreadable_web_xml_alone_makes_everything_unknown() -> None:
    found = found_in(site(**{"webapps/x/WEB-INF/web.xml": "<web-app", "webapps/y/WEB-INF/web.xml": PLAIN}))
    assert isinstance(found, Unknown)
    assert found.source.endswith("webapps/x/WEB-INF/web.xml")


def test_what_was_found_stays_beside_what_could_not_be_read() -> None:
    made = site(**{
        "webapps/manager/WEB-INF/web.xml": WEB,
        "webapps/host-manager/WEB-INF/web.xml": "<web-app",
        "webapps/x/WEB-INF/web.xml": "<web-app",
    })  # fmt: skip
    found = {context.path: context for context in contexts(made)}
    assert public(found["/manager"]) is Decision.ALLOWED
    assert isinstance(found["/host-manager"].access, Unknown)
    assert (found["/host-manager"].kind, found["/x"].kind) == (AdminKind.HOST_MANAGER, AdminKind.MANAGER)


@pytest.mark.parametrize("directory", ["webapps", "conf/Catalina/localhost"])
def test_unlisted_directory(directory: str) -> None:
    made = site(**{"conf/Catalina/localhost/x.xml": "<Context docBase='/srv/m'/>", "webapps/a/x": ""}).deny(directory)
    assert isinstance(found_in(made), Unknown)
    both = server_xml(hosts="<Host name='a' appBase='webapps'/><Host name='b' appBase='/srv/b'/>")
    made = site(server=both, **{"/srv/b/mgr/WEB-INF/web.xml": WEB, "webapps/a/x": ""}).deny("webapps")
    paths = [(context.path, type(context.access)) for context in contexts(made)]
    assert paths == [("/mgr", Known), ("*", Unknown)]


def test_unserved_application_with_unreadable_web_xml_does_not_matter() -> None:
    server = server_xml(attributes="autoDeploy='false' deployOnStartup='false'")
    assert found_in(site(server=server, **{"webapps/x/WEB-INF/web.xml": "<web-app"})) == Known(())


def test_unknown_server_xml() -> None:
    assert isinstance(found_in(site(server="<Server")), Unknown)


def test_each_host_is_judged_apart() -> None:
    both = server_xml(hosts=f"<Host name='a' appBase='webapps'>{VALVE}</Host><Host name='b' appBase='webapps'/>")
    found = contexts(site(server=both, **{"webapps/manager/WEB-INF/web.xml": WEB}))
    assert {context.host: public(context) for context in found} == {"a": Decision.REFUSED, "b": Decision.ALLOWED}
