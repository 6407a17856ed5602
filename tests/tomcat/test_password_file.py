"""Files that hold passwords."""

from __future__ import annotations

import pytest

from tests.tomcat.stock_host import BASE, USER_DATABASE, instance, server_xml, stock, value
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.storage import Role, Stored
from tomcat_fleet.tomcat.password_file import is_copy

USERS = f"{BASE}/conf/tomcat-users.xml"


def stored(host: VirtualHost) -> dict[str, Stored]:
    return {item.path: item for item in value(instance(host).password_files)}


COPIES = [
    "tomcat-users.xml.bak", "tomcat-users.xml~", ".tomcat-users.xml.swp", "tomcat-users.xml.orig",
    "tomcat-users.xml.old",
    "tomcat-users.xml.new", "tomcat-users.xml.rpmsave", "tomcat-users.xml.rpmnew", "tomcat-users.xml.save",
    "tomcat-users.xml.20240101", "tomcat-users.xml-2024-01-01", "tomcat-users-20240101.xml", "tomcat-users.bak.xml",
    "tomcat-users (copy).xml", "tomcat-users_backup.xml", "#tomcat-users.xml#", ".tomcat-users.xml.swo",
]  # fmt: skip
OTHERS = ["tomcat-users.xml", "tomcat-users.xsd", "server.xml", "server.xml.bak", "web.xml~", ".", "users.xml.bak"]


@pytest.mark.parametrize("name", COPIES)
def test_copy(name: str) -> None:
    assert is_copy(name, "tomcat-users.xml")


@pytest.mark.parametrize("name", OTHERS)
def test_no_copy(name: str) -> None:
    assert not is_copy(name, "tomcat-users.xml")


def test_the_file_and_its_copies() -> None:
    host = stock()
    host.file(f"{USERS}.bak", "", 0o644)
    host.file(f"{BASE}/conf/server.xml.bak", "", 0o644)
    host.directory(f"{USERS}.old")
    found = stored(host)
    assert {path: item.role for path, item in found.items()} == {USERS: Role.USERS, f"{USERS}.bak": Role.USERS_BACKUP}


def test_a_database_that_no_realm_uses_still_holds_passwords() -> None:
    resources = USER_DATABASE.replace("tomcat-users", "ops-users")
    host = stock(server=server_xml(resources=resources, realm=""))
    assert list(stored(host)) == [f"{BASE}/conf/ops-users.xml"]


def test_a_verified_absence_is_told_as_such() -> None:
    host = stock()
    host.remove(USERS)
    assert stored(host)[USERS].status == Known(None)


def test_a_link_is_followed() -> None:
    host = stock()
    host.file("/etc/secret/users.xml", "<tomcat-users/>", 0o600)
    host.link(USERS, "/etc/secret/users.xml")
    status = value(stored(host)[USERS].status)
    assert status
    assert (status.mode, status.real_path, status.link_target) == (
        0o600,
        "/etc/secret/users.xml",
        "/etc/secret/users.xml",
    )


def test_a_directory_that_cannot_be_listed_may_hold_copies() -> None:
    host = stock()
    host.deny(f"{BASE}/conf")
    conf = instance(host)
    assert isinstance(conf.password_files, Unknown)
    host = stock(server=server_xml(resources=USER_DATABASE.replace("conf/", "/secret/")))
    host.file("/secret/tomcat-users.xml", "<tomcat-users/>")
    host.deny("/secret")
    found = stored(host)
    assert isinstance(found["/secret"].status, Unknown)


def test_jmx_password_files() -> None:
    host = stock(running=False)
    host.file(f"{BASE}/conf/jmxremote.password", "role secret\n", 0o600)
    host.java(BASE, extra=("-Dcom.sun.management.jmxremote.password.file=/etc/jmx.password",))
    found = stored(host)
    assert found[f"{BASE}/conf/jmxremote.password"].role is Role.JMX_PASSWORD
    assert found["/etc/jmx.password"].status == Known(None)
