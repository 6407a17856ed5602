"""Hosts as test cases begin with: a sound one, and the essentials of what Tomcat ships.

The texts are our own, as small as the facts allow: which servlets, valves, accounts and modes a version brings.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.virtual_host import MTIME, VirtualHost

BASE = "/opt/tomcat"
UID = 998
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
LOOPBACK = r"127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1"
MANAGER = ("ManagerServlet", "HTMLManagerServlet", "StatusManagerServlet", "JMXProxyServlet")
HOST_MANAGER = ("HostManagerServlet", "HTMLHostManagerServlet")
LATEST = {"9.0": "9.0.122", "10.1": "10.1.60", "11.0": "11.0.26", "8.5": "8.5.100", "7.0": "7.0.109", "5.5": "5.5.36"}

LOGGING = "".join(
    f"{number}{name}.org.apache.juli.AsyncFileHandler.directory = ${{catalina.base}}/logs\n"
    f"{number}{name}.org.apache.juli.AsyncFileHandler.prefix = {name}.\n"
    for number, name in enumerate(("catalina", "localhost"), 1)
)


def server_xml(*, realm: str | None = None, valves: str = "", host: str = "", access_log: bool = True) -> str:
    """server.xml with one Host; ``realm`` replaces the stock realm, ``valves`` go into the Host."""
    realm = realm or (
        '<Realm className="org.apache.catalina.realm.LockOutRealm">\n'
        '        <Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/>\n'
        "      </Realm>"
    )
    log = (
        '<Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="localhost_access_log"/>'
    )
    return f"""{XML}<Server port="8005" shutdown="SHUTDOWN">
  <GlobalNamingResources>
    <Resource name="UserDatabase" type="org.apache.catalina.UserDatabase"
              factory="org.apache.catalina.users.MemoryUserDatabaseFactory" pathname="conf/tomcat-users.xml"/>
  </GlobalNamingResources>
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1"/>
    <Engine name="Catalina" defaultHost="localhost">
      {realm}
      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true" {host}>
        {log if access_log else ""}
        {valves}
      </Host>
    </Engine>
  </Service>
</Server>
"""


def web_xml(*, listings: str | None = "false", codes: tuple[int, ...] = ()) -> str:
    """conf/web.xml with the default servlet and error pages for ``codes``."""
    parameter = "" if listings is None else (
        f"<init-param><param-name>listings</param-name><param-value>{listings}</param-value></init-param>"
    )  # fmt: skip
    pages = "".join(
        f"  <error-page><error-code>{code}</error-code><location>/error.html</location></error-page>\n"
        for code in codes
    )
    return f"""{XML}<web-app>
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    {parameter}
  </servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
{pages}</web-app>
"""


def servlets(package: str, names: tuple[str, ...]) -> str:
    """An application's web.xml that declares servlets of one package."""
    rows = "".join(
        f"  <servlet><servlet-name>{name}</servlet-name><servlet-class>{package}.{name}</servlet-class></servlet>\n"
        f"  <servlet-mapping><servlet-name>{name}</servlet-name><url-pattern>/{name}</url-pattern></servlet-mapping>\n"
        for name in names
    )
    return f"{XML}<web-app>\n{rows}</web-app>\n"


def context(valve: str = "") -> str:
    """META-INF/context.xml of an administration application."""
    return f'{XML}<Context antiResourceLocking="false" privileged="true">\n  {valve}\n</Context>\n'


def address_valve(version: str) -> str:
    """The valve that the version's manager ships with; empty before there was one."""
    numbers = tuple(int(part) for part in version.split("."))
    if (numbers >= (9, 0, 111) and numbers[:2] != (10, 1)) or (numbers[:2] == (10, 1) and numbers >= (10, 1, 48)):
        return '<Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="127.0.0.0/8,::1/128"/>'
    if (numbers >= (7, 0, 107) and numbers[0] != 8) or numbers >= (8, 5):
        return f'<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="{LOOPBACK}"/>'
    return ""


def jar(version: str) -> dict[str, str]:
    """catalina.jar's statements of the version."""
    return {
        "org/apache/catalina/util/ServerInfo.properties": f"server.info=Apache Tomcat/{version}\n"
        f"server.number={version}.0\n",
        "META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\nImplementation-Version: {version}\r\n",
    }


def installed(host: VirtualHost, version: str, base: str = BASE, uid: int = UID) -> None:
    """What every tarball installation has: programs, configuration, empty logs."""
    for folder, mode in (("", 0o750), ("bin", 0o750), ("lib", 0o750), ("conf", 0o700), ("logs", 0o750),
                         ("temp", 0o750), ("webapps", 0o750), ("work", 0o750)):  # fmt: skip
        host.directory(f"{base}/{folder}".rstrip("/"), mode)
    host.file(f"{base}/bin/catalina.sh", "#!/bin/sh\n", mode=0o750)
    host.archive(f"{base}/bin/bootstrap.jar", {"org/apache/catalina/startup/Bootstrap.class": b"x"})
    host.archive(f"{base}/lib/catalina.jar", jar(version))
    host.file(f"{base}/RELEASE-NOTES", f"\n                     Apache Tomcat Version {version}\n")
    host.file(f"{base}/conf/server.xml", server_xml(), mode=0o600)
    host.file(f"{base}/conf/web.xml", web_xml(), mode=0o600)
    host.file(f"{base}/conf/context.xml", f"{XML}<Context/>\n", mode=0o600)
    host.file(f"{base}/conf/catalina.properties", "common.loader=lib\n", mode=0o600)
    host.file(f"{base}/conf/logging.properties", "handlers = 1catalina.org.apache.juli.AsyncFileHandler\n" + LOGGING,
              mode=0o600)  # fmt: skip
    host.file(
        f"{base}/conf/tomcat-users.xml", f'{XML}<tomcat-users xmlns="http://tomcat.apache.org/xml"/>\n', mode=0o600
    )
    for name in ("catalina", "localhost", "localhost_access_log"):
        host.file(f"{base}/logs/{name}.2026-11-22.log", "x\n")
    host.own(base, uid)
    if str(uid) not in host.accounts:
        host.account(uid, "tomcat")


def application(host: VirtualHost, root: str, web: str | None = None, meta: str | None = None, uid: int = UID) -> None:
    """An unpacked web application."""
    host.directory(root, 0o750)
    host.file(f"{root}/index.html", "<p>x</p>\n")
    if web is not None:
        host.file(f"{root}/WEB-INF/web.xml", web)
    if meta is not None:
        host.file(f"{root}/META-INF/context.xml", meta)
    for folder in ("WEB-INF", "META-INF"):
        if f"{root}/{folder}" in host.nodes:
            host.nodes[f"{root}/{folder}"].mode = 0o750
    host.own(root, uid)


def good(version: str = "10.1.60", base: str = BASE, *, uid: int = UID, running: bool = True) -> VirtualHost:
    """A host on which every item passes, except WT-03 where there is nothing to judge."""
    host = VirtualHost()
    add_good(host, version, base, uid=uid, running=running)
    return host


def add_good(
    host: VirtualHost, version: str, base: str, *, uid: int = UID, running: bool = True, pid: int = 4000
) -> None:
    """A sound instance at ``base``."""
    installed(host, version, base, uid)
    codes = (400, 401, 403, 404, 500)
    host.file(f"{base}/conf/web.xml", web_xml(codes=codes), mode=0o600, uid=uid, gid=uid)
    application(host, f"{base}/webapps/ROOT", f"{XML}<web-app/>\n", uid=uid)
    host.file(f"{base}/webapps/ROOT/error.html", "<p>sorry</p>\n", uid=uid, gid=uid)
    for name, node in host.nodes.items():
        if node.kind == "directory" and (name == base or name.startswith(base + "/")):
            node.mode = 0o740 if node.mode == 0o750 else node.mode
    if running:
        host.java(base, uid=uid, pid=pid)


def stock(version: str, base: str = BASE, *, running: bool = True) -> VirtualHost:
    """The tarball of ``version`` (7.0 or later) unpacked by its service account and started."""
    host = VirtualHost()
    installed(host, version, base)
    numbers = tuple(int(part) for part in version.split("."))
    old_manager = numbers < (8, 5)
    valve = address_valve(version)
    host_valve = "" if old_manager else valve
    apps = f"{base}/webapps"
    application(host, f"{apps}/ROOT", f"{XML}<web-app><display-name>Welcome to Tomcat</display-name></web-app>\n")
    application(host, f"{apps}/docs", f"{XML}<web-app><display-name>Tomcat Documentation</display-name></web-app>\n")
    application(host, f"{apps}/examples", servlets("", ("HelloWorldExample", "RequestInfoExample")).replace(">.", ">"))
    application(host, f"{apps}/manager", servlets("org.apache.catalina.manager", MANAGER), context(valve))
    application(host, f"{apps}/host-manager", servlets("org.apache.catalina.manager.host", HOST_MANAGER),
                context(host_valve))  # fmt: skip
    if running:
        host.java(base, uid=UID)
    return host


def debian(*, running: bool = True) -> VirtualHost:
    """Debian's tomcat10 with its administration package."""
    home, base, admin = "/usr/share/tomcat10", "/var/lib/tomcat10", "/usr/share/tomcat10-admin"
    host = VirtualHost()
    host.account(UID, "tomcat")
    for path in (f"{home}/bin", f"{home}/lib", base, "/etc/tomcat10/Catalina/localhost", f"{base}/webapps"):
        host.directory(path, 0o755)
    host.nodes[f"{base}/webapps"].uid = UID
    host.directory("/var/log/tomcat10", 0o2770, UID, 4)
    host.directory("/var/cache/tomcat10", 0o750, UID, UID)
    for name, target in (("conf", "/etc/tomcat10"), ("logs", "../../log/tomcat10"), ("work", "../../cache/tomcat10")):
        host.link(f"{base}/{name}", target)
    host.file(f"{home}/bin/catalina.sh", "#!/bin/sh\n", mode=0o755)
    real = "/usr/share/java/tomcat10-catalina-10.1.60.jar"
    members = jar("10.1.60")
    name = "org/apache/catalina/util/ServerInfo.properties"
    members[name] = members[name].replace("10.1.60\n", "10.1.60 (Debian)\n", 1)
    host.archive(real, members, mode=0o644)
    host.package(real, "dpkg", "libtomcat10-java", "10.1.60-1~deb12u1")
    host.link(f"{home}/lib/catalina.jar", "../../java/tomcat10-catalina-10.1.60.jar")
    texts = {"server.xml": server_xml(), "web.xml": web_xml(), "context.xml": f"{XML}<Context/>\n",
             "catalina.properties": "common.loader=lib\n", "tomcat-users.xml": f"{XML}<tomcat-users/>\n",
             "logging.properties": "handlers = 1catalina.org.apache.juli.AsyncFileHandler\n" + LOGGING}  # fmt: skip
    for name, text in texts.items():
        host.file(f"/etc/tomcat10/{name}", text, mode=0o640, gid=UID)
    for name, names in (("manager", MANAGER), ("host-manager", HOST_MANAGER)):
        package = "org.apache.catalina.manager" + (".host" if name == "host-manager" else "")
        application(host, f"{admin}/{name}", servlets(package, names), context(address_valve("10.1.60")), uid=0)
        descriptor = (
            f'{XML}<Context path="/{name}" docBase="{admin}/{name}" antiResourceLocking="false" privileged="true"/>\n'
        )
        host.file(f"/etc/tomcat10/Catalina/localhost/{name}.xml", descriptor, mode=0o644)
    application(host, f"{base}/webapps/ROOT", None, f'{XML}<Context path=""/>\n', uid=0)
    unit = (
        '[Service]\nEnvironment="CATALINA_HOME=/usr/share/tomcat10"\nEnvironment="CATALINA_BASE=/var/lib/tomcat10"\n'
        "ExecStart=/bin/sh /usr/libexec/tomcat10/tomcat-start.sh\nUser=tomcat\n"
    )
    host.unit("/lib/systemd/system/tomcat10.service", unit)
    if running:
        host.java(base, home, uid=UID)
    return host


def old(version: str = "5.5.36") -> VirtualHost:
    """A 5.5 tarball: server/webapps, jsp-examples, accounts by ``name``."""
    host = VirtualHost()
    base = BASE
    installed(host, version, base)
    host.remove(f"{base}/lib")
    host.archive(f"{base}/server/lib/catalina.jar", jar(version), mode=0o644)
    host.archive(f"{base}/server/webapps/manager/WEB-INF/lib/catalina-manager.jar", {}, mode=0o644)
    host.file(f"{base}/server/webapps/manager/WEB-INF/web.xml", servlets("org.apache.catalina.manager", MANAGER[:2]))
    host.file(f"{base}/conf/Catalina/localhost/manager.xml",
              f'{XML}<Context docBase="${{catalina.home}}/server/webapps/manager" privileged="true"/>\n')  # fmt: skip
    users = "".join(f'<user name="{name}" password="tomcat" roles="tomcat"/>' for name in ("tomcat", "role1", "both"))
    host.file(f"{base}/conf/tomcat-users.xml", f"{XML}<tomcat-users>{users}</tomcat-users>\n", mode=0o600)
    for name in ("ROOT", "jsp-examples", "servlets-examples"):
        application(host, f"{base}/webapps/{name}", f"{XML}<web-app/>\n")
    host.own(base, UID)
    host.java(base)
    return host


def named(layout: str) -> VirtualHost:
    """``good``, ``good-VERSION``, ``stock-VERSION``, ``debian``, ``old``."""
    kind, _, version = layout.partition("-")
    version = LATEST.get(version, version)
    makers: dict[str, Callable[[], VirtualHost]] = {
        "good": lambda: good(version or "10.1.60"),
        "stock": lambda: stock(version),
        "debian": debian,
        "old": lambda: old(version or "5.5.36"),
    }
    return makers[kind]()


__all__ = ["BASE", "MTIME", "UID", "add_good", "debian", "good", "named", "old", "stock"]
