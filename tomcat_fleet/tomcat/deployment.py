"""The web applications of an instance and the context definition that is in force for each.

Per context name exactly one definition counts (HostConfig of apache/tomcat, 6.0 … 11): a Context in server.xml, else
conf/<Engine>/<Host>/<name>.xml, else META-INF/context.xml of the application. The losers are not merged. On top come
conf/context.xml and conf/<Engine>/<Host>/context.xml.default unless the definition says override="true".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import Application, ResidueKind
from tomcat_fleet.tomcat.config import Config, HostNode, flag
from tomcat_fleet.tomcat.context_name import ContextName, without_extension
from tomcat_fleet.tomcat.document import attribute
from tomcat_fleet.tomcat.java_regex import JavaPattern, compile_java
from tomcat_fleet.tomcat.path import absolute, is_below, real
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.resource import hides_web_inf
from tomcat_fleet.tomcat.stock import is_sample
from tomcat_fleet.tomcat.web_xml import WebXml, parse_web_xml
from tomcat_fleet.tomcat.webapp import Definition, Deployment, Presence, Webapp
from tomcat_fleet.tomcat.webroot import Webroot, locate

_CONTEXT_XML = "META-INF/context.xml"
_WEB_XML = "WEB-INF/web.xml"
_NEVER_DEPLOYED = frozenset({"meta-inf", "web-inf"})
_WITHOUT_META_INF: Known[Definition | None] = Known(None)


def load_deployment(reader: Reader, config: Config) -> Deployment:
    """Find the web applications of every host of server.xml."""
    if isinstance(config.hosts, Unknown):
        return Deployment(apps=(), gaps=(config.hosts,))
    scans = [_Scan(reader, config, host) for host in config.hosts.value]
    apps = tuple(app for scan in scans for app in scan.run())
    return Deployment(apps=apps, gaps=tuple(dict.fromkeys(gap for scan in scans for gap in scan.gaps)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    name: ContextName
    presence: Presence
    doc_base: Fact[str]
    deployed: Fact[bool]
    definition: Fact[Definition | None] | None = None  # None: META-INF/context.xml decides


def _own_paths(app: Webapp) -> set[str | None]:
    """Its directory and its .war: one application, however many of them lie there."""
    return {app.root.path, app.root.path + ".war", app.root.war}


def _mounted(own: Fact[Definition | None], defaults: Fact[tuple[Definition, ...]]) -> Unknown | None:
    """Why WEB-INF is not what lies in the docBase: a definition mounts something over it."""
    single = (own.value,) if isinstance(own, Known) and own.value else ()
    general = defaults.value if isinstance(defaults, Known) else ()
    found = next((one for one in (*single, *general) if hides_web_inf(one.element)), None)
    return Unknown(Gap.UNRESOLVED, str(found.place), "Resources") if found else None


class _Scan:
    def __init__(self, reader: Reader, config: Config, host: HostNode) -> None:
        self.reader = reader
        self.config = config
        self.host = host
        self.gaps: list[Unknown] = []
        self.app_base = host.app_base.value if isinstance(host.app_base, Known) else config.base

    def run(self) -> Iterator[Webapp]:
        """Yield the applications in Tomcat's order: the first one of a name is the one that is served."""
        names = self._names(self.host.app_base)
        drafts = [*self._from_server_xml(), *self._from_descriptors(names), *self._from_app_base(names)]
        served: dict[ContextName, Webapp] = {}
        hidden: list[Webapp] = []
        for draft in drafts:
            first = served.get(draft.name)
            if first is None:
                served[draft.name] = self._webapp(draft)
            elif draft.presence.place.path in _own_paths(first):
                served[draft.name] = replace(first, presence=(*first.presence, draft.presence))
            else:
                hidden.append(self._webapp(replace(draft, deployed=Known(False))))
        yield from served.values()
        yield from hidden

    def _names(self, directory: Fact[str]) -> tuple[str, ...]:
        found = directory if isinstance(directory, Unknown) else self.reader.listing(directory.value)
        if isinstance(found, Unknown):
            self.gaps.append(found)
            return ()
        return found.value or ()

    def _by_host(self) -> Fact[bool]:
        """Whether HostConfig.deployApps ever runs: at start or later."""
        for switch in (self.host.deploy_on_startup, self.host.auto_deploy):
            if isinstance(switch, Unknown) or switch.value:
                return switch
        return Known(False)

    # server.xml

    def _from_server_xml(self) -> Iterator[_Draft]:
        for element in self.host.element.each("Context"):
            path, doc_base = attribute(element, "path"), attribute(element, "docBase")
            version = attribute(element, "webappVersion") or ""
            name = ContextName.of_path(path if path is not None else doc_base or "", version)
            definition = Definition(element=element, path=self.config.path)
            yield _Draft(
                name=name,
                presence=Presence(ResidueKind.CONTEXT, definition.place),
                doc_base=self._doc_base(doc_base, name),
                deployed=self.config.doubt(path) or Known(True),
                definition=Known(definition),
            )

    def _doc_base(self, text: str | None, name: ContextName) -> Fact[str]:
        doubt = self.config.doubt(text)
        shown = from_text(text or name.stem)
        if not shown.startswith("/") and isinstance(self.host.app_base, Unknown):
            doubt = doubt or self.host.app_base
        return doubt or Known(absolute(shown, self.app_base))

    # descriptors

    def _from_descriptors(self, names: tuple[str, ...]) -> Iterator[_Draft]:
        directory = self.host.xml_base
        places = [(directory.value if isinstance(directory, Known) else "", self._names(directory))]
        if self.config.version is not None and self.config.version.major < 5:
            places.append((self.app_base, names))  # 4.1 kept its descriptors in appBase
        for parent, files in places:
            for file in files:
                stem = without_extension(file, ".xml")
                if stem is not None:
                    yield self._from_descriptor(f"{parent}/{file}", ContextName.of_file(stem))

    def _from_descriptor(self, path: str, name: ContextName) -> _Draft:
        found = self.config.read(self.reader, path)
        definition: Fact[Definition | None]
        doc_base: Fact[str]
        if isinstance(found, Unknown):
            definition, doc_base = found, found
        elif found.value is None:
            definition = doc_base = Unknown(Gap.MISSING, path)  # it was listed a moment ago
        else:
            definition = Known(Definition(element=found.value, path=path))
            doc_base = self._external(attribute(found.value, "docBase"), name)
        line = definition.value.element.line if isinstance(definition, Known) and definition.value else 0
        return _Draft(
            name=name,
            presence=Presence(ResidueKind.DESCRIPTOR, Place(path, line)),
            doc_base=doc_base,
            deployed=self._by_host(),
            definition=definition,
        )

    def _external(self, text: str | None, name: ContextName) -> Fact[str]:
        """A descriptor's docBase only counts outside appBase; inside, HostConfig goes by the name instead."""
        found = self._doc_base(text, name)
        if text is None or isinstance(found, Unknown):
            return found
        inside = is_below(real(self.reader, found.value), real(self.reader, self.app_base))
        return self._doc_base(None, name) if inside else found

    # appBase

    def _from_app_base(self, names: tuple[str, ...]) -> Iterator[_Draft]:
        found = [self._from_entry(name) for name in names if name.lower() not in _NEVER_DEPLOYED]
        drafts = [draft for draft in found if draft]
        archives = {ResidueKind.ARCHIVE}
        yield from (draft for draft in drafts if draft.presence.kind in archives)
        yield from (draft for draft in drafts if draft.presence.kind not in archives)

    def _from_entry(self, name: str) -> _Draft | None:
        path = f"{self.app_base}/{name}"
        status = self.reader.status(path)
        kind = status.value.kind if isinstance(status, Known) and status.value else None
        stem = without_extension(name, ".war")
        if isinstance(status, Known) and (kind is FileKind.OTHER or kind is None):
            return None
        if kind is FileKind.FILE and stem is None:
            return None
        is_archive = stem is not None and kind is not FileKind.DIRECTORY
        linked = isinstance(status, Known) and status.value is not None and status.value.link_target is not None
        how = ResidueKind.ARCHIVE if is_archive else ResidueKind.LINK if linked else ResidueKind.DIRECTORY
        return _Draft(
            name=ContextName.of_file(stem if is_archive and stem else name),
            presence=Presence(how, Place(path)),
            doc_base=Known(path),
            deployed=self._unless_ignored(name),
        )

    def _unless_ignored(self, name: str) -> Fact[bool]:
        text = attribute(self.host.element, "deployIgnore")
        doubt = self.config.doubt(text)
        if not text or doubt:
            return doubt or self._by_host()
        pattern = compile_java(text)
        if not isinstance(pattern, JavaPattern):
            return Unknown(Gap.UNRESOLVED, self.config.path, "deployIgnore")
        return Known(False) if pattern.matches(name) else self._by_host()

    # what an application consists of

    def _webapp(self, draft: _Draft) -> Webapp:
        root = self._root(draft)
        gap = draft.doc_base if isinstance(draft.doc_base, Unknown) else None
        meta = gap or self._meta_inf(root)
        definition, displaced, deployed = self._in_force(draft, meta)
        defaults = self._defaults(definition)
        namespaces = self._matches_local_names(definition, defaults)
        mounted = gap or _mounted(definition, defaults)
        web_xml = mounted or self._web_xml(root, definition, namespaces=namespaces)
        return Webapp(
            application=Application(
                path=from_text(draft.name.path),
                host=from_text(self.host.name),
                doc_base=root.path,
                archive=root.archive,
                deployed=self._if_served(deployed, root, web_xml),
                sample=isinstance(web_xml, Known) and web_xml.value is not None and is_sample(web_xml.value),
                place=draft.presence.place,
            ),
            host=self.host,
            name=draft.name,
            root=root,
            definition=definition,
            defaults=defaults,
            displaced=displaced,
            web_xml=web_xml,
            namespaces=namespaces,
            presence=(draft.presence,),
        )

    def _root(self, draft: _Draft) -> Webroot:
        stem = from_text(draft.name.stem)
        if isinstance(draft.doc_base, Unknown):
            return Webroot(path=absolute(stem, self.app_base), archive=False, exists=draft.doc_base)
        return locate(self.reader, self.host, self.app_base, draft.doc_base.value, stem)

    def _matches_local_names(self, definition: Fact[Definition | None], defaults: Fact[tuple[Definition, ...]]) -> bool:
        """Whether web.xml is parsed with namespaces: StandardContext.xmlNamespaceAware is false unless set."""
        own = (definition.value,) if isinstance(definition, Known) and definition.value else ()
        aware = self.config.namespaces
        for one in (*(defaults.value if isinstance(defaults, Known) else ()), *own):
            found = flag(one.element, "xmlNamespaceAware", self.config.properties, default=aware)
            aware = found.value if isinstance(found, Known) else aware
        return aware

    def _web_xml(self, root: Webroot, definition: Fact[Definition | None], *, namespaces: bool) -> Fact[WebXml | None]:
        """WEB-INF/web.xml, or the file that the Context's altDDName puts in its place."""
        own = definition.value.element if isinstance(definition, Known) and definition.value else None
        other = attribute(own, "altDDName") if own else None
        if not other:
            document = root.document(self.reader, self.config, _WEB_XML, namespaces=namespaces)
            return parse_web_xml(document, root.place(_WEB_XML))
        path = absolute(from_text(other), self.config.base)
        doubt = self.config.doubt(other)
        return doubt or parse_web_xml(self.config.read(self.reader, path, namespaces=namespaces), path)

    def _meta_inf(self, root: Webroot) -> Fact[Definition | None]:
        found = root.document(self.reader, self.config, _CONTEXT_XML)
        path = root.place(_CONTEXT_XML)
        if found == Known(None) and root.war and not root.archive:  # HostConfig.deployWAR then looks into the .war
            packed = Webroot(path=root.war, archive=True, exists=Known(True))
            found, path = packed.document(self.reader, self.config, _CONTEXT_XML), packed.place(_CONTEXT_XML)
        if isinstance(found, Unknown):
            return found
        return Known(Definition(element=found.value, path=path) if found.value else None)

    def _in_force(
        self, draft: _Draft, meta: Fact[Definition | None]
    ) -> tuple[Fact[Definition | None], Fact[Definition | None], Fact[bool]]:
        """The definition in force, the META-INF/context.xml that is not, and whether the application is deployed."""
        if draft.definition is not None:
            return draft.definition, meta, draft.deployed
        allowed = self.host.deploy_xml
        if isinstance(allowed, Unknown):
            return allowed, meta, draft.deployed
        if allowed.value or meta == _WITHOUT_META_INF:
            return meta, _WITHOUT_META_INF, draft.deployed
        if isinstance(meta, Unknown):
            return meta, _WITHOUT_META_INF, meta
        return Known(None), meta, self._without_its_descriptor(draft.deployed)

    def _without_its_descriptor(self, deployed: Fact[bool]) -> Fact[bool]:
        """With deployXML="false" such an application was deployed bare before 7.0.48 and is refused since."""
        version = self.config.version
        if version is None and deployed != Known(False):
            return Unknown(Gap.UNRESOLVED, self.config.path, "deployXML")
        refused = version is not None and version.since("7.0.48", "8.0.0-RC6")
        return Known(False) if refused else deployed

    def _if_served(self, deployed: Fact[bool], root: Webroot, web_xml: Fact[WebXml | None]) -> Fact[bool]:
        """A context whose docBase does not exist fails to start; so does one behind a dangling link."""
        if root.exists == Known(False):
            return Known(False)
        status = self.reader.status(root.path)
        dangling = isinstance(status, Known) and status.value is not None and status.value.kind is FileKind.LINK
        return Known(False) if dangling and web_xml == Known(None) else deployed

    def _defaults(self, definition: Fact[Definition | None]) -> Fact[tuple[Definition, ...]]:
        if isinstance(definition, Known) and definition.value:
            override = flag(definition.value.element, "override", self.config.properties, default=False)
            if isinstance(override, Unknown):
                return override
            if override.value:
                return Known(())
        if isinstance(self.host.xml_base, Unknown):
            return self.host.xml_base
        found: list[Definition] = []
        for path in (f"{self.config.base}/conf/context.xml", f"{self.host.xml_base.value}/context.xml.default"):
            document = self.config.read(self.reader, path)
            if isinstance(document, Unknown):
                return document
            if document.value:
                found.append(Definition(element=document.value, path=path))
        return Known(tuple(found))
