"""Web applications, listings, error pages, samples: the facts behind WT-08 … WT-11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.escape import shell_word
from tomcat_fleet.model.fact import Fact
from tomcat_fleet.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One web application of one Host, deployed or lying in its appBase."""

    path: str  # context path, "" for ROOT
    host: str
    doc_base: str
    archive: bool  # only a .war, not unpacked
    deployed: Fact[bool]
    sample: bool  # examples, docs, the stock ROOT, manager, host-manager
    place: Place  # descriptor, server.xml line or directory that makes it an application


class ListingScope(StrEnum):
    """Which kind of file a default servlet is declared in."""

    GLOBAL = "global"  # conf/web.xml
    HOST_DEFAULT = "host-default"  # conf/<Engine>/<Host>/web.xml.default
    APPLICATION = "application"  # WEB-INF/web.xml or a web-fragment.xml


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultServlet:
    """One active servlet of class DefaultServlet or WebdavServlet."""

    name: str
    class_name: str
    mappings: tuple[str, ...]
    listings_text: str | None  # None: parameter absent
    listings: Fact[bool]
    place: Place  # the listings parameter, or the servlet when it is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingFile:
    """The default servlets of one web.xml, or why it could not be read."""

    scope: ListingScope
    path: str
    application: str  # context path for an application, else ""
    servlets: Fact[tuple[DefaultServlet, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """An error-page of a web.xml, or an errorCode attribute of an ErrorReportValve."""

    code: int | None  # None: every code (no error-code, no exception-type), or errorCode.0
    exception: str | None
    location: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLocation:
    """A page that an error-page names and one application lacks."""

    application: str
    location: str
    state: Fact[None]  # Known(None): verified absent


@dataclass(frozen=True, slots=True, kw_only=True)
class AppErrorPages:
    """Error pages of one application's own web.xml.

    One ``apart`` has a descriptor of its own in the place of conf/web.xml: the global pages are not for it.
    """

    application: Application
    pages: Fact[tuple[ErrorPage, ...]]
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPages:
    """Error pages as this version merges them."""

    global_pages: Fact[tuple[ErrorPage, ...]]  # conf/web.xml, and web.xml.default of every host
    report_valve: tuple[ErrorPage, ...]  # errorCode.N of ErrorReportValve on every Host
    applications: tuple[AppErrorPages, ...]
    missing_locations: tuple[MissingLocation, ...]  # global pages that some application lacks
    default_page_since: bool  # this version accepts an error-page without code and type
    hides_details: tuple[Place, ...]  # ErrorReportValve with showReport=false and showServerInfo=false


class ResidueKind(StrEnum):
    """How something unneeded is present."""

    DIRECTORY = "directory"
    LINK = "link"
    ARCHIVE = "archive"
    DESCRIPTOR = "descriptor"
    CONTEXT = "context"
    RENAMED = "renamed"
    JAR = "jar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """One examples application (WT-10) or one process-management function (WT-11) found."""

    kind: ResidueKind
    path: str
    name: str  # examples, jsp-examples, manager, host-manager, admin, catalina-manager.jar …
    deployed: Fact[bool]
    place: Place

    def removal(self, keep: Sequence[str]) -> tuple[str, ...]:
        """Shell line that removes it; none where a line of server.xml must go, or where a path of ``keep`` would."""
        tree = self.kind in _TREES and not self.path.endswith(".war")
        if self.kind is ResidueKind.CONTEXT or any(f"{path}/".startswith(f"{self.path.rstrip('/')}/") for path in keep):
            return ()
        return (f"rm {'-r ' if tree else ''}-- {shell_word(self.path)}",)


_TREES = frozenset({ResidueKind.DIRECTORY, ResidueKind.RENAMED})
