"""The version of the jar that runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tomcat.stock_host import BASE, SETTINGS, TARGET, instance, jar, stock, value
from tests.virtual_host import MTIME, VirtualHost
from tomcat_fleet.model.evidence import Package, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.patch import PatchLevel, VersionFacts
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import examine

JAR = f"{BASE}/lib/catalina.jar"
INFO = "org/apache/catalina/util/ServerInfo.properties"
MANIFEST = "META-INF/MANIFEST.MF"


def version(host: VirtualHost, target: Target = TARGET) -> VersionFacts:
    return instance(host, target).version


def test_stock() -> None:
    found = version(stock("9.0.98"))
    assert found.number == Known("9.0.98")
    assert {source.name: source.version for source in found.sources} == {"server-info": "9.0.98", "manifest": "9.0.98"}
    assert (found.agree, found.jar, found.package, found.restart_pending) == (
        Known(value=True),
        JAR,
        Known(None),
        Known(value=False),
    )


STATED = {
    "milestone of 9.0": ({INFO: "server.info=Apache Tomcat/9.0.0.M1\nserver.number=9.0.0.0\n"}, "9.0.0-M1"),
    "milestone of 10": ({MANIFEST: "Implementation-Version: 10.0.0-M1\n"}, "10.0.0-M1"),
    "Debian": ({INFO: "server.info=Apache Tomcat/10.1.60 (Debian)\nserver.number=10.1.60.0\n"}, "10.1.60"),
    "5.5.0 without number": ({INFO: "server.info=Apache Tomcat/5.5.0\n"}, "5.5.0"),
    "info disguised": (
        {INFO: "server.info=Apache\nserver.number=0\n", MANIFEST: "Implementation-Version: 9.0.1\n"},
        "9.0.1",
    ),
    "manifest only": ({MANIFEST: "Implementation-Version: 8.5.100\n"}, "8.5.100"),
}


@pytest.mark.parametrize("name", STATED)
def test_number(name: str) -> None:
    members, number = STATED[name]
    host = stock()
    host.archive(JAR, members)
    assert version(host).number == Known(number)


def test_the_manifest_wins_a_disagreement() -> None:
    host = stock()
    host.archive(JAR, {**jar("9.0.98"), INFO: "server.info=Apache Tomcat/99.9.9\nserver.number=99.9.9.0\n"})
    found = version(host)
    assert (found.number, found.agree) == (Known("9.0.98"), Known(value=False))


def test_release_notes_are_compared_but_never_decide() -> None:
    host = stock("9.0.98")
    host.file(f"{BASE}/RELEASE-NOTES", "\n   Apache Tomcat Version 9.0.99\n               Release Notes\n")
    found = version(host)
    assert (found.number, found.agree) == (Known("9.0.98"), Known(value=False))
    assert [source.place.line for source in found.sources if source.name == "release-notes"] == [2]
    host.deny(JAR)
    assert isinstance(version(host).number, Unknown)


def test_release_notes_stand_in_where_nothing_can_look_into_a_jar_and_prove_no_pass() -> None:
    for number, level in (("10.1.60", PatchLevel.CURRENT), ("9.0.50", PatchLevel.VULNERABLE)):
        host = stock("9.0.1")
        host.file(f"{BASE}/RELEASE-NOTES", f"\n   Apache Tomcat Version {number}\n")
        whole = host.evidence(TARGET)
        no_tool = {q: Unknown(Gap.NO_TOOL, q.path) if q.verb is Verb.MEMBER else a for q, a in whole.answers.items()}
        (found,) = examine(replace(whole, answers=no_tool), TARGET, SETTINGS).instances
        assert (found.version.number, value(found.patch).level) == (Known(number), level)
        assert isinstance(found.version.agree, Unknown)
        assert found.version.agree.gap is Gap.NO_TOOL


LOOKALIKES = {
    "four digits and more": ({MANIFEST: "Implementation-Version: 10.1.12345\n"}, None, None),
    "a fourth part": ({INFO: "server.info=Apache Tomcat/10.1.60\nserver.number=10.1.60.1\n"}, "10.1.60", "10.1.60.1"),
    "snapshot of a milestone": ({MANIFEST: "Implementation-Version: 10.1.0-M17-SNAPSHOT\n"}, "10.1.0-M17", "…"),
    "letter": ({MANIFEST: "Implementation-Version: 10.1.60b\n"}, "10.1.60", "10.1.60b"),
    "disguise of another number": ({INFO: "server.info=Shop/2.0.0\n", MANIFEST: "Implementation-Version: 9.0.1\n"},
                                   "9.0.1", None),
    "disguise alone": ({INFO: "server.info=Shop/2.0.0\n"}, "2.0.0", "Shop/2.0.0"),
    "blanks and CR": ({INFO: "server.info=Apache Tomcat/9.0.1 \r\nserver.number = 9.0.1.0\r\n"}, "9.0.1", None),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKALIKES)
def test_what_only_looks_like_a_release(name: str) -> None:
    members, number, vendor = LOOKALIKES[name]
    host = stock()
    host.archive(JAR, members)
    found = version(host)
    assert (found.number == Known(number)) if number else isinstance(found.number, Unknown)
    assert found.vendor == (members[MANIFEST].split()[1] if vendor == "…" else vendor)


def test_a_jar_without_any_version_is_malformed() -> None:
    host = stock()
    host.archive(JAR, {})
    found = instance(host)
    assert isinstance(found.version.number, Unknown)
    assert found.version.number.gap is Gap.MALFORMED
    assert isinstance(found.patch, Unknown)


def test_no_jar() -> None:
    host = stock()
    host.remove(JAR)
    found = version(host)
    assert isinstance(found.number, Unknown)
    assert (found.number.gap, found.number.source) == (Gap.MISSING, JAR)


def test_base_lib_comes_before_home_lib_and_server_lib_last() -> None:
    host = stock("9.0.98")
    host.archive("/opt/home/lib/catalina.jar", jar("9.0.97"))
    target = Target(name="a", address="a", instances=(InstanceHint(base=BASE, home="/opt/home"),))
    host.processes.clear()
    assert version(host, target).number == Known("9.0.98")
    host.remove(JAR)
    assert version(host, target).number == Known("9.0.97")
    host.remove("/opt/home/lib/catalina.jar")
    host.archive("/opt/home/server/lib/catalina.jar", jar("5.5.36"))
    assert version(host, target).number == Known("5.5.36")


def test_debian_s_chain_of_links() -> None:
    host = stock()
    host.remove(JAR)
    real = "/usr/share/java/tomcat10-catalina-10.1.60.jar"
    host.archive(real, jar("10.1.60"))
    host.link("/usr/share/java/tomcat10-catalina.jar", "tomcat10-catalina-10.1.60.jar")
    host.link(JAR, "/usr/share/java/tomcat10-catalina.jar")
    host.package(real, "dpkg", "libtomcat10-java", "10.1.60-1~deb12u1")
    found = version(host)
    assert found.package == Known(Package(manager="dpkg", name="libtomcat10-java", version="10.1.60-1~deb12u1"))
    assert [source.version for source in found.sources if source.name == "jar-name"] == ["10.1.60"]


RESTARTS = [(MTIME, False), (MTIME + 86_400 + 60, False), (MTIME + 86_400 + 61, True)]


@pytest.mark.parametrize(("mtime", "pending"), RESTARTS)
def test_restart_pending(mtime: int, pending: bool) -> None:  # noqa: FBT001 - table
    host = stock()
    host.nodes[JAR].mtime = mtime
    assert version(host).restart_pending == Known(pending)


def test_restart_of_a_stopped_instance_and_of_one_without_start_time() -> None:
    assert version(stock(running=False)).restart_pending == Known(value=False)
    host = stock(running=False)
    host.java(BASE, started=None)
    assert isinstance(version(host).restart_pending, Unknown)


def test_patch_follows_from_the_number() -> None:
    assert value(instance(stock("9.0.50")).patch).level is PatchLevel.VULNERABLE
    assert value(instance(stock("9.0.122")).patch).level is PatchLevel.CURRENT
