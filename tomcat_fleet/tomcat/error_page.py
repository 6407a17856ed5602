"""Error pages as the version merges them (WT-09)."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import AppErrorPages, Application, ErrorPage, ErrorPages, MissingLocation
from tomcat_fleet.tomcat.config import Config, HostNode, flag
from tomcat_fleet.tomcat.document import class_name
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.web_descriptor import WebDescriptors
from tomcat_fleet.tomcat.web_xml import WebXml
from tomcat_fleet.tomcat.webapp import Deployment, Webapp
from tomcat_fleet.tomcat.xml import Element

_VALVE = "org.apache.catalina.valves.ErrorReportValve"
_CODE = "errorCode."


def error_pages(reader: Reader, config: Config, deployment: Deployment) -> ErrorPages:
    """Error pages of the server and of every application that is not verified to be out of service.

    ``global_pages`` is Unknown(MISSING) without a conf/web.xml. web.xml.default counts as global where there is one
    host; with several hosts its pages are added to those of the host's applications. ``missing_locations`` names for
    each application (``/path``, or ``host/path`` where the host is not localhost) the pages in force there, its own
    and the global ones, that it lacks, and for the whole server (application ``*``) files named by an ErrorReportValve.
    Where applications could not be listed one entry with Unknown pages stands for them.
    """
    reading = _Reading(reader, config)
    served = [app for app in deployment.apps if app.application.deployed != Known(False)]
    general = reading.general()
    own = [(app, reading.of_app(app)) for app in served]
    valve = tuple(reading.of_valves())
    return ErrorPages(
        global_pages=general,
        report_valve=valve,
        applications=(
            *(AppErrorPages(application=app.application, pages=pages, apart=_is_apart(app)) for app, pages in own),
            *(AppErrorPages(application=_unlisted(gap), pages=gap) for gap in deployment.gaps),
        ),
        missing_locations=(
            *(missing for app, pages in own for missing in reading.missing(app, pages, general)),
            *(MissingLocation(application="*", location="*", state=gap) for gap in deployment.gaps),
            *reading.missing_files(valve),
        ),
        default_page_since=reading.since("7.0.29"),
        hides_details=tuple(reading.hidden_details()),
    )


def _unlisted(gap: Unknown) -> Application:
    return Application(
        path="*",
        host="",
        doc_base=gap.source,
        archive=False,
        deployed=gap,
        sample=False,
        place=Place(gap.source),
    )


class _Reading:
    def __init__(self, reader: Reader, config: Config) -> None:
        self.reader = reader
        self.config = config
        self.hosts = config.hosts.value if isinstance(config.hosts, Known) else ()
        self.descriptors = WebDescriptors(reader, config)

    def since(self, *firsts: str) -> bool:
        """Whether the version certainly has it: of an unknown version nothing is taken for granted."""
        return self.config.version is not None and self.config.version.since(*firsts)

    def general(self) -> Fact[tuple[ErrorPage, ...]]:
        """Pages that every application inherits."""
        path, server = self.descriptors.of_server()
        if server == Known(None):
            return Unknown(Gap.MISSING, path)
        host = [self.descriptors.of_host(self.hosts[0])[1]] if len(self.hosts) == 1 else []
        return _together((), *host, server)

    def of_app(self, app: Webapp) -> Fact[tuple[ErrorPage, ...]]:
        """Pages of the application's own descriptor, with those around it that are not everybody's."""
        if isinstance(app.web_xml, Unknown):
            return app.web_xml
        own = app.web_xml.value.error_pages if app.web_xml.value else ()
        (_, host), (_, outer) = self.descriptors.around(app)
        if _is_apart(app):
            return _together(own, host, outer)
        return Known(own) if len(self.hosts) == 1 else _together(own, host)

    def missing(
        self, app: Webapp, own: Fact[tuple[ErrorPage, ...]], general: Fact[tuple[ErrorPage, ...]]
    ) -> Iterator[MissingLocation]:
        """Pages in force in the application whose location it lacks."""
        shared = general.value if isinstance(general, Known) and not _is_apart(app) else ()
        pages = _merged(own.value if isinstance(own, Known) else (), shared)
        mapped = app.web_xml.value.servlets if isinstance(app.web_xml, Known) and app.web_xml.value else ()
        served = {pattern for servlet in mapped for pattern in servlet.mappings}
        for location in dict.fromkeys(page.location for page in pages):
            file = location.partition("?")[0].partition("#")[0]
            if file in served:
                continue
            found = app.root.has(self.reader, from_text(file).lstrip("/"))
            if isinstance(found, Unknown) or not found.value:
                state = found if isinstance(found, Unknown) else Known(None)
                yield MissingLocation(application=_label(app), location=location, state=state)

    def missing_files(self, pages: tuple[ErrorPage, ...]) -> Iterator[MissingLocation]:
        """Files of an ErrorReportValve that do not exist: the valve then writes its own report."""
        for location in dict.fromkeys(page.location for page in pages):
            status = self.reader.status(location)
            if isinstance(status, Unknown) or status.value is None:
                state = status if isinstance(status, Unknown) else Known(None)
                yield MissingLocation(application="*", location=location, state=state)

    def of_valves(self) -> Iterator[ErrorPage]:
        """Pages that the ErrorReportValve of every host has."""
        if not self.since("8.5.78", "9.0.6", "10.0.0"):
            return
        by_host = [{page.code: page for page in self._of_valve(host)} for host in self.hosts]
        for code in dict.fromkeys(code for pages in by_host for code in pages):
            if all(code in pages for pages in by_host):
                yield from (pages[code] for pages in by_host)

    def _of_valve(self, host: HostNode) -> Iterator[ErrorPage]:
        for valve in _report_valves(host.element):
            for name, value in valve.attributes.items():
                code = name.removeprefix(_CODE)
                if name.startswith(_CODE) and code.isdecimal() and not self.config.doubt(value):
                    location = absolute(from_text(value), self.config.base)
                    place = Place(self.config.path, valve.line)
                    yield ErrorPage(code=int(code) or None, exception=None, location=location, place=place)

    def hidden_details(self) -> Iterator[Place]:
        """Valves that keep stack traces and the version out of the default report."""
        for host in self.hosts:
            for valve in _report_valves(host.element):
                switches = (
                    flag(valve, name, self.config.properties, default=True) for name in ("showReport", "showServerInfo")
                )
                if all(switch == Known(False) for switch in switches):
                    yield Place(self.config.path, valve.line)


def _is_apart(app: Webapp) -> bool:
    """Whether ContextConfig.getDefaultWebXml names another file than conf/web.xml."""
    return bool(app.setting("defaultWebXml"))


def _label(app: Webapp) -> str:
    path = app.application.path or "/"
    return path if app.host.name == "localhost" else f"{app.application.host}{path}"


def _report_valves(host: Element) -> Iterator[Element]:
    return (valve for valve in host.each("Valve") if class_name(valve) == _VALVE)


def _together(own: tuple[ErrorPage, ...], *around: Fact[WebXml | None]) -> Fact[tuple[ErrorPage, ...]]:
    """``own`` pages, then those of each descriptor ``around`` inside out; Unknown when one could not be read."""
    for found in around:
        if isinstance(found, Unknown):
            return found
        own = _merged(own, found.value.error_pages if found.value else ())
    return Known(own)


def _merged(first: tuple[ErrorPage, ...], second: tuple[ErrorPage, ...]) -> tuple[ErrorPage, ...]:
    """Pages of both; for the same code or exception those of ``first`` win, as in WebXml.merge."""
    taken = {(page.code, page.exception) for page in first}
    return (*first, *(page for page in second if (page.code, page.exception) not in taken))
