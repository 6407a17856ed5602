"""Losing any one answer never makes an instance look better than it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.tomcat.look import MANAGER, Site, server_xml, site
from tomcat_fleet.model.access import AdminContext, is_restricted
from tomcat_fleet.model.evidence import Answer, Content, Question
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.web import ErrorPages, ListingFile, Residue
from tomcat_fleet.tomcat.admin import admin_contexts
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.error_page import error_pages
from tomcat_fleet.tomcat.listing import listing_files
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.residue import examples, process_managers
from tomcat_fleet.tomcat.webapp import Deployment

OPEN = r"<Valve className='org.apache.catalina.valves.RemoteAddrValve' allow='${who}'/>"
HOSTS = "<Host name='a' appBase='webapps'/><Host name='b' appBase='/srv/b'/>"
LISTING = (
    "<web-app><servlet><servlet-name>default</servlet-name>"
    "<servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>"
    "<init-param><param-name>listings</param-name><param-value>{}</param-value></init-param></servlet></web-app>"
)


def bad() -> Site:
    """One fault of every kind, each in one place only."""
    made = site(server=server_xml(hosts=HOSTS))
    made.put({
        "conf/catalina.properties": "who=.*\n",
        "conf/web.xml": LISTING.format("false"),
        "conf/Catalina/b/tools#mgr.xml": "<Context docBase='/srv/mgr'/>",
        "/srv/mgr/WEB-INF/web.xml": MANAGER.format(more=""),
        "/srv/mgr/META-INF/context.xml": "<Context/>",
        "conf/Catalina/b/context.xml.default": f"<Context>{OPEN}</Context>",
        "webapps/ROOT/WEB-INF/web.xml": "<web-app/>",
        "webapps/shop/WEB-INF/web.xml": LISTING.format("true"),
        "/srv/b/docs/WEB-INF/web.xml": (
            "<web-app><display-name>Servlet and JSP Examples</display-name></web-app>"
        ),
    })  # fmt: skip
    return made


def contexts_pass(found: Fact[tuple[AdminContext, ...]]) -> bool:
    return isinstance(found, Known) and all(is_restricted(context, ()) for context in found.value)


def listings_pass(found: tuple[ListingFile, ...]) -> bool:
    return all(
        isinstance(one.servlets, Known) and all(servlet.listings == Known(False) for servlet in one.servlets.value)
        for one in found
    )


def residues_pass(found: Fact[tuple[Residue, ...]]) -> bool:
    return found == Known(())


def pages_pass(found: ErrorPages) -> bool:
    return isinstance(found.global_pages, Known) and bool(found.global_pages.value)


def corrupt(answer: Answer) -> Answer | None:
    """A file cut in the middle; None for an answer that is no file."""
    if isinstance(answer, Known) and isinstance(answer.value, Content) and "<" in answer.value.text:
        cut: Content | None = replace(answer.value, text=answer.value.text[: answer.value.text.rindex("<")])
        return Known(cut)
    return None


@pytest.mark.parametrize(
    ("view", "passes"),
    [
        (admin_contexts, contexts_pass),
        (listing_files, listings_pass),
        (examples, residues_pass),
        (process_managers, residues_pass),
        (error_pages, pages_pass),
    ],
)
def test_no_lost_answer_improves_anything(
    view: Callable[[Reader, Config, Deployment], object], passes: Callable[[object], bool]
) -> None:
    made = bad()
    evidence = made.evidence(view)
    assert not passes(made.view(evidence, view)[0])
    for question, answer in evidence.answers.items():
        worse: list[Answer | None] = [Unknown(Gap.DENIED, question.path), corrupt(answer)]
        for other in worse:
            if other is None:
                continue
            changed: dict[Question, Answer] = {**evidence.answers, question: other}
            assert not passes(made.view(replace(evidence, answers=changed), view)[0]), question


def test_unknown_version_improves_nothing() -> None:
    made = bad()
    made.version = None
    assert not contexts_pass(made.see(admin_contexts))
    assert not residues_pass(made.see(examples))
    assert not residues_pass(made.see(process_managers))
