"""What a process is to Tomcat, from its command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.evidence import (
    Content,
    Evidence,
    FileKind,
    FileStatus,
    HostFacts,
    Process,
    ProcessTable,
    Question,
    Verb,
)
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.tomcat.command_line import BOOTSTRAP
from tomcat_fleet.tomcat.process import Launch, read, with_controllers
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.seen import Seen, SeenKind

BASE = "-Dcatalina.base=/srv/b"
HOME = "-Dcatalina.home=/opt/h"
JAVA = "/usr/bin/java"


def reader_with(answers: dict[Question, Any] | None = None) -> Reader:
    evidence = Evidence(
        host=HostFacts(os="linux"),
        processes=Known(ProcessTable(processes=(), complete=True)),
        accounts={},
        candidates=(),
        search_complete=Known(None),
        units=(),
        enabled_units=frozenset(),
        answers=answers or {},
    )
    return Reader(evidence)


def process(*argv: str, **more: Any) -> Process:
    row = Process(pid=10, ppid=1, uid=998, user="tomcat", argv=argv, exe=argv[0] if argv else None, cwd="/srv/cwd")
    return replace(row, **more)


def launch(row: Process) -> Launch:
    found = read(reader_with(), row)
    assert isinstance(found, Launch), found
    return found


COMMAND = f"{JAVA} {BASE} {HOME} {BOOTSTRAP} start"
RUN = (BASE, HOME, BOOTSTRAP, "start")
TANUKI = "org.tanukisoftware.wrapper.WrapperSimpleApp"
STOPPABLE = "org.tanukisoftware.wrapper.WrapperStartStopApp"
JSVC = "/usr/bin/jsvc"
BOTH = ("/srv/b", "/opt/h")

LAUNCHES: dict[str, tuple[Process, DaemonKind, tuple[str | None, str | None]]] = {
    "catalina.sh": (process(JAVA, *RUN), DaemonKind.JAVA, BOTH),
    "no base": (process(JAVA, HOME, BOOTSTRAP, "start"), DaemonKind.JAVA, ("/opt/h", "/opt/h")),
    "neither": (process(JAVA, "-cp", "x/bootstrap.jar", BOOTSTRAP), DaemonKind.JAVA, ("/srv/cwd", "/srv/cwd")),
    "relative": (
        process(JAVA, "-Dcatalina.base=./b/", "-Dcatalina.home=h", BOOTSTRAP, "start"),
        DaemonKind.JAVA,
        ("/srv/cwd/b", "/srv/cwd/h"),
    ),
    "upgraded java": (process(JAVA, *RUN, exe=f"{JAVA} (deleted)"), DaemonKind.JAVA, BOTH),
    "renamed java": (process("tomcat", *RUN, exe=None), DaemonKind.JAVA, BOTH),
    "own starter class": (process(JAVA, BASE, HOME, "com.example.Starter", "run"), DaemonKind.JAVA, BOTH),
    "service wrapper": (process(JAVA, BASE, HOME, TANUKI, BOOTSTRAP, "start"), DaemonKind.JAVA, BOTH),
    "service wrapper with both commands": (
        process(JAVA, BASE, HOME, "-cp", "wrapper.jar", STOPPABLE, BOOTSTRAP, "1", "start", BOOTSTRAP, "1", "stop"),
        DaemonKind.JAVA,
        BOTH,
    ),
    "main class of 4.1 and 5.5": (
        process(JAVA, BASE, HOME, "org.apache.catalina.startup.Catalina", "start"),
        DaemonKind.JAVA,
        BOTH,
    ),
    "empty base": (
        process(JAVA, "-Dcatalina.base=", HOME, BOOTSTRAP, "start"),
        DaemonKind.JAVA,
        ("/srv/cwd", "/opt/h"),
    ),
    "equal options": (process(JAVA, "-Dcatalina.base=/old", *RUN), DaemonKind.JAVA, BOTH),
    "options of the environment": (
        process(JAVA, HOME, BOOTSTRAP, "start", options_before=(BASE, "-Dcatalina.home=/old")),
        DaemonKind.JAVA,
        BOTH,
    ),
    "options that win over the command line": (
        process(JAVA, "-Dcatalina.base=/old", HOME, BOOTSTRAP, "start", options_after=(BASE,)),
        DaemonKind.JAVA,
        BOTH,
    ),
    "runuser": (process("runuser", "-u", "tomcat", "--", JAVA, *RUN), DaemonKind.WRAPPER, BOTH),
    "jsvc": (process("jsvc.exec", "-user", "tomcat", *RUN[:3], exe=JSVC), DaemonKind.JSVC_CHILD, BOTH),
    "renamed jsvc": (process("svc", "-procname", "svc", *RUN[:3], exe=None), DaemonKind.JSVC_CHILD, BOTH),
    "sudo": (process("sudo", "-u", "tomcat", JAVA, *RUN), DaemonKind.WRAPPER, BOTH),
    "sh -c": (process("/bin/sh", "-c", f"exec {COMMAND} >> out 2>&1 &"), DaemonKind.WRAPPER, BOTH),
    "su -c": (process("su", "-", "tomcat", "-c", COMMAND), DaemonKind.WRAPPER, BOTH),
    "wrapper that names no base": (process("sudo", JAVA, BOOTSTRAP, "start"), DaemonKind.WRAPPER, (None, None)),
    "relative without cwd": (
        process(JAVA, "-Dcatalina.base=b", HOME, BOOTSTRAP, "start", cwd=None),
        DaemonKind.JAVA,
        (None, "/opt/h"),
    ),
    "cut after its properties": (process(JAVA, BASE, HOME, "-Xlo", argv_complete=False), DaemonKind.JAVA, BOTH),
}


@pytest.mark.parametrize("name", LAUNCHES)
def test_launch(name: str) -> None:
    row, kind, directories = LAUNCHES[name]
    found = launch(row)
    assert (found.kind, (found.base, found.home)) == (kind, directories)


NOTHING = {
    "stop": process(JAVA, BASE, HOME, BOOTSTRAP, "stop"),
    "configtest": process(JAVA, BASE, HOME, BOOTSTRAP, "configtest"),
    "version.sh": process(JAVA, "-cp", "/opt/h/lib/catalina.jar", "org.apache.catalina.util.ServerInfo"),
    "digest.sh": process(JAVA, HOME, "org.apache.catalina.startup.Tool", "org.apache.catalina.realm.RealmBase"),
    "jsvc -stop": process("jsvc", "-stop", "-pidfile", "/run/t.pid", BASE, BOOTSTRAP, exe="/usr/bin/jsvc"),
    "main class of 4.1 and 5.5 stopping": process(JAVA, BASE, "org.apache.catalina.startup.Catalina", "stop"),
    "wrapper daemon": process(
        "/opt/w/wrapper", "conf/wrapper.conf", "wrapper.syslog.ident=tomcat", exe="/opt/w/wrapper"
    ),
    "own starter class stopping": process(JAVA, BASE, HOME, "com.example.Starter", "stop"),
    "other java": process(JAVA, "-cp", "x.jar", "com.example.Main", "start"),
    "grep": process("grep", BOOTSTRAP),
    "pgrep": process("pgrep", "-f", BASE),
    "vi": process("vi", "/opt/tomcat/conf/server.xml"),
    "sh catalina.sh": process("/bin/sh", "/opt/tomcat/bin/catalina.sh", "run"),
    "wrapper around stop": process("sudo", JAVA, BASE, HOME, BOOTSTRAP, "stop"),
    "no argv": process(),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_do_with_a_running_server(name: str) -> None:
    assert read(reader_with(), NOTHING[name]) is None


SEEN = {
    "spring boot": (process(JAVA, "-cp", "/app", "org.springframework.boot.loader.JarLauncher"), SeenKind.EMBEDDED),
    "boot 3.2": (process(JAVA, "-cp", "/app", "org.springframework.boot.loader.launch.JarLauncher"), SeenKind.EMBEDDED),
    "tomcat-embed": (process(JAVA, "-cp", "lib/tomcat-embed-core-10.1.1.jar", "com.example.Main"), SeenKind.EMBEDDED),
    "java -jar": (process(JAVA, "-jar", "/srv/app.jar"), SeenKind.EMBEDDED),
    "container": (process(JAVA, BASE, HOME, BOOTSTRAP, "start", root="/var/lib/docker/x"), SeenKind.CONTAINER),
    "cut": (process(JAVA, "-Xmx1g", "-Dfoo=ba", argv_complete=False), SeenKind.CUT),
    "cut inside base": (process(JAVA, "-Dcatalina.base=/srv/b", argv_complete=False), SeenKind.CUT),
    "cut before base": (process(JAVA, HOME, "-Dfoo", argv_complete=False), SeenKind.CUT),
    "unreadable argument file": (process(JAVA, "@/etc/args"), SeenKind.CUT),
    "argument file below an unknown directory": (process(JAVA, "@args", HOME, BOOTSTRAP, cwd=None), SeenKind.CUT),
    "base in an unreadable option file": (
        process(JAVA, "-XX:VMOptionsFile=/etc/args", HOME, BOOTSTRAP, "start"),
        SeenKind.CUT,
    ),
    "JBoss": (process(JAVA, "-jar", "/opt/jboss/jboss-modules.jar", "-mp", "/opt/jboss/modules"), SeenKind.EMBEDDED),
    "nothing but a name": (process(exe=JAVA, argv_complete=False), SeenKind.CUT),
}


@pytest.mark.parametrize("name", SEEN)
def test_listed_and_not_audited(name: str) -> None:
    row, kind = SEEN[name]
    found = read(reader_with(), row)
    assert isinstance(found, Seen)
    assert found.kind == kind
    assert "pid 10" in found.detail


def test_a_cut_shell_is_no_doubt() -> None:
    assert read(reader_with(), process("bash", "-c", "sleep", argv_complete=False)) is None


def test_argument_files_are_read() -> None:
    path = "/srv/cwd/conf/args"
    text = f'{BASE}\n"{HOME}"\n{BOOTSTRAP} start'
    content = Content(path=path, text=text, sha256="", size=len(text))
    found = read(reader_with({Question(Verb.CONTENT, path): Known(content)}), process(JAVA, "@conf/args"))
    assert isinstance(found, Launch)
    assert (found.base, found.home) == ("/srv/b", "/opt/h")


def test_an_argument_file_not_read_yet_is_asked_for() -> None:
    reader = reader_with()
    assert read(reader, process(JAVA, "@/etc/args", BASE, BOOTSTRAP)) is not None
    assert Question(Verb.CONTENT, "/etc/args") in reader.wanted


def test_home_is_above_a_bin_directory_that_holds_bootstrap() -> None:
    path = "/opt/t/bin/bootstrap.jar"
    row = FileStatus(path=path, real_path=path, kind=FileKind.FILE, mode=0o640, uid=0, gid=0)
    reader = reader_with({Question(Verb.STATUS, path): Known(row)})
    found = read(reader, process(JAVA, "-jar", "bootstrap.jar", "start", cwd="/opt/t/bin"))
    assert isinstance(found, Launch)
    assert (found.base, found.home) == ("/opt/t", "/opt/t")


def test_jsvc_controller_is_the_parent_of_another_jsvc() -> None:
    argv = ("jsvc.exec", "-user", "tomcat", BASE, HOME, BOOTSTRAP)
    parent = launch(process(*argv, pid=20, uid=0, exe="/usr/bin/jsvc"))
    child = launch(process(*argv, pid=21, ppid=20, uid=998, exe="/usr/bin/jsvc"))
    kinds = {item.process.pid: item.kind for item in with_controllers((child, parent))}
    assert kinds == {20: DaemonKind.JSVC_CONTROLLER, 21: DaemonKind.JSVC_CHILD}


def test_server_file_and_properties_are_kept() -> None:
    found = launch(process(JAVA, BASE, "-Da=b", BOOTSTRAP, "-config", "conf/s2.xml", "start"))
    assert found.server_file == "conf/s2.xml"
    assert found.properties["a"] == "b"


def test_what_may_be_missing_is_kept_as_a_doubt() -> None:
    assert launch(process(JAVA, *RUN)).doubt is None
    for row in (
        process(JAVA, *RUN, environment_known=False),
        process(JAVA, "@/etc/args", *RUN),
        process(JAVA, *RUN, argv_complete=False),
        process(JAVA, *RUN, options_after=("@/etc/args",)),
    ):
        assert isinstance(launch(row).doubt, Unknown), row


def test_a_base_relative_to_a_directory_that_is_not_known_stays_open() -> None:
    assert launch(process(JAVA, "-Dcatalina.base=b", HOME, BOOTSTRAP, cwd=None)).base is None
