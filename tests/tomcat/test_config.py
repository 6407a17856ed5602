"""server.xml as Tomcat matches it."""

from __future__ import annotations

import pytest

from tests.tomcat.look import BASE, Site, server_xml, site
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.tomcat.config import Config, HostNode
from tomcat_fleet.tomcat.document import attribute


def config(made: Site) -> Config:
    return made.see(lambda _reader, found, _deployment: found)


def hosts(made: Site) -> tuple[HostNode, ...]:
    found = config(made).hosts
    assert isinstance(found, Known)
    return found.value


def test_defaults_of_a_host() -> None:
    (host,) = hosts(site())
    assert (host.engine_name, host.name) == ("Catalina", "localhost")
    assert host.app_base == Known(f"{BASE}/webapps")
    assert host.xml_base == Known(f"{BASE}/conf/Catalina/localhost")
    assert [host.deploy_xml, host.auto_deploy, host.deploy_on_startup, host.unpack_wars] == [Known(True)] * 4
    assert host.copy_xml == Known(False)
    assert host.place.path == f"{BASE}/conf/server.xml"


@pytest.mark.parametrize(
    ("attributes", "version", "app_base", "xml_base"),
    [
        ("appBase='/srv/web'", "10.1.60", "/srv/web", f"{BASE}/conf/Catalina/a.example"),
        ("appBase=''", "10.1.60", BASE, f"{BASE}/conf/Catalina/a.example"),
        ("", "10.1.60", f"{BASE}/webapps", f"{BASE}/conf/Catalina/a.example"),
        ("", "5.5.36", BASE, f"{BASE}/conf/Catalina/a.example"),
        ("AppBase='apps'", "10.1.60", f"{BASE}/apps", f"{BASE}/conf/Catalina/a.example"),
        ("appBase='${catalina.base}/x' xmlBase='ctx'", "9.0.98", f"{BASE}/x", f"{BASE}/ctx"),
        ("appBase='${apps:-y}'", "9.0.98", f"{BASE}/y", f"{BASE}/conf/Catalina/a.example"),
    ],
)
def test_directories(attributes: str, version: str, app_base: str, xml_base: str) -> None:
    (host,) = hosts(site(version, server=server_xml(hosts=f"<Host name='A.example' {attributes}/>")))
    assert host.app_base == Known(app_base)
    assert host.xml_base == Known(xml_base)


def test_flags_are_true_only_when_true() -> None:
    text = "<Host name='h' appBase='a' autoDeploy='TRUE' deployXML='yes' unpackWARs='1' copyXML='true'/>"
    (host,) = hosts(site(server=server_xml(hosts=text)))
    assert [host.auto_deploy, host.deploy_xml, host.unpack_wars, host.copy_xml] == [
        Known(True), Known(False), Known(False), Known(True),
    ]  # fmt: skip


@pytest.mark.parametrize(("version", "expected"), [("10.1.60", False), ("11.0.1", True)])
def test_security_manager_switches_deploy_xml_off(version: str, expected: bool) -> None:  # noqa: FBT001 - a table
    made = site(version)
    made.arguments = {"java.security.manager": ""}
    (host,) = hosts(made)
    assert host.deploy_xml == Known(expected)


def test_unknowable_property_is_a_gap_of_its_own() -> None:
    made = site(server=server_xml(hosts="<Host name='h' appBase='${where}' autoDeploy='${auto}'/>"))
    made.arguments = {"org.apache.tomcat.util.digester.PROPERTY_SOURCE": "com.example.Vault"}
    (host,) = hosts(made)
    assert host.app_base == Unknown(Gap.UNRESOLVED, "${where}")
    assert host.auto_deploy == Unknown(Gap.UNRESOLVED, "${auto}")
    assert host.deploy_xml == Known(True)


def test_every_service_and_host_is_seen() -> None:
    text = (
        "<Server><Service name='A'><Connector port='1'/><Connector port='2'/><Engine name='e1'><Host name='x'/>"
        "<Host name='y'/></Engine></Service><Service name='B'><Engine name='e2'><Host name='x'/></Engine></Service>"
        "</Server>"
    )
    found = config(site(server=text))
    assert isinstance(found.hosts, Known)
    assert isinstance(found.services, Known)
    assert [(host.service.name, host.engine_name, host.name) for host in found.hosts.value] == [
        ("A", "e1", "x"), ("A", "e1", "y"), ("B", "e2", "x"),
    ]  # fmt: skip
    assert [attribute(one, "port") for one in found.services.value[0].connectors] == ["1", "2"]


def test_element_names_are_case_sensitive() -> None:
    assert hosts(site(server=server_xml(hosts="<host name='x'/>"))) == ()


def test_comments_do_not_count() -> None:
    assert hosts(site(server=server_xml(hosts="<!-- <Host name='x'/> -->"))) == ()


@pytest.mark.parametrize(
    ("text", "gap"),
    [("<Server>", Gap.MALFORMED), ("<Context/>", Gap.MALFORMED), ("", Gap.MALFORMED)],
)
def test_bad_server_xml(text: str, gap: Gap) -> None:
    found = config(site(server=text))
    assert isinstance(found.server, Unknown)
    assert found.server.gap is gap
    assert found.hosts == found.services == found.server


def test_missing_and_denied_server_xml() -> None:
    made = site()
    made.host.remove(f"{BASE}/conf/server.xml")
    assert config(made).server == Unknown(Gap.MISSING, f"{BASE}/conf/server.xml")
    denied = config(site().deny("conf/server.xml")).server
    assert isinstance(denied, Unknown)
    assert denied.gap is Gap.DENIED


def test_last_spelling_of_an_attribute_wins() -> None:
    (host,) = hosts(site(server=server_xml(hosts="<Host name='x' appBase='a' AppBase='b'/>")))
    assert host.app_base == Known(f"{BASE}/b")
