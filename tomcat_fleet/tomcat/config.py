"""The server configuration of one instance: server.xml with ``${}`` replaced, its services, engines and hosts.

Realm and Valve elements are found by walking the Elements: ``host.engine.each("Valve")``, ``config.server`` and so on.
Names of elements are compared as written, for Tomcat's Digester matches them so: ``<valve>`` is nothing. Attributes
are read with ``document.attribute``, which ignores the case of the first letter as Tomcat does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat.document import attribute, read_document
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.properties import Properties, load_properties
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.version import Version
from tomcat_fleet.tomcat.xml import Element

_STRICT = "org.apache.catalina.STRICT_SERVLET_COMPLIANCE"  # the default of xmlNamespaceAware (Globals)
# Every one is looked at with everything around it. More than any real server has would take the time of other targets.
_MOST_CONTAINERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNode:
    """One Service with its Connectors and its Engine."""

    name: str
    element: Element
    engine: Element | None
    connectors: tuple[Element, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNode:
    """One virtual host. Paths are absolute; a flag is Unknown when its value hangs on an unknowable property."""

    service: ServiceNode
    engine: Element
    element: Element
    engine_name: str
    name: str  # lower case, as StandardHost keeps it
    app_base: Fact[str]
    xml_base: Fact[str]  # where its descriptors, context.xml.default and web.xml.default lie
    deploy_xml: Fact[bool]
    copy_xml: Fact[bool]
    auto_deploy: Fact[bool]
    deploy_on_startup: Fact[bool]
    unpack_wars: Fact[bool]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that server.xml says, and the properties that filled it in."""

    base: str
    home: str
    version: Version | None
    properties: Properties
    path: str  # of server.xml
    namespaces: bool  # web.xml is matched by local names; false unless the whole server is told so
    server: Fact[Element]
    services: Fact[tuple[ServiceNode, ...]]
    hosts: Fact[tuple[HostNode, ...]]

    def doubt(self, text: str | None) -> Unknown | None:
        """Why an attribute's final value is not known; None when ``text`` is what Tomcat sees."""
        return self.properties.doubt(text)

    def read(self, reader: Reader, path: str, *, namespaces: bool = False) -> Fact[Element | None]:
        """Another XML file of this instance, its placeholders replaced by the same properties."""
        return read_document(reader, path, self.properties, namespaces=namespaces)


def load_config(
    reader: Reader,
    *,
    base: str,
    home: str,
    version: Version | None,
    arguments: Mapping[str, str],
    arguments_known: Fact[None] | None = None,
    environment: Mapping[str, str] | None = None,
    server_xml: str = "conf/server.xml",
) -> Config:
    """Read server.xml of ``base``.

    ``arguments``, ``arguments_known``, ``environment``: see ``load_properties``. ``server_xml`` is the value of the
    ``-config`` option. ``server`` is Unknown(MISSING) when the file is verified absent, else its own gap.
    """
    properties = load_properties(
        reader,
        base=base,
        home=home,
        version=version,
        arguments=arguments,
        arguments_known=arguments_known,
        environment=environment,
    )
    path = absolute(server_xml, base)
    server = _server(read_document(reader, path, properties), path)
    settings = _Settings(base, path, version, properties, "java.security.manager" in arguments)
    services: Fact[tuple[ServiceNode, ...]]
    hosts: Fact[tuple[HostNode, ...]]
    if isinstance(server, Unknown):
        services, hosts = server, server
    else:
        nodes = tuple(_service(element) for element in server.value.each("Service"))
        services, hosts = Known(nodes), Known(tuple(host for node in nodes for host in settings.hosts(node)))
    return Config(
        base=base,
        home=home,
        version=version,
        properties=properties,
        path=path,
        namespaces=properties.values.get(_STRICT, "").lower() == "true",
        server=server,
        services=services,
        hosts=hosts,
    )


def _server(found: Fact[Element | None], path: str) -> Fact[Element]:
    if isinstance(found, Unknown):
        return found
    if found.value is None:
        return Unknown(Gap.MISSING, path)
    if found.value.name != "Server":
        return Unknown(Gap.MALFORMED, path, "the root element is not Server")
    containers = sum(1 for element in found.value.iter() if element.name in {"Host", "Context"})
    if containers > _MOST_CONTAINERS:
        return Unknown(Gap.TRUNCATED, path, f"{containers} Hosts and Contexts")
    return Known(found.value)


def _service(element: Element) -> ServiceNode:
    engines = tuple(element.each("Engine"))
    return ServiceNode(
        name=attribute(element, "name") or "",
        element=element,
        engine=engines[-1] if engines else None,  # Service.setContainer: the last one stays
        connectors=tuple(element.each("Connector")),
    )


@dataclass(frozen=True, slots=True)
class _Settings:
    base: str
    path: str
    version: Version | None
    properties: Properties
    security_manager: bool

    def hosts(self, service: ServiceNode) -> tuple[HostNode, ...]:
        engine = service.engine
        return tuple(self._host(service, engine, element) for element in engine.each("Host")) if engine else ()

    def _host(self, service: ServiceNode, engine: Element, element: Element) -> HostNode:
        engine_name = attribute(engine, "name") or "null"
        name = (attribute(element, "name") or "null").lower()
        own = f"conf/{from_text(engine_name)}/{from_text(name)}"
        newer = self.version is None or self.version.major >= 7
        return HostNode(
            service=service,
            engine=engine,
            element=element,
            engine_name=engine_name,
            name=name,
            app_base=self._directory(element, "appBase", "webapps" if newer else "."),
            xml_base=self._directory(element, "xmlBase", own),
            deploy_xml=self._flag(element, "deployXML", default=not self._restricted()),
            copy_xml=self._flag(element, "copyXML", default=False),
            auto_deploy=self._flag(element, "autoDeploy", default=True),
            deploy_on_startup=self._flag(element, "deployOnStartup", default=True),
            unpack_wars=self._flag(element, "unpackWARs", default=True),
            place=Place(self.path, element.line),
        )

    def _restricted(self) -> bool:
        """Whether a SecurityManager switches deployXML off by default; Tomcat 11 knows none."""
        return self.security_manager and (self.version is None or self.version.major < 11)

    def _directory(self, element: Element, name: str, default: str) -> Fact[str]:
        text = attribute(element, name)
        doubt = self.properties.doubt(text)
        return doubt or Known(absolute(default if text is None else from_text(text), self.base))

    def _flag(self, element: Element, name: str, *, default: bool) -> Fact[bool]:
        return flag(element, name, self.properties, default=default)


def flag(element: Element, name: str, properties: Properties, *, default: bool) -> Fact[bool]:
    """Read a boolean attribute as Boolean.valueOf does: only ``true`` in any case is true."""
    text = attribute(element, name)
    doubt = properties.doubt(text)
    if doubt:
        return doubt
    return Known(default if text is None else text.lower() == "true")
