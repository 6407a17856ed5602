"""Command lines of java and jsvc, taken apart as those launchers do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

BOOTSTRAP = "org.apache.catalina.startup.Bootstrap"
_CATALINA = "org.apache.catalina.startup.Catalina"  # has a main of its own up to 6.0
_BOOTSTRAP_JAR = "bootstrap.jar"
_STARTING = frozenset({"start", "startd"})
_ENDING = frozenset({"stop", "stopd", "configtest"})

# Options of java and of jsvc whose value is the next argument.
_CLASS_PATH = frozenset({"-cp", "-classpath", "--class-path", "-p", "--module-path"})
WITH_VALUE = _CLASS_PATH | {
    "--upgrade-module-path", "--add-modules", "--limit-modules", "--add-exports", "--add-opens", "--add-reads",
    "--patch-module", "--enable-native-access", "--source", "-java-home", "-home", "-jvm", "-user", "-outfile",
    "-errfile", "-pidfile", "-wait", "-umask", "-procname", "-cwd", "-restarts",
}  # fmt: skip
_JSVC_ONLY = frozenset({"-pidfile", "-outfile", "-errfile", "-user", "-nodetach", "-procname", "-wait"})
_JSVC_OTHER_MODE = frozenset({"-stop", "-check", "-version", "-help"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """Parts of one command line. ``main`` is None for ``-jar`` and when no class was reached."""

    options: tuple[str, ...]
    main: str | None
    jar: str | None
    arguments: tuple[str, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    class_path: str = ""
    starter: str | None = None  # another main class in front of Bootstrap, as service wrappers have one

    def is_bootstrap(self) -> bool:
        """Whether Tomcat's own main class runs, by name or through ``-jar bootstrap.jar``."""
        return self.main in {BOOTSTRAP, _CATALINA} or (self.jar or "").rpartition("/")[2] == _BOOTSTRAP_JAR

    def starts_server(self) -> bool:
        """Whether the arguments start a server; ``stop`` and ``configtest`` do not. Bootstrap obeys its last one."""
        if self.starter:  # such a class may be given the start and the stop command, each with its arguments
            return not self.ends_server() or bool(_STARTING.intersection(self.arguments))
        return not self.arguments or self.arguments[-1] in _STARTING

    def ends_server(self) -> bool:
        """Whether the last argument asks a server to stop or only tests its configuration."""
        return bool(_ENDING.intersection(self.arguments[-1:]))

    def has_jsvc_options(self) -> bool:
        """Whether an option is there that only jsvc has; tells jsvc from java when the program is renamed."""
        return bool(_JSVC_ONLY.intersection(self.options))

    def is_jsvc_request(self) -> bool:
        """Whether jsvc was asked to stop or check another process."""
        return bool(_JSVC_OTHER_MODE.intersection(self.options))

    def server_file(self) -> str | None:
        """Argument of Catalina's ``-config`` option, which replaces conf/server.xml."""
        for option, value in pairwise(self.arguments):
            if option == "-config":
                return value
        return None


def parse(argv: Sequence[str]) -> CommandLine:
    """``argv`` of a launcher, argv[0] included. The last of several equal ``-D`` options wins."""
    end, jar = _main_index(argv)
    options = tuple(argv[1:end])
    first = _first_class(argv[:end])
    main = argv[end] if jar is None and end < len(argv) else None
    return CommandLine(
        options=options,
        main=main,
        jar=jar,
        arguments=tuple(argv[end + 1 :]),
        properties=_properties(options),
        class_path=_class_path(options),
        starter=argv[first] if main == BOOTSTRAP and first < end else None,
    )


def _main_index(argv: Sequence[str]) -> tuple[int, str | None]:
    """Index of the main class or the jar, and the jar. Bootstrap is found even among arguments that ps broke."""
    if BOOTSTRAP in argv:
        return argv.index(BOOTSTRAP), None
    at = _first_class(argv)
    if at < len(argv) and argv[at] == "-jar":
        return at + 1, argv[at + 1] if at + 1 < len(argv) else ""
    return at, None


def _first_class(argv: Sequence[str]) -> int:
    """Index of the first argument that is no option, or of ``-jar``."""
    at = 1
    while at < len(argv):
        option = argv[at]
        if option == "-jar":
            return at
        if option in WITH_VALUE:
            at += 1
        elif not option.startswith(("-", "@")):
            return at
        at += 1
    return len(argv)


def _properties(options: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for option in options:
        if option.startswith("-D"):
            key, _, value = option[2:].partition("=")
            found[key] = value
    return found


def _class_path(options: Sequence[str]) -> str:
    pairs = pairwise(options)
    split = [value for option, value in pairs if option in _CLASS_PATH]
    joined = [option.partition("=")[2] for option in options if option.startswith(("--class-path=", "--module-path="))]
    return ":".join((*split, *joined))
