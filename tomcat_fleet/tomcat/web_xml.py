"""Deployment descriptors: web.xml and web-fragment.xml.

Bodies are trimmed, as Tomcat's Digester does for these files. Names count as they are written: ``<j:servlet>`` is
nothing unless the context is xmlNamespaceAware.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    """One descriptor. ``filters`` are in the order of their first mapping, unmapped ones left out."""

    path: str
    display_name: str
    metadata_complete: bool
    servlets: tuple[ServletNode, ...]
    filters: tuple[FilterNode, ...]
    error_pages: tuple[ErrorPage, ...]


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
            filters=_filters(root),
            error_pages=tuple(_error_pages(root, path)),
        )
    )


def _parameters(element: Element) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(trimmed(child, "param-name") or "", trimmed(child, "param-value") or "", child.line)
        for child in element.each("init-param")
    )


def _bodies(elements: Iterator[Element], name: str) -> tuple[str, ...]:
    return tuple(child.text.strip(_BLANKS) for element in elements for child in element.each(name))


def _servlets(root: Element) -> Iterator[ServletNode]:
    for element in root.each("servlet"):
        name = trimmed(element, "servlet-name") or ""
        if (trimmed(element, "enabled") or "true").lower() != "true":
            continue
        mappings = (one for one in root.each("servlet-mapping") if trimmed(one, "servlet-name") == name)
        yield ServletNode(
            name=name,
            class_name=trimmed(element, "servlet-class") or "",
            parameters=_parameters(element),
            mappings=_bodies(mappings, "url-pattern"),
            line=element.line,
        )


def _filters(root: Element) -> tuple[FilterNode, ...]:
    declared = {trimmed(element, "filter-name") or "": element for element in root.each("filter")}
    mappings = [one for one in root.each("filter-mapping") if _for_requests(one)]
    order = dict.fromkeys(trimmed(one, "filter-name") or "" for one in mappings)
    return tuple(_filter(name, declared[name], mappings) for name in order if name in declared)


def _filter(name: str, element: Element, mappings: list[Element]) -> FilterNode:
    own = [one for one in mappings if trimmed(one, "filter-name") == name]
    return FilterNode(
        name=name,
        class_name=trimmed(element, "filter-class") or "",
        parameters=_parameters(element),
        patterns=_bodies(iter(own), "url-pattern"),
        servlets=_bodies(iter(own), "servlet-name"),
        line=element.line,
    )


def _for_requests(mapping: Element) -> bool:
    dispatchers = {text.upper() for text in _bodies(iter((mapping,)), "dispatcher")}
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
