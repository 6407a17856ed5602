"""Recognising what Tomcat itself ships, whatever it is called where it lies: by its servlets, not by its name."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.access import AdminKind
from tomcat_fleet.tomcat.web_xml import WebXml

STANDARD_NAMES = {AdminKind.MANAGER: "manager", AdminKind.HOST_MANAGER: "host-manager", AdminKind.ADMIN: "admin"}
EXAMPLE_NAMES = ("examples", "jsp-examples", "servlets-examples")

# Longer prefixes first: the host manager lives below the manager's package since 6.0.
_ADMIN_PREFIXES = (
    ("org.apache.catalina.manager.host.", AdminKind.HOST_MANAGER),
    ("org.apache.catalina.hostmanager.", AdminKind.HOST_MANAGER),  # 5.5
    ("org.apache.catalina.manager.", AdminKind.MANAGER),
    ("org.apache.catalina.servlets.ManagerServlet", AdminKind.MANAGER),  # 4.1
    ("org.apache.catalina.servlets.HTMLManagerServlet", AdminKind.MANAGER),  # 4.1
    ("org.apache.webapp.admin.", AdminKind.ADMIN),  # 4.1, 5.5
)
_SAMPLE_TITLES = frozenset({"Welcome to Tomcat", "Tomcat Documentation"})
_EXAMPLE_TITLES = frozenset(
    {"Servlet and JSP Examples", "Servlet 2.4 Examples", "JSP 2.0 Examples", "Tomcat Examples", "Tomcat examples"}
)
_EXAMPLE_CLASSES = frozenset(
    {
        "HelloWorldExample", "RequestInfoExample", "RequestHeaderExample", "RequestParamExample", "CookieExample",
        "SessionExample", "ServletToJsp", "CompressionFilterTestServlet", "filters.ExampleFilter",
    }
)  # fmt: skip
_EXAMPLE_PACKAGES = ("compressionFilters.", "examples.", "websocket.", "nonblocking.", "jsp2.examples.")
_ENOUGH = 2  # a tutorial's HelloWorldExample alone proves nothing


def admin_servlets(web_xml: WebXml) -> Iterator[tuple[AdminKind, int]]:
    """Each administration servlet that the descriptor declares: its kind and line."""
    for servlet in web_xml.servlets:
        kind = next((kind for prefix, kind in _ADMIN_PREFIXES if servlet.class_name.startswith(prefix)), None)
        if kind:
            yield kind, servlet.line


def is_examples(web_xml: WebXml) -> bool:
    """Whether this is the examples application, under any name."""
    if web_xml.display_name in _EXAMPLE_TITLES:
        return True
    classes = {servlet.class_name or servlet.name for servlet in web_xml.servlets}
    classes |= {one.class_name for one in web_xml.filters}
    return sum(name in _EXAMPLE_CLASSES or name.startswith(_EXAMPLE_PACKAGES) for name in classes) >= _ENOUGH


def is_sample(web_xml: WebXml) -> bool:
    """Whether the application came with Tomcat: examples, documentation, start page or an administration tool."""
    return web_xml.display_name in _SAMPLE_TITLES or is_examples(web_xml) or any(admin_servlets(web_xml))
