"""Units, init scripts and defaults files."""

from __future__ import annotations

import pytest

from tests.virtual_host import VirtualHost
from tomcat_fleet.model.escape import from_bytes
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.unit import Starter, read

ETC = "/etc/systemd/system"
DEBIAN = """[Unit]
Description=Apache Tomcat 10 Web Application Server
[Service]
Environment="CATALINA_HOME=/usr/share/tomcat10"
Environment="CATALINA_BASE=/var/lib/tomcat10"
Environment="JAVA_OPTS=-Djava.awt.headless=true"
ExecStart=/bin/sh /usr/libexec/tomcat10/tomcat-start.sh
User=tomcat
UMask=0027
[Install]
WantedBy=multi-user.target
"""


def starters(host: VirtualHost) -> tuple[Starter, ...]:
    return read(Reader(host.evidence()))


def test_debian_unit() -> None:
    host = VirtualHost()
    host.unit("/lib/systemd/system/tomcat10.service", DEBIAN)
    host.unit("/etc/default/tomcat10", 'JAVA_OPTS="-Djava.awt.headless=true"\n', enabled=False)
    defaults, unit = starters(host)
    assert (unit.base, unit.home, unit.umask) == ("/var/lib/tomcat10", "/usr/share/tomcat10", "0027")
    assert unit.unit
    assert (unit.unit.name, unit.unit.user, unit.unit.enabled) == ("tomcat10.service", "tomcat", True)
    assert (unit.unit.place.path, unit.unit.place.line) == ("/lib/systemd/system/tomcat10.service", 8)
    assert (defaults.unit, defaults.base) == (None, None)


def test_etc_replaces_lib_and_drop_ins_are_added() -> None:
    host = VirtualHost()
    host.unit("/lib/systemd/system/tomcat.service", DEBIAN)
    host.unit(f"{ETC}/tomcat.service", "[Service]\nExecStart=/opt/tomcat/bin/catalina.sh run\n")
    host.unit(f"{ETC}/tomcat.service.d/b.conf", "[Service]\nUser=ops\n")
    host.unit(f"{ETC}/tomcat.service.d/a.conf", "[Service]\nUser=root\n")
    (unit,) = starters(host)
    assert (unit.base, unit.home) == ("/opt/tomcat", "/opt/tomcat")
    assert unit.unit
    assert unit.unit.user == "ops"


def test_a_unit_without_user_runs_as_root() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat.service", "[Service]\nExecStart=/opt/t/bin/startup.sh\n[Install]\nUser=no\n")
    (unit,) = starters(host)
    assert unit.unit
    assert unit.unit.user is None
    assert unit.unit.enabled


def test_environment_file_options_and_empty_assignments() -> None:
    host = VirtualHost()
    host.file("/etc/tomcat/tomcat.conf", 'CATALINA_BASE="/usr/share/tomcat"\nCATALINA_HOME="/usr/share/tomcat"\n')
    host.file("/etc/sysconfig/tomcat", "CATALINA_BASE=/srv/base\n")
    text = (
        "[Service]\nEnvironment=CATALINA_BASE=/wrong\nEnvironment=\nEnvironmentFile=/etc/tomcat/tomcat.conf\n"
        "EnvironmentFile=-/etc/sysconfig/tomcat\nEnvironmentFile=-/etc/absent\nExecStart=/usr/libexec/tomcat/server\n"
    )
    host.unit("/usr/lib/systemd/system/tomcat.service", text, enabled=False)
    (unit,) = starters(host)
    assert (unit.base, unit.home) == ("/srv/base", "/usr/share/tomcat")
    assert unit.unit
    assert not unit.unit.enabled


def test_base_from_options_of_the_command_or_of_catalina_opts() -> None:
    host = VirtualHost()
    host.unit(
        f"{ETC}/a.service",
        "[Service]\nExecStart=/usr/bin/jsvc -user tomcat -Dcatalina.home=/opt/h \\\n  -Dcatalina.base=/opt/b "
        "org.apache.catalina.startup.Bootstrap\n",
    )
    host.unit(f"{ETC}/b.service", '[Service]\nEnvironment="CATALINA_OPTS=-Xmx1g -Dcatalina.base=/opt/b2"\n')
    first, second = starters(host)
    assert (first.base, first.home) == ("/opt/b", "/opt/h")
    assert second.base == "/opt/b2"


def test_template_is_bound_for_every_enabled_instance() -> None:
    host = VirtualHost()
    text = '[Service]\nEnvironment="CATALINA_BASE=/var/lib/tomcats/%i" "NAME=%i"\nUser=%i\n'
    host.unit("/usr/lib/systemd/system/tomcat@.service", text, enabled=False)
    host.enabled |= {"tomcat@shop.service", "tomcat@wiki.service", "other.service"}
    found = starters(host)
    assert [item.base for item in found] == ["/var/lib/tomcats/shop", "/var/lib/tomcats/wiki"]
    assert [item.unit.user for item in found if item.unit] == ["shop", "wiki"]


def test_dynamic_user_is_named_after_the_unit() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/shop.service", "[Service]\nDynamicUser=yes\nEnvironment=CATALINA_BASE=/srv/shop\n")
    (unit,) = starters(host)
    assert unit.unit
    assert unit.unit.user == "shop"


def test_init_script_and_sysconfig() -> None:
    host = VirtualHost()
    host.unit("/etc/init.d/tomcat", "#!/bin/sh\nCATALINA_HOME=/opt/tomcat\nTOMCAT_USER=tomcat\n", enabled=False)
    host.unit("/etc/sysconfig/tomcat-b", "CATALINA_BASE='/srv/b b'\n", enabled=False)
    host.enabled.add("tomcat")
    script, defaults = starters(host)
    assert (script.base, script.home) == ("/opt/tomcat", "/opt/tomcat")
    assert script.unit
    assert (script.unit.user, script.unit.enabled, script.unit.place.line) == ("tomcat", True, 3)
    assert (defaults.base, defaults.unit) == ("/srv/b b", None)


def test_an_unreadable_unit_says_nothing() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat.service", DEBIAN)
    host.deny(f"{ETC}/tomcat.service")
    (unit,) = starters(host)
    assert unit.base is None


TEMPLATE = """[Service]
EnvironmentFile=/etc/tomcat/tomcat.conf
Environment="NAME=%I"
EnvironmentFile=-/etc/sysconfig/tomcat@%I
ExecStart=/usr/libexec/tomcat/server start
User=tomcat
"""


def test_named_instances_of_the_packaged_template() -> None:
    """Its start script makes the base of TOMCATS_BASE and NAME where nothing else names one."""
    host = VirtualHost()
    host.file("/etc/tomcat/tomcat.conf", 'TOMCATS_BASE="/var/lib/tomcats/"\nCATALINA_HOME="/usr/share/tomcat"\n')
    host.file("/etc/sysconfig/tomcat@wiki", "CATALINA_BASE=/srv/wiki\n")
    host.unit("/usr/lib/systemd/system/tomcat@.service", TEMPLATE, enabled=False)
    host.unit("/usr/lib/systemd/system/tomcat.service", TEMPLATE.replace('Environment="NAME=%I"\n', ""), enabled=False)
    host.enabled |= {"tomcat@shop.service", "tomcat@wiki.service"}
    found = {item.unit.name: (item.base, item.home) for item in starters(host) if item.unit}
    assert found == {
        "tomcat.service": ("/usr/share/tomcat", "/usr/share/tomcat"),
        "tomcat@shop.service": ("/var/lib/tomcats/shop", "/usr/share/tomcat"),
        "tomcat@wiki.service": ("/srv/wiki", "/usr/share/tomcat"),
    }


def test_a_name_that_means_nothing_to_a_start_script_of_ones_own() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/t.service", "[Service]\nEnvironment=NAME=shop CATALINA_HOME=/opt/t\nExecStart=/opt/start\n")
    (unit,) = starters(host)
    assert unit.base == "/opt/t"


def test_drop_ins_of_one_instance_are_added_to_its_template() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat@.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/%i\nUser=tomcat\n", enabled=False)
    host.unit(f"{ETC}/tomcat@.service.d/a.conf", "[Service]\nUMask=0077\n", enabled=False)
    host.unit(f"{ETC}/tomcat@shop.service.d/override.conf", "[Service]\nUser=root\n", enabled=False)
    host.enabled |= {"tomcat@shop.service", "tomcat@wiki.service"}
    found = {item.unit.name: (item.base, item.unit.user, item.umask) for item in starters(host) if item.unit}
    assert found == {
        "tomcat@shop.service": ("/srv/shop", "root", "0077"),
        "tomcat@wiki.service": ("/srv/wiki", "tomcat", "0077"),
    }


def test_an_instance_with_a_drop_in_and_no_link_is_not_enabled() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat@.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/%i\n", enabled=False)
    host.unit(f"{ETC}/tomcat@shop.service.d/override.conf", "[Service]\nUser=ops\n", enabled=False)
    (unit,) = starters(host)
    assert unit.unit
    assert (unit.base, unit.unit.user, unit.unit.enabled) == ("/srv/shop", "ops", False)


def test_a_unit_of_its_own_hides_the_template() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat@.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/%i\n", enabled=False)
    host.unit(f"{ETC}/tomcat@shop.service", "[Service]\nEnvironment=CATALINA_BASE=/srv/own\n")
    (unit,) = starters(host)
    assert unit.base == "/srv/own"


def test_files_that_cannot_be_read_are_gaps() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat.service", DEBIAN)
    host.unit("/etc/init.d/tomcat", "#!/bin/sh\nCATALINA_HOME=/opt/tomcat\n")
    host.unit("/etc/default/tomcat", "CATALINA_HOME=/opt/tomcat\n", enabled=False)
    host.file("/etc/tomcat.env", "CATALINA_BASE=/srv/base\n")
    host.unit(f"{ETC}/b.service", "[Service]\nEnvironmentFile=/etc/tomcat.env\n")
    assert [item.gap for item in starters(host)] == [None] * 4
    for path in (f"{ETC}/tomcat.service", "/etc/init.d/tomcat", "/etc/default/tomcat", "/etc/tomcat.env"):
        host.deny(path)
    assert all(item.gap for item in starters(host))


def test_a_drop_in_of_a_template_that_is_not_there_names_nothing() -> None:
    host = VirtualHost()
    host.unit(f"{ETC}/tomcat@.service.d/a.conf", "[Service]\nUser=root\n", enabled=False)
    host.enabled.add("tomcat@shop.service")
    (unit,) = starters(host)
    assert unit.base is None


@pytest.mark.parametrize("raw", ["/srv/한글".encode("cp949"), "/srv/한글".encode(), b"/srv/a\\\\b", b"/srv/it's %%"])
def test_a_base_of_any_bytes_is_the_one_of_the_file_system(raw: bytes) -> None:
    host = VirtualHost()
    host.file(f"{ETC}/t.service", b'[Service]\nEnvironment="CATALINA_BASE=' + raw + b'"\nUser=\xbc\xee\n')
    host.units.append(f"{ETC}/t.service")
    (unit,) = starters(host)
    assert unit.base == from_bytes(raw.replace(b"\\\\", b"\\").replace(b"%%", b"%"))
    assert unit.unit
    assert unit.unit.user == "\\xbc\\xee"


def test_specifiers_of_systemd() -> None:
    host = VirtualHost()
    text = "[Service]\nEnvironment=A=%i B=%I C=%n D=%N E=%p F=%H CATALINA_BASE=/srv/%I CATALINA_HOME=/srv/%H\n"
    host.unit(f"{ETC}/tomcat@.service", text, enabled=False)
    host.enabled.add(from_bytes(b"tomcat@my-shop\\x2dtwo.service"))
    (unit,) = starters(host)
    assert [unit.environment[name] for name in "ABCDEF"] == [
        "my-shop\\x2dtwo", "my/shop-two", "tomcat@my-shop\\x2dtwo.service", "tomcat@my-shop\\x2dtwo", "tomcat", "%H",
    ]  # fmt: skip
    assert (unit.base, unit.home) == ("/srv/my/shop-two", None)
