"""Which applications exist, which files define them, and whether they are served."""

from __future__ import annotations

import pytest

from tests.tomcat.look import BASE, MANAGER, WEB, Site, server_xml, site
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.web import ResidueKind
from tomcat_fleet.tomcat.context_name import ContextName
from tomcat_fleet.tomcat.webapp import Deployment, Webapp

PLAIN = "<web-app><display-name>plain</display-name></web-app>"
APP = "webapps/app/WEB-INF/web.xml"
META = "webapps/app/META-INF/context.xml"


def deployment(made: Site) -> Deployment:
    return made.see(lambda _reader, _config, found: found)


def apps(made: Site) -> dict[str, Webapp]:
    found = deployment(made)
    assert found.gaps == ()
    return {one.application.path: one for one in found.apps if one.application.deployed != Known(False)}


def definition_path(app: Webapp) -> str | None:
    assert isinstance(app.definition, Known)
    return app.definition.value.path.removeprefix(BASE + "/") if app.definition.value else None


def title(app: Webapp) -> str | None:
    assert isinstance(app.web_xml, Known)
    return app.web_xml.value.display_name if app.web_xml.value else None


@pytest.mark.parametrize(
    ("file", "path", "version"),
    [
        ("a", "/a", ""),
        ("a#b", "/a/b", ""),
        ("ROOT", "", ""),
        ("ROOT##2", "", "2"),
        ("a#b##1.2", "/a/b", "1.2"),
        ("root", "/root", ""),
    ],
)
def test_names(file: str, path: str, version: str) -> None:
    name = ContextName.of_file(file)
    assert (name.path, name.version) == (path, version)
    assert name.stem == file
    assert ContextName.of_path(path, version) == name


@pytest.mark.parametrize(("path", "expected"), [("/", ""), ("/ROOT", ""), ("", ""), ("x", "/x"), ("/x/", "/x")])
def test_path_attribute(path: str, expected: str) -> None:
    assert ContextName.of_path(path).path == expected


def test_directories_and_archives() -> None:
    made = site(**{APP: PLAIN, "webapps/README": "x", "webapps/ROOT/index.html": "", "webapps/a#b##1/x": ""})
    made.war("webapps/packed.war", {"WEB-INF/web.xml": PLAIN, "META-INF/context.xml": "<Context/>"})
    made.war("webapps/app.war", {"WEB-INF/web.xml": WEB})
    found = apps(made)
    assert set(found) == {"", "/app", "/a/b", "/packed"}
    assert found["/packed"].application.archive
    assert title(found["/packed"]) == "plain"
    assert definition_path(found["/packed"]) == "webapps/packed.war!/META-INF/context.xml"
    assert not found["/app"].application.archive
    assert [presence.kind for presence in found["/app"].presence] == [ResidueKind.ARCHIVE, ResidueKind.DIRECTORY]
    assert found[""].web_xml == Known(None)


def test_archive_beside_a_directory_is_read_where_nothing_is_unpacked() -> None:
    made = site(server=server_xml(attributes="unpackWARs='false'"), **{APP: PLAIN})
    made.war("webapps/app.war", {"WEB-INF/web.xml": WEB})
    app = apps(made)["/app"]
    assert app.application.archive
    assert title(app) == ""


def test_context_file_of_the_archive_serves_an_unpacked_copy_without_one() -> None:
    made = site(**{APP: PLAIN}).war("webapps/app.war", {"META-INF/context.xml": "<Context/>"})
    assert definition_path(apps(made)["/app"]) == "webapps/app.war!/META-INF/context.xml"


def test_precedence_of_definitions() -> None:
    descriptor = "conf/Catalina/localhost/app.xml"
    made = site(**{APP: PLAIN, META: "<Context/>"})
    assert definition_path(apps(made)["/app"]) == META
    made.put({descriptor: "<Context/>"})
    app = apps(made)["/app"]
    assert definition_path(app) == descriptor
    assert isinstance(app.displaced, Known)
    assert app.displaced.value is not None
    assert title(app) == "plain"
    made.put({"conf/server.xml": server_xml("<Context path='/app'/>")})
    app = apps(made)["/app"]
    assert definition_path(app) == "conf/server.xml"
    assert title(app) == "plain"


@pytest.mark.parametrize(
    ("doc_base", "root"),
    [
        ("/srv/app", "/srv/app"),
        ("../other", f"{BASE}/webapps/../other"),
        ("inner", f"{BASE}/webapps/app"),  # inside appBase a descriptor's docBase is ignored
        (f"{BASE}/webapps/inner", f"{BASE}/webapps/app"),
        ("${where}", "/opt/there"),
    ],
)
def test_doc_base_of_a_descriptor(doc_base: str, root: str) -> None:
    made = site(**{"conf/Catalina/localhost/app.xml": f"<Context docBase='{doc_base}'/>"})
    made.put({"other/WEB-INF/web.xml": WEB, "/opt/there/x": "", "/srv/app/x": ""})
    made.arguments = {"where": "/opt/there"}
    found = deployment(made)
    assert [one.application.doc_base for one in found.apps] == [root]


def test_link_inside_app_base_to_somewhere_else_counts_as_outside() -> None:
    made = site(
        **{"/srv/shared/WEB-INF/web.xml": PLAIN, "conf/Catalina/localhost/app.xml": "<Context docBase='linked'/>"}
    )
    made.host.link(f"{BASE}/webapps/linked", "/srv/shared")
    found = apps(made)
    assert title(found["/app"]) == "plain"
    assert [presence.kind for presence in found["/linked"].presence] == [ResidueKind.LINK]


def test_directory_hidden_by_a_descriptor_is_there_but_not_served() -> None:
    made = site(**{APP: PLAIN, "/srv/app/x": "", "conf/Catalina/localhost/app.xml": "<Context docBase='/srv/app'/>"})
    states = [(one.application.doc_base, one.application.deployed) for one in deployment(made).apps]
    assert states == [("/srv/app", Known(True)), (f"{BASE}/webapps/app", Known(False))]


def test_descriptor_without_files_is_not_served() -> None:
    made = site(**{"conf/Catalina/localhost/app.xml": "<Context docBase='/srv/gone'/>"})
    assert [one.application.deployed for one in deployment(made).apps] == [Known(False)]


def test_context_of_server_xml_also_leaves_its_directory_deployed() -> None:
    made = site(server=server_xml("<Context path='/tools/x' docBase='app'/>"), **{APP: PLAIN})
    found = apps(made)
    assert set(found) == {"/tools/x", "/app"}
    assert found["/tools/x"].root.path == f"{BASE}/webapps/app"


@pytest.mark.parametrize(
    ("attributes", "deployed"),
    [
        ("autoDeploy='false'", Known(True)),
        ("deployOnStartup='false'", Known(True)),
        ("autoDeploy='false' deployOnStartup='false'", Known(False)),
        ("deployIgnore='a.*'", Known(False)),
        ("deployIgnore='b.*'", Known(True)),
    ],
)
def test_switches_of_the_host(attributes: str, deployed: Known[bool]) -> None:
    found = deployment(site(server=server_xml(attributes=attributes), **{APP: PLAIN}))
    assert [one.application.deployed for one in found.apps] == [deployed]


@pytest.mark.parametrize(
    ("version", "deployed"),
    [("7.0.47", Known(True)), ("7.0.50", Known(False)), ("5.5.36", Known(True)), ("10.1.60", Known(False))],
)
def test_deploy_xml_false(version: str, deployed: Known[bool]) -> None:
    made = site(version, server=server_xml(attributes="deployXML='false'"), **{APP: PLAIN, META: "<Context/>"})
    (app,) = deployment(made).apps
    assert app.application.deployed == deployed
    assert app.definition == Known(None)
    assert app.displaced != Known(None)


def test_deploy_xml_false_matters_only_with_a_context_file() -> None:
    made = site(server=server_xml(attributes="deployXML='false'"), **{APP: PLAIN})
    assert apps(made)["/app"].application.deployed == Known(True)


def test_deploy_xml_false_without_a_version_is_not_known() -> None:
    made = site(None, server=server_xml(attributes="deployXML='false'"), **{APP: PLAIN, META: "<Context/>"})
    (app,) = deployment(made).apps
    assert isinstance(app.application.deployed, Unknown)


@pytest.mark.parametrize(
    ("override", "expected"),
    [("", ["conf/context.xml", "conf/Catalina/localhost/context.xml.default"]), ("override='true'", [])],
)
def test_defaults_are_added(override: str, expected: list[str]) -> None:
    made = site(
        **{APP: PLAIN, META: f"<Context {override}/>", "conf/Catalina/localhost/context.xml.default": "<Context/>"}
    )
    found = apps(made)["/app"].defaults
    assert isinstance(found, Known)
    assert [one.path.removeprefix(BASE + "/") for one in found.value] == expected


def test_context_xml_default_is_no_application() -> None:
    assert apps(site(**{"conf/Catalina/localhost/context.xml.default": "<Context/>"})) == {}


def test_other_engine_and_host_names() -> None:
    hosts = "<Host name='H1' appBase='/srv/h1'/>"
    text = server_xml(hosts=hosts).replace("<Engine name='Catalina'>", "<Engine name='Eng'>")
    made = site(server=text, **{"conf/Eng/h1/tools#mgr.xml": "<Context docBase='/srv/m'/>", "/srv/m/x": ""})
    app = apps(made)["/tools/mgr"]
    assert (app.application.host, app.presence[0].kind) == ("h1", ResidueKind.DESCRIPTOR)


def test_descriptors_of_4_1_lie_in_app_base() -> None:
    made = site("4.1.40", **{"webapps/mgr.xml": "<Context docBase='/srv/m'/>", "/srv/m/x": ""})
    assert "/mgr" in apps(made)


@pytest.mark.parametrize("directory", ["webapps", "conf/Catalina/localhost"])
def test_unreadable_directory_is_a_gap(directory: str) -> None:
    made = site(**{APP: PLAIN, "conf/Catalina/localhost/x.xml": "<Context/>"}).deny(directory)
    found = deployment(made)
    assert [gap.gap for gap in found.gaps] == [Gap.DENIED]
    assert found.apps  # what could be seen stays


def test_missing_app_base_is_known_to_be_empty() -> None:
    assert apps(site(server=server_xml(hosts="<Host name='x' appBase='nowhere'/>"))) == {}


def test_unreadable_parts_only_touch_what_depends_on_them() -> None:
    made = site(**{APP: PLAIN, META: "<Context>", "webapps/ok/WEB-INF/web.xml": PLAIN})
    found = apps(made)
    assert isinstance(found["/app"].definition, Unknown)
    assert title(found["/app"]) == "plain"
    assert found["/ok"].definition == Known(None)
    made = site(**{APP: "<web-app>", "webapps/ok/WEB-INF/web.xml": PLAIN, "conf/context.xml": "<Context"})
    found = apps(made)
    assert isinstance(found["/app"].web_xml, Unknown)
    assert isinstance(found["/ok"].defaults, Unknown)
    assert title(found["/ok"]) == "plain"


def test_malformed_descriptor_hides_everything_about_its_application() -> None:
    app = apps(site(**{"conf/Catalina/localhost/app.xml": "<Context"}))["/app"]
    assert isinstance(app.definition, Unknown)
    assert isinstance(app.web_xml, Unknown)


def test_unknown_server_xml_is_the_gap() -> None:
    made = site(server="<Server")
    found = deployment(made)
    assert found.apps == ()
    assert [gap.gap for gap in found.gaps] == [Gap.MALFORMED]


@pytest.mark.parametrize(
    ("web", "sample"),
    [
        (MANAGER.format(more=""), True),
        ("<web-app><display-name>Welcome to Tomcat</display-name></web-app>", True),
        ("<web-app><display-name> Tomcat Documentation </display-name></web-app>", True),
        (PLAIN, False),
    ],
)
def test_samples(web: str, sample: bool) -> None:  # noqa: FBT001 - a table
    assert apps(site(**{APP: web}))["/app"].application.sample is sample
