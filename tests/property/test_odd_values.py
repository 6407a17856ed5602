"""Whatever a target writes into its files, every check speaks and the result can be encoded."""

from __future__ import annotations

import re

import msgspec
import pytest

from tests.stock import MANAGER, add_good, address_valve, application, context, servlets
from tests.verdict import audit
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.status import Status

FILES = (
    "conf/server.xml",
    "conf/web.xml",
    "conf/tomcat-users.xml",
    "webapps/manager/META-INF/context.xml",
    "webapps/manager/WEB-INF/web.xml",
)
ODD = "/srv/\\xbc\\xee"  # a base whose name is no UTF-8


def _with_odd_values(file: str, at: int) -> VirtualHost | None:
    """Value number ``at`` of the file names the odd base and turns the writing direction; None without one."""
    made = VirtualHost()
    add_good(made, "9.0.80", ODD)
    package = "org.apache.catalina.manager"
    application(made, f"{ODD}/webapps/manager", servlets(package, MANAGER), context(address_valve("9.0.80")))
    users = '<user username="ops" password="kq7!wzap" roles="a" groups="g"/><group groupname="g" roles="r"/>'
    made.file(f"{ODD}/conf/tomcat-users.xml", f"<tomcat-users>{users}</tomcat-users>", mode=0o600)
    node = made.nodes[f"{ODD}/{file}"]
    text = node.data.decode()
    values = [found.span(1) for found in re.finditer(r'(?:="|>)([^"<>\n?]+)(?=["<])', text.replace("?>", "??"))]
    if at >= len(values):
        return None
    start, end = values[at]
    node.data = (text[:start] + "${catalina.base}\u202e" + text[end:]).encode()
    return made


@pytest.mark.parametrize("file", FILES)
def test_any_value_of_a_target_can_be_said(file: str) -> None:
    """Nothing that a file holds breaks a check, the sentences or the encoding of the result."""
    for at in range(100):
        made = _with_odd_values(file, at)
        if made is None:
            assert at > 2
            return
        result = audit(made)
        assert msgspec.json.encode(result)
        assert not result.seen
        for one in (one for instance in result.instances for one in instance.findings):
            assert one.status is not Status.ERROR
            assert "\u202e" not in f"{one.subject}{one.message}{one.notes}{one.commands}"
