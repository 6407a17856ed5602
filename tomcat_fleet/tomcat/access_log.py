"""Access logs: the AccessLogValve family on engines, hosts and contexts."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.storage import AccessLog, LogTarget
from tomcat_fleet.tomcat.config import Config, flag
from tomcat_fleet.tomcat.context import Contexts
from tomcat_fleet.tomcat.document import attribute, class_name
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.xml import Element

_PACKAGE = "org.apache.catalina.valves."
_FILE_VALVES = frozenset(
    _PACKAGE + name
    for name in ("AccessLogValve", "ExtendedAccessLogValve", "JsonAccessLogValve", "FastCommonAccessLogValve")
)
_DATABASE_VALVE = _PACKAGE + "JDBCAccessLogValve"
_OTHER_SIGNS = ("AccessLog", "LogbackValve")
_DEVICES = ("/dev", "/proc/self/fd")  # containers write to /dev/stdout


def access_logs(reader: Reader, config: Config, contexts: Contexts) -> Fact[tuple[AccessLog, ...]]:
    """Every access log that is switched on."""
    if isinstance(config.services, Unknown):
        return config.services
    containers = (*_containers(config), *contexts.elements)
    found: list[AccessLog] = []
    for path, valve in ((path, valve) for path, container in containers for valve in container.each("Valve")):
        if not _is_access_log(class_name(valve)):
            continue
        enabled = flag(valve, "enabled", config.properties, default=True)
        if isinstance(enabled, Unknown):
            return enabled
        if enabled.value:
            found.append(_access_log(reader, config, path, valve))
    return Known(tuple(found))


def _containers(config: Config) -> Iterator[tuple[str, Element]]:
    services = config.services.value if isinstance(config.services, Known) else ()
    for engine in (service.engine for service in services if service.engine):
        yield config.path, engine
        yield from ((config.path, host) for host in engine.each("Host"))


def _is_access_log(name: str) -> bool:
    return any(sign in name for sign in _OTHER_SIGNS)


def _access_log(reader: Reader, config: Config, path: str, valve: Element) -> AccessLog:
    name = class_name(valve)
    place = Place(path, valve.line)
    if name not in _FILE_VALVES:
        target = LogTarget.REMOTE if name == _DATABASE_VALVE else LogTarget.CUSTOM
        return AccessLog(
            class_name=from_text(name), target=target, directory="", prefix="", place=place, files=Known(())
        )
    given, prefix = attribute(valve, "directory") or "logs", attribute(valve, "prefix")
    prefix = "access_log" if prefix is None else prefix  # some versions end it with a dot; a prefix of both
    directory = absolute(from_text(given), config.base)
    doubt = config.doubt(given) or config.doubt(prefix)
    target = LogTarget.STDOUT if directory in _DEVICES else LogTarget.FILE
    files: Fact[tuple[str, ...]] = doubt or (
        named(reader, directory, from_text(prefix)) if target is LogTarget.FILE else Known(())
    )
    return AccessLog(
        class_name=name, target=target, directory=directory, prefix=from_text(prefix), place=place, files=files
    )


def named(reader: Reader, directory: str, prefix: str) -> Fact[tuple[str, ...]]:
    """Names in ``directory`` that begin with ``prefix``; none when the directory does not exist."""
    names = reader.listing(directory)
    if isinstance(names, Unknown):
        return names
    return Known(tuple(name for name in names.value or () if name.startswith(prefix)))
