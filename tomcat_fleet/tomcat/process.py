"""What each process of a target is to Tomcat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.evidence import FileKind, Process
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.command_line import BOOTSTRAP, CommandLine, parse
from tomcat_fleet.tomcat.java_option import Given, given
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.seen import Seen, SeenKind
from tomcat_fleet.tomcat.shell import words

_WRAPPERS = frozenset({
    "sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh", "csh", "tcsh", "busybox", "su", "sudo", "doas", "dzdo",
    "pbrun", "runuser", "setpriv", "setsid", "nohup", "env", "timeout", "nice", "ionice", "chrt", "taskset", "strace",
    "ltrace", "screen", "tmux", "script", "daemon", "daemonize", "start-stop-daemon", "systemd-run", "gosu", "su-exec",
    "tini", "dumb-init", "catatonit", "chpst", "setuidgid", "s6-supervise", "runsv", "supervise", "unshare", "chroot",
})  # fmt: skip
_EMBEDDED_MAINS = ("org.springframework.boot.loader", "org.apache.catalina.startup.Tomcat")
_EMBEDDED_SIGN = "tomcat-embed"
_DELETED = " (deleted)"
_REDIRECTIONS = frozenset("<>&|;")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A process that runs one Tomcat, or a wrapper around it. ``base`` and ``home`` as named, made absolute."""

    process: Process
    kind: DaemonKind
    base: str | None  # None: relative to a working directory that could not be read
    home: str | None
    properties: Mapping[str, str] = field(default_factory=dict)
    server_file: str | None = None  # argument of -config
    doubt: Unknown | None = None  # why there may be more properties


def read(reader: Reader, process: Process) -> Launch | Seen | None:
    """Tell what the process is; None when it has nothing to do with Tomcat or only stops or tests one."""
    program = _program(process)
    line = given(reader, process, java=_is_java(program))
    found: Launch | Seen | None
    if program in _WRAPPERS or program.startswith("python"):
        found = _wrapper(reader, process, line)
    else:
        found = _launcher(reader, process, program, line) if line.argv else None
    if found is None or isinstance(found, Seen):
        return _cut(process, program) if found is None and not line.is_whole() else found
    if process.root not in (None, "/"):
        detail = f"pid {process.pid} uid {process.uid} base {found.base or '?'} root {process.root}"
        return Seen(kind=SeenKind.CONTAINER, subject=_subject(process), detail=detail)
    if found.base is None and not line.is_whole():
        return _cut(process, program)
    return found


def with_controllers(launches: tuple[Launch, ...]) -> tuple[Launch, ...]:
    """Tell jsvc parents from their children: a jsvc that started another jsvc keeps no JVM itself."""
    jsvc = [launch for launch in launches if launch.kind is DaemonKind.JSVC_CHILD]
    parents = {launch.process.ppid for launch in jsvc}
    return tuple(
        replace(launch, kind=DaemonKind.JSVC_CONTROLLER)
        if launch.kind is DaemonKind.JSVC_CHILD and launch.process.pid in parents
        else launch
        for launch in launches
    )


def _program(process: Process) -> str:
    shown = (process.exe or "").removesuffix(_DELETED) or (process.argv[0] if process.argv else "")
    return paths.name(shown).lstrip("-")


def _subject(process: Process) -> str:
    return process.argv[0] if process.argv else process.exe or f"pid {process.pid}"


def _cut(process: Process, program: str) -> Seen | None:
    if process.argv and not _is_java(program) and not _is_jsvc(program) and BOOTSTRAP not in process.argv:
        return None
    detail = f"pid {process.pid} uid {process.uid}: command line cut"
    return Seen(kind=SeenKind.CUT, subject=_subject(process), detail=detail)


def _is_java(program: str) -> bool:
    return program.startswith("java")


def _is_jsvc(program: str) -> bool:
    return program.startswith("jsvc")


def _launcher(reader: Reader, process: Process, program: str, whole: Given) -> Launch | Seen | None:
    line = parse(whole.argv)
    line = replace(line, properties={**line.properties, **parse(("", *whole.after)).properties})
    if _is_jsvc(program) or line.has_jsvc_options():
        wanted = line.is_bootstrap() and not line.is_jsvc_request()
        return _launch(reader, process, DaemonKind.JSVC_CHILD, line, whole) if wanted else None
    java = _is_java(program)
    if line.is_bootstrap() and (java or line.properties or line.class_path):
        return _launch(reader, process, DaemonKind.JAVA, line, whole) if line.starts_server() else None
    return _other_java(reader, process, line, whole) if java else None


def _other_java(reader: Reader, process: Process, line: CommandLine, whole: Given) -> Launch | Seen | None:
    main = line.main or ""
    named = "catalina.base" in line.properties or "catalina.home" in line.properties
    if main.startswith(_EMBEDDED_MAINS) or any(_EMBEDDED_SIGN in token for token in process.argv):
        detail = f"pid {process.pid} uid {process.uid}: {main or 'java -jar'}"
        return Seen(kind=SeenKind.EMBEDDED, subject=line.jar or main or _subject(process), detail=detail)
    if named and not main.startswith("org.apache.catalina.") and not line.ends_server():
        return _launch(reader, process, DaemonKind.JAVA, line, whole)  # a product's own starter class
    if line.jar is not None:
        detail = f"pid {process.pid} uid {process.uid}: java -jar, contents not examined"
        return Seen(kind=SeenKind.EMBEDDED, subject=line.jar or _subject(process), detail=detail)
    return None


def _wrapper(reader: Reader, process: Process, whole: Given) -> Launch | None:
    """Recognise a shell or su whose own arguments hold the command that starts Tomcat."""
    argv = whole.argv
    inner = argv if BOOTSTRAP in argv else next((words(token) for token in argv if BOOTSTRAP in token), ())
    if BOOTSTRAP not in inner:
        return None
    line = parse(tuple(takewhile(lambda word: not _REDIRECTIONS.intersection(word), inner)))
    return None if line.ends_server() else _launch(reader, process, DaemonKind.WRAPPER, line, whole)


def _launch(reader: Reader, process: Process, kind: DaemonKind, line: CommandLine, whole: Given) -> Launch:
    home = line.properties.get("catalina.home")
    base = line.properties.get("catalina.base")
    fallback = None
    if whole.is_whole():  # what is not known may have named it
        base = home if base is None else base
        fallback = None if kind is DaemonKind.WRAPPER or home is not None else _home_by_directory(reader, process)
    return Launch(
        process=process,
        kind=kind,
        base=fallback if base is None else _directory(base, process),
        home=fallback if home is None else _directory(home, process),
        properties=line.properties,
        server_file=line.server_file(),
        doubt=whole.doubt,
    )


def _directory(value: str, process: Process) -> str | None:
    """Make a value absolute; an empty one is the working directory, as ``new File("")`` is."""
    if value.startswith("/"):
        return paths.absolute(value, "/")
    return paths.absolute(value, process.cwd) if process.cwd else None


def _home_by_directory(reader: Reader, process: Process) -> str | None:
    """Bootstrap without catalina.home: the working directory, or its parent when bootstrap.jar lies in it."""
    if not process.cwd:
        return None
    jar = reader.status(paths.absolute("bootstrap.jar", process.cwd))
    inside_bin = isinstance(jar, Known) and jar.value is not None and jar.value.kind is FileKind.FILE
    return paths.parent(process.cwd) if inside_bin else process.cwd
