"""Examples and process-management functions that lie around."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tomcat.look import BASE, MANAGER, Site, server_xml, site
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.web import Residue, ResidueKind
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.residue import examples, process_managers
from tomcat_fleet.tomcat.webapp import Deployment

PLAIN = "<web-app/>"
WEB = MANAGER.format(more="")
HOST_MANAGER = WEB.replace("manager.HTMLManagerServlet", "manager.host.HTMLHostManagerServlet")
EXAMPLES = "<web-app>" + "".join(
    f"<servlet><servlet-name>{name}</servlet-name><servlet-class>{name}</servlet-class></servlet>"
    for name in ("HelloWorldExample", "RequestInfoExample", "SessionExample")
) + "</web-app>"  # fmt: skip
View = Callable[[Reader, Config, Deployment], Fact[tuple[Residue, ...]]]


def found(made: Site, view: View) -> list[tuple[ResidueKind, str, str, Fact[bool]]]:
    result = made.see(view)
    assert isinstance(result, Known)
    return [(one.kind, one.path.removeprefix(BASE + "/"), one.name, one.deployed) for one in result.value]


@pytest.mark.parametrize("view", [examples, process_managers])
def test_nothing_found_is_known(view: View) -> None:
    made = site(
        **{"webapps/app/WEB-INF/web.xml": PLAIN, "webapps/examples.txt": "", "webapps/admin/WEB-INF/web.xml": PLAIN}
    )
    assert found(made, view) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"webapps/examples/x": ""}, (ResidueKind.DIRECTORY, "webapps/examples", "examples", Known(True))),
        ({"webapps/jsp-examples/x": ""}, (ResidueKind.DIRECTORY, "webapps/jsp-examples", "jsp-examples", Known(True))),
        ({"webapps/servlets-examples/x": ""},
         (ResidueKind.DIRECTORY, "webapps/servlets-examples", "servlets-examples", Known(True))),
        ({"webapps/samples/WEB-INF/web.xml": EXAMPLES},
         (ResidueKind.RENAMED, "webapps/samples", "examples", Known(True))),
        ({"webapps/shop/WEB-INF/web.xml": "<web-app><display-name>Servlet and JSP Examples</display-name></web-app>"},
         (ResidueKind.RENAMED, "webapps/shop", "examples", Known(True))),
        ({"conf/Catalina/localhost/examples.xml": "<Context docBase='/usr/share/tomcat10-examples/examples'/>",
          "/usr/share/tomcat10-examples/examples/x": ""},
         (ResidueKind.DESCRIPTOR, "conf/Catalina/localhost/examples.xml", "examples", Known(True))),
        ({"conf/Catalina/localhost/examples.xml": "<Context docBase='/gone'/>"},
         (ResidueKind.DESCRIPTOR, "conf/Catalina/localhost/examples.xml", "examples", Known(False))),
        ({"conf/server.xml": server_xml("<Context path='/demo' docBase='/srv/examples'/>"), "/srv/examples/x": ""},
         (ResidueKind.CONTEXT, "/srv/examples", "examples", Known(True))),
        ({"conf/server.xml": server_xml(hosts="<Host name='a' appBase='webapps'/><Host name='b' appBase='/srv/b'/>"),
          "/srv/b/examples/x": ""}, (ResidueKind.DIRECTORY, "/srv/b/examples", "examples", Known(True))),
        ({"conf/server.xml": server_xml(attributes="autoDeploy='false' deployOnStartup='false'"),
          "webapps/examples/x": ""},
         (ResidueKind.DIRECTORY, "webapps/examples", "examples", Known(False))),
    ],
)  # fmt: skip
def test_examples(files: dict[str, str], expected: tuple[ResidueKind, str, str, Fact[bool]]) -> None:
    assert found(site().put(files), examples) == [expected]


def test_examples_as_archive_and_link() -> None:
    made = site().war("webapps/examples.war", {"WEB-INF/web.xml": EXAMPLES})
    assert found(made, examples) == [(ResidueKind.ARCHIVE, "webapps/examples.war", "examples", Known(True))]
    made = site(**{"/usr/share/examples/WEB-INF/web.xml": EXAMPLES})
    made.host.link(f"{BASE}/webapps/examples", "/usr/share/examples")
    assert found(made, examples) == [(ResidueKind.LINK, "webapps/examples", "examples", Known(True))]


def test_one_tutorial_servlet_is_no_examples_application() -> None:
    text = "<servlet><servlet-name>H</servlet-name><servlet-class>HelloWorldExample</servlet-class></servlet>"
    assert found(site(**{"webapps/hello/WEB-INF/web.xml": f"<web-app>{text}</web-app>"}), examples) == []


def test_leftovers_of_a_shared_home() -> None:
    made = site(**{"/usr/share/tomcat/webapps/examples/x": "", "/usr/share/tomcat/webapps/manager.war": ""})
    made.home = "/usr/share/tomcat"
    assert found(made, examples) == [
        (ResidueKind.DIRECTORY, "/usr/share/tomcat/webapps/examples", "examples", Known(False))
    ]
    assert found(made, process_managers) == [
        (ResidueKind.ARCHIVE, "/usr/share/tomcat/webapps/manager.war", "manager", Known(False))
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"webapps/manager/WEB-INF/web.xml": WEB}, (ResidueKind.DIRECTORY, "webapps/manager", "manager", Known(True))),
        ({"webapps/host-manager/WEB-INF/web.xml": HOST_MANAGER},
         (ResidueKind.DIRECTORY, "webapps/host-manager", "host-manager", Known(True))),
        ({"webapps/ops/WEB-INF/web.xml": WEB}, (ResidueKind.RENAMED, "webapps/ops", "manager", Known(True))),
        ({"webapps/manager/index.html": ""}, (ResidueKind.DIRECTORY, "webapps/manager", "manager", Known(True))),
        ({"conf/Catalina/localhost/tools#m.xml": "<Context docBase='/srv/m'/>", "/srv/m/WEB-INF/web.xml": WEB},
         (ResidueKind.DESCRIPTOR, "conf/Catalina/localhost/tools#m.xml", "manager", Known(True))),
        ({"conf/server.xml": server_xml(attributes="deployXML='false'"), "webapps/manager/WEB-INF/web.xml": WEB,
          "webapps/manager/META-INF/context.xml": "<Context/>"},
         (ResidueKind.DIRECTORY, "webapps/manager", "manager", Known(False))),
        ({"server/webapps/admin/x": ""}, (ResidueKind.DIRECTORY, "server/webapps/admin", "admin", Known(False))),
    ],
)  # fmt: skip
def test_process_managers(files: dict[str, str], expected: tuple[ResidueKind, str, str, Fact[bool]]) -> None:
    assert found(site().put(files), process_managers) == [expected]


def test_the_name_manager_decides_whatever_its_descriptor_declares() -> None:
    expected = (ResidueKind.DIRECTORY, "webapps/manager", "manager", Known(True))
    assert found(site(**{"webapps/manager/WEB-INF/web.xml": PLAIN}), process_managers) == [expected]


def test_manager_of_5_5_and_its_jar() -> None:
    made = site("5.5.36", **{"server/webapps/manager/WEB-INF/web.xml": WEB, "server/webapps/host-manager/x": ""})
    made.put({"conf/Catalina/localhost/manager.xml": "<Context docBase='${catalina.home}/server/webapps/manager'/>"})
    made.war("server/webapps/manager/WEB-INF/lib/catalina-manager.jar", {})
    assert found(made, process_managers) == [
        (ResidueKind.DESCRIPTOR, "conf/Catalina/localhost/manager.xml", "manager", Known(True)),
        (ResidueKind.DIRECTORY, "server/webapps/host-manager", "host-manager", Known(False)),
        (
            ResidueKind.JAR,
            "server/webapps/manager/WEB-INF/lib/catalina-manager.jar",
            "catalina-manager.jar",
            Known(True),
        ),
    ]


@pytest.mark.parametrize("view", [examples, process_managers])
@pytest.mark.parametrize(
    "made",
    [
        lambda: site(**{"webapps/a/x": ""}).deny("webapps"),
        lambda: site(server="<Server"),
        lambda: site(**{"webapps/a/WEB-INF/web.xml": "<web-app"}),
        lambda: site(**{"conf/Catalina/localhost/a.xml": "<Context"}),
    ],
)
def test_unread_parts_make_it_unknown(view: View, made: Callable[[], Site]) -> None:
    assert isinstance(made().see(view), Unknown)


def test_unreadable_home_makes_it_unknown() -> None:
    made = site(**{"/usr/share/tomcat/webapps/x": ""}).deny("/usr/share/tomcat/webapps")
    made.home = "/usr/share/tomcat"
    assert isinstance(made.see(examples), Unknown)
    made = site(**{"server/webapps/x": ""}).deny("server/webapps")
    assert isinstance(made.see(process_managers), Unknown)


def test_what_was_found_counts_beside_unread_parts() -> None:
    made = site(
        **{"webapps/examples/x": "", "webapps/manager/WEB-INF/web.xml": WEB, "webapps/a/WEB-INF/web.xml": "<web-app"}
    )
    assert [kind for kind, *_ in found(made, examples)] == [ResidueKind.DIRECTORY]
    assert [kind for kind, *_ in found(made, process_managers)] == [ResidueKind.DIRECTORY]


def test_unserved_manager_beside_unread_parts_stays_unknown() -> None:
    made = site(**{"server/webapps/admin/x": "", "webapps/a/WEB-INF/web.xml": "<web-app"})
    assert isinstance(made.see(process_managers), Unknown)
