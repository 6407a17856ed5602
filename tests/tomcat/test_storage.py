"""Directories and files whose permissions are judged."""

from __future__ import annotations

from tests.tomcat.stock_host import BASE, TARGET, instance, server_xml, stock, value
from tomcat_fleet.model.evidence import SearchKind
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.storage import Role
from tomcat_fleet.model.target import InstanceHint, Target

APPS = f"{BASE}/webapps"
MANAGER = (
    "<web-app><servlet><servlet-name>M</servlet-name>"
    "<servlet-class>org.apache.catalina.manager.ManagerServlet</servlet-class></servlet></web-app>"
)


def roles(found: Instance) -> dict[str, Role]:
    return {stored.path: stored.role for stored in value(found.directories)}


def test_stock_directories() -> None:
    admin = dict.fromkeys((BASE, f"{BASE}/bin", f"{BASE}/lib", f"{BASE}/conf"), Role.ADMIN_HOME)
    web = dict.fromkeys((APPS, f"{APPS}/ROOT", f"{APPS}/ROOT/WEB-INF"), Role.WEB_HOME)
    scratch = dict.fromkeys((f"{BASE}/temp", f"{BASE}/work"), Role.SCRATCH)
    found = instance(stock())
    assert roles(found) == admin | web | scratch
    assert found.directory_trees == ()


def test_stock_trees() -> None:
    found = instance(stock())
    assert [(tree.root, tree.role, tree.limit) for tree in found.config_trees] == [(f"{BASE}/conf", Role.CONFIG, 0o700)]
    assert [(tree.root, tree.role, tree.limit) for tree in found.script_trees] == [(f"{BASE}/bin", Role.SCRIPT, 0o755)]
    assert [(tree.root, tree.role, tree.limit) for tree in found.source_trees] == [(APPS, Role.SOURCE, 0o644)]
    assert found.config_files == Known(())
    search = value(found.config_trees[0].search)
    assert search
    assert (search.kind, search.excess_total) == (SearchKind.CONFIG_FILES, 0)


def test_the_manager_is_part_of_the_admin_home() -> None:
    host = stock()
    host.file(f"{APPS}/ops/WEB-INF/web.xml", MANAGER)
    found = roles(instance(host))
    assert found[f"{APPS}/ops"] is Role.ADMIN_HOME
    assert f"{APPS}/ops/WEB-INF" not in found


def test_base_and_home_apart() -> None:
    host = stock(running=False)
    home = "/usr/share/tomcat10"
    for name in ("bin", "lib", "server", "common"):
        host.directory(f"{home}/{name}")
    host.remove(f"{BASE}/bin")
    target = Target(name="a", address="a", instances=(InstanceHint(base=BASE, home=home),))
    found = instance(host, target)
    expected = {
        home,
        f"{home}/bin",
        f"{home}/lib",
        f"{home}/server",
        f"{home}/common",
        BASE,
        f"{BASE}/lib",
        f"{BASE}/conf",
    }
    assert {path for path, role in roles(found).items() if role is Role.ADMIN_HOME} == expected
    assert [tree.root for tree in found.script_trees] == [f"{home}/bin"]


def test_debian_s_links_are_followed_once() -> None:
    host = stock()
    host.remove(f"{BASE}/conf")
    host.file("/etc/tomcat10/server.xml", server_xml(), 0o640)
    host.link(f"{BASE}/conf", "/etc/tomcat10")
    host.link("/etc/tomcat10/policy.xml", "/usr/share/policy.xml")
    host.file("/usr/share/policy.xml", "", 0o644)
    host.file("/srv/more/extra.xml", "", 0o644)
    host.link("/etc/tomcat10/more", "/srv/more")
    found = instance(host)
    assert [tree.root for tree in found.config_trees] == ["/etc/tomcat10", "/srv/more"]
    assert [stored.path for stored in value(found.config_files)] == ["/etc/tomcat10/policy.xml"]
    conf = next(stored for stored in value(found.directories) if stored.path == f"{BASE}/conf")
    status = value(conf.status)
    assert status
    assert (status.real_path, status.link_target) == ("/etc/tomcat10", "/etc/tomcat10")


def test_a_link_in_conf_to_everything_is_not_followed() -> None:
    host = stock()
    host.link(f"{BASE}/conf/all", "/")
    assert [tree.root for tree in instance(host).config_trees] == [f"{BASE}/conf"]


def test_setenv_and_files_that_hold_a_credential() -> None:
    host = stock()
    host.file(f"{BASE}/bin/setenv.sh", "UMASK=0027\n", 0o750)
    host.file(f"{BASE}/bin/setenv.sh.bak", "", 0o644)
    secret = '<Context><Resource name="db" password="hunter22"/></Context>'
    host.file(f"{APPS}/ROOT/META-INF/context.xml", secret, 0o644)
    host.file(f"{APPS}/c/META-INF/context.xml", "<Context/>", 0o644)
    found = [stored.path for stored in value(instance(host).config_files)]
    assert found == [f"{BASE}/bin/setenv.sh", f"{BASE}/bin/setenv.sh.bak", f"{APPS}/ROOT/META-INF/context.xml"]


def test_applications_outside_of_the_app_base() -> None:
    host = stock(
        server=server_xml(host='<Context path="/shop" docBase="/srv/shop"/><Context path="/w" docBase="/srv/w.war"/>')
    )
    host.file("/srv/shop/WEB-INF/web.xml", "<web-app/>")
    host.directory("/srv/shop/img")
    host.archive("/srv/w.war", {"WEB-INF/web.xml": "<web-app/>"}, 0o644)
    found = instance(host)
    assert [tree.root for tree in found.source_trees] == [APPS, "/srv/shop"]
    assert [(stored.path, stored.role) for stored in value(found.config_files)] == [("/srv/w.war", Role.SOURCE)]
    assert {"/srv/shop", "/srv/shop/WEB-INF", "/srv/shop/img"} <= roles(found).keys()


def test_an_app_base_that_is_a_link_to_applications_elsewhere() -> None:
    host = stock()
    host.file("/data/shop/index.jsp", "", 0o666)
    host.link(f"{APPS}/shop", "/data/shop")
    found = instance(host)
    assert [tree.root for tree in found.source_trees] == ["/data/shop", APPS]
    assert roles(found)[f"{APPS}/shop"] is Role.WEB_HOME


def test_every_host_has_its_own_app_base() -> None:
    second = '</Host><Host name="b" appBase="/srv/b">'
    host = stock(server=server_xml(host=second))
    host.directory("/srv/b/one")
    found = instance(host)
    assert [tree.root for tree in found.source_trees] == [APPS, "/srv/b"]
    assert roles(found)["/srv/b/one"] is Role.WEB_HOME


def test_what_cannot_be_listed_is_searched_or_unknown() -> None:
    host = stock()
    host.deny(APPS)
    found = instance(host)
    assert isinstance(found.source_trees[0].search, Unknown)
    assert all(isinstance(tree.search, Unknown) for tree in found.directory_trees)
    assert found.directory_trees


def test_a_crowded_directory_is_searched_on_the_target() -> None:
    host = stock()
    for number in range(1001):
        host.file(f"{APPS}/ROOT/{number}.txt")
    host.directory(f"{APPS}/ROOT/open", 0o777)
    (tree,) = instance(host).directory_trees
    search = value(tree.search)
    assert search
    assert (tree.root, tree.limit, search.kind) == (f"{APPS}/ROOT", 0o744, SearchKind.DIRECTORIES_744)
    assert f"{APPS}/ROOT/open" in {row.path for row in search.excess}


def test_an_unreadable_server_xml_leaves_the_web_home_unknown() -> None:
    host = stock()
    host.deny(f"{BASE}/conf/server.xml")
    found = instance(host)
    web = [stored for stored in value(found.directories) if stored.role is Role.WEB_HOME]
    assert web
    assert all(isinstance(stored.status, Unknown) for stored in web)
    assert all(isinstance(tree.search, Unknown) for tree in found.source_trees)


def test_an_unknown_app_base_is_not_passed_over() -> None:
    host = stock(server=server_xml().replace('appBase="webapps"', 'appBase="${apps}"'))
    host.deny(f"{BASE}/conf/catalina.properties")
    found = instance(host, TARGET)
    assert any(isinstance(tree.search, Unknown) for tree in found.source_trees)
    assert any(
        isinstance(stored.status, Unknown) for stored in value(found.directories) if stored.role is Role.WEB_HOME
    )
