"""XML documents of a target as elements, or the gap that kept them from being read."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.evidence import Content
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.tomcat.properties import Properties
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.xml import Element, is_usual, parse


def read_document(
    reader: Reader, path: str, properties: Properties | None = None, *, namespaces: bool = False
) -> Fact[Element | None]:
    """Root element of the file with ``${}`` replaced; ``Known(None)`` when the file is verified absent."""
    return _parsed(reader.content(path), path, properties, namespaces=namespaces)


def read_member(
    reader: Reader, archive: str, member: str, properties: Properties | None = None, *, namespaces: bool = False
) -> Fact[Element | None]:
    """Root element of a file inside an archive; ``Known(None)`` when the archive lacks it or is absent."""
    return _parsed(reader.member(archive, member), member_path(archive, member), properties, namespaces=namespaces)


def parse_content(content: Content, properties: Properties | None = None, *, namespaces: bool) -> Fact[Element | None]:
    """Root element of a text that is there already."""
    return _parsed(Known(content), content.path, properties, namespaces=namespaces)


def member_path(archive: str, member: str) -> str:
    """How a place inside an archive is written."""
    return f"{archive}!/{member}"


def attribute(element: Element, name: str) -> str | None:
    """Value of an attribute as Tomcat's setters see it: the case of the first letter does not matter.

    IntrospectionUtils.setProperty makes ``setAllow`` of ``allow`` and of ``Allow``; the last one written wins.
    ``className`` is looked up by its exact name instead, see ``class_name``.
    """
    wanted = {name, name[:1].swapcase() + name[1:]}
    return next((value for key, value in reversed(tuple(element.attributes.items())) if key in wanted), None)


def class_name(element: Element) -> str:
    """Name the class that Digester creates for the element; empty without a className."""
    return element.attributes.get("className", "")


def _parsed(
    content: Fact[Content | None], path: str, properties: Properties | None, *, namespaces: bool
) -> Fact[Element | None]:
    if isinstance(content, Unknown):
        return content
    if content.value is None:
        return Known(None)
    text = content.value.text
    try:
        root = _tree(text, namespaces=namespaces)
    except EvidenceError as exc:
        return Unknown(Gap.MALFORMED, path, str(exc))
    may_hold_any = "${" in text or "&#" in text  # character references can spell a placeholder too
    return Known(_resolved(root, properties) if properties is not None and may_hold_any else root)


def _tree(text: str, *, namespaces: bool) -> Element:
    return (_usual if is_usual(text) else _large)(text, namespaces=namespaces)


@lru_cache(maxsize=64)
def _usual(text: str, *, namespaces: bool) -> Element:
    """Parse once what several parts of an audit, several rounds and most hosts of a fleet have in common."""
    return parse(text, namespaces=namespaces)


@lru_cache(maxsize=4)
def _large(text: str, *, namespaces: bool) -> Element:
    """Parse once what several parts of an audit ask for in a row; many of these would fill the memory."""
    return parse(text, namespaces=namespaces)


def _resolved(element: Element, properties: Properties) -> Element:
    return replace(
        element,
        attributes={name: properties.resolve(value) for name, value in element.attributes.items()},
        children=tuple(_resolved(child, properties) for child in element.children),
        text=properties.resolve(element.text),
    )
