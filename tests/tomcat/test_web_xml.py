"""Deployment descriptors."""

from __future__ import annotations

import pytest

from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.tomcat.web_xml import WebXml, merged_filters, parse_web_xml
from tomcat_fleet.tomcat.xml import parse


def web_xml(body: str, root: str = "<web-app>") -> WebXml:
    found = parse_web_xml(Known(parse(f"{root}{body}</{root.strip('<>').split()[0]}>", namespaces=True)), "w")
    assert isinstance(found, Known)
    assert found.value is not None
    return found.value


def test_absence_and_gaps_pass_through() -> None:
    gap = Unknown(Gap.DENIED, "w")
    assert parse_web_xml(gap, "w") == gap
    assert parse_web_xml(Known(None), "w") == Known(None)


def test_another_root_is_malformed() -> None:
    found = parse_web_xml(Known(parse("<Context/>", namespaces=True)), "w")
    assert isinstance(found, Unknown)
    assert found.gap is Gap.MALFORMED


def test_namespaces_and_blanks() -> None:
    found = web_xml(
        "<j:display-name>\n T </j:display-name><j:servlet><j:servlet-name> a </j:servlet-name>"
        "<j:servlet-class>\n x.Y\n</j:servlet-class></j:servlet>"
        "<j:servlet-mapping><j:servlet-name>a</j:servlet-name><j:url-pattern> /a </j:url-pattern>"
        "<j:url-pattern>/b</j:url-pattern></j:servlet-mapping>",
        '<j:web-app xmlns:j="https://jakarta.ee/xml/ns/jakartaee" metadata-complete="true">',
    )
    assert found.metadata_complete
    assert found.display_name == "T"
    assert [(one.name, one.class_name, one.mappings) for one in found.servlets] == [("a", "x.Y", ("/a", "/b"))]


def test_parameters_know_their_line() -> None:
    found = web_xml(
        "<servlet><servlet-name>a</servlet-name>\n<init-param><param-name>p</param-name>\n"
        "<param-value> v\n</param-value></init-param></servlet>"
    )
    (parameter,) = found.servlets[0].parameters
    assert (parameter.name, parameter.value, parameter.line) == ("p", "v", 2)


def test_disabled_servlets_do_not_count() -> None:
    assert web_xml("<servlet><servlet-name>a</servlet-name><enabled>false</enabled></servlet>").servlets == ()


def test_filters_follow_their_mappings() -> None:
    def declared(name: str) -> str:
        return f"<filter><filter-name>{name}</filter-name><filter-class>x.{name}</filter-class></filter>"

    def mapped(name: str, what: str) -> str:
        return f"<filter-mapping><filter-name>{name}</filter-name>{what}</filter-mapping>"

    found = web_xml(
        declared("a") + declared("b") + declared("c") + declared("d")
        + mapped("b", "<url-pattern>/*</url-pattern>")
        + mapped("a", "<servlet-name>s</servlet-name>")
        + mapped("c", "<url-pattern>/*</url-pattern><dispatcher>FORWARD</dispatcher>")
        + mapped("nobody", "<url-pattern>/*</url-pattern>")
    )  # fmt: skip
    assert [(one.name, one.patterns, one.servlets) for one in found.filters] == [
        ("b", ("/*",), ()), ("a", (), ("s",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<error-code> 404 </error-code><location>/e</location>", [(404, None, "/e")]),
        ("<location>/e</location>", [(None, None, "/e")]),
        (
            "<exception-type>java.lang.Throwable</exception-type><location>/e</location>",
            [(None, "java.lang.Throwable", "/e")],
        ),
        ("<error-code>abc</error-code><location>/e</location>", []),
        ("<!-- <error-code>404</error-code> --><location>/e</location>", [(None, None, "/e")]),
    ],
)
def test_error_pages(body: str, expected: list[tuple[int | None, str | None, str]]) -> None:
    found = web_xml(f"<error-page>{body}</error-page>")
    assert [(page.code, page.exception, page.location) for page in found.error_pages] == expected


def test_filters_of_several_descriptors() -> None:
    def declared(name: str, class_name: str = "", **parameters: str) -> str:
        params = "".join(
            f"<init-param><param-name>{key}</param-name><param-value>{value}</param-value></init-param>"
            for key, value in parameters.items()
        )
        return f"<filter><filter-name>{name}</filter-name><filter-class>{class_name}</filter-class>{params}</filter>"

    def mapped(name: str, url: str, more: str = "") -> str:
        target = f"<url-pattern>{url}</url-pattern>{more}"
        return f"<filter-mapping><filter-name>{name}</filter-name>{target}</filter-mapping>"

    own = web_xml(
        declared("both", "x.Own", p="own")
        + mapped("both", "/own")
        + declared("unmapped", "x.Own")
        + mapped("elsewhere", "/own", "<dispatcher>ERROR</dispatcher>")
    )
    outer = web_xml(
        declared("both", "x.Outer", p="outer", q="outer")
        + declared("unmapped", "x.Outer")
        + declared("elsewhere", "x.Outer")
        + declared("outer", "x.Outer")
        + "".join(mapped(name, "/*") for name in ("both", "unmapped", "elsewhere", "outer", "nowhere"))
    )
    found = [
        (one.name, one.class_name, one.patterns, {each.name: each.value for each in one.parameters}, layer is own)
        for one, layer in merged_filters((own, outer))
    ]
    assert found == [
        ("both", "x.Own", ("/own",), {"p": "own", "q": "outer"}, True),
        ("elsewhere", "x.Outer", (), {}, True),
        ("unmapped", "x.Own", ("/*",), {}, False),
        ("outer", "x.Outer", ("/*",), {}, False),
    ]
