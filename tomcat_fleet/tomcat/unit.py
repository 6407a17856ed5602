"""What starts Tomcat at boot: systemd units with their drop-ins and environment files, init scripts, defaults files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tomcat_fleet.model import daemon
from tomcat_fleet.model.escape import from_text, to_text
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat import command_line, shell
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.reader import Reader

# Later directories win over earlier ones; systemd.unit(5).
_PRECEDENCE = ("/lib/", "/usr/lib/", "/usr/local/lib/", "/run/", "/etc/")
_SCRIPTS = frozenset({"startup.sh", "catalina.sh", "daemon.sh"})
_USER_NAMES = ("TOMCAT_USER", "TOMCAT_USERNAME", "TOMCAT_OWNER", "RUN_AS_USER", "RUN_AS", "RUNAS")
_DIRECTORIES = ("CATALINA_BASE", "CATALINA_HOME")
_INIT = "/init.d/"
_PACKAGED_START = "/usr/libexec/tomcat/server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One unit, init script or defaults file. ``unit`` is None when the file alone starts nothing."""

    place: Place
    unit: daemon.Unit | None
    base: str | None
    home: str | None
    environment: Mapping[str, str] = field(default_factory=dict)
    stdout: str = ""  # systemd's StandardOutput=
    umask: str = ""  # systemd's UMask=
    gap: Unknown | None = None  # a file of it that could not be read: it may say anything
    vague: bool = False  # names a directory that only a shell could tell

    def may_name_more(self) -> bool:
        """Whether it may stand for an instance that it does not name."""
        return self.base is None and (self.unit is not None or self.gap is not None or self.vague)


def read(reader: Reader) -> tuple[Starter, ...]:
    """Every starter that the collector found, systemd's own order of files applied."""
    systemd: dict[str, list[str]] = {}
    found: list[Starter] = []
    for path in sorted(reader.evidence.units):
        name = _unit_name(path)
        if name:
            systemd.setdefault(name, []).append(path)
        else:
            found.extend(_shell_file(reader, path))
    found.extend(_systemd(reader, name, systemd) for name in _started(systemd, reader.evidence.enabled_units))
    return tuple(found)


def _unit_name(path: str) -> str | None:
    if path.endswith(".service"):
        return paths.name(path)
    folder = paths.name(paths.parent(path))
    return folder.removesuffix(".d") if path.endswith(".conf") and folder.endswith(".service.d") else None


def _text(reader: Reader, path: str, *, optional: bool = False) -> str | Unknown:
    content = reader.content(path)
    if isinstance(content, Unknown):
        return content
    if content.value is None:
        return "" if optional else Unknown(Gap.MISSING, path)
    return content.value.text


@dataclass(slots=True)
class _Service:
    """The [Service] section as it accumulates over a unit's files."""

    user: str | None = None
    line: Place = field(default_factory=lambda: Place(""))
    dynamic: bool = False
    stdout: str = ""
    umask: str = ""
    environment: list[str] = field(default_factory=list)
    environment_files: list[str] = field(default_factory=list)
    start: list[str] = field(default_factory=list)
    gap: Unknown | None = None

    def take(self, path: str, text: str) -> None:
        """Apply one file. An empty value resets a list."""
        section = ""
        for number, raw in shell.logical_lines(text):
            line = raw.strip()
            if line.startswith("["):
                section = line
            elif section == "[Service]" and not line.startswith(";") and "=" in line:
                key, _, value = line.partition("=")
                self._set(key.strip(), value.strip(), Place(path, number))

    def _set(self, key: str, value: str, place: Place) -> None:
        lists = {"Environment": self.environment, "EnvironmentFile": self.environment_files, "ExecStart": self.start}
        if key in lists:
            lists[key].append(value) if value else lists[key].clear()
        elif key == "User":
            self.user, self.line = value or None, place
        elif key == "DynamicUser":
            self.dynamic = value.lower() in {"yes", "true", "on", "1"}
        elif key == "StandardOutput":
            self.stdout = value
        elif key == "UMask":
            self.umask = value


def _systemd(reader: Reader, name: str, files: Mapping[str, Sequence[str]]) -> Starter:
    """Read one unit. An instance of a template has the template's files too; its own of the same name win."""
    stem, is_instance, given = name.removesuffix(".service").partition("@")
    own = files.get(name, ())
    shared = files.get(f"{stem}@.service", ()) if is_instance else ()
    services = [[path for path in found if path.endswith(".service")] for found in (own, shared)]
    main = sorted(services[0] or services[1], key=_rank)[-1:]
    drop_ins = {
        paths.name(path): path for found in (shared, own) for path in sorted(found, key=_rank) if path.endswith(".conf")
    }
    service = _Service(line=Place((*main, *own, *shared)[0]))
    for path in (*main, *(drop_ins[key] for key in sorted(drop_ins))):
        text = _text(reader, path)
        if isinstance(text, Unknown):
            service.gap = service.gap or text
        else:
            service.take(path, text)
    return _starter(reader, service, name, given)


def _rank(path: str) -> int:
    return max((at for at, prefix in enumerate(_PRECEDENCE) if path.startswith(prefix)), default=-1)


def _started(files: Iterable[str], enabled: Iterable[str]) -> list[str]:
    """Name the units that have files of their own, and the instances of a template that start at boot."""
    known = set(files)
    bound = {unit for unit in enabled if f"{unit.partition('@')[0]}@.service" in known and "@" in unit}
    return sorted((known | bound) - {name for name in known | bound if name.endswith("@.service")})


def _starter(reader: Reader, service: _Service, name: str, given: str) -> Starter:
    def _bind(text: str) -> str:
        return _specified(text, to_text(name), to_text(given))

    environment: dict[str, str] = {}
    gap = service.gap
    for line in service.environment:
        environment.update(_pairs(map(_bind, shell.words(line))))
    for file in service.environment_files:
        text = _text(reader, from_text(_bind(file).lstrip("-")), optional=True)
        if isinstance(text, Unknown):
            gap = gap or text
        else:
            environment.update(_known(shell.assignments(text)))
    command = tuple(map(_bind, shell.words(service.start[-1]))) if service.start else ()
    user = service.user or (name.removesuffix(".service") if service.dynamic else None)
    unit = daemon.Unit(
        name=name,
        user=from_text(_bind(user)) if user else None,
        enabled=name in reader.evidence.enabled_units,
        place=service.line,
    )
    found = Starter(
        place=service.line,
        unit=unit,
        base=None,
        home=None,
        environment=environment,
        stdout=from_text(service.stdout),
        umask=from_text(service.umask),
        gap=gap,
    )
    return _with_directories(found, command)


def _specified(text: str, name: str, given: str) -> str:
    """Replace the specifiers of systemd.unit(5) that the name of a unit decides; others stay as they are."""
    stem = name.removesuffix(".service")
    parts = re.split(r"\\x([0-9a-fA-F]{2})", given.replace("-", "/"))
    plain = "".join(chr(int(part, 16)) if at % 2 else part for at, part in enumerate(parts))
    values = {"i": given, "I": plain, "n": name, "N": stem, "p": stem.partition("@")[0]}
    return re.sub(r"%%|%([iInNp])", lambda found: values[found[1]] if found[1] else found[0], text)


def _pairs(items: Iterable[str]) -> dict[str, str]:
    return {key: value for key, _, value in (item.partition("=") for item in items) if key}


def _known(assigned: Mapping[str, shell.Assigned]) -> dict[str, str]:
    return {name: item.value for name, item in assigned.items() if item.value is not None}


def _with_directories(starter: Starter, command: Sequence[str]) -> Starter:
    """Find base and home: from the variables, else from -D options, else from where catalina.sh or startup.sh lies."""
    properties = dict(command_line.parse(("", *command)).properties)
    for name in ("CATALINA_OPTS", "JAVA_OPTS"):
        properties.update(command_line.parse(("", *shell.words(starter.environment.get(name, "")))).properties)
    home = starter.environment.get("CATALINA_HOME") or properties.get("catalina.home") or _script_home(command)
    named = starter.environment.get("CATALINA_BASE") or properties.get("catalina.base")
    base = named or _packaged_base(starter.environment, command) or home
    literal = starter.unit is None or not starter.unit.name.endswith(".service")
    return replace(starter, base=_directory(base, literal=literal), home=_directory(home, literal=literal))


def _packaged_base(environment: Mapping[str, str], command: Sequence[str]) -> str | None:
    """Make the base as the start script of Fedora's and Red Hat's packages does for ``tomcat@NAME.service``."""
    name = environment.get("NAME")
    if not name or not any(word.startswith(_PACKAGED_START) for word in command):
        return None
    return environment.get("TOMCATS_BASE", "/var/lib/tomcats/") + name


def _directory(value: str | None, *, literal: bool) -> str | None:
    """Make an absolute value a path; one of a unit with a specifier that is not known here is none."""
    text = value or ""
    if not literal:
        text = "" if "%" in text.replace("%%", "") else text.replace("%%", "%")
    return paths.absolute(from_text(text), "/") if text.startswith("/") else None


def _script_home(command: Sequence[str]) -> str | None:
    for word in command:
        script = word.lstrip("@-:+!")
        if script.startswith("/") and paths.name(script) in _SCRIPTS:
            return paths.parent(paths.parent(script))
    return None


def _shell_file(reader: Reader, path: str) -> list[Starter]:
    """Read an init script or a defaults file. A defaults file alone starts nothing, it only names directories."""
    text = _text(reader, path)
    gap = text if isinstance(text, Unknown) else None
    text = "" if isinstance(text, Unknown) else text
    assigned = shell.assignments(text)
    environment = _known(assigned)
    unit = None
    if _INIT in path:
        user = next((from_text(environment[name]) for name in _USER_NAMES if environment.get(name)), None)
        line = next((assigned[name].line for name in _USER_NAMES if name in assigned), 0)
        starts = reader.evidence.enabled_units
        enabled = paths.name(path) in starts or f"{paths.name(path)}.service" in starts
        unit = daemon.Unit(name=paths.name(path), user=user, enabled=enabled, place=Place(path, line))
    command = _start_command(text) if unit else ()
    vague = any(assigned[name].value is None for name in _DIRECTORIES if name in assigned)
    found = Starter(place=Place(path), unit=unit, base=None, home=None, environment=environment, gap=gap, vague=vague)
    return [_with_directories(found, command)]


def _start_command(text: str) -> tuple[str, ...]:
    found = [
        word for _, line in shell.logical_lines(text) for word in shell.words(line) if paths.name(word) in _SCRIPTS
    ]
    return tuple(found[:1])
