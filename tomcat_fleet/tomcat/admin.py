"""Contexts that serve Tomcat's administration code, and who may reach them by address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from tomcat_fleet.model.access import Access, AccessNote, AdminContext, AdminKind, Decision, forbidden
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat.address_filter import is_address_step, judge_access
from tomcat_fleet.tomcat.admin_servlet import AdminServlets
from tomcat_fleet.tomcat.config import Config, HostNode, flag
from tomcat_fleet.tomcat.path import name as last_segment
from tomcat_fleet.tomcat.pipeline import Pipeline, Step, has_misspelt_valve, valve_steps
from tomcat_fleet.tomcat.probe import probes
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.stock import STANDARD_NAMES
from tomcat_fleet.tomcat.web_descriptor import WebDescriptors
from tomcat_fleet.tomcat.web_xml import FilterNode, WebXml, merged_filters
from tomcat_fleet.tomcat.webapp import Definition, Deployment, Webapp
from tomcat_fleet.tomcat.xml import Element

_FOR_ALL = frozenset({"/*", "*"})


def admin_contexts(
    reader: Reader, config: Config, deployment: Deployment, networks: Sequence[str] = ()
) -> Fact[tuple[AdminContext, ...]]:
    """Every context with an administration servlet, whatever its name and whichever descriptor declares it.

    An application that could not be examined may be one too. When nothing was found beside it the whole is Unknown;
    otherwise it is listed with ``access`` Unknown, so that what was found can still be judged. The same holds for
    whatever kept the list of applications from being complete. ``networks`` add probe addresses at their edges.
    """
    judge = _Judge(reader, config, networks)
    found = tuple(context for app in deployment.apps for context in judge.contexts(app))
    unlisted = (*deployment.gaps, *judge.servlets.gaps())
    dark = tuple(chain(map(_unread, filter(_is_dark, deployment.apps)), map(_unlisted, unlisted)))
    if not found and dark:
        access = dark[0].access
        return access if isinstance(access, Unknown) else Known(dark)
    return Known((*found, *dark))


def _is_dark(app: Webapp) -> bool:
    return isinstance(app.web_xml, Unknown) and app.application.deployed != Known(False)


def _unread(app: Webapp) -> AdminContext:
    """An application whose web.xml could not be read; its kind is a guess from its names, else MANAGER."""
    assert isinstance(app.web_xml, Unknown)
    names = {app.application.path.strip("/"), last_segment(app.root.path)}
    kind = next((kind for kind, name in STANDARD_NAMES.items() if name in names), AdminKind.MANAGER)
    return AdminContext(
        path=app.application.path,
        kind=kind,
        host=app.application.host,
        doc_base=app.application.doc_base,
        deployed=app.application.deployed,
        standard_name=_is_standard(app, kind),
        definition=app.application.place,
        servlet=Place(app.root.place("WEB-INF/web.xml")),
        access=app.web_xml,
        presence=tuple(presence.place for presence in app.presence),
    )


def _unlisted(gap: Unknown) -> AdminContext:
    """Whatever lies where nothing could be listed."""
    return AdminContext(
        path="*",
        kind=AdminKind.MANAGER,
        host="",
        doc_base=gap.source,
        deployed=gap,
        standard_name=False,
        definition=Place(gap.source),
        servlet=Place(gap.source),
        access=gap,
    )


def _is_standard(app: Webapp, kind: AdminKind) -> bool:
    return app.application.path == "/" + STANDARD_NAMES[kind]


class _Judge:
    def __init__(self, reader: Reader, config: Config, networks: Sequence[str]) -> None:
        self.reader = reader
        self.config = config
        self.networks = networks
        self.probes = probes(networks)
        self.servlets = AdminServlets(reader, config)
        self.descriptors = WebDescriptors(reader, config)

    def contexts(self, app: Webapp) -> Iterator[AdminContext]:
        """At most one context for an application; the manager's kind goes before the others."""
        if isinstance(app.web_xml, Unknown):
            return
        servlets = self.servlets.of(app)
        if not servlets:
            return
        kind, servlet = servlets[0]
        definition = app.definition.value if isinstance(app.definition, Known) else None
        yield AdminContext(
            path=app.application.path,
            kind=kind,
            host=app.application.host,
            doc_base=app.application.doc_base,
            deployed=app.application.deployed,
            standard_name=_is_standard(app, kind),
            definition=definition.place if definition else servlet,
            servlet=servlet,
            access=self.access(app, app.web_xml.value),
            presence=tuple(presence.place for presence in app.presence),
        )

    def access(self, app: Webapp, web_xml: WebXml | None) -> Fact[Access]:
        """The effective filter; Unknown when a file that takes part in it could not be read."""
        if isinstance(app.definition, Unknown):
            return app.definition
        if isinstance(app.defaults, Unknown):
            return app.defaults
        own = app.definition.value
        definitions = (*app.defaults.value, *((own,) if own else ()))
        outer = [found for _, found in self.descriptors.around(app)]
        gap = next((found for found in outer if isinstance(found, Unknown)), None)
        around = (found.value for found in outer if isinstance(found, Known))
        layers = tuple(layer for layer in (web_xml, *around) if layer)
        pipeline = self._pipeline(app.host, definitions, tuple(_filter_steps(layers, web_xml, self.servlets.of(app))))
        access = judge_access(self.config, app.host.service, pipeline, self.probes)
        if gap and any(probe.decision is not Decision.REFUSED for probe in forbidden(access, self.networks)):
            return gap  # a filter that could not be read may refuse what seems to be let in
        if self._displaced_filter(app, definitions):
            return Known(_with_note(access, AccessNote.IGNORED_META_INF))
        return Known(access)

    def _pipeline(self, host: HostNode, definitions: Sequence[Definition], filters: Sequence[Step]) -> Pipeline:
        path = self.config.path
        layers: list[tuple[str, str, Element]] = [("engine", path, host.engine), ("host", path, host.element)]
        layers.extend(("context", one.path, one.element) for one in definitions)
        return Pipeline(
            steps=(*(step for layer in layers for step in valve_steps(*layer)), *filters),
            misspelt=any(has_misspelt_valve(element) for _, _, element in layers),
            preemptive=any(self._is_preemptive(one.element) for one in definitions),
        )

    def _is_preemptive(self, context: Element) -> bool:
        switch = flag(context, "preemptiveAuthentication", self.config.properties, default=False)
        return isinstance(switch, Unknown) or switch.value

    @staticmethod
    def _displaced_filter(app: Webapp, definitions: Sequence[Definition]) -> bool:
        """Whether a META-INF/context.xml that nobody reads has a filter which those in force lack."""
        if not isinstance(app.displaced, Known) or app.displaced.value is None:
            return False

        def has_filter(definition: Definition) -> bool:
            return any(map(is_address_step, valve_steps("context", definition.path, definition.element)))

        return has_filter(app.displaced.value) and not any(map(has_filter, definitions))


def _filter_steps(
    layers: Sequence[WebXml], own: WebXml | None, declared: Sequence[tuple[AdminKind, Place]]
) -> Iterator[Step]:
    """Filters of the merged ``layers`` that see every request to the administration servlets ``declared``.

    Foreign classes count in its own file only: those further out are for every application. A filter for servlets by
    name must name all of the application's own, and the administration servlets must be among them.
    """
    inside = own is not None and {place.path for _, place in declared} == {own.path}
    named = {servlet.name for servlet in own.servlets} if own and inside else set()
    for one, layer in merged_filters(layers):
        step = _filter_step(one, layer.path)
        everywhere = bool(_FOR_ALL & {*one.patterns, *one.servlets}) or bool(named and named <= set(one.servlets))
        if everywhere and (layer is own or is_address_step(step)):
            yield step


def _filter_step(one: FilterNode, path: str) -> Step:
    settings = {parameter.name: parameter.value for parameter in one.parameters}
    element = Element("filter", one.line, 0, settings)
    return Step(level="filter", class_name=one.class_name, element=element, place=Place(path, one.line))


def _with_note(access: Access, note: AccessNote) -> Access:
    return Access(starts=access.starts, results=access.results, filters=access.filters, notes=access.notes | {note})
