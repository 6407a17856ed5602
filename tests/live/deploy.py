"""Configurations about which applications Tomcat serves at all, and from where."""

from __future__ import annotations

from tests.live.access import admin_app
from tests.live.draft import EXAMPLES, Draft, Site, element

_EXAMPLES = "<web-app><display-name>Servlet and JSP Examples</display-name></web-app>"
_NAMES = ("ROOT", "app", "a#b", "a#b#c", "app##1", "app##2", "App", "examples", "manager", "host-manager", "x.y", "old")
_IGNORE = (".*", "app.*", "examples", "(?i)APP", "ex[a-m]mples", "a#b", "", "no-such", r"app\.war", "manager|examples")


def deploy_site(draft: Draft, site: Site) -> None:
    """Directories, archives and descriptors that compete for names, under any settings of the host."""
    pick = draft.random
    for name in ("deployXML", "copyXML", "unpackWARs"):
        if draft.chance(0.3):
            site.attributes[pick.choice((name, name[0].upper() + name[1:]))] = pick.choice(
                ("false", "true", "no", "FALSE")
            )
    if draft.chance(0.2):
        site.attributes["deployIgnore"] = pick.choice(_IGNORE)
    if draft.chance(0.25):
        site.attributes["deployOnStartup"] = "false"
        site.attributes["autoDeploy"] = pick.choice(("true", "false"))
        site.slow = site.attributes["autoDeploy"] == "true"
    if draft.chance(0.1):
        site.attributes["xmlBase"] = f"conf/xml-{site.name}"
    for name in pick.sample(_NAMES, k=pick.randint(3, 6)):
        _name(draft, site, name)


def _name(draft: Draft, site: Site, name: str) -> None:
    plain = name.partition("##")[0]
    site.paths.add("" if plain == "ROOT" else "/" + plain.replace("#", "/"))
    if name == "examples" and draft.chance(0.3):
        draft.shipped(f"{site.app_base}/{name}", name)
    elif draft.chance(0.6):
        draft.app(f"{site.app_base}/{name}", _files(draft, name))
    if draft.chance(0.35):
        draft.war(f"{site.app_base}/{name}.war", _files(draft, name))
    if draft.chance(0.35):
        _descriptor(draft, site, name)
    if draft.chance(0.12):
        _server_context(draft, site, name)


def _files(draft: Draft, name: str) -> dict[str, str]:
    files: dict[str, str] = {}
    if name == "examples" or draft.chance(0.08):
        files |= {"WEB-INF/web.xml": _EXAMPLES, EXAMPLES: "x"}
    elif "manager" in name:
        files |= admin_app(draft, filters=False)[0]
    if draft.chance(0.3):
        files["META-INF/context.xml"] = draft.random.choice(("<Context/>", '<Context privileged="true"/>'))
    return files


def _descriptor(draft: Draft, site: Site, name: str) -> None:
    pick = draft.random
    outside = f"outside/{site.name}/{pick.choice((name, 'one', 'two'))}"
    how = pick.choice(("outside", "outside", "none", "inside", "missing", "outside-war", "relative", "path"))
    values: dict[str, str] = {}
    if how in {"outside", "path"}:
        draft.app(outside, _files(draft, name))
        values["docBase"] = f"{draft.root}/{outside}"
    elif how == "inside":
        values["docBase"] = pick.choice((name, f"{draft.root}/{site.app_base}/{name}", "other"))
        draft.app(f"{site.app_base}/other", {})
        site.paths.add("/other")
    elif how == "missing":
        values["docBase"] = f"{draft.root}/outside/nothing"
    elif how == "outside-war":
        draft.war(f"{outside}.war", _files(draft, name))
        values["docBase"] = f"{draft.root}/{outside}.war"
    elif how == "relative":
        draft.app(outside, _files(draft, name))
        values["docBase"] = f"../{outside}"
    if how == "path":
        values["path"] = "/elsewhere"
        site.paths.add("/elsewhere")
    directory = site.attributes.get("xmlBase") or draft.conf(site, "")[:-1]
    draft.files[f"{directory}/{name}.{pick.choice(('xml', 'xml', 'xml', 'XML'))}"] = element("Context", values)


def _server_context(draft: Draft, site: Site, name: str) -> None:
    pick = draft.random
    path = "" if name == "ROOT" else "/" + name.partition("##")[0].replace("#", "/")
    if any(f'path="{path}"' in text for text in site.body):
        return
    values = {"path": path, "docBase": pick.choice((name, f"served-{len(site.body)}"))}
    draft.app(f"{site.app_base}/{values['docBase']}", {})
    values = (
        values if draft.chance(0.8) else {"path": path, "docBase": f"{draft.root}/{site.app_base}/{values['docBase']}"}
    )
    site.body.append(element("Context", values))
