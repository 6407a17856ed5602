"""Where the files of a web application lie: a directory, or a .war that was not unpacked."""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.model.evidence import Content, FileKind, FileStatus
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.tomcat.config import Config, HostNode
from tomcat_fleet.tomcat.document import member_path, read_document, read_member
from tomcat_fleet.tomcat.path import absolute, is_below
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.xml import Element

_WAR = ".war"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webroot:
    """``path`` is the directory, or the .war when ``archive``; ``war`` the .war that a directory was unpacked from."""

    path: str
    archive: bool
    exists: Fact[bool]
    war: str | None = None

    def place(self, name: str) -> str:
        """How a file of the application is cited."""
        return member_path(self.path, name) if self.archive else f"{self.path}/{name}"

    def document(self, reader: Reader, config: Config, name: str, *, namespaces: bool = False) -> Fact[Element | None]:
        """Root element of an XML file of the application; ``Known(None)`` when it has none such."""
        if self.archive:
            return read_member(reader, self.path, name, config.properties, namespaces=namespaces)
        return read_document(reader, f"{self.path}/{name}", config.properties, namespaces=namespaces)

    def has(self, reader: Reader, name: str) -> Fact[bool]:
        """Whether the application has the file at all."""
        found: Fact[Content | None] | Fact[FileStatus | None]
        found = reader.member(self.path, name) if self.archive else reader.status(f"{self.path}/{name}")
        return found if isinstance(found, Unknown) else Known(found.value is not None)


def locate(reader: Reader, host: HostNode, app_base: str, doc_base: str, stem: str) -> Webroot:
    """Find the files behind an absolute ``doc_base`` as ContextConfig.fixDocBase does.

    A .war is unpacked to ``app_base``/``stem`` where the host unpacks at all; what was unpacked before is what counts.
    """
    if doc_base.lower().endswith(_WAR):
        return _of_war(reader, host, app_base, doc_base, stem)
    kind = _kind(reader, doc_base)
    if kind == Known(None) and is_below(doc_base, app_base):
        war = doc_base + _WAR
        if _kind(reader, war) == Known(FileKind.FILE):
            return _of_war(reader, host, app_base, war, stem)
    return Webroot(path=doc_base, archive=False, exists=_exists(kind))


def _of_war(reader: Reader, host: HostNode, app_base: str, war: str, stem: str) -> Webroot:
    kind = _kind(reader, war)
    if kind == Known(FileKind.DIRECTORY):
        return Webroot(path=war, archive=False, exists=Known(True))
    if host.unpack_wars != Known(False):
        unpacked = absolute(stem, app_base)
        directory = _kind(reader, unpacked)
        if directory == Known(FileKind.DIRECTORY):
            return Webroot(path=unpacked, archive=False, exists=Known(True), war=war)
    return Webroot(path=war, archive=True, exists=_exists(kind))


def _kind(reader: Reader, path: str) -> Fact[FileKind | None]:
    status = reader.status(path)
    return status if isinstance(status, Unknown) else Known(status.value.kind if status.value else None)


def _exists(kind: Fact[FileKind | None]) -> Fact[bool]:
    return kind if isinstance(kind, Unknown) else Known(kind.value is not None)
