"""Where an instance logs."""

from __future__ import annotations

import pytest

from tests.tomcat.stock_host import ACCESS_LOG, BASE, UID, instance, server_xml, stock, value
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.storage import Logs, LogTarget

VALVES = "org.apache.catalina.valves."


def logs(host: VirtualHost) -> Logs:
    return instance(host).logs


def directories(found: Logs) -> list[str]:
    return [stored.path for stored in found.directories]


def test_stock() -> None:
    found = logs(stock())
    (access,) = value(found.access)
    assert (access.target, access.directory, access.prefix) == (LogTarget.FILE, f"{BASE}/logs", "localhost_access_log")
    assert access.files == Known(("localhost_access_log.2026-11-23.txt",))
    assert found.error_target == Known(LogTarget.FILE)
    assert value(found.error_files) == (f"{BASE}/logs/catalina.out", f"{BASE}/logs/catalina.2026-11-23.log")
    assert directories(found) == [f"{BASE}/logs"]
    assert [(tree.root, tree.limit) for tree in found.trees] == [(f"{BASE}/logs", 0o640)]
    assert found.umask == ""


EXTENDED = f'<Valve className="{VALVES}ExtendedAccessLogValve" directory="/var/log/t" prefix="x"/>'
TO_DEVICE = f'<Valve className="{VALVES}AccessLogValve" directory="/dev" prefix="stdout"/>'
ROOT_LIST = "handlers = 1a.org.apache.juli.FileHandler\n.handlers = java.util.logging.ConsoleHandler\n"
OF_THE_JDK = "handlers = java.util.logging.FileHandler\njava.util.logging.FileHandler.pattern = /var/l/t%u.log\n"
ACCESS: dict[str, tuple[str, list[tuple[LogTarget, str, str]]]] = {
    "none": ("", []),
    "comment": (f"<!-- {ACCESS_LOG} -->", []),
    "wrong case": (ACCESS_LOG.replace("Valve c", "valve c"), []),
    "off": (ACCESS_LOG.replace("/>", ' enabled="false"/>'), []),
    "extended": (EXTENDED, [(LogTarget.FILE, "/var/log/t", "x")]),
    "defaults": (f'<Valve className="{VALVES}AccessLogValve"/>', [(LogTarget.FILE, f"{BASE}/logs", "access_log")]),
    "stdout": (TO_DEVICE, [(LogTarget.STDOUT, "/dev", "stdout")]),
    "database": (f'<Valve className="{VALVES}JDBCAccessLogValve"/>', [(LogTarget.REMOTE, "", "")]),
    "own class": ('<Valve className="com.example.AccessLogValve"/>', [(LogTarget.CUSTOM, "", "")]),
    "other valve": (f'<Valve className="{VALVES}RemoteAddrValve"/>', []),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCESS)
def test_access_log(name: str) -> None:
    text, expected = ACCESS[name]
    found = value(logs(stock(server=server_xml(host=text))).access)
    assert [(log.target, log.directory, log.prefix) for log in found] == expected


def test_access_logs_of_engine_and_context_count() -> None:
    host = stock(server=server_xml(realm=ACCESS_LOG.replace("localhost", "engine"), host=""))
    host.file(
        f"{BASE}/webapps/ROOT/META-INF/context.xml", f"<Context>{ACCESS_LOG.replace('localhost', 'app')}</Context>"
    )
    assert [log.prefix for log in value(logs(host).access)] == ["engine_access_log", "app_access_log"]


def test_a_linked_log_directory_is_searched_where_it_is() -> None:
    host = stock()
    host.remove(f"{BASE}/logs")
    host.file("/var/log/tomcat/localhost_access_log.2026.txt", "", 0o644)
    host.link(f"{BASE}/logs", "/var/log/tomcat")
    found = logs(host)
    assert directories(found) == [f"{BASE}/logs"]
    (tree,) = found.trees
    search = value(tree.search)
    assert search
    assert (tree.root, search.excess_total) == ("/var/log/tomcat", 1)


def test_a_shared_directory_is_not_searched_as_a_whole() -> None:
    text = f'<Valve className="{VALVES}AccessLogValve" directory="/var/log" prefix="shop_"/>'
    host = stock(server=server_xml(host=text))
    host.file("/var/log/shop_1.log", "", 0o644, uid=UID)
    host.file("/var/log/shop_2.log", "", 0o640, uid=UID)
    host.file("/var/log/auth.log", "", 0o666)
    host.file("/var/log/other/deep.log", "", 0o666)
    tree = next(tree for tree in logs(host).trees if tree.root == "/var/log")
    search = value(tree.search)
    assert search
    assert (search.total, [row.path for row in search.excess]) == (2, ["/var/log/shop_1.log"])
    assert search.owners == {UID: 2}


HANDLERS = {
    "console": ("handlers = java.util.logging.ConsoleHandler\n", LogTarget.STDOUT),
    "root's own list": (ROOT_LIST, LogTarget.STDOUT),
    "file": ("handlers = 1a.org.apache.juli.FileHandler\n", LogTarget.FILE),
    "JDK's": (OF_THE_JDK, LogTarget.FILE),
    "remote": ("handlers = java.util.logging.SocketHandler\n", LogTarget.REMOTE),
    "none": ("", LogTarget.CUSTOM),
    "comment": ("# handlers = 1a.org.apache.juli.FileHandler\n", LogTarget.CUSTOM),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDLERS)
def test_container_log(name: str) -> None:
    text, target = HANDLERS[name]
    host = stock()
    host.remove(f"{BASE}/logs/catalina.out")
    host.file(f"{BASE}/conf/logging.properties", text)
    assert logs(host).error_target == Known(target)


def test_directories_of_every_handler() -> None:
    host = stock()
    lines = (
        "handlers = 1a.org.apache.juli.FileHandler, 2b.org.apache.juli.AsyncFileHandler",
        "1a.org.apache.juli.FileHandler.directory = ${catalina.base}/logs/a",
        "org.apache.catalina.x.handlers = 3c.org.apache.juli.FileHandler",
        "2b.org.apache.juli.AsyncFileHandler.directory = /var/log/b",
        "3c.org.apache.juli.FileHandler.directory = /var/log/c",
        "4d.org.apache.juli.FileHandler.directory = /var/log/unused",
    )
    host.file(f"{BASE}/conf/logging.properties", "\n".join(lines))
    assert directories(logs(host)) == [f"{BASE}/logs", f"{BASE}/logs/a", "/var/log/b", "/var/log/c"]


def test_an_unknowable_directory_leaves_the_files_unknown() -> None:
    host = stock()
    text = "handlers = 1a.org.apache.juli.FileHandler\n1a.org.apache.juli.FileHandler.directory = ${where}\n"
    host.file(f"{BASE}/conf/logging.properties", text)
    found = logs(host)
    assert isinstance(found.error_files, Unknown)
    assert found.error_files.gap is Gap.UNRESOLVED


def test_missing_logging_properties() -> None:
    host = stock()
    host.remove(f"{BASE}/conf/logging.properties")
    found = logs(host)
    assert isinstance(found.error_target, Unknown)
    assert found.error_target.gap is Gap.MISSING


def test_logging_properties_that_the_jvm_names() -> None:
    host = stock(running=False)
    host.file("/etc/t/logging.properties", "handlers = java.util.logging.SocketHandler\n")
    host.java(BASE, extra=())
    argv = tuple(
        "-Djava.util.logging.config.file=/etc/t/logging.properties" if "config.file" in a else a
        for a in host.processes[0].argv
    )
    host.processes.clear()
    host.process(4000, UID, list(argv), exe="/usr/bin/java")
    assert logs(host).error_target == Known(LogTarget.REMOTE)


def test_another_log_manager() -> None:
    host = stock(running=False)
    host.java(BASE, extra=())
    argv = [
        arg.replace("org.apache.juli.ClassLoaderLogManager", "org.apache.logging.log4j.jul.LogManager")
        for arg in host.processes[0].argv
    ]
    host.processes.clear()
    host.process(4000, UID, argv, exe="/usr/bin/java")
    assert logs(host).error_target == Known(LogTarget.CUSTOM)


def test_catalina_out_and_umask_of_setenv() -> None:
    host = stock()
    host.file(f"{BASE}/bin/setenv.sh", "CATALINA_OUT=/var/log/shop/console.log\nUMASK=0077\n", 0o750)
    host.file("/var/log/shop/console.log", "", 0o640)
    host.file("/var/log/shop/console.log.1.gz", "", 0o640)
    found = logs(host)
    assert "/var/log/shop" in directories(found)
    files = value(found.error_files)
    assert "/var/log/shop/console.log" in files
    assert "/var/log/shop/console.log.1.gz" in files
    assert found.umask == "0077"


def test_console_of_a_unit_goes_to_the_journal() -> None:
    host = stock()
    host.remove(f"{BASE}/logs/catalina.out")
    host.file(f"{BASE}/conf/logging.properties", "handlers = java.util.logging.ConsoleHandler\n")
    host.unit("/etc/systemd/system/t.service", f"[Service]\nEnvironment=CATALINA_BASE={BASE}\nUMask=0027\n")
    found = logs(host)
    assert found.error_target == Known(LogTarget.JOURNAL)
    assert found.umask == "0027"


def test_jsvc_s_outfile() -> None:
    host = stock(running=False)
    host.file("/var/log/t/daemon.out", "", 0o644)
    argv = [
        "jsvc.exec",
        "-outfile",
        "/var/log/t/daemon.out",
        f"-Dcatalina.base={BASE}",
        "org.apache.catalina.startup.Bootstrap",
    ]
    host.process(4000, UID, argv, exe="/usr/bin/jsvc")
    assert "/var/log/t/daemon.out" in value(logs(host).error_files)


def test_the_oldest_versions_have_loggers() -> None:
    logger = '<Logger className="org.apache.catalina.logger.FileLogger" directory="/var/log/old" prefix="c_log."/>'
    host = stock("4.1.40", server=server_xml(host=logger))
    host.remove(f"{BASE}/conf/logging.properties")
    host.file("/var/log/old/c_log.txt", "", 0o640)
    found = logs(host)
    assert found.error_target == Known(LogTarget.FILE)
    assert "/var/log/old/c_log.txt" in value(found.error_files)


def test_a_log_directory_that_cannot_be_listed() -> None:
    host = stock()
    host.deny(f"{BASE}/logs")
    found = logs(host)
    (access,) = value(found.access)
    assert isinstance(access.files, Unknown)
    assert isinstance(found.error_files, Unknown)
    assert isinstance(found.trees[0].search, Unknown)


def test_an_absent_directory_that_a_valve_names_is_kept() -> None:
    host = stock(server=server_xml(host=f'<Valve className="{VALVES}AccessLogValve" directory="/gone"/>'))
    found = logs(host)
    assert next(stored for stored in found.directories if stored.path == "/gone").status == Known(None)
