"""Every version from 5.5 to 11, as its tar.gz unpacks, through the whole model."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from tests import stock
from tests.stock import BASE, HOST_MANAGER, LOOPBACK, MANAGER, UID, XML, application, context, servlets
from tests.verdict import ITEMS, audit, of_item, table
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.status import Status

Console = Literal["absent", "open", "address", "network"]
ENDED = ("5.5", "6.0", "7.0", "8.0", "8.5", "10.0")
VALVES = {
    "open": "",
    "address": f'<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="{LOOPBACK}"/>',
    "network": '<Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="127.0.0.0/8,::1/128"/>',
}
SERVER_APPS = ("ROOT", "balancer", "jsp-examples", "servlets-examples", "tomcat-docs", "webdav")


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the versions from ``first`` to ``last`` bring."""

    first: str
    last: str
    layout: Literal["server", "lib"] = "lib"
    manager: Console
    host_manager: Console
    users: bool = False  # tomcat, role1 and both, written with name=
    listings: str = "false"
    access_log: bool = True
    lock_out: bool = True
    modes: Literal["open", "tight"] = "tight"
    verdicts: str

    def versions(self) -> Iterator[str]:
        """Every version of the range."""
        branch, _, low = self.first.rpartition(".")
        assert branch == self.last.rpartition(".")[0]
        return (f"{branch}.{patch}" for patch in range(int(low), int(self.last.rpartition(".")[2]) + 1))

    def host(self, version: str) -> VirtualHost:
        """The unpacked tree, run by its own account."""
        made = VirtualHost()
        stock.installed(made, version)
        realm = None if self.lock_out else (
            '<Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/>'
        )  # fmt: skip
        made.nodes[f"{BASE}/conf/server.xml"].data = stock.server_xml(realm=realm, access_log=self.access_log).encode()
        made.nodes[f"{BASE}/conf/web.xml"].data = stock.web_xml(listings=self.listings).encode()
        if self.users:
            rows = ("tomcat", "tomcat"), ("role1", "role1"), ("both", "tomcat,role1")
            users = "".join(f'<user name="{name}" password="tomcat" roles="{roles}"/>' for name, roles in rows)
            made.nodes[f"{BASE}/conf/tomcat-users.xml"].data = f"{XML}<tomcat-users>{users}</tomcat-users>".encode()
        if not self.access_log:
            made.remove(f"{BASE}/logs/localhost_access_log.2026-11-22.log")
        self._in_server(made, version) if self.layout == "server" else self._in_webapps(made)
        made.own(BASE, UID)
        if self.modes == "open":
            _open(made)
        made.java(BASE)
        return made

    def _in_webapps(self, host: VirtualHost) -> None:
        apps = f"{BASE}/webapps"
        for name in ("ROOT", "docs"):
            application(host, f"{apps}/{name}", f"{XML}<web-app/>\n")
        application(host, f"{apps}/examples", servlets("x", ("HelloWorldExample",)).replace("x.Hello", "Hello"))
        package = "org.apache.catalina.manager"
        application(host, f"{apps}/manager", servlets(package, MANAGER), context(VALVES[self.manager]))
        admin = servlets(f"{package}.host", HOST_MANAGER)
        application(host, f"{apps}/host-manager", admin, context(VALVES[self.host_manager]))

    def _in_server(self, host: VirtualHost, version: str) -> None:
        host.remove(f"{BASE}/lib")
        host.archive(f"{BASE}/server/lib/catalina.jar", stock.jar(version), mode=0o644)
        for name in SERVER_APPS:
            application(host, f"{BASE}/webapps/{name}", f"{XML}<web-app/>\n")
        consoles = {"manager": ("manager", MANAGER[:2])}
        if self.host_manager != "absent":
            consoles["host-manager"] = ("hostmanager", HOST_MANAGER)
        for name, (package, names) in consoles.items():
            application(host, f"{BASE}/server/webapps/{name}", servlets(f"org.apache.catalina.{package}", names))
            text = f'{XML}<Context docBase="${{catalina.home}}/server/webapps/{name}" privileged="true"/>\n'
            host.file(f"{BASE}/conf/Catalina/localhost/{name}.xml", text, mode=0o600)


def _open(host: VirtualHost) -> None:
    for name, node in host.nodes.items():
        if node.kind == "directory":
            node.mode = 0o755
        elif name.startswith(f"{BASE}/conf/"):
            node.mode = 0o600
        elif name.startswith(BASE):
            node.mode = 0o755 if name.endswith(".sh") else 0o644


RANGES = msgspec.convert(
    tomllib.loads((Path(__file__).parent / "stock_facts.toml").read_text("utf-8"))["range"], tuple[Range, ...]
)


@pytest.mark.parametrize("facts", RANGES, ids=lambda facts: f"{facts.first}-to-{facts.last}")
def test_every_version_is_judged_as_it_ships(facts: Range) -> None:
    wanted = dict(zip(ITEMS[:-1], facts.verdicts.split(), strict=True))
    ended = facts.first.rpartition(".")[0] in ENDED
    for version in facts.versions():
        result = audit(facts.host(version))
        (instance,) = result.instances
        assert instance.version == version
        found = table(result.verdicts)
        assert found.pop("WT-13") in ({"fail"} if ended else {"pass", "fail"}), version
        assert found == wanted, version


@pytest.mark.parametrize("facts", RANGES, ids=lambda facts: f"{facts.first}-to-{facts.last}")
def test_each_console_fails_by_itself(facts: Range) -> None:
    found = of_item(audit(facts.host(facts.last)), "WT-01")
    states = {one.subject.partition("/")[2].rpartition("/")[2]: one.status for one in found}
    wanted = {"manager": facts.manager, "host-manager": facts.host_manager}
    assert states == {
        name: Status.FAIL if console == "open" else Status.PASS
        for name, console in wanted.items()
        if console != "absent"
    }


def test_no_version_is_left_out_between_the_ranges() -> None:
    covered = {version for facts in RANGES for version in facts.versions()}
    gaps = {"7.0.97", "7.0.98"}  # never released
    for branch in {version.rpartition(".")[0] for version in covered}:
        numbers = sorted(int(version.rpartition(".")[2]) for version in covered if version.rpartition(".")[0] == branch)
        assert {f"{branch}.{n}" for n in range(numbers[0], numbers[-1])} - covered <= gaps
    assert len(covered) > 500
