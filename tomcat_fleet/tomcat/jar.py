"""The version of the catalina.jar that an instance runs, from every place that states it. No JVM is started."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tomcat_fleet.model.evidence import Content, FileKind, FileStatus, Package, Process
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.patch import VersionFacts, VersionSource
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.build import foreign
from tomcat_fleet.tomcat.document import member_path
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.restart import open_jars, restart_pending
from tomcat_fleet.tomcat.version import Version

SERVER_INFO = "org/apache/catalina/util/ServerInfo.properties"
MANIFEST = "META-INF/MANIFEST.MF"
_STATED = {
    "server-info": re.compile(r"(?m)^\s*server\.(?:info|number)\s*[=:]\s*(\S.*)$"),
    "server-number": re.compile(r"(?m)^\s*server\.number\s*[=:]\s*(\S.*)$"),
    "manifest": re.compile(r"(?m)^Implementation-Version:\s*(\S+)"),
    "release-notes": re.compile(r"(?m)^\s*Apache Tomcat Version\s+(\S+)"),
}
_TRUST = ("manifest", "server-info", "jar-name", "release-notes")
_STAGES = {1: "M", 2: "beta", 3: "RC", 0: "alpha"}


@dataclass(frozen=True, slots=True)
class _Jar:
    path: str
    status: FileStatus


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that states a version, if it is there."""

    name: str
    path: str
    content: Fact[Content | None]


def version_facts(reader: Reader, *, base: str, home: str, running: Fact[bool], jvm: Process | None) -> VersionFacts:
    """Find out what is known of the version; ``number`` is Unknown with the gap that kept the jar from telling it."""
    jar = _find(reader, base, home)
    if isinstance(jar, Unknown):
        return VersionFacts(number=jar, sources=(), agree=jar, jar=jar.source, package=jar, restart_pending=jar)
    texts = tuple(_texts(reader, jar.value.path, home))
    package = reader.package(jar.value.status.real_path)
    sources = (*_sources(texts), *_named(jar.value), *_packaged(package, jar.value))
    gap = next((text.content for text in texts if isinstance(text.content, Unknown)), None)
    number = _number(sources, texts, jar.value.path)
    return VersionFacts(
        number=number,
        sources=sources,
        agree=_agree(sources, gap),
        jar=jar.value.path,
        package=package,
        restart_pending=restart_pending(running, jvm, jar.value.status),
        vendor=_vendor(texts, number),
        override=_override(reader, jar.value.path, base, home),
        open_jars=tuple(sorted(open_jars(jvm))),
        dates_only=running == Known(value=True) and not open_jars(jvm),
    )


def companions(home: str, lib: str) -> tuple[tuple[str, str], ...]:
    """Other jars of the same release, by the names of their sources.

    Most advisories lie in the connectors, and a catalina.jar replaced alone leaves those as they were.
    """
    return (
        ("tomcat-coyote", f"{lib}/tomcat-coyote.jar"),
        ("bootstrap", f"{home}/bin/bootstrap.jar"),
        ("tomcat-juli", f"{home}/bin/tomcat-juli.jar"),
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


def _texts(reader: Reader, jar: str, home: str) -> Iterator[_Text]:
    lib = jar.rpartition("/")[0]
    for name, path, member in (
        ("server-info", jar, SERVER_INFO),
        ("manifest", jar, MANIFEST),
        *((name, path, MANIFEST) for name, path in companions(home, lib)),
    ):
        yield _Text(name, member_path(path, member), reader.member(path, member))
    notes = f"{home}/RELEASE-NOTES"
    yield _Text("release-notes", notes, reader.content(notes))


def _sources(texts: Sequence[_Text]) -> Iterator[VersionSource]:
    for text in texts:
        found = _stated(text, text.name)
        if found:
            yield found
        if text.name == "server-info" and found:
            number = _stated(text, "server-number")
            # Milestones write 9.0.0.M1 beside 9.0.0.0; anything else that differs was edited.
            if number and found.version.partition("-")[0] != number.version:
                yield number


def _stated(text: _Text, name: str) -> VersionSource | None:
    content = text.content
    if isinstance(content, Unknown) or content.value is None:
        return None
    for found in _STATED.get(name, _STATED["manifest"]).finditer(content.value.text):
        version = Version.find(found[1])
        if version:
            line = content.value.text.count("\n", 0, found.start(1)) + 1
            return VersionSource(name=name, version=spelling(version), place=Place(text.path, line))
    return None


def _named(jar: _Jar) -> Iterator[VersionSource]:
    named = Version.find(paths.name(jar.status.real_path))
    if named:
        yield VersionSource(name="jar-name", version=spelling(named), place=Place(jar.status.real_path))


def _packaged(package: Fact[Package | None], jar: _Jar) -> Iterator[VersionSource]:
    owner = package.value if isinstance(package, Known) else None
    stated = Version.find(owner.version) if owner and "tomcat" in owner.name else None  # others count for themselves
    if stated:
        yield VersionSource(name="package", version=spelling(stated), place=Place(jar.status.real_path))


def _number(sources: Sequence[VersionSource], texts: Sequence[_Text], jar: str) -> Fact[str]:
    """Take the manifest's word first: hardening guides have people edit ServerInfo.properties.

    The release notes are a file beside the jar that an upgrade may leave behind. They count only where the target has
    no program that could look into the jar.
    """
    inside = [text.content for text in texts if text.name in {"server-info", "manifest"}]
    gap = next((content for content in inside if isinstance(content, Unknown)), None)
    stated = {source.name: source.version for source in sources}
    if gap is None or gap.gap is not Gap.NO_TOOL:
        stated.pop("release-notes", None)
    number = next((stated[name] for name in _TRUST if name in stated), None)
    return Known(number) if number else gap or Unknown(Gap.MALFORMED, jar, "no version inside")


def _agree(sources: Sequence[VersionSource], gap: Unknown | None) -> Fact[bool]:
    if len({source.version for source in sources}) > 1:
        return Known(value=False)
    return gap or Known(value=True)


def _vendor(texts: Sequence[_Text], number: Fact[str]) -> str | None:
    version = Version.find(number.value) if isinstance(number, Known) else None
    if version is None:
        return None
    for text in texts:
        if text.name in {"server-info", "manifest"} and isinstance(text.content, Known) and text.content.value:
            found = foreign(text.content.value.text, version)
            if found:
                return found
    return None


def _override(reader: Reader, jar: str, base: str, home: str) -> VersionSource | None:
    """Find what stands before the jar on the class path of the server; 5.5 has classes beside server/lib."""
    folders = ("server/classes", "common/classes") if jar.endswith("/server/lib/catalina.jar") else ("lib",)
    for path in dict.fromkeys(f"{root}/{folder}/{SERVER_INFO}" for folder in folders for root in (base, home)):
        content = reader.content(path)
        if isinstance(content, Known) and content.value is not None:
            found = _STATED["server-info"].search(content.value.text)
            line = content.value.text.count("\n", 0, found.start(1)) + 1 if found else 1
            shown = found[1].strip() if found else "-"
            return VersionSource(name="override", version=shown, place=Place(path, line))
    return None
