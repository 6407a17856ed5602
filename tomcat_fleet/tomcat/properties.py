"""System properties of an instance, and what ``${name}`` in its configuration becomes.

Rules from IntrospectionUtils.replaceProperties, Digester and CatalinaProperties of apache/tomcat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import javaproperties

from tomcat_fleet.model.escape import from_text, to_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.version import Version

PROPERTY_SOURCE = "org.apache.tomcat.util.digester.PROPERTY_SOURCE"
_DIGESTER = "org.apache.tomcat.util.digester."
_SYSTEM = _DIGESTER + "Digester$SystemPropertySource"
_ENVIRONMENT = _DIGESTER + "EnvironmentPropertySource"
_SERVICE_BINDING = _DIGESTER + "ServiceBindingPropertySource"
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_REDACTED = re.compile(r"\[redacted:\d+\]")
# Every JVM defines these names itself; files do not tell their values.
_OF_THE_JVM = ("java.", "user.", "os.", "file.", "path.", "line.", "sun.", "jdk.", "native.", "stdout.", "stderr.")
_MAX_ROUNDS = 20  # replaceProperties gives up there too
_MAX_TEXT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """System properties as Tomcat's Digester sees them.

    ``known`` is Unknown when a source of properties could not be read: a name without a value may then have one.
    """

    values: Mapping[str, str]
    known: Fact[None] = field(default_factory=lambda: Known(None))
    defaults: bool | None = True  # ${name:-default} is understood; None when the version is not known

    def resolve(self, text: str) -> str:
        """``text`` with every placeholder replaced whose value is known; the others stay as they are."""
        for _ in range(_MAX_ROUNDS):
            replaced = _PLACEHOLDER.sub(self._replacement, text)
            if replaced == text or len(replaced) > _MAX_TEXT:
                break
            text = replaced
        return text

    def doubt(self, text: str | None) -> Unknown | None:
        """Why the final value of a resolved ``text`` is not known; None when it is what Tomcat sees.

        A placeholder that certainly has no value is no doubt: Tomcat leaves it literal.
        """
        for found in _PLACEHOLDER.finditer(text or ""):
            named = found[1].partition(":-")[0]
            undecided = ":-" in found[1] and self.defaults is None
            if isinstance(self.known, Unknown) or undecided or named.startswith(_OF_THE_JVM):
                return Unknown(Gap.UNRESOLVED, f"${{{from_text(found[1])}}}")
        if text and _REDACTED.search(text):
            return Unknown(Gap.UNRESOLVED, "redacted value")
        return None

    def _replacement(self, found: re.Match[str]) -> str:
        value = self._value(found[1])
        return found[0] if value is None else value

    def _value(self, name: str) -> str | None:
        exact = self.values.get(name)
        if exact is not None or ":-" not in name or not self.defaults:
            return exact
        plain, _, default = name.partition(":-")
        value = self.values.get(plain)
        if value is not None:
            return value
        return None if isinstance(self.known, Unknown) or plain.startswith(_OF_THE_JVM) else default


def load_properties(
    reader: Reader,
    *,
    base: str,
    home: str,
    version: Version | None,
    arguments: Mapping[str, str],
    arguments_known: Fact[None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Properties:
    """Properties of one instance.

    ``base`` and ``home`` are paths as ``escape`` shows them; every value is plain text. ``arguments`` are the -D
    options of its process or start files; ``arguments_known`` is Unknown when there may be more of them.
    ``environment`` is only used where PROPERTY_SOURCE names EnvironmentPropertySource; None: not known.
    """
    places = {"catalina.base": to_text(base), "catalina.home": to_text(home)}
    own = _catalina_properties(reader, base, arguments)
    if isinstance(own, Unknown):  # it overrides -D options, so nothing else is certain either
        return Properties(values=places, known=own, defaults=_has_defaults(version))
    # CatalinaProperties calls System.setProperty for every entry: the file beats the command line.
    values = {**arguments, **own.value, **places}
    known: Fact[None] = arguments_known or Known(None)
    for source in filter(None, map(str.strip, values.get(PROPERTY_SOURCE, "").split(","))):
        if source == _ENVIRONMENT and environment is not None:
            values = {**values, **environment, **places}
        elif source in {_ENVIRONMENT, _SERVICE_BINDING}:
            known = Unknown(Gap.UNRESOLVED, source)
        elif source != _SYSTEM:  # any class may answer any name, also one that has a value elsewhere
            return Properties(
                values=places, known=Unknown(Gap.UNRESOLVED, from_text(source)), defaults=_has_defaults(version)
            )
    return Properties(values=values, known=known, defaults=_has_defaults(version))


def _has_defaults(version: Version | None) -> bool | None:
    if version is None:
        return None
    return version.since("7.0.104", "8.5.55", "9.0.35", "10.0.0-M5")


def _catalina_properties(reader: Reader, base: str, arguments: Mapping[str, str]) -> Fact[Mapping[str, str]]:
    path = _location(base, arguments.get("catalina.config", ""))
    if path is None:
        return Unknown(Gap.UNRESOLVED, "catalina.config")
    content = reader.content(path)
    if isinstance(content, Unknown):
        return content
    if content.value is None:  # Tomcat falls back to a copy inside its jar, which defines no names of the user's
        return Known({})
    try:
        return Known(javaproperties.loads(content.value.text))
    except ValueError:
        return Unknown(Gap.MALFORMED, path)


def _location(base: str, configured: str) -> str | None:
    """Path of catalina.properties; None when -Dcatalina.config names something that is no file."""
    if configured.startswith("file:/"):
        return "/" + from_text(configured.removeprefix("file:").lstrip("/"))
    if "://" in configured:
        return None
    return absolute(from_text(configured or "catalina.properties"), f"{base}/conf")
