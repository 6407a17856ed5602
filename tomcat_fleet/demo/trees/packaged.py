"""A distribution package's layout: configuration, logs, programs and the manager under several roots."""

from __future__ import annotations

from tomcat_fleet.demo.trees import text
from tomcat_fleet.demo.trees.modern import ADMIN_SERVLETS, CURRENT, plant_application
from tomcat_fleet.demo.trees.tree import Tree

HOME = "/usr/share/tomcat10"
BASE = "/var/lib/tomcat10"
_CONF = "/etc/tomcat10"
_ADMIN = "/usr/share/tomcat10-admin"
_JARS = "/usr/share/java"


def plant(tree: Tree) -> None:
    """Sound users, pages and listings; the manager's descriptor has no address filter; modes as packages set them."""
    _plant_programs(tree)
    _plant_conf(tree)
    tree.directory(BASE, 0o755)
    tree.directory(f"{BASE}/webapps", 0o775)
    plant_application(tree, f"{BASE}/webapps/ROOT", text.servlet_xml())
    tree.directory("/var/log/tomcat10", 0o2770)
    tree.file("/var/log/tomcat10/catalina.2026-01-01.log", "INFO: Server startup in [812] milliseconds\n")
    tree.file("/var/log/tomcat10/access.2026-01-01.log", '192.0.2.7 - - [01/Jan/2026:00:00:00 +0900] "GET /" 200 11\n')
    tree.directory("/var/cache/tomcat10", 0o750)
    for name, target in (("conf", _CONF), ("logs", "/var/log/tomcat10"), ("work", "/var/cache/tomcat10")):
        tree.link(f"{BASE}/{name}", target)


def _plant_programs(tree: Tree) -> None:
    for name in (HOME, f"{HOME}/bin", f"{HOME}/lib", _JARS):
        tree.directory(name, 0o755)
    jar = f"tomcat10-catalina-{CURRENT}.jar"
    tree.archive(f"{_JARS}/{jar}", text.server_jar(CURRENT), 0o644)
    tree.link(f"{_JARS}/tomcat10-catalina.jar", jar)
    tree.link(f"{HOME}/lib/catalina.jar", f"{_JARS}/tomcat10-catalina.jar")
    tree.file(f"{HOME}/bin/catalina.sh", "#!/bin/sh\nexit 0\n", 0o755)
    tree.directory(_ADMIN, 0o755)
    plant_application(tree, f"{_ADMIN}/manager", text.servlet_xml(*ADMIN_SERVLETS))
    tree.directory(f"{_ADMIN}/manager/META-INF")
    local = text.context_xml(attributes='privileged="true"', valve=text.address_valve(r"127\.\d+\.\d+\.\d+"))
    tree.file(f"{_ADMIN}/manager/META-INF/context.xml", local)


def _plant_conf(tree: Tree) -> None:
    for name in (_CONF, f"{_CONF}/Catalina", f"{_CONF}/Catalina/localhost"):
        tree.directory(name, 0o755)
    pages = {code: f"/error/{code}.html" for code in text.ERROR_CODES}
    tree.file(f"{_CONF}/server.xml", text.server_xml())
    tree.file(f"{_CONF}/web.xml", text.web_xml(listings=False, pages=pages))
    tree.file(f"{_CONF}/context.xml", text.context_xml())
    tree.file(f"{_CONF}/logging.properties", text.LOGGING)
    tree.file(f"{_CONF}/catalina.properties", "common.loader=${catalina.home}/lib/*.jar\n")
    tree.file(f"{_CONF}/tomcat-users.xml", text.users_xml([]))
    manager = text.context_xml(attributes=f'path="/manager" docBase="{tree.path(_ADMIN)}/manager" privileged="true"')
    tree.file(f"{_CONF}/Catalina/localhost/manager.xml", manager)
