"""Context elements in force, wherever they come from: for realms and valves that stand inside them."""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.tomcat.webapp import Definition, Deployment
from tomcat_fleet.tomcat.xml import Element


@dataclass(frozen=True, slots=True)
class Contexts:
    """Definitions of the applications that are, or may be, deployed; each file's element once."""

    elements: tuple[tuple[str, Element], ...] = ()
    gaps: tuple[Unknown, ...] = ()  # definitions that could not be read or found


def contexts_of(deployment: Deployment) -> Contexts:
    """The definition of every application, and what conf/context.xml and context.xml.default add to it."""
    found: dict[tuple[str, int], Definition] = {}
    gaps: list[Unknown] = [*deployment.gaps]  # applications that nobody could list may define anything
    for app in deployment.apps:
        if app.application.deployed == Known(value=False):
            continue
        if isinstance(app.definition, Unknown):
            gaps.append(app.definition)
        elif app.definition.value:
            found.setdefault((app.definition.value.path, app.definition.value.element.line), app.definition.value)
        if isinstance(app.defaults, Unknown):
            gaps.append(app.defaults)
        else:
            found.update({(item.path, item.element.line): item for item in app.defaults.value})
    elements = tuple((item.path, item.element) for item in found.values())
    return Contexts(elements, tuple(dict.fromkeys(gaps)))
