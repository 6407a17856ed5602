"""The fleet page and the pages of its groups as files."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment

from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.report.fleet import FleetPage
from tomcat_fleet.report.template import draw

GROUPS = "groups"  # the folder of their pages


def files(templates: Environment, page: FleetPage, summary: SweepSummary) -> Iterator[tuple[str, str, bytes]]:
    """Folder ("" is the report's own), name and content of each, one in memory at a time; index.html comes last."""
    for group in page.groups:
        for number, (name, rows) in enumerate(group.pages, start=1):
            yield GROUPS, name, draw(templates, "group.html.j2", group=group, rows=rows, number=number)
    for number, (name, ranked) in enumerate(page.register, start=1):
        yield GROUPS, name, draw(templates, "register.html.j2", page=page, ranked=ranked, number=number)
    yield "", "index.html", draw(templates, "index.html.j2", summary=summary, page=page)
