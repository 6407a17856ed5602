"""Options and variables of an instance's start."""

from __future__ import annotations

from tests.tomcat.stock_host import BASE, TARGET, UID, stock
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.tomcat.command_line import BOOTSTRAP
from tomcat_fleet.tomcat.discovery import discover
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.start import Start, read_start


def start(host: VirtualHost) -> Start:
    reader = Reader(host.evidence(TARGET))
    (seed,) = discover(reader, TARGET).seeds
    return read_start(reader, seed)


def test_the_running_jvm_s_options_are_complete_and_setenv_s_are_not_added() -> None:
    host = stock(running=False)
    host.file(f"{BASE}/bin/setenv.sh", 'CATALINA_OPTS="-Da=new -Db=new"\n')
    host.java(BASE, uid=UID, extra=("-Da=old",))
    found = start(host)
    assert found.arguments["a"] == "old"
    assert "b" not in found.arguments
    assert found.arguments_known == Known(None)


def test_a_stopped_instance_has_the_options_of_its_start_files() -> None:
    host = stock(running=False)
    host.file(f"{BASE}/bin/setenv.sh", 'CATALINA_OPTS="$CATALINA_OPTS -Da=setenv"\nUMASK=0077\n')
    text = f'[Service]\nEnvironment=CATALINA_BASE={BASE} "CATALINA_OPTS=-Da=unit" "JAVA_OPTS=-Db=unit"\n'
    host.unit("/etc/systemd/system/t.service", text)
    found = start(host)
    assert (found.arguments["a"], found.arguments["b"]) == ("setenv", "unit")
    assert isinstance(found.arguments_known, Unknown)
    assert found.setenv == Known(f"{BASE}/bin/setenv.sh")
    assert found.variables["UMASK"] == "0077"


def test_a_cut_command_line_may_have_had_more_options() -> None:
    host = stock(running=False)
    host.process(5, UID, ["java", f"-Dcatalina.base={BASE}", "-Da=b", BOOTSTRAP, "sta"], argv_complete=False)
    found = start(host)
    assert found.arguments["a"] == "b"
    assert isinstance(found.arguments_known, Unknown)
    assert found.arguments_known.gap is Gap.TRUNCATED


def test_an_unreadable_setenv_is_told() -> None:
    host = stock()
    host.file(f"{BASE}/bin/setenv.sh", "UMASK=0077\n")
    host.deny(f"{BASE}/bin/setenv.sh")
    found = start(host)
    assert isinstance(found.setenv, Unknown)
    assert found.variables == {}
