"""Every web.xml that takes part in an application: the server's, the host's, its own, and those of its jars.

ContextConfig.webConfig merges them into one: WEB-INF/web.xml, fragments of WEB-INF/lib since 7.0 unless the descriptor
is metadata-complete, WEB-INF/tomcat-web.xml since 9.0, then web.xml.default of the host and conf/web.xml, in whose
place the Context's defaultWebXml stands when it has one.
"""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.tomcat.config import Config, HostNode
from tomcat_fleet.tomcat.document import member_path, parse_content, read_member
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.web_xml import WebXml, parse_web_xml
from tomcat_fleet.tomcat.webapp import Webapp

FRAGMENTS_SINCE = 7  # Servlet 3.0
_TOMCAT_WEB_XML_SINCE = 9
_FRAGMENT = "META-INF/web-fragment.xml"
_TOMCAT_WEB_XML = "WEB-INF/tomcat-web.xml"

Found = tuple[str, Fact[WebXml | None]]


class WebDescriptors:
    """The descriptors of one instance, each with its path; ``Known(None)`` where there is none such."""

    def __init__(self, reader: Reader, config: Config) -> None:
        self._reader = reader
        self._config = config

    def of_server(self) -> Found:
        """conf/web.xml."""
        return self._at(f"{self._config.base}/conf/web.xml")

    def of_host(self, host: HostNode) -> Found:
        """web.xml.default beside the host's descriptors."""
        if isinstance(host.xml_base, Unknown):
            return host.xml_base.source, host.xml_base
        return self._at(f"{host.xml_base.value}/web.xml.default")

    def around(self, app: Webapp) -> tuple[Found, Found]:
        """What lies around an application's own: its host's, then conf/web.xml or its Context's defaultWebXml."""
        return self.of_host(app.host), self._instead(app) or self.of_server()

    def of_application(self, app: Webapp) -> Iterator[Found]:
        """Its own descriptor first, then what lies beside it, then its fragments."""
        own = app.web_xml.value.path if isinstance(app.web_xml, Known) and app.web_xml.value else ""
        yield own or app.root.place("WEB-INF/web.xml"), app.web_xml
        yield from self._beside(app)
        yield from self._fragments(app)

    def _instead(self, app: Webapp) -> Found | None:
        other = app.setting("defaultWebXml")
        if not other:
            return None
        path = absolute(from_text(other), self._config.base)
        return path, self._config.doubt(other) or self._at(path)[1]

    def _beside(self, app: Webapp) -> Iterator[Found]:
        instead = self._instead(app)
        if instead:
            yield instead
        version = self._config.version
        if version is None or version.major >= _TOMCAT_WEB_XML_SINCE:
            path = app.root.place(_TOMCAT_WEB_XML)
            document = app.root.document(self._reader, self._config, _TOMCAT_WEB_XML, namespaces=app.namespaces)
            yield path, parse_web_xml(document, path)

    def _fragments(self, app: Webapp) -> Iterator[Found]:
        version = self._config.version
        own = app.web_xml.value if isinstance(app.web_xml, Known) else None
        complete = own is not None and own.metadata_complete
        if complete or (version is not None and version.major < FRAGMENTS_SINCE):
            return
        yield from self._packed(app) if app.root.archive else self._unpacked(app)

    def _packed(self, app: Webapp) -> Iterator[Found]:
        archive = app.root.path
        contents = self._reader.fragments(archive)
        if isinstance(contents, Unknown):
            yield member_path(archive, "WEB-INF/lib"), contents
            return
        for content in contents.value or ():
            document = parse_content(content, self._config.properties, namespaces=app.namespaces)
            yield content.path, parse_web_xml(document, content.path)

    def _unpacked(self, app: Webapp) -> Iterator[Found]:
        directory = f"{app.root.path}/WEB-INF/lib"
        names = self._reader.listing(directory)
        if isinstance(names, Unknown):
            yield directory, names
            return
        for name in names.value or ():
            if name.lower().endswith(".jar"):
                jar = f"{directory}/{name}"
                document = read_member(self._reader, jar, _FRAGMENT, self._config.properties, namespaces=app.namespaces)
                path = member_path(jar, _FRAGMENT)
                yield path, parse_web_xml(document, path)

    def _at(self, path: str) -> Found:
        return path, parse_web_xml(self._config.read(self._reader, path, namespaces=self._config.namespaces), path)
