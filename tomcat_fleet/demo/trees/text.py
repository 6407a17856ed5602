"""Configuration texts of the demo, as small as a Tomcat would still accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
ERROR_CODES = (400, 401, 403, 404, 500)


def server_xml(*, access_log: bool = True, realm: str = "org.apache.catalina.realm.UserDatabaseRealm") -> str:
    """One service, one host, a user database; with or without an access log."""
    log = (
        '\n        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs"'
        ' prefix="access." suffix=".log" pattern="common"/>'
    )
    return f"""{XML}<Server port="-1">
  <GlobalNamingResources>
    <Resource name="UserDatabase" auth="Container" type="org.apache.catalina.UserDatabase"
              factory="org.apache.catalina.users.MemoryUserDatabaseFactory" pathname="conf/tomcat-users.xml"/>
  </GlobalNamingResources>
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Realm className="{realm}" resourceName="UserDatabase"/>
      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">{log if access_log else ""}
      </Host>
    </Engine>
  </Service>
</Server>
"""


def web_xml(*, listings: bool, pages: Mapping[int, str]) -> str:
    """The web.xml of conf: the default servlet, and one error page per code."""
    errors = "".join(
        f"  <error-page>\n    <error-code>{code}</error-code>\n    <location>{location}</location>\n  </error-page>\n"
        for code, location in pages.items()
    )
    return f"""{XML}<web-app>
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <init-param>
      <param-name>listings</param-name>
      <param-value>{str(listings).lower()}</param-value>
    </init-param>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping>
    <servlet-name>default</servlet-name>
    <url-pattern>/</url-pattern>
  </servlet-mapping>
{errors}</web-app>
"""


def users_xml(users: Iterable[tuple[str, str, str]], name: str = "username") -> str:
    """User file with (name, password, roles); ``name`` is the attribute that holds the name."""
    rows = "".join(
        f'  <user {name}="{user}" password="{password}" roles="{roles}"/>\n' for user, password, roles in users
    )
    return f"{XML}<tomcat-users>\n{rows}</tomcat-users>\n"


def servlet_xml(*classes: str) -> str:
    """The web.xml of an application with the given servlets."""
    servlets = "".join(
        f"  <servlet>\n    <servlet-name>s{number}</servlet-name>\n    <servlet-class>{name}</servlet-class>\n"
        f"  </servlet>\n  <servlet-mapping>\n    <servlet-name>s{number}</servlet-name>\n"
        f"    <url-pattern>/s{number}/*</url-pattern>\n  </servlet-mapping>\n"
        for number, name in enumerate(classes, 1)
    )
    return f"{XML}<web-app>\n{servlets}</web-app>\n"


def context_xml(*, attributes: str = "", valve: str = "") -> str:
    """A context descriptor."""
    return f"{XML}<Context {attributes}>\n  {valve}\n</Context>\n"


def address_valve(allow: str) -> str:
    """A filter by address."""
    return f'<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="{allow}"/>'


LOGGING = """\
handlers = 1catalina.org.apache.juli.AsyncFileHandler, java.util.logging.ConsoleHandler
1catalina.org.apache.juli.AsyncFileHandler.level = INFO
1catalina.org.apache.juli.AsyncFileHandler.directory = ${catalina.base}/logs
1catalina.org.apache.juli.AsyncFileHandler.prefix = catalina.
"""


def server_jar(version: str) -> dict[str, str]:
    """Members of catalina.jar that state the version."""
    return {
        "META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\nImplementation-Title: Apache Tomcat\r\n"
        f"Implementation-Version: {version}\r\n\r\n",
        "org/apache/catalina/util/ServerInfo.properties": f"server.info=Apache Tomcat/{version}\n"
        f"server.number={version}.0\n",
    }


def page(title: str) -> str:
    """A small HTML page."""
    return f"<!doctype html>\n<title>{title}</title>\n<p>{title}</p>\n"
