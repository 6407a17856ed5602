"""What of a file's line is shown as evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.virtual_host import VirtualHost
from tomcat_fleet.evaluate.witness import Witness
from tomcat_fleet.model.evidence import Content, Question, Verb
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.place import Place

PATH = "/opt/tomcat/conf/server.xml"


def _witness(text: str) -> Witness:
    content = Known(Content(path=PATH, text=text, sha256="", size=len(text)))
    return Witness(replace(VirtualHost().evidence(), answers={Question(Verb.CONTENT, PATH): content}))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("<Server>  ", "<Server>"),
        ("\t<Server\tport='1'>", "<Server port='1'>"),
        ("x" * 240, "x" * 240),
        ("x" * 240 + "   ", "x" * 240),
        ("x" * 241, "x" * 239 + "…"),
        ("x" * 239 + "  y", "x" * 239 + "…"),
        ("x" + "\t" * 200, "x"),
        ("x" + "\t" * 100 + "y", "x" + " " * 238 + "…"),
    ],
)
def test_a_line_is_shown_without_tabs_and_not_too_long(line: str, shown: str) -> None:
    assert _witness(line).row(Place(PATH, 1)).excerpt == shown


@pytest.mark.timeout(120)  # a moment; expanding the whole line for every finding takes many minutes
def test_a_long_line_that_thousands_of_findings_cite_is_not_expanded_for_each() -> None:
    witness = _witness("<Server>" + "<Valve/>" * 500_000)
    assert {witness.row(Place(PATH, 1)).excerpt for _ in range(60_000)} == {("<Server>" + "<Valve/>" * 30)[:239] + "…"}
