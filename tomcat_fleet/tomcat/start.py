"""What an instance is started with: the JVM's own options, or for a stopped one those of its start files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tomcat_fleet.model.escape import from_text, to_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.tomcat import command_line, shell
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.reader import Reader

_OPTION_NAMES = ("JAVA_OPTS", "CATALINA_OPTS", "LOGGING_CONFIG", "JSVC_OPTS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """-D options and shell variables of an instance's start."""

    arguments: Mapping[str, str]  # plain text, as values of files are
    arguments_known: Fact[None]  # Unknown: there may be more options
    variables: Mapping[str, str]  # of units, defaults files and setenv.sh
    setenv: Fact[str | None]  # the setenv.sh that catalina.sh reads; Known(None): there is none
    directory: str | None  # working directory of the JVM

    def umask(self, seed: Seed) -> str:
        """UMASK as configured, empty when nothing sets it."""
        units = (starter.umask for starter in seed.starters if starter.umask)
        return from_text(self.variables.get("UMASK", "")) or next(units, "")


def read_start(reader: Reader, seed: Seed) -> Start:
    """Options of the running JVM; those of the start files only while none runs, for they may have changed since."""
    variables: dict[str, str] = {}
    for starter in sorted(seed.starters, key=lambda item: item.unit is not None):
        variables.update(starter.environment)
    setenv, own = _setenv(reader, seed)
    variables.update(own)
    jvm = seed.lead
    if jvm is not None:
        return Start(
            arguments={name: to_text(value) for name, value in jvm.properties.items()},
            arguments_known=jvm.doubt or Known(None),
            variables=variables,
            setenv=setenv,
            directory=jvm.process.cwd,
        )
    options = [word for name in _OPTION_NAMES for word in shell.words(variables.get(name, ""))]
    return Start(
        arguments=command_line.parse(("", *options)).properties,
        arguments_known=Unknown(Gap.UNRESOLVED, seed.base, "options of the JVM"),
        variables=variables,
        setenv=setenv,
        directory=None,
    )


def _setenv(reader: Reader, seed: Seed) -> tuple[Fact[str | None], dict[str, str]]:
    """Read BASE/bin/setenv.sh, or HOME's when BASE has none, as catalina.sh does."""
    for root in dict.fromkeys((seed.base, seed.home)):
        path = f"{root}/bin/setenv.sh"
        content = reader.content(path)
        if isinstance(content, Unknown):
            return content, {}
        if content.value is not None:
            assigned = shell.assignments(content.value.text)
            return Known(path), {name: item.value for name, item in assigned.items() if item.value is not None}
    return Known(None), {}
