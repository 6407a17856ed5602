"""Directory listings: the default servlets that each web.xml declares (WT-08)."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import DefaultServlet, ListingFile, ListingScope
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.web_descriptor import FRAGMENTS_SINCE, WebDescriptors
from tomcat_fleet.tomcat.web_xml import Parameter, ServletNode, WebXml
from tomcat_fleet.tomcat.webapp import Deployment, Webapp

_CLASSES = frozenset({"org.apache.catalina.servlets.DefaultServlet", "org.apache.catalina.servlets.WebdavServlet"})


def listing_files(reader: Reader, config: Config, deployment: Deployment) -> tuple[ListingFile, ...]:
    """Every descriptor that may switch listings on, with its default servlets or the gap that hides them.

    conf/web.xml comes first and is Unknown(MISSING) when verified absent. Where applications could not be listed one
    entry stands for all of them.
    """
    reading = _Reading(reader, config)
    served = [app for app in deployment.apps if app.application.deployed != Known(False)]
    return (
        *reading.of_server(),
        *(file for app in served for file in reading.of_app(app)),
        *(_file(ListingScope.APPLICATION, gap.source, "*", gap) for gap in deployment.gaps),
    )


def _file(scope: ListingScope, path: str, application: str, servlets: Fact[tuple[DefaultServlet, ...]]) -> ListingFile:
    return ListingFile(scope=scope, path=path, application=application, servlets=servlets)


class _Reading:
    def __init__(self, reader: Reader, config: Config) -> None:
        self.config = config
        self.descriptors = WebDescriptors(reader, config)

    def of_server(self) -> Iterator[ListingFile]:
        """conf/web.xml and every host's web.xml.default that exists."""
        path, found = self.descriptors.of_server()
        missing = Unknown(Gap.MISSING, path)
        yield _file(ListingScope.GLOBAL, path, "", missing if found == Known(None) else self._servlets(found))
        if isinstance(self.config.hosts, Unknown):
            return
        for path, found in dict.fromkeys(map(self.descriptors.of_host, self.config.hosts.value)):
            if found != Known(None):
                yield _file(ListingScope.HOST_DEFAULT, path, "", self._servlets(found))

    def of_app(self, app: Webapp) -> Iterator[ListingFile]:
        """Descriptors of one application, its fragments included."""
        for path, found in self.descriptors.of_application(app):
            if found != Known(None):
                yield _file(ListingScope.APPLICATION, path, app.application.path or "/", self._servlets(found))

    def _servlets(self, found: Fact[WebXml | None]) -> Fact[tuple[DefaultServlet, ...]]:
        if isinstance(found, Unknown):
            return found
        if found.value is None:
            return Known(())
        path = found.value.path
        return Known(tuple(self._servlet(one, path) for one in found.value.servlets if _is_default(one)))

    def _servlet(self, servlet: ServletNode, path: str) -> DefaultServlet:
        named = [parameter for parameter in servlet.parameters if parameter.name == "listings"]
        chosen = self._in_force(named)
        return DefaultServlet(
            name=servlet.name,
            class_name=servlet.class_name,
            mappings=servlet.mappings,
            listings_text=chosen.value if chosen else None,
            listings=self._value(named, chosen),
            place=Place(path, chosen.line if chosen else servlet.line),
        )

    def _in_force(self, named: list[Parameter]) -> Parameter | None:
        """Of equal names the first counts since 7.0 (ServletDef.addInitParameter), the last before."""
        if not named:
            return None
        older = self.config.version is not None and self.config.version.major < FRAGMENTS_SINCE
        return named[-1] if older else named[0]

    def _value(self, named: list[Parameter], chosen: Parameter | None) -> Fact[bool]:
        """Boolean.parseBoolean of the trimmed body; false when absent."""
        if chosen is None:
            return Known(False)
        doubt = self.config.doubt(chosen.value)
        if doubt:
            return doubt
        values = {parameter.value.lower() == "true" for parameter in named}
        if len(values) > 1 and self.config.version is None:
            return Unknown(Gap.UNRESOLVED, "listings", "which of several values counts depends on the version")
        return Known(chosen.value.lower() == "true")


def _is_default(servlet: ServletNode) -> bool:
    """Tomcat's own classes, or an addition to the servlet that conf/web.xml calls ``default``."""
    return servlet.class_name in _CLASSES or (servlet.name == "default" and not servlet.class_name)
