"""Which instances a target has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.virtual_host import VirtualHost
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.command_line import BOOTSTRAP
from tomcat_fleet.tomcat.discovery import Discovery, discover
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.seen import SeenKind

TARGET = Target(name="a", address="192.0.2.1")
SERVER = '<Server><Service name="Catalina"><Engine name="Catalina"/></Service></Server>'


def host_with(*bases: str) -> VirtualHost:
    host = VirtualHost()
    host.account(998, "tomcat")
    for base in bases:
        host.file(f"{base}/conf/server.xml", SERVER)
    return host


def found(host: VirtualHost, target: Target = TARGET) -> Discovery:
    return discover(Reader(host.evidence(target)), target)


def bases(discovery: Discovery) -> list[str]:
    return [seed.base for seed in discovery.seeds]


def test_every_source_counts_and_each_base_counts_once() -> None:
    host = host_with("/opt/a", "/opt/b", "/opt/c", "/opt/d")
    host.link("/opt/current", "a")
    host.java("/opt/current")
    host.java("/opt/a", pid=4001)
    host.candidate("/opt/a")
    host.candidate("/opt/b")
    host.unit("/etc/default/tomcat", "CATALINA_BASE=/opt/c\n", enabled=False)
    target = replace(TARGET, instances=(InstanceHint(base="/opt/d/"), InstanceHint(base="/opt/current")))
    discovery = found(host, target)
    assert bases(discovery) == ["/opt/a", "/opt/b", "/opt/c", "/opt/d"]
    assert [seed.running for seed in discovery.seeds] == [Known(value) for value in (True, False, False, False)]
    assert len(discovery.seeds[0].launches) == 2
    assert discovery.gaps == ()


def test_order_of_processes_and_candidates_does_not_matter() -> None:
    host = host_with("/opt/a", "/opt/b")
    for pid, base in ((5, "/opt/b"), (3, "/opt/a"), (4, "/opt/a")):
        host.java(base, pid=pid)
    first = found(host)
    host.processes.reverse()
    assert found(host) == first


def test_a_base_that_a_process_names_is_never_lost() -> None:
    host = VirtualHost()
    host.java("/deleted/base")
    assert bases(found(host)) == ["/deleted/base"]


CANDIDATES = {
    "Tomcat": (SERVER, True),
    "malformed": ("<Server><Service>", True),
    "no engine": ("<Server><Service/></Server>", False),
    "other server": ("<web-app/>", False),
    "Engine elsewhere": ("<Server><Engine/></Server>", False),
    "engine in a comment": ("<Server><Service><!-- <Engine/> --></Service></Server>", False),
}


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_searched_candidate_must_have_an_engine(name: str) -> None:
    text, accepted = CANDIDATES[name]
    host = VirtualHost()
    host.file("/srv/x/conf/server.xml", text)
    host.candidate("/srv/x")
    discovery = found(host)
    assert bases(discovery) == (["/srv/x"] if accepted else [])
    assert [item.kind for item in discovery.seen] == ([] if accepted else [SeenKind.CANDIDATE])


def test_a_denied_server_xml_keeps_its_base() -> None:
    host = host_with("/srv/x")
    host.deny("/srv/x/conf/server.xml")
    host.candidate("/srv/x")
    assert bases(found(host)) == ["/srv/x"]


def test_a_backup_copy_is_a_stopped_instance_and_a_skeleton_is_none() -> None:
    host = host_with("/opt/apache-tomcat-9.0.1.old", "/usr/share/tomcat10/skel")
    host.candidate("/opt/apache-tomcat-9.0.1.old")
    host.candidate("/usr/share/tomcat10/skel")
    discovery = found(host)
    assert bases(discovery) == ["/opt/apache-tomcat-9.0.1.old"]
    assert discovery.seeds[0].running == Known(value=False)
    assert [item.kind for item in discovery.seen] == [SeenKind.TEMPLATE]


def test_discovery_switched_off_keeps_to_the_list() -> None:
    host = host_with("/opt/a", "/opt/b")
    host.java("/opt/a")
    host.java("/opt/b", pid=4001)
    host.search_complete = False
    target = replace(TARGET, discover=False, instances=(InstanceHint(base="/opt/a"),))
    discovery = found(host, target)
    assert bases(discovery) == ["/opt/a"]
    assert discovery.seeds[0].running == Known(value=True)
    assert [(item.kind, item.subject) for item in discovery.seen] == [(SeenKind.UNLISTED, "/opt/b")]
    assert discovery.gaps == ()


def test_what_is_not_listed_is_not_read() -> None:
    host = host_with("/opt/a", "/opt/b")
    host.unit("/etc/systemd/system/t.service", "[Service]\nEnvironment=CATALINA_BASE=/opt/b\n")
    target = replace(TARGET, discover=False, instances=(InstanceHint(base="/opt/a"),))
    read = {path for _, path, _ in host.evidence(target).answers if path.startswith("/opt/b/")}
    assert read == set()


def test_home_comes_from_the_jvm_then_the_inventory_then_a_unit_then_base() -> None:
    host = host_with("/b")
    assert found(host, replace(TARGET, instances=(InstanceHint(base="/b"),))).seeds[0].home == "/b"
    host.unit("/etc/systemd/system/t.service", "[Service]\nEnvironment=CATALINA_BASE=/b CATALINA_HOME=/unit\n")
    assert found(host).seeds[0].home == "/unit"
    target = replace(TARGET, instances=(InstanceHint(base="/b", home="/hint"),))
    assert found(host, target).seeds[0].home == "/hint"
    host.java("/b", home="/jvm")
    assert found(host, target).seeds[0].home == "/jvm"


def test_absence_is_proven_only_by_complete_evidence() -> None:
    assert found(VirtualHost()).absence == Known(None)


def test_an_incomplete_process_table_proves_nothing() -> None:
    host = host_with("/opt/a")
    host.candidate("/opt/a")
    host.table_complete = False
    discovery = found(host)
    assert isinstance(discovery.absence, Unknown)
    assert discovery.absence.gap is Gap.HIDDEN
    assert isinstance(discovery.seeds[0].running, Unknown)


def test_an_incomplete_search_proves_nothing() -> None:
    host = VirtualHost()
    host.search_complete = False
    assert isinstance(found(host).absence, Unknown)


def test_a_unit_without_a_base_proves_nothing() -> None:
    host = VirtualHost()
    host.unit("/etc/systemd/system/tomcat.service", "[Service]\nExecStart=/usr/local/bin/start-it\n")
    assert found(host).absence == Unknown(
        Gap.UNRESOLVED, "/etc/systemd/system/tomcat.service", "names no CATALINA_BASE"
    )


def test_a_unit_whose_base_is_gone_is_listed() -> None:
    host = VirtualHost()
    host.unit("/etc/systemd/system/tomcat.service", "[Service]\nEnvironment=CATALINA_BASE=/gone\n")
    discovery = found(host)
    assert bases(discovery) == []
    assert [(item.kind, item.subject) for item in discovery.seen] == [(SeenKind.UNIT, "/gone")]


def test_tomcat_in_a_container_is_listed_and_proves_nothing() -> None:
    host = VirtualHost()
    host.process(7, 0, ["java", "-Dcatalina.base=/usr/local/tomcat", BOOTSTRAP, "start"], root="/merged")
    discovery = found(host)
    assert bases(discovery) == []
    assert isinstance(discovery.absence, Unknown)


def test_an_embedded_tomcat_is_listed_and_is_no_instance() -> None:
    host = VirtualHost()
    host.process(7, 998, ["java", "-jar", "/srv/app.jar"])
    discovery = found(host)
    assert [(item.kind, item.subject) for item in discovery.seen] == [(SeenKind.EMBEDDED, "/srv/app.jar")]
    assert discovery.absence == Known(None)


def test_a_cut_command_line_is_a_gap_unless_the_inventory_names_bases() -> None:
    host = host_with("/opt/a")
    host.process(7, 998, ["java", "-Xmx1g"], argv_complete=False)
    assert [gap.gap for gap in found(host).gaps] == [Gap.TRUNCATED]
    named = found(host, replace(TARGET, instances=(InstanceHint(base="/opt/a"),)))
    assert named.gaps == ()
    assert isinstance(named.seeds[0].running, Unknown)


def test_a_wrapper_alone_does_not_prove_that_the_jvm_runs() -> None:
    host = host_with("/opt/a")
    host.process(7, 0, ["sudo", "-u", "tomcat", "java", "-Dcatalina.base=/opt/a", BOOTSTRAP, "start"])
    assert isinstance(found(host).seeds[0].running, Unknown)


@pytest.mark.parametrize(
    "text", ["CATALINA_BASE=$(find-it)\n", 'CATALINA_HOME="$HERE/tomcat"\n', "CATALINA_BASE=`x`/t\n"]
)
def test_a_defaults_file_whose_base_only_a_shell_could_tell_proves_nothing(text: str) -> None:
    host = VirtualHost()
    host.unit("/etc/default/tomcat", text, enabled=False)
    assert isinstance(found(host).absence, Unknown)


def test_a_defaults_file_that_cannot_be_read_proves_nothing() -> None:
    host = VirtualHost()
    host.unit("/etc/default/tomcat", "CATALINA_BASE=/srv/a\n", enabled=False)
    assert found(host).absence == Known(None)
    host.deny("/etc/default/tomcat")
    assert isinstance(found(host).absence, Unknown)


def test_a_stopped_base_of_other_bytes_is_found_by_its_unit() -> None:
    name = "/srv/\\xc7\\xd1"
    host = host_with(name)
    host.file("/etc/systemd/system/t.service", b"[Service]\nEnvironment=CATALINA_BASE=/srv/\xc7\xd1\n")
    host.units.append("/etc/systemd/system/t.service")
    assert bases(found(host)) == [name]
