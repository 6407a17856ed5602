"""A target full of secrets: a tree, a unit, running processes; every secret another, by the place where it stands."""

from __future__ import annotations

import os
import pwd
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.plant import plant
from tests.stock import XML, good
from tests.virtual_host import VirtualHost
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner


class Canaries(dict[str, str]):
    """Secrets by place; ``canaries["users"]`` makes one at the first call."""

    def __missing__(self, place: str) -> str:
        self[place] = f"C4{secrets.token_hex(8)}"
        return self[place]


def tree(root: Path, made: Canaries) -> list[str]:
    """An instance below ``root`` that a process runs, and one whose files cannot be parsed; their bases."""
    base, broken = f"{root}/tomcat", f"{root}/broken"
    uid = os.geteuid()
    host = good(base=base, uid=uid, running=False)
    _server_xml(host, base, made)
    _files(host, base, uid, made)
    plant(host, base)
    other = good(base=broken, uid=uid, running=False)
    for name in ("conf/server.xml", "conf/tomcat-users.xml", "webapps/ROOT/WEB-INF/web.xml"):
        text = f'{XML}<x password="{made["broken " + name]}" {made["broken, bare " + name]}'
        other.file(f"{broken}/{name}", text, mode=0o600, uid=uid, gid=uid)
    plant(other, broken)
    return [base, broken]


def _server_xml(host: VirtualHost, base: str, made: Canaries) -> None:
    names = ("keystorePass", "keyPass", "truststorePass", "SSLPassword", "secret")
    connector = " ".join(f'{name}="{made[name]}"' for name in names)
    realm = (
        f'<Realm className="org.apache.catalina.realm.JNDIRealm" connectionPassword="{made["connectionPassword"]}"/>'
    )
    certificate = f'<SSLHostConfig><Certificate certificateKeystorePassword="{made["certificate"]}"/></SSLHostConfig>'
    node = host.nodes[f"{base}/conf/server.xml"]
    text = node.data.decode()
    for old, new in (
        ('shutdown="SHUTDOWN"', f'shutdown="{made["shutdown"]}"'),
        ("<Connector ", f"<!-- password={made['server.xml comment']} -->{certificate}<Connector {connector} "),
        ("</Realm>", f"{realm}</Realm>"),
    ):
        assert old in text
        text = text.replace(old, new)
    node.data = text.encode()


def _files(host: VirtualHost, base: str, uid: int, made: Canaries) -> None:
    user = f'<user username="ops" password="{made["users"]}" roles="x"/>'
    users = f'<tomcat-users><!-- <user username="o" password="{made["users comment"]}"/> -->'
    url = f"jdbc:mysql://app:{made['jdbc login']}@db/x?password={made['jdbc parameter']}&amp;y=1"
    texts = {
        "conf/tomcat-users.xml": f"{XML}{users}{user}</tomcat-users>",
        "conf/tomcat-users.xml.bak": f'{XML}<tomcat-users><user name="a" password="{made["backup"]}"/></tomcat-users>',
        "conf/context.xml": f'{XML}<Context><Resource name="x" password="{made["resource"]}" url="{url}"/></Context>',
        "conf/catalina.properties": f"# {made['properties comment']}\ndb.password={made['properties']}\n",
        "conf/jmxremote.password": f"controlRole {made['jmxremote']}\n",
        "bin/setenv.sh": f"# {made['setenv comment']}\nDB_PASS={made['setenv variable']}\n"
        f'CATALINA_OPTS="-Djavax.net.ssl.keyStorePassword={made["setenv option"]} -Dx=1"\n',
        "logs/catalina.out": f"INFO login with password={made['log']}\n{made['log, bare']}\n",
        f"webapps/ROOT/{made['file name']}.txt": "x\n",
        "webapps/ROOT/WEB-INF/web.xml": f"{XML}<web-app><context-param><param-name>db.password</param-name>"
        f"<param-value>{made['context-param']}</param-value></context-param><env-entry><env-entry-name>api.token"
        f"</env-entry-name><env-entry-value>{made['env-entry']}</env-entry-value></env-entry></web-app>",
    }
    for name, text in texts.items():
        host.file(f"{base}/{name}", text, mode=0o600, uid=uid, gid=uid)
    packed = (
        f"<init-param><param-name>password</param-name><param-value>{made['packed web.xml']}</param-value></init-param>"
    )
    servlet = f"<servlet><servlet-name>a</servlet-name><servlet-class>b</servlet-class>{packed}</servlet>"
    web = f"{XML}<web-app>{servlet}</web-app>"
    archive = {"WEB-INF/web.xml": web, "META-INF/context.xml": f'{XML}<Context password="{made["packed context"]}"/>'}
    host.archive(f"{base}/webapps/shop.war", archive, mode=0o600, uid=uid, gid=uid)


def units(directory: Path, base: str, made: Canaries) -> None:
    """What lies in /etc/systemd/system, with a defaults file beside it."""
    directory.mkdir()
    defaults = directory / "tomcat-canary.default"
    defaults.write_text(f'JAVA_OPTS="-Ddb.pw={made["default file"]}"\nDB_PASSWORD={made["default variable"]}\n')
    (directory / "tomcat-canary.service").write_text(
        f'[Service]\nEnvironment="CATALINA_BASE={base}" "DB_PASSWORD=a {made["unit"]}"\nEnvironmentFile={defaults}\n'
        f"ExecStart={base}/bin/catalina.sh run -Dkey.password={made['unit command']} --token {made['unit option']}\n"
    )


class _Java(Jvm):
    def __init__(self, scratch: Path, made: Canaries) -> None:
        super().__init__(scratch)
        self._made = made
        self._environment |= {
            "JAVA_TOOL_OPTIONS": f"-Dtool.password={made['JAVA_TOOL_OPTIONS']} -Dtool.x=1",
            "DB_PASSWORD": made["environment of a process"],
        }

    def _arguments(self, base: Path, home: Path) -> list[str]:
        url = f"jdbc:sqlserver://h;user=a;password={self._made['process, jdbc']}"
        first, *others = super()._arguments(base, home)
        options = [f"-Ddb.password={self._made['process']}", f"-Durl={url}", f"-Dapp.Pw={self._made['process, short']}"]
        return [first, *others[:2], *options, *others[2:]]


@contextmanager
def processes(scratch: Path, base: str, made: Canaries) -> Iterator[None]:
    """A JVM of the instance, and another program whose arguments name Tomcat."""
    own = pwd.getpwuid(os.geteuid())
    java = _Java(scratch, made)
    argv = ["mysql", f"-p{made['other program']}", "tomcat"]
    with java.running(Path(base), Path(base), Owner(name=own.pw_name, uid=own.pw_uid, gid=own.pw_gid)):
        other = subprocess.Popen(argv, executable=_sleeper(scratch), stdin=subprocess.PIPE)
        try:
            yield
        finally:
            other.kill()
            other.communicate(timeout=10)


def _sleeper(scratch: Path) -> str:
    """A program that takes any arguments and waits for the end of its input."""
    path = scratch / "sleeper"
    path.write_text("#!/bin/sh\nread -r x\n")
    path.chmod(0o755)
    return str(path)
