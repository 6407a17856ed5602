"""Container logs: juli's file handlers, standard output, and the Logger elements of the oldest versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import javaproperties

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.storage import LogTarget
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.access_log import named
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.document import attribute, class_name
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.start import Start

_CONFIG_FILE = "java.util.logging.config.file"
_MANAGER = "java.util.logging.manager"
_JULI_MANAGER = "org.apache.juli.ClassLoaderLogManager"
_OTHER_MANAGER_SIGNS = ("log4j", "logback", "slf4j", "jboss")
_JDK_FILE_HANDLER = "java.util.logging.FileHandler"
_REMOTE_HANDLERS = ("SocketHandler", "SyslogHandler", "GelfHandler")
_FILE_LOGGER = "org.apache.catalina.logger.FileLogger"


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Files of one handler: everything in ``directory`` that begins with ``prefix``."""

    directory: str
    prefix: str


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """Where container messages go, and which files they make."""

    target: Fact[LogTarget]
    output: LogFiles  # of standard output; a guess where nothing sets CATALINA_OUT
    files: tuple[LogFiles, ...]  # of handlers
    doubts: tuple[Unknown, ...] = ()  # handlers whose directory is not known

    def found(self, reader: Reader) -> Fact[tuple[str, ...]]:
        """Paths of the files there are; Unknown when one of the directories could not be listed."""
        if self.doubts:
            return self.doubts[0]
        out: list[str] = []
        for item in (self.output, *self.files):
            names = named(reader, item.directory, item.prefix)
            if isinstance(names, Unknown):
                return names
            out.extend(paths.absolute(name, item.directory) for name in names.value)
        return Known(tuple(dict.fromkeys(out)))


def container_log(reader: Reader, config: Config, seed: Seed, start: Start) -> ContainerLog:
    """Read logging.properties, catalina.out and Logger elements."""
    output = _output(seed, start)
    console = _console(reader, seed, output)
    legacy = tuple(_legacy(config))
    manager = start.arguments.get(_MANAGER, _JULI_MANAGER)
    if any(sign in manager.lower() for sign in _OTHER_MANAGER_SIGNS):
        return ContainerLog(Known(LogTarget.CUSTOM), output, legacy)
    handlers = _handlers(reader, config, start)
    if isinstance(handlers, Unknown):
        if legacy:  # versions with Logger elements need no logging.properties
            return ContainerLog(Known(LogTarget.FILE), output, legacy)
        return ContainerLog(handlers, output, (), (handlers,))
    files = [_files(config, start, name, handlers.value) for name in _named_handlers(handlers.value)]
    return ContainerLog(
        target=_target(_root_handlers(handlers.value), console),
        output=output,
        files=(*legacy, *(item for item in files if isinstance(item, LogFiles))),
        doubts=tuple(item for item in (start.setenv, *files) if isinstance(item, Unknown)),
    )


def _handlers(reader: Reader, config: Config, start: Start) -> Fact[Mapping[str, str]]:
    usual = f"{config.base}/conf/logging.properties"
    path = paths.absolute(from_text(start.arguments.get(_CONFIG_FILE, usual)), start.directory or config.base)
    content = reader.content(path)
    if isinstance(content, Unknown):
        return content
    if content.value is None:
        return Unknown(Gap.MISSING, path)
    try:
        return Known(javaproperties.loads(content.value.text))
    except ValueError:
        return Unknown(Gap.MALFORMED, path)


def _named_handlers(values: Mapping[str, str]) -> tuple[str, ...]:
    """Every handler that some logger uses, root or not."""
    lists = [text for key, text in values.items() if key == "handlers" or key.endswith(".handlers")]
    return tuple(dict.fromkeys(name for text in lists for name in _split(text)))


def _root_handlers(values: Mapping[str, str]) -> tuple[str, ...]:
    return _split(values.get(".handlers", values.get("handlers", "")))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _files(config: Config, start: Start, handler: str, values: Mapping[str, str]) -> LogFiles | Unknown | None:
    """Files of one handler; None for a handler that writes none."""
    if not handler.endswith("FileHandler"):
        return None
    if handler.endswith(_JDK_FILE_HANDLER):
        pattern = values.get(f"{handler}.pattern", "%h/java%u.log")
        folder, _, name = pattern.rpartition("/")
        given, prefix = folder or ".", name.partition("%")[0]
    else:
        given, prefix = values.get(f"{handler}.directory", "logs"), values.get(f"{handler}.prefix", "juli.")
    directory = config.properties.resolve(given.strip())
    if "${" in directory or "%" in directory:
        return Unknown(Gap.UNRESOLVED, from_text(f"{handler}: {directory}"))
    return LogFiles(paths.absolute(from_text(directory), start.directory or config.base), from_text(prefix.strip()))


def _target(handlers: tuple[str, ...], console: LogTarget) -> Fact[LogTarget]:
    if any(name.endswith("FileHandler") for name in handlers):
        return Known(LogTarget.FILE)
    if any(name.endswith(_REMOTE_HANDLERS) for name in handlers):
        return Known(LogTarget.REMOTE)
    if any(name.endswith("ConsoleHandler") for name in handlers):
        return Known(console)
    return Known(LogTarget.CUSTOM)


def _output(seed: Seed, start: Start) -> LogFiles:
    """The file of standard output: CATALINA_OUT, by default logs/catalina.out with its rotated copies."""
    path = from_text(start.variables.get("CATALINA_OUT", ""))
    if not path.startswith("/"):
        path = f"{seed.base}/logs/catalina.out"
    path = _outfile(seed) or path
    redirected = (starter.stdout.partition(":")[2] for starter in seed.starters if starter.stdout.partition(":")[2])
    path = next((file for file in redirected if file.startswith("/")), path)
    return LogFiles(paths.parent(path), paths.name(path))


def _outfile(seed: Seed) -> str | None:
    """The file that jsvc was told to write standard output to."""
    pairs = pairwise(seed.lead.process.argv) if seed.lead else ()
    return next((value for option, value in pairs if option == "-outfile" and value.startswith("/")), None)


def _console(reader: Reader, seed: Seed, output: LogFiles) -> LogTarget:
    """Where a console handler's text ends up."""
    file = reader.status(paths.absolute(output.prefix, output.directory))
    if isinstance(file, Known) and file.value is not None:
        return LogTarget.FILE
    return LogTarget.JOURNAL if any(starter.unit for starter in seed.starters) else LogTarget.STDOUT


def _legacy(config: Config) -> Iterator[LogFiles]:
    """Logger elements up to 5.0."""
    if isinstance(config.server, Unknown):
        return
    for element in config.server.value.iter("Logger"):
        if class_name(element) == _FILE_LOGGER:
            given = attribute(element, "directory") or "logs"
            yield LogFiles(
                paths.absolute(from_text(given), config.base), from_text(attribute(element, "prefix") or "catalina.")
            )
