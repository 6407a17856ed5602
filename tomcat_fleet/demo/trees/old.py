"""An installation of the 5.5 era: other places for the manager, other names for users and samples."""

from __future__ import annotations

from tomcat_fleet.demo.trees import text
from tomcat_fleet.demo.trees.tree import Tree

BASE = "/usr/local/tomcat5"
VERSION = "5.5.36"
_SERVLET = "org.apache.catalina.manager.ManagerServlet"


def plant(tree: Tree) -> None:
    """Modes as that time's archives had them: configuration files closed, everything else open to read."""
    for name in ("", "/bin", "/common", "/common/lib", "/conf", "/conf/Catalina", "/conf/Catalina/localhost", "/logs",
                 "/server", "/server/lib", "/server/webapps", "/shared", "/temp", "/webapps", "/work"):  # fmt: skip
        tree.directory(BASE + name, 0o755)
    tree.file(f"{BASE}/bin/catalina.sh", "#!/bin/sh\nexit 0\n", 0o755)
    tree.archive(f"{BASE}/server/lib/catalina.jar", text.server_jar(VERSION), 0o644)
    tree.file(f"{BASE}/RELEASE-NOTES", f"                     Apache Tomcat Version {VERSION}\n", 0o644)
    _plant_conf(tree, f"{BASE}/conf")
    _plant_manager(tree, f"{BASE}/server/webapps/manager")
    for name in ("ROOT", "jsp-examples", "servlets-examples"):
        _plant_application(tree, f"{BASE}/webapps/{name}")
    tree.file(f"{BASE}/logs/catalina.out", "INFO: Server startup in 2031 ms\n", 0o644)


def _plant_conf(tree: Tree, conf: str) -> None:
    tree.file(f"{conf}/server.xml", text.server_xml(access_log=False), 0o600)
    tree.file(f"{conf}/web.xml", text.web_xml(listings=False, pages={}), 0o600)
    tree.file(f"{conf}/context.xml", text.context_xml(), 0o600)
    users = [("tomcat", "tomcat", "tomcat"), ("role1", "tomcat", "role1"), ("both", "tomcat", "tomcat,role1")]
    tree.file(f"{conf}/tomcat-users.xml", text.users_xml(users, name="name"), 0o600)
    attributes = 'docBase="${catalina.home}/server/webapps/manager" privileged="true"'
    tree.file(f"{conf}/Catalina/localhost/manager.xml", text.context_xml(attributes=attributes), 0o644)


def _plant_manager(tree: Tree, root: str) -> None:
    for name in ("", "/WEB-INF", "/WEB-INF/lib"):
        tree.directory(root + name, 0o755)
    tree.file(f"{root}/WEB-INF/web.xml", text.servlet_xml(_SERVLET), 0o644)
    tree.archive(
        f"{root}/WEB-INF/lib/catalina-manager.jar", {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n"}, 0o644
    )


def _plant_application(tree: Tree, root: str) -> None:
    for name in ("", "/WEB-INF"):
        tree.directory(root + name, 0o755)
    tree.file(f"{root}/WEB-INF/web.xml", text.servlet_xml(), 0o644)
    tree.file(f"{root}/index.html", text.page("demo"), 0o644)
