"""A Tomcat as its tar.gz unpacks, on a described host; tests change the part they are about."""

from __future__ import annotations

from typing import TypeVar

from tests.virtual_host import TODAY, VirtualHost
from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import Examination, Settings, examine

T = TypeVar("T")
BASE = "/opt/tomcat"
UID = 998
TARGET = Target(name="stock", address="192.0.2.1", instances=(InstanceHint(base=BASE),))
SETTINGS = Settings(policy=Policy(), today=TODAY)
USER_DATABASE = (
    '<Resource name="UserDatabase" auth="Container" type="org.apache.catalina.UserDatabase" '
    'factory="org.apache.catalina.users.MemoryUserDatabaseFactory" pathname="conf/tomcat-users.xml"/>'
)
REALM = (
    '<Realm className="org.apache.catalina.realm.LockOutRealm">'
    '<Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/></Realm>'
)
ACCESS_LOG = (
    '<Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="localhost_access_log" '
    'suffix=".txt"/>'
)
LOGGING = """handlers = 1catalina.org.apache.juli.AsyncFileHandler, java.util.logging.ConsoleHandler
.handlers = 1catalina.org.apache.juli.AsyncFileHandler, java.util.logging.ConsoleHandler
1catalina.org.apache.juli.AsyncFileHandler.directory = ${catalina.base}/logs
1catalina.org.apache.juli.AsyncFileHandler.prefix = catalina.
"""


def server_xml(*, resources: str = USER_DATABASE, realm: str = REALM, host: str = ACCESS_LOG) -> str:
    """A server.xml with one engine and one host."""
    return (
        f'<Server port="8005"><GlobalNamingResources>{resources}</GlobalNamingResources><Service name="Catalina">'
        f'<Connector port="8080"/><Engine name="Catalina" defaultHost="localhost">{realm}'
        f'<Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">{host}</Host>'
        "</Engine></Service></Server>"
    )


def jar(version: str) -> dict[str, str | bytes]:
    """Members of a catalina.jar."""
    info = f"server.info=Apache Tomcat/{version}\nserver.number={version}.0\n"
    return {
        "org/apache/catalina/util/ServerInfo.properties": info,
        "META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\nImplementation-Version: {version}\n",
    }


def stock(version: str = "10.1.60", *, server: str | None = None, running: bool = True) -> VirtualHost:
    """The host. Everything belongs to the account tomcat, 998."""
    host = VirtualHost()
    host.account(UID, "tomcat")
    host.directory(BASE, 0o750)
    for name in ("bin", "lib", "temp", "webapps", "work", "logs"):
        host.directory(f"{BASE}/{name}", 0o750)
    host.directory(f"{BASE}/conf", 0o700)
    host.file(f"{BASE}/conf/server.xml", server or server_xml(), 0o600)
    host.file(f"{BASE}/conf/web.xml", "<web-app/>", 0o600)
    host.file(f"{BASE}/conf/context.xml", "<Context/>", 0o600)
    host.file(f"{BASE}/conf/tomcat-users.xml", "<tomcat-users/>", 0o600)
    host.file(f"{BASE}/conf/catalina.properties", "", 0o600)
    host.file(f"{BASE}/conf/logging.properties", LOGGING, 0o600)
    host.file(f"{BASE}/bin/catalina.sh", "#!/bin/sh\n", 0o750)
    host.archive(f"{BASE}/lib/catalina.jar", jar(version))
    host.directory(f"{BASE}/webapps/ROOT/WEB-INF", 0o750)
    host.file(f"{BASE}/webapps/ROOT/WEB-INF/web.xml", "<web-app/>", 0o640)
    host.file(f"{BASE}/logs/catalina.out", "", 0o640)
    host.file(f"{BASE}/logs/catalina.2026-11-23.log", "", 0o640)
    host.file(f"{BASE}/logs/localhost_access_log.2026-11-23.txt", "", 0o640)
    host.own(BASE, UID)
    if running:
        host.java(BASE, uid=UID)
    return host


def examination(host: VirtualHost, target: Target = TARGET) -> Examination:
    """What is found on the host once nothing more is wanted."""
    return examine(host.evidence(target), target, SETTINGS)


def instance(host: VirtualHost, target: Target = TARGET) -> Instance:
    """The only instance of the host."""
    found = examination(host, target)
    assert not found.gaps, found.gaps
    (one,) = found.instances
    return one


def value(fact: Fact[T]) -> T:
    """The value of a fact that must be known."""
    assert isinstance(fact, Known), fact
    return fact.value
