"""Deployment descriptors: web.xml and web-fragment.xml.

Bodies are trimmed, as Tomcat's Digester does for these files. Names count as they are written: ``<j:servlet>`` is
nothing unless the context is xmlNamespaceAware.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import ErrorPage
from tomcat_fleet.tomcat.xml import Element

_BLANKS = "".join(map(chr, range(33)))  # what Java's String.trim removes
_ROOTS = frozenset({"web-app", "web-fragment"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One init-param; ``line`` is that of its element."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServletNode:
    """One servlet that is not switched off. ``class_name`` is empty for a JSP and for an addition to another file."""

    name: str
    class_name: str
    parameters: tuple[Parameter, ...]
    mappings: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterNode:
    """One filter with what it is mapped to for plain requests, in the order of its mappings."""

    name: str
    class_name: str
    parameters: tuple[Parameter, ...]
    patterns: tuple[str, ...]
    servlets: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebXml:
    """One descriptor. ``filters`` are in the order of their first mapping, unmapped ones left out.

    ``declared`` has every filter that the descriptor defines or maps, one that it only maps without a class; ``mapped``
    the names of all mappings, whatever they are for.
    """

    path: str
    display_name: str
    metadata_complete: bool
    servlets: tuple[ServletNode, ...]
    filters: tuple[FilterNode, ...]
    declared: tuple[FilterNode, ...]
    mapped: tuple[str, ...]
    error_pages: tuple[ErrorPage, ...]


def merged_filters(layers: Sequence[WebXml]) -> Iterator[tuple[FilterNode, WebXml]]:
    """Filters of an application out of its descriptors, the innermost first, each with the one that maps it.

    As WebXml.merge does it: the mappings of a name are those of the innermost descriptor that has any, the class is the
    first that is given, and parameters of all are put together.
    """
    for depth, layer in enumerate(layers):
        hidden = {name for inner in layers[:depth] for name in inner.mapped}
        for name in dict.fromkeys(layer.mapped):
            found = [one for each in layers for one in each.declared if one.name == name]
            own = next(one for one in layer.declared if one.name == name)
            class_name = next((one.class_name for one in found if one.class_name), "")
            if name not in hidden and class_name:
                parameters = {each.name: each for one in reversed(found) for each in reversed(one.parameters)}
                yield replace(own, class_name=class_name, parameters=tuple(parameters.values())), layer


def trimmed(element: Element, name: str) -> str | None:
    """Body of the first child called ``name`` as Java trims it; None without such a child."""
    return next((child.text.strip(_BLANKS) for child in element.each(name)), None)


def parse_web_xml(found: Fact[Element | None], path: str) -> Fact[WebXml | None]:
    """The descriptor of a root element; ``Known(None)`` when there is none."""
    if isinstance(found, Unknown) or found.value is None:
        return found if isinstance(found, Unknown) else Known(None)
    root = found.value
    if root.name not in _ROOTS:
        return Unknown(Gap.MALFORMED, path, "the root element is not web-app")
    return Known(
        WebXml(
            path=path,
            display_name=trimmed(root, "display-name") or "",
            metadata_complete=root.attributes.get("metadata-complete", "").lower() == "true",
            servlets=tuple(_servlets(root)),
            filters=tuple(one for one in _filters(root) if one.class_name and (one.patterns or one.servlets)),
            declared=_filters(root),
            mapped=tuple(trimmed(one, "filter-name") or "" for one in root.each("filter-mapping")),
            error_pages=tuple(_error_pages(root, path)),
        )
    )


def _parameters(element: Element) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(trimmed(child, "param-name") or "", trimmed(child, "param-value") or "", child.line)
        for child in element.each("init-param")
    )


def _bodies(elements: Iterable[Element], name: str) -> tuple[str, ...]:
    return tuple(child.text.strip(_BLANKS) for element in elements for child in element.each(name))


def _by_name(elements: Iterable[Element], child: str) -> dict[str | None, list[Element]]:
    """Elements by the body of a child, in order. Looked up once: a target's file may hold tens of thousands."""
    found: dict[str | None, list[Element]] = {}
    for element in elements:
        found.setdefault(trimmed(element, child), []).append(element)
    return found


def _servlets(root: Element) -> Iterator[ServletNode]:
    mappings = _by_name(root.each("servlet-mapping"), "servlet-name")
    for element in root.each("servlet"):
        name = trimmed(element, "servlet-name") or ""
        if (trimmed(element, "enabled") or "true").lower() != "true":
            continue
        yield ServletNode(
            name=name,
            class_name=trimmed(element, "servlet-class") or "",
            parameters=_parameters(element),
            mappings=_bodies(mappings.get(name, ()), "url-pattern"),
            line=element.line,
        )


def _filters(root: Element) -> tuple[FilterNode, ...]:
    declared = {trimmed(element, "filter-name") or "": element for element in root.each("filter")}
    mappings = list(root.each("filter-mapping"))
    known = {trimmed(one, "filter-name") or "": one for one in reversed(mappings)} | declared
    for_requests = [one for one in mappings if _for_requests(one)]
    order = dict.fromkeys((*(trimmed(one, "filter-name") or "" for one in for_requests), *known))
    own = _by_name(for_requests, "filter-name")
    return tuple(_filter(name, known[name], own.get(name, [])) for name in order)


def _filter(name: str, element: Element, own: list[Element]) -> FilterNode:
    return FilterNode(
        name=name,
        class_name=trimmed(element, "filter-class") or "",
        parameters=_parameters(element),
        patterns=_bodies(own, "url-pattern"),
        servlets=_bodies(own, "servlet-name"),
        line=element.line,
    )


def _for_requests(mapping: Element) -> bool:
    dispatchers = {text.upper() for text in _bodies((mapping,), "dispatcher")}
    return not dispatchers or "REQUEST" in dispatchers


def _error_pages(root: Element, path: str) -> Iterator[ErrorPage]:
    for element in root.each("error-page"):
        code = trimmed(element, "error-code")
        exception = trimmed(element, "exception-type")
        if code is not None and not code.isdecimal():
            continue  # Digester cannot set it, so it covers nothing
        yield ErrorPage(
            code=int(code) if code and int(code) else None,
            exception=exception,
            location=trimmed(element, "location") or "",
            place=Place(path, element.line),
        )
