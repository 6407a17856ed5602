"""Configurations about what a visitor gets to see: directory listings and error pages."""

from __future__ import annotations

from collections.abc import Mapping

from tests.live.draft import LISTED, OWN_PAGE, Draft, Site, element, packed

_DEFAULT = "org.apache.catalina.servlets.DefaultServlet"
_WEBDAV = "org.apache.catalina.servlets.WebdavServlet"
LISTINGS = (
    "true", "true", "TRUE", " true ", "\n  True\n", "false", "false", "yes", "1", "", "${probe.on}", "${probe.unknown}",
    "tru&#101;", "<![CDATA[true]]>", "true<!-- no -->", "<!--true-->false", "\u00a0true",
)  # fmt: skip
PROPERTIES = "probe.on=true\n"
CODES = (400, 401, 403, 404, 500)
_ROOTS = (
    "<web-app>",
    '<web-app version="3.0" metadata-complete="false">',
    '<web-app version="3.0" metadata-complete="true">',
    '<web-app xmlns="http://java.sun.com/xml/ns/j2ee" version="2.4">',
    '<web-app xmlns="http://java.sun.com/xml/ns/javaee" version="2.5">',
    '<j:web-app xmlns:j="http://java.sun.com/xml/ns/javaee" version="3.0">',
)


def servlet(name: str, class_name: str, listings: str | None, mappings: tuple[str, ...]) -> str:
    """A servlet with its mappings; without a class it adds to one of another file."""
    kind = f"<servlet-class>{class_name}</servlet-class>" if class_name else ""
    param = (
        f"<init-param><param-name>listings</param-name><param-value>{listings}</param-value></init-param>"
        if listings is not None
        else ""
    )
    text = f"<servlet><servlet-name>{name}</servlet-name>{kind}{param}</servlet>"
    for url in mappings:
        text += (
            f"<servlet-mapping><servlet-name>{name}</servlet-name><url-pattern>{url}</url-pattern></servlet-mapping>"
        )
    return text


def global_web_xml(draft: Draft, *, plain: bool) -> str:
    """conf/web.xml: the default servlet, a servlet that answers with any status, now and then error pages."""
    listings = None if plain or draft.chance(0.4) else draft.random.choice(("false", "true", "no", "${probe.on}"))
    parts = [
        servlet("default", _DEFAULT, listings, ("/",)),
        servlet("Code", "probe.Code", None, ("/code",)),
    ]
    if not plain and draft.chance(0.2):
        parts.append(servlet("dav", _WEBDAV, draft.random.choice(LISTINGS), ("/files/*",)))
    if not plain and draft.chance(0.6):
        parts.extend(pages(draft, share=0.7))
    return "<web-app>\n" + "\n".join(parts) + "\n</web-app>\n"


def pages(draft: Draft, *, share: float, location: str | None = None) -> list[str]:
    """Some error pages."""
    pick = draft.random

    def page(kind: str) -> str:
        where = location or pick.choice(
            ("/own.html", "/own.html", "/own.html?from=here", "/lost.html", "/sub/own.html")
        )
        return f"<error-page>{kind}<location>{where}</location></error-page>"

    found = [page(f"<error-code>{code}</error-code>") for code in CODES if draft.chance(share)]
    if draft.chance(0.25):
        found.append(page(""))
    if draft.chance(0.25):
        found.append(page("<exception-type>java.lang.Throwable</exception-type>"))
    if draft.chance(0.1):
        found.append(page(f"<error-code> {pick.choice(CODES)} </error-code>"))
    if draft.chance(0.1):
        found.append(page(f"<error-code>{pick.choice(CODES)}</error-code><exception-type>a.B</exception-type>"))
    if draft.chance(0.1):
        found.append(page("<error-code>0</error-code>"))
    return found


def web_site(draft: Draft, site: Site) -> None:
    """A plain application and some that bring settings of their own."""
    if draft.chance(0.35):
        parts = [servlet("default", _DEFAULT, draft.random.choice(LISTINGS), ())] if draft.chance(0.5) else []
        parts += pages(draft, share=0.6) if draft.chance(0.6) else []
        if draft.chance(0.3):
            parts.append(servlet("hostdav", _WEBDAV, draft.random.choice(LISTINGS), ("/files/*",)))
        draft.files[draft.conf(site, "web.xml.default")] = "<web-app>\n" + "\n".join(parts) + "\n</web-app>\n"
    if draft.chance(0.35):
        site.body.append(_report_valve(draft, site))
    _app(draft, site, "plain", {})
    for number in range(draft.random.choice((1, 2, 3))):
        _app(draft, site, f"app{number}", _own(draft))
    if draft.chance(0.4):
        inside = {"own.html": OWN_PAGE, f"files/d/{LISTED}": "x"}
        draft.war(f"{site.app_base}/packed.war", {**_own(draft), **inside})
        site.paths.add("/packed")


def _app(draft: Draft, site: Site, name: str, files: Mapping[str, str | bytes]) -> None:
    present: dict[str, str | bytes] = {}
    if draft.chance(0.8):
        present["own.html"] = OWN_PAGE
    if draft.chance(0.5):
        present["sub/own.html"] = OWN_PAGE
    draft.app(f"{site.app_base}/{name}", {**present, **files})
    site.paths.add(f"/{name}")


def _own(draft: Draft) -> dict[str, str | bytes]:
    """Descriptors of one application, of which at most one is about listings."""
    root = draft.random.choice(_ROOTS)
    beside = draft.random.choices((_nothing, _alternative, _default, _tomcat_web, _fragment), (10, 2, 2, 2, 2))[0]
    parts = [_listing(draft)] if beside is _nothing and draft.chance(0.6) else []
    parts += pages(draft, share=0.6) if draft.chance(0.6) else []
    body = "\n".join(parts)
    if root.startswith("<j:"):
        body = body.replace("</", "</j:").replace("<", "<j:").replace("<j:/j:", "</j:").replace("<j:!", "<!")
    end = "</j:web-app>" if root.startswith("<j:") else "</web-app>"
    return {"WEB-INF/web.xml": f"{root}\n{body}\n{end}\n", **beside(draft)}


def _nothing(_draft: Draft) -> dict[str, str | bytes]:
    return {}


def _alternative(draft: Draft) -> dict[str, str | bytes]:
    """Another file in the place of WEB-INF/web.xml."""
    other = f"conf/alt-{draft.random.randrange(10**6)}.xml"
    draft.files[other] = "<web-app>" + _listing(draft) + "".join(pages(draft, share=0.5)) + "</web-app>"
    return {"META-INF/context.xml": element("Context", {"altDDName": f"{draft.root}/{other}"})}


def _default(draft: Draft) -> dict[str, str | bytes]:
    """Another file in the place of conf/web.xml."""
    other = f"conf/def-{draft.random.randrange(10**6)}.xml"
    listings = draft.random.choice(("true", "false"))
    parts = [servlet("default", _DEFAULT, listings, ("/",)), servlet("Code", "probe.Code", None, ("/code",))]
    parts += pages(draft, share=0.5) if draft.chance(0.4) else []
    draft.files[other] = "<web-app>" + "".join(parts) + "</web-app>"
    return {"META-INF/context.xml": element("Context", {"defaultWebXml": f"{draft.root}/{other}"})}


def _tomcat_web(draft: Draft) -> dict[str, str | bytes]:
    return {"WEB-INF/tomcat-web.xml": "<web-app>" + _listing(draft) + "</web-app>"}


def _fragment(draft: Draft) -> dict[str, str | bytes]:
    """A jar with a descriptor that switches listings on, or not."""
    text = servlet("fragment", _DEFAULT, draft.random.choice(LISTINGS), ("/files/*",))
    jar = packed({"META-INF/web-fragment.xml": f'<web-fragment version="3.0">{text}</web-fragment>'})
    return {"WEB-INF/lib/fragment.jar": jar}


def _listing(draft: Draft) -> str:
    pick = draft.random
    value = pick.choice(LISTINGS)
    return pick.choice(
        (
            servlet("default", _DEFAULT, value, ("/",)),
            servlet("default", _DEFAULT, value, ()),
            servlet("default", "", value, ()),
            servlet("files", _DEFAULT, value, ("/files/*",)),
            servlet("dav", _WEBDAV, value, ("/files/*",)),
            servlet("root", _DEFAULT, value, ("/",)),
            servlet("root", _WEBDAV, value, ("/*",)),
        )
    )


def _report_valve(draft: Draft, site: Site) -> str:
    values = {"className": "org.apache.catalina.valves.ErrorReportValve"}
    for code in (0, 404, 500):
        if draft.chance(0.3):
            file = f"conf/report-{site.name}-{code}.html"
            if draft.chance(0.8):
                draft.files[file] = OWN_PAGE
            values[f"errorCode.{code}"] = draft.random.choice(
                (file, f"{draft.root}/{file}", f"${{catalina.base}}/{file}")
            )
    if draft.chance(0.4):
        values |= {"showReport": "false", "showServerInfo": "false"}
    return element("Valve", values)
