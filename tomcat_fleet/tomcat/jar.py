"""The version of the catalina.jar that an instance runs, from every place that states it. No JVM is started."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tomcat_fleet.model.evidence import Content, FileKind, FileStatus, Process
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.patch import VersionFacts, VersionSource
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.document import member_path
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.version import Version

SERVER_INFO = "org/apache/catalina/util/ServerInfo.properties"
MANIFEST = "META-INF/MANIFEST.MF"
_STATED = {
    "server-info": re.compile(r"(?m)^\s*server\.(?:info|number)\s*[=:]\s*(\S.*)$"),
    "manifest": re.compile(r"(?m)^Implementation-Version:\s*(\S+)"),
    "release-notes": re.compile(r"(?m)^\s*Apache Tomcat Version\s+(\S+)"),
}
_TRUST = ("manifest", "server-info", "jar-name", "release-notes")
_CLOCK_GRACE = 60  # seconds: a package manager starts the service right after it unpacked
_STAGES = {1: "M", 2: "beta", 3: "RC", 0: "alpha"}


@dataclass(frozen=True, slots=True)
class _Jar:
    path: str
    status: FileStatus


def version_facts(reader: Reader, *, base: str, home: str, running: Fact[bool], jvm: Process | None) -> VersionFacts:
    """Find out what is known of the version; ``number`` is Unknown with the gap that kept the jar from telling it."""
    jar = _find(reader, base, home)
    if isinstance(jar, Unknown):
        return VersionFacts(number=jar, sources=(), agree=True, jar=jar.source, package=jar, restart_pending=jar)
    members = {
        "server-info": reader.member(jar.value.path, SERVER_INFO),
        "manifest": reader.member(jar.value.path, MANIFEST),
    }
    gap = next((fact for fact in members.values() if isinstance(fact, Unknown)), None)
    sources = tuple(_sources(reader, jar.value, members, home))
    return VersionFacts(
        number=_number(sources, gap, jar.value.path),
        sources=sources,
        agree=len({source.version for source in sources}) <= 1,
        jar=jar.value.path,
        package=reader.package(jar.value.status.real_path),
        restart_pending=_restart_pending(running, jvm, jar.value.status),
    )


def spelling(version: Version) -> str:
    """``9.0.0.M1`` and ``9.0.0-M1`` are one version; the tables write the second."""
    number = f"{version.major}.{version.minor}.{version.patch}"
    stage = _STAGES.get(version.stage)
    return f"{number}-{stage}{version.count or ''}" if stage else number


def _find(reader: Reader, base: str, home: str) -> Fact[_Jar]:
    """Find the jar that the class loader sees first: BASE/lib, HOME/lib, and server/lib before 6.0."""
    places = [f"{root}/{folder}/catalina.jar" for folder in ("lib", "server/lib") for root in (base, home)]
    gap: Unknown | None = None
    for path in dict.fromkeys(places):
        status = reader.status(path)
        if isinstance(status, Unknown):
            gap = gap or status
        elif status.value is not None and status.value.kind is FileKind.FILE:
            return gap or Known(_Jar(path, status.value))
    return gap or Unknown(Gap.MISSING, f"{home}/lib/catalina.jar")


def _sources(reader: Reader, jar: _Jar, members: dict[str, Fact[Content | None]], home: str) -> Iterator[VersionSource]:
    for name, member in (("server-info", SERVER_INFO), ("manifest", MANIFEST)):
        yield from _stated(name, members[name], member_path(jar.path, member))
    notes = f"{home}/RELEASE-NOTES"
    yield from _stated("release-notes", reader.content(notes), notes)
    named = Version.find(paths.name(jar.status.real_path))
    if named:
        yield VersionSource(name="jar-name", version=spelling(named), place=Place(jar.status.real_path))


def _stated(name: str, content: Fact[Content | None], path: str) -> Iterator[VersionSource]:
    if isinstance(content, Unknown) or content.value is None:
        return
    for found in _STATED[name].finditer(content.value.text):
        version = Version.find(found[1])
        if version:
            line = content.value.text.count("\n", 0, found.start(1)) + 1
            yield VersionSource(name=name, version=spelling(version), place=Place(path, line))
            return


def _number(sources: Sequence[VersionSource], gap: Unknown | None, jar: str) -> Fact[str]:
    """Take the manifest's word first: hardening guides have people edit ServerInfo.properties.

    The release notes are a file beside the jar that an upgrade may leave behind. They count only where the target has
    no program that could look into the jar.
    """
    stated = {source.name: source.version for source in sources}
    if gap is None or gap.gap is not Gap.NO_TOOL:
        stated.pop("release-notes", None)
    number = next((stated[name] for name in _TRUST if name in stated), None)
    return Known(number) if number else gap or Unknown(Gap.MALFORMED, jar, "no version inside")


def _restart_pending(running: Fact[bool], jvm: Process | None, jar: FileStatus) -> Fact[bool]:
    if isinstance(running, Unknown):
        return running
    if not running.value:
        return Known(value=False)
    if jvm is None or jvm.started is None or not jar.mtime:
        return Unknown(Gap.NOT_COLLECTED, "process start time")
    return Known(value=jar.mtime > jvm.started + _CLOCK_GRACE)
