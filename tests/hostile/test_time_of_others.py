"""Judging runs between the conversations with all other targets, so no evidence may make it take long."""

from __future__ import annotations

import time

import pytest

from tests import stock
from tests.conftest import Figure
from tests.stock import BASE, UID
from tests.thorough import times
from tests.verdict import audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.status import Status

SERVER_XML = f"{BASE}/conf/server.xml"
ROOM = times(3 << 19, 3 << 20)  # of the 4 MiB that are read
MANY = {
    "Hosts": ("</Engine>", '<Host name="h%d" appBase="apps%d"/>'),
    "Contexts": ("</Host>", '<Context path="/c%d" docBase="/srv/c%d"/>'),
    "Valves": ("</Host>", '<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="(a+)+%d"/>'),
    "Connectors": ("<Engine", '<Connector port="%d"/>'),
    "Realms": ("</Engine>", '<Realm className="org.apache.catalina.realm.MemoryRealm" pathname="u%d"/>'),
    "Listeners": ("<Service", '<Listener className="x%d"/>'),
}
SLOWEST_S = times(15, 60)  # minutes for 3 MiB before there was a limit, a quarter for half; seconds now, on any machine


def with_many(kind: str, room: int) -> tuple[VirtualHost, int]:
    """A sound host but for so many of one element, and how many they are."""
    before, element = MANY[kind]
    count = min(room // len(element), 90_000)  # the parser takes 100,000
    more = "".join(element.replace("%d", str(number)) for number in range(count))
    made = stock.good()
    text = made.nodes[SERVER_XML].data.decode().replace(before, more + before, 1)
    made.file(SERVER_XML, text, mode=0o600, uid=UID, gid=UID)
    return made, count


@pytest.mark.parametrize("kind", MANY)
def test_a_huge_server_xml_is_judged_in_moments(kind: str, figure: Figure) -> None:
    made, count = with_many(kind, ROOM)
    began = time.process_time()
    result = audit(made)
    seconds = time.process_time() - began
    figure(f"server.xml with {count} {kind}: judged in {seconds:.1f} s of processor time")
    assert seconds < SLOWEST_S
    assert Status.ERROR not in result.verdicts.values()


WEB_XML = {
    "filters": "<filter><filter-name>f%d</filter-name><filter-class>x</filter-class></filter>"
    "<filter-mapping><filter-name>f%d</filter-name><url-pattern>/*</url-pattern></filter-mapping>",
    "servlets": "<servlet><servlet-name>s%d</servlet-name><servlet-class>x</servlet-class></servlet>"
    "<servlet-mapping><servlet-name>s%d</servlet-name><url-pattern>/%d</url-pattern></servlet-mapping>",
}


@pytest.mark.parametrize("kind", WEB_XML)
def test_a_huge_web_xml_is_judged_in_moments(kind: str, figure: Figure) -> None:
    count = 2500
    made, path = stock.good(), f"{BASE}/conf/web.xml"
    more = "".join(WEB_XML[kind].replace("%d", str(number)) for number in range(count))
    text = made.nodes[path].data.decode().replace("</web-app>", f"{more}</web-app>")
    made.file(path, text, mode=0o600, uid=UID, gid=UID)
    began = time.process_time()
    result = audit(made)
    seconds = time.process_time() - began
    figure(f"web.xml with {count} {kind}: judged in {seconds:.1f} s of processor time")
    assert seconds < SLOWEST_S
    assert Status.ERROR not in result.verdicts.values()


@pytest.mark.parametrize("kind", ["Hosts", "Contexts"])
def test_more_than_can_be_judged_is_unknown_and_never_a_pass(kind: str) -> None:
    made, _ = with_many(kind, 100_000)
    result = audit(made)
    (instance,) = result.instances
    said = [finding for finding in instance.findings if finding.item == "WT-01"]
    assert {finding.status for finding in said} == {Status.UNKNOWN}
    assert instance.verdicts["WT-01"] is Status.UNKNOWN
