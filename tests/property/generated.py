"""Hosts put together from what instances of the field are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests import stock
from tests.stock import BASE, MANAGER, UID, XML, address_valve, application, context, servlets
from tests.virtual_host import VirtualHost
from tomcat_fleet.tomcat.command_line import BOOTSTRAP

VERSIONS = ("7.0.106", "7.0.109", "8.5.100", "9.0.50", "9.0.122", "10.1.60", "11.0.26")
LAYOUTS = (*(f"good-{v}" for v in VERSIONS), *(f"stock-{v}" for v in VERSIONS), "debian", "old")
USERS = {
    "as it is": None,
    "nobody": "",
    "own name": '<user username="ops_9x" password="kq7!wzap" roles="manager-gui"/>',
    "default name": '<user username="admin" password="admin" roles="manager-gui"/>',
    "hashed": f'<user username="ops_9x" password="{"0a" * 32}" roles="manager-gui"/>',
    "through a group": '<group groupname="g" roles="manager-gui"/><user username="a" password="b" groups="g"/>',
    "malformed": '<user username="ops" password="x"',
}
_REMOTE = "org.apache.catalina.valves.RemoteAddrValve"
VALVES = {
    "none": "",
    "loopback": f'<Valve className="{_REMOTE}" allow="{stock.LOOPBACK}"/>',
    "everybody": f'<Valve className="{_REMOTE}" allow=".*"/>',
    "deny only": f'<Valve className="{_REMOTE}" deny="192.168.3.*"/>',
    "property": f'<Valve className="{_REMOTE}" allow="${{who}}"/>',
    "own class": '<Valve className="com.example.Gate"/>',
}
APPLICATIONS = ("nothing", "renamed manager", "listing", "malformed", "examples archive", "descriptor")
PROCESSES = ("as it is", "stopped", "root", "jsvc", "jsvc as root", "two accounts", "wrapper alone", "cut", "hidden")
UNITS = {
    "none": "",
    "account": "[Service]\nUser=tomcat\nEnvironment=CATALINA_BASE=/opt/tomcat\n",
    "root": "[Service]\nEnvironment=CATALINA_BASE=/opt/tomcat\n",
    "vague": "[Service]\nExecStart=/usr/local/bin/start-it\n",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What one host is made of."""

    layout: str
    users: str
    valve: str
    application: str
    processes: str
    unit: str
    unit_denied: bool
    listings: str
    codes: tuple[int, ...]
    modes: tuple[tuple[int, int], ...]  # number of an object, its mode
    denied: int | None  # number of an object that cannot be read
    second: bool

    def host(self) -> VirtualHost:
        """A fresh host of this plan."""
        made = stock.named(self.layout)
        if self.layout != "debian":
            _configure(made, self)
            _deploy(made, self.application)
        paths = sorted(name for name in made.nodes if name.startswith((BASE, "/var/lib/tomcat10", "/etc/tomcat10")))
        for number, mode in self.modes:
            made.nodes[paths[number % len(paths)]].mode = mode
        if self.denied is not None:
            made.nodes[paths[self.denied % len(paths)]].denied = True
        _PROCESSES[self.processes](made)
        if UNITS[self.unit]:
            made.unit("/etc/systemd/system/shop.service", UNITS[self.unit])
            made.nodes["/etc/systemd/system/shop.service"].denied = self.unit_denied
        if self.second:
            made.account(997, "second")
            stock.add_good(made, "10.1.60", "/srv/second", uid=997, pid=90)
        return made


def plans() -> st.SearchStrategy[Plan]:
    """Any host that the parts above make."""
    modes = st.tuples(st.integers(0, 60), st.sampled_from((0o600, 0o640, 0o644, 0o700, 0o740, 0o750, 0o755, 0o777)))
    return st.builds(
        Plan,
        layout=st.sampled_from(LAYOUTS),
        users=st.sampled_from(sorted(USERS)),
        valve=st.sampled_from(sorted(VALVES)),
        application=st.sampled_from(APPLICATIONS),
        processes=st.sampled_from(PROCESSES),
        unit=st.sampled_from(sorted(UNITS)),
        unit_denied=st.booleans(),
        listings=st.sampled_from(("false", "true", " TRUE ", "yes", "${who}")),
        codes=st.sampled_from(((), (404, 500), (400, 401, 403, 404, 500))),
        modes=st.lists(modes, max_size=3).map(tuple),
        denied=st.none() | st.integers(0, 60),
        second=st.booleans(),
    )


def _configure(host: VirtualHost, plan: Plan) -> None:
    server = stock.server_xml(valves=VALVES[plan.valve])
    texts = {"server.xml": server, "web.xml": stock.web_xml(listings=plan.listings, codes=plan.codes)}
    if (users := USERS[plan.users]) is not None:
        texts["tomcat-users.xml"] = f"{XML}<tomcat-users>{users}</tomcat-users>\n"
    for name, text in texts.items():
        host.nodes[f"{BASE}/conf/{name}"].data = text.encode()


def _deploy(host: VirtualHost, kind: str) -> None:
    if kind == "renamed manager":
        root = f"{BASE}/webapps/ops"
        application(host, root, servlets("org.apache.catalina.manager", MANAGER), context(address_valve("9.0.122")))
    elif kind == "listing":
        application(host, f"{BASE}/webapps/shop", stock.web_xml(listings="true"))
    elif kind == "malformed":
        application(host, f"{BASE}/webapps/shop", "<web-app><servlet>")
    elif kind == "examples archive":
        host.archive(f"{BASE}/webapps/examples.war", {"WEB-INF/web.xml": "<web-app/>"}, uid=UID, gid=UID)
    elif kind == "descriptor":
        text = f'{XML}<Context docBase="/srv/manager" privileged="true"/>\n'
        host.file(f"{BASE}/conf/Catalina/localhost/manager.xml", text, mode=0o600, uid=UID, gid=UID)
        application(host, "/srv/manager", servlets("org.apache.catalina.manager", MANAGER), context())


def _stop(host: VirtualHost) -> None:
    base = next(word for word in host.processes[0].argv if word.startswith("-Dcatalina.base=")).partition("=")[2]
    host.candidate(base)
    host.processes.clear()


def _as_root(host: VirtualHost) -> None:
    host.processes[0] = replace(host.processes[0], uid=0)


def _jsvc(host: VirtualHost, uid: int) -> None:
    options = [word for word in host.processes[0].argv if word.startswith("-Dcatalina")]
    host.processes.clear()
    argv = ["jsvc.exec", "-user", "tomcat", *options, BOOTSTRAP]
    host.process(20, 0, argv, exe="/usr/bin/jsvc")
    host.process(21, uid, argv, ppid=20, exe="/usr/bin/jsvc")


def _wrap(host: VirtualHost) -> None:
    argv = host.processes[0].argv
    host.processes.clear()
    host.process(20, 0, ["sudo", "-u", "tomcat", *argv])


def _cut(host: VirtualHost) -> None:
    row = host.processes[0]
    host.processes[0] = replace(row, argv=row.argv[:-1], argv_complete=False)


def _hide(host: VirtualHost) -> None:
    host.table_complete = False


_PROCESSES: dict[str, Callable[[VirtualHost], None]] = {
    "as it is": lambda _host: None,
    "stopped": _stop,
    "root": _as_root,
    "jsvc": lambda host: _jsvc(host, UID),
    "jsvc as root": lambda host: _jsvc(host, 0),
    "two accounts": lambda host: host.processes.append(replace(host.processes[0], pid=5000, uid=0)),
    "wrapper alone": _wrap,
    "cut": _cut,
    "hidden": _hide,
}
