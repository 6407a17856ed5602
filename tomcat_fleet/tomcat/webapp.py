"""Web applications as Tomcat would serve them."""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import Application, ResidueKind
from tomcat_fleet.tomcat.config import HostNode
from tomcat_fleet.tomcat.context_name import ContextName
from tomcat_fleet.tomcat.document import attribute
from tomcat_fleet.tomcat.web_xml import WebXml
from tomcat_fleet.tomcat.webroot import Webroot
from tomcat_fleet.tomcat.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A Context element and the file it was read from."""

    element: Element
    path: str

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.path, self.element.line)


@dataclass(frozen=True, slots=True)
class Presence:
    """One thing that makes the application exist."""

    kind: ResidueKind
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Webapp:
    """One web application of one host, deployed or only lying there.

    ``definition`` is the context definition in force, ``Known(None)`` where nothing defines the context. ``displaced``
    is a META-INF/context.xml that Tomcat does not read, because something else defines the context or because the host
    says deployXML="false". ``defaults`` are what conf/context.xml and context.xml.default add.
    """

    application: Application
    host: HostNode
    name: ContextName
    root: Webroot
    definition: Fact[Definition | None]
    defaults: Fact[tuple[Definition, ...]]
    displaced: Fact[Definition | None]
    web_xml: Fact[WebXml | None]
    namespaces: bool  # its descriptors are matched by local names
    presence: tuple[Presence, ...]

    def setting(self, name: str) -> str | None:
        """An attribute of the context, the last definition that has it; None also when one could not be read."""
        own = (self.definition.value,) if isinstance(self.definition, Known) and self.definition.value else ()
        defaults = self.defaults.value if isinstance(self.defaults, Known) else ()
        values = (attribute(one.element, name) for one in (*own, *reversed(defaults)))
        return next((value for value in values if value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """All web applications found; ``gaps`` name what kept the list from being complete."""

    apps: tuple[Webapp, ...]
    gaps: tuple[Unknown, ...]
