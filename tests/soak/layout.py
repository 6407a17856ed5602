"""The sound hosts of the soak: what they are, what they send, and what an audit has to say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from tests import stock
from tests.property.stream import Listener, answered, first_round
from tests.verdict import TARGET, audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import unanswered
from tomcat_fleet.model import escape
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.tomcat.examine import Settings, examine

_MOST_ROUNDS = 10
HOSTILE = escape.from_bytes("\x1b[2J\u202e<script>alert(1)<img src=x onerror=alert(2)>'\"&".encode())


def three_instances() -> VirtualHost:
    """One open to everybody, one run by root, one that a unit starts at boot."""
    made = stock.stock("7.0.109")
    made.account(997, "second")
    stock.add_good(made, "10.1.60", "/srv/second", uid=997, pid=90)
    made.processes[-1] = replace(made.processes[-1], uid=0)
    stock.add_good(made, "9.0.122", "/srv/third", uid=996, running=False)
    made.unit("/etc/systemd/system/third.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/third\n")
    made.candidate("/srv/third")
    return made


def hostile_names() -> VirtualHost:
    """Sound but for its names: controls, markup and ways upwards in paths, accounts, hostname and version."""
    made = stock.good(base=f"/opt/{HOSTILE}")
    made.account(stock.UID, HOSTILE)
    made.host = replace(made.host, hostname=f"../../../../{HOSTILE}", release=f"../../{HOSTILE}")
    made.processes[-1] = replace(made.processes[-1], cwd=f"/opt/{HOSTILE}")
    name = "org/apache/catalina/util/ServerInfo.properties"
    jar = made.nodes[f"/opt/{HOSTILE}/lib/catalina.jar"]
    info = dict(jar.members)
    info[name] = info[name].replace(b"10.1.60", escape.to_bytes(f"../../{HOSTILE}"))
    jar.members = info
    return made


def crowded(contexts: int) -> VirtualHost:
    """Sound, and server.xml names contexts each of which raises questions."""
    made = stock.good()
    node = made.nodes[f"{stock.BASE}/conf/server.xml"]
    many = "".join(f'<Context path="/c{n}" docBase="/srv/c{n}"/>\n' for n in range(contexts))
    node.data = node.data.replace(b"</Host>", many.encode() + b"</Host>")
    return made


def many_accounts() -> VirtualHost:
    """Sound, and its accounts take long to examine."""
    made = stock.good()
    hashed = "".join(f'<user username="h{n}" password="0011$20000${n:040x}"/>\n' for n in range(2000))
    long = "".join(f'<user username="l{n}" password="{n:04d}{"x7Q!" * 17}"/>\n' for n in range(2000))
    made.nodes[f"{stock.BASE}/conf/tomcat-users.xml"].data = f"<tomcat-users>{hashed}{long}</tomcat-users>\n".encode()
    return made


def heavy_markup() -> VirtualHost:
    """Sound, and its applications bring megabytes of elements."""
    made = stock.good()
    for n in range(12):
        text = f"<web-app><a{n}/>" + "<a/>" * 99_000 + "</web-app>\n"
        made.file(f"{stock.BASE}/webapps/a{n}/WEB-INF/web.xml", text, uid=stock.UID, gid=stock.UID)
    return made


LAYOUTS: dict[str, Callable[[], VirtualHost]] = {
    "good-9.0": lambda: stock.named("good-9.0"),
    "good-10.1": lambda: stock.named("good-10.1"),
    "good-11.0": lambda: stock.named("good-11.0"),
    "stock-7.0": lambda: stock.named("stock-7.0"),
    "stock-8.5": lambda: stock.named("stock-8.5"),
    "stock-9.0": lambda: stock.named("stock-9.0"),
    "stock-10.1": lambda: stock.named("stock-10.1"),
    "stock-11.0": lambda: stock.named("stock-11.0"),
    "debian": stock.debian,
    "three-instances": three_instances,
    "none": VirtualHost,
}
# What these bring beside good-10.1 is only meant to take long.
BUSY: dict[str, Callable[[], VirtualHost]] = {
    "crowded": lambda: crowded(1000),
    "endless": lambda: crowded(30_000),
    "many-accounts": many_accounts,
    "heavy-markup": heavy_markup,
}


@dataclass(frozen=True, slots=True)
class Sound:
    """The records of each round of the conversation about a described host."""

    rounds: tuple[tuple[Record, ...], ...]


@cache
def described(layout: str) -> VirtualHost:
    """The host of a layout; nobody changes it."""
    return {**LAYOUTS, **BUSY, "hostile-names": hostile_names}[layout]()


@cache
def opening(layout: str) -> tuple[Record, ...]:
    """What comes before any question."""
    return tuple(first_round(described(layout)))


@cache
def sound(layout: str) -> Sound:
    """The whole conversation about the host of a layout."""
    host = described(layout)
    rounds = [opening(layout)]
    while len(rounds) < _MOST_ROUNDS:
        evidence = Listener().heard([record for records in rounds for record in records])
        questions = unanswered(evidence, examine(evidence, TARGET, Settings(policy=Policy(), today=date.min)).wanted)
        if not questions:
            return Sound(tuple(rounds))
        rounds.append(tuple(answered(host, question) for question in questions))
    raise AssertionError(f"{layout} is never satisfied")


@cache
def verdict(layout: str, today: date) -> TargetResult:
    """What an audit on this day has to say of the host, known from its description and not from any stream."""
    return audit(described(layout), today=today)
