"""A tarball installation of Tomcat 9 or later, sound but for the flaws asked for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tomcat_fleet.demo.trees import text
from tomcat_fleet.demo.trees.tree import Tree

CURRENT = "10.1.60"
OLD = "9.0.50"
ADMIN_SERVLETS = ("org.apache.catalina.manager.ManagerServlet", "org.apache.catalina.manager.HTMLManagerServlet")


class Flaw(StrEnum):
    """One thing an operator got wrong."""

    OPEN_MANAGER = "open-manager"
    DEFAULT_ACCOUNT = "default-account"
    READABLE_USERS = "readable-users"
    WRITABLE_DIRECTORIES = "writable-directories"
    WRITABLE_SOURCES = "writable-sources"
    LISTINGS = "listings"
    NO_ERROR_PAGES = "no-error-pages"
    EXAMPLES = "examples"
    READABLE_LOGS = "readable-logs"
    OLD_VERSION = "old-version"


FAILS: Mapping[Flaw, tuple[str, ...]] = {
    Flaw.OPEN_MANAGER: ("WT-01", "WT-11"),
    Flaw.DEFAULT_ACCOUNT: ("WT-02", "WT-03"),
    Flaw.READABLE_USERS: ("WT-04", "WT-07"),
    Flaw.WRITABLE_DIRECTORIES: ("WT-06",),
    Flaw.WRITABLE_SOURCES: ("WT-07",),
    Flaw.LISTINGS: ("WT-08",),
    Flaw.NO_ERROR_PAGES: ("WT-09",),
    Flaw.EXAMPLES: ("WT-10",),
    Flaw.READABLE_LOGS: ("WT-12",),
    Flaw.OLD_VERSION: ("WT-13",),
}
ALL_FLAWS = frozenset(Flaw)
_SOUND_USER = ("ops_deploy_kr", "Vx7#mq2!Tz9p", "monitoring")
_DEFAULT_USER = ("tomcat", "tomcat", "manager-gui")


def plant_home(tree: Tree, home: str, version: str = CURRENT) -> None:
    """CATALINA_HOME: programs and libraries."""
    tree.directory(home)
    for name in ("bin", "lib"):
        tree.directory(f"{home}/{name}")
    tree.file(f"{home}/bin/catalina.sh", "#!/bin/sh\n# The demo starts its processes itself.\nexit 0\n", 0o750)
    tree.archive(f"{home}/bin/bootstrap.jar", {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n\r\n"})
    tree.archive(f"{home}/lib/catalina.jar", text.server_jar(version))
    tree.file(
        f"{home}/RELEASE-NOTES",
        f"                     Apache Tomcat Version {version}\n                     Release Notes\n",
    )


def plant_base(tree: Tree, base: str, flaws: frozenset[Flaw] = frozenset()) -> None:
    """CATALINA_BASE: configuration, applications and logs."""
    if not tree.path(base).exists():
        tree.directory(base)
    for name in ("conf", "webapps", "logs", "temp", "work"):
        tree.directory(f"{base}/{name}")
    _plant_conf(tree, f"{base}/conf", flaws)
    _plant_applications(tree, f"{base}/webapps", flaws)
    _plant_logs(tree, f"{base}/logs", 0o644 if Flaw.READABLE_LOGS in flaws else 0o640)
    if Flaw.WRITABLE_DIRECTORIES in flaws:
        tree.mode(f"{base}/webapps", 0o777)
        tree.mode(f"{base}/conf", 0o755)
    if Flaw.READABLE_LOGS in flaws:
        tree.mode(f"{base}/logs", 0o755)


def version_of(flaws: frozenset[Flaw]) -> str:
    """The version that a host with ``flaws`` runs."""
    return OLD if Flaw.OLD_VERSION in flaws else CURRENT


def _plant_conf(tree: Tree, conf: str, flaws: frozenset[Flaw]) -> None:
    codes = (404,) if Flaw.NO_ERROR_PAGES in flaws else text.ERROR_CODES
    pages = {code: f"/error/{code}.html" for code in codes}
    user = _DEFAULT_USER if Flaw.DEFAULT_ACCOUNT in flaws else _SOUND_USER
    tree.file(f"{conf}/server.xml", text.server_xml(), 0o600)
    tree.file(f"{conf}/web.xml", text.web_xml(listings=Flaw.LISTINGS in flaws, pages=pages), 0o600)
    tree.file(f"{conf}/context.xml", text.context_xml(), 0o600)
    tree.file(f"{conf}/logging.properties", text.LOGGING, 0o600)
    tree.file(f"{conf}/catalina.properties", "common.loader=${catalina.home}/lib/*.jar\n", 0o600)
    users_mode = 0o644 if Flaw.READABLE_USERS in flaws else 0o600
    tree.file(f"{conf}/tomcat-users.xml", text.users_xml([user]), users_mode)


def _plant_applications(tree: Tree, webapps: str, flaws: frozenset[Flaw]) -> None:
    plant_application(tree, f"{webapps}/ROOT", text.servlet_xml())
    if Flaw.WRITABLE_SOURCES in flaws:
        tree.file(f"{webapps}/ROOT/upload.jsp", "<%-- left behind by a release --%>\n", 0o666)
    if Flaw.EXAMPLES in flaws:
        plant_application(tree, f"{webapps}/examples", text.servlet_xml("HelloWorldExample"))
    if Flaw.OPEN_MANAGER in flaws:
        plant_application(tree, f"{webapps}/manager", text.servlet_xml(*ADMIN_SERVLETS))
        tree.directory(f"{webapps}/manager/META-INF")
        context = text.context_xml(attributes='privileged="true"', valve=text.address_valve(".*"))
        tree.file(f"{webapps}/manager/META-INF/context.xml", context)


def plant_application(tree: Tree, root: str, web_xml: str) -> None:
    """An unpacked application with pages for every error code."""
    for name in (root, f"{root}/WEB-INF", f"{root}/error"):
        tree.directory(name)
    tree.file(f"{root}/WEB-INF/web.xml", web_xml)
    tree.file(f"{root}/index.html", text.page("demo"))
    for code in text.ERROR_CODES:
        tree.file(f"{root}/error/{code}.html", text.page("Sorry"))


def _plant_logs(tree: Tree, logs: str, mode: int) -> None:
    tree.file(f"{logs}/catalina.2026-01-01.log", "INFO: Server startup in [812] milliseconds\n", mode)
    tree.file(
        f"{logs}/access.2026-01-01.log", '192.0.2.7 - - [01/Jan/2026:00:00:00 +0900] "GET / HTTP/1.1" 200 11\n', mode
    )
