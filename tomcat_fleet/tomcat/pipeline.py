"""The path of a request to one context: valves of Engine, Host and Context, then the filters of web.xml.

Each in the order in which Tomcat adds them. Only what could look at a client's address matters to the audit, but every
step is kept: a class that nobody knows may do so too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat.document import class_name
from tomcat_fleet.tomcat.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One valve or filter. Its settings are the attributes of ``element``; a filter's are its init-params."""

    level: str  # engine, host, context, filter
    class_name: str
    element: Element
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """All steps of the path to one context, in order."""

    steps: tuple[Step, ...]
    misspelt: bool = False  # somewhere stands an element that Tomcat would have read as a valve, were its case right
    preemptive: bool = False  # the context authenticates requests before a constraint asks for it


def valve_steps(level: str, path: str, element: Element) -> Iterator[Step]:
    """Take the Valve children of an Engine, Host or Context; ``path`` is the file that holds them."""
    for valve in element.each("Valve"):
        yield Step(level=level, class_name=class_name(valve), element=valve, place=Place(path, valve.line))


def has_misspelt_valve(element: Element) -> bool:
    """Whether a child only differs by case from the Valve that Tomcat would have read."""
    return any(child.name != "Valve" and child.name.lower() == "valve" for child in element.children)
