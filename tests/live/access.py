"""Configurations about who may reach an administration application: valves and filters in every place."""

from __future__ import annotations

from tests.live.draft import ADMIN, Draft, Site, element

_VALVES = "org.apache.catalina.valves."
_LOOPBACK = r"127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1"
EXPRESSIONS = (
    _LOOPBACK, _LOOPBACK, r"127\.0\.0\.1", "127.0.0.1", r"127\.9\.9\.9|::1", ".*", "^.*$", "(.*)", ".+", "[0-9.]+",
    r"\d+\.\d+\.\d+\.\d+", r"\d{1,3}(\.\d{1,3}){3}", r"127\.0\.0\.1,127\.9\.9\.9", "127.0.0.1, 8.8.8.8", "127.0.0.0/8",
    "10.0.0.0/8", "127.*", "127.0.0.*", "8.8.8.*", "192.168.*", r"10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*", "|",
    "", " ", "127", r"(?!8\.).*", r"(?!127\.).*", r"[^:]+", "[0-9a-fA-F:]+", r"0:0:0:0:0:0:0:1", "::1", "2001:db8:.*",
    "localhost", r"\Q127.0.0.1\E", r"127\.0\.0\.[0-9&&[^2-9]]", r"(?:127|8)(?:\.\p{Digit}++){3}", "(?i)2001:DB8:.*",
    r"127\.0\.0\.1|", "*", "127.0.0.1(", "[127", r"127\.0\.0\.\d{1,3", "${probe.allow}", "${probe.unknown}",
    "${probe.command}",
    "${probe.unknown:-127.*}", "${probe.unknown:-.*}", "${probe.all}", "x${probe.empty}", r"1?.*?", r"\A127.*\z",
    "127\u2028.*", r"1.{0,20}", "\n127.0.0.1", r"127\.0\.0\.1\s*", r"^127\.0\.0\.1$", r"127\.0\.0\.1;\d+", ".*;.*",
    r"\p{javaDigit}+(\.\d+)*", r"(1)27\.0\.0\.\1", r"\x31\x32\x37.*", r"\0617.*", r"\u0031.*", "&#49;27.*",
)  # fmt: skip
BLOCKS = (
    "127.0.0.0/8,::1/128", "127.0.0.0/8,::1/128", "127.0.0.0/8", "127.0.0.1", "::1", "0.0.0.0/0", "::/0",
    "0.0.0.0/0,::/0", "0.0.0.0/1,128.0.0.0/1", "127.0.0.1, 127.9.9.9", "127.9.9.9/32 , ::1", "10.0.0.0/8", "8.8.8.8/5",
    "127.0.0.0/33", "127.0.0.0/-1", "127.0.0", "127.0.0.1/", "/8", "not-an-address", "", " ", ",", "127.0.0.1,,::1",
    "::ffff:127.0.0.1/128", "::ffff:0:0/96", "2001:db8::/32", "fe80::/10", "127.0.0.1/08", "0127.0.0.1", "127.1",
    ".*", r"127\.0\.0\.1", "${probe.block}", "${probe.unknown}", "${probe.unknown:-127.0.0.0/8}", "127.0.0.0/8;8080",
    "2130706433", "::1%lo", "[::1]", "127.0.0.0/0x8", "127.0.0.0/+8", "128.0.0.0/1,0.0.0.0/2",
)  # fmt: skip
OPTIONS = (r"-Dprobe.command=127\..*", "-Dprobe.all=127.*")  # conf/catalina.properties wins over the second
PROPERTIES = "probe.allow=127\\\\..*\nprobe.all=.*\nprobe.empty=\nprobe.block=127.0.0.0/8\n"
_FATAL = ("*", "127.0.0.1(", "[127", r"127\.0\.0\.\d{1,3")


# Further settings, how often they stand there, and whether filters know them too.
_EXTRAS = (
    ("addConnectorPort", 0.08, ("true", "false", "TRUE", "yes"), True),
    ("denyStatus", 0.06, ("410",), True),
    ("invalidAuthenticationWhenDeny", 0.06, ("true",), False),
    ("usePeerAddress", 0.04, ("true",), False),
)


def guard(draft: Draft, *, filters: bool = False, safe: bool = False) -> dict[str, str]:
    """Class and settings of one valve or filter; ``safe`` ones are known to start in every version."""
    pick = draft.random
    kind = pick.choices(("Addr", "CIDR", "Host"), (6, 3, 1))[0]
    pool = BLOCKS if kind == "CIDR" else EXPRESSIONS
    names = ("allow", "allow", "allow", "Allow", "ALLOW", "alow")
    if safe:
        pool, names = (BLOCKS[:9] if kind == "CIDR" else EXPRESSIONS[:20]), ("allow",)
    place = "org.apache.catalina.filters." if filters else _VALVES
    settings = {"className": f"{place}Remote{kind}{'Filter' if filters else 'Valve'}"}
    if draft.chance(0.85):
        settings[pick.choice(names)] = pick.choice(pool)
    if draft.chance(0.25):
        settings[pick.choice(("deny", "Deny"))] = pick.choice(pool)
    for name, share, values, everywhere in () if safe else _EXTRAS:
        if (everywhere or not filters) and draft.chance(share):
            settings[name] = pick.choice(values)
    return settings


def valve(draft: Draft, *, safe: bool = False) -> str:
    """One Valve element, now and then misspelt or inside a comment."""
    text = element("Valve", guard(draft, safe=safe))
    if not safe and draft.chance(0.05):
        return text.replace("<Valve", "<valve")
    if not safe and draft.chance(0.05) and "--" not in text:
        return f"<!-- {text} -->"
    if not safe and draft.chance(0.04):
        return element("Valve", {"className": _VALVES + "RemoteIpValve"}) + text
    return text


def _servlet(draft: Draft) -> tuple[str, str, str]:
    """Class, mapping and what to ask for."""
    return draft.random.choice(
        (
            ("org.apache.catalina.manager.HTMLManagerServlet", "/html/*", "/html/x"),
            ("org.apache.catalina.manager.ManagerServlet", "/text/*", "/text/serverinfo"),
            ("org.apache.catalina.manager.StatusManagerServlet", "/status/*", "/status/x"),
            ("org.apache.catalina.manager.host.HostManagerServlet", "/text/*", "/text/list"),
            ("org.apache.catalina.manager.JMXProxyServlet", "/jmxproxy/*", "/jmxproxy/?get=x"),
        )
    )


def constraint(mapping: str, roles: tuple[str, ...]) -> str:
    """What makes a login necessary."""
    names = "".join(f"<role-name>{role}</role-name>" for role in roles)
    return (
        "<security-constraint><web-resource-collection><web-resource-name>m</web-resource-name>"
        f"<url-pattern>{mapping}</url-pattern></web-resource-collection>"
        f"<auth-constraint>{names}</auth-constraint></security-constraint>"
    )


def admin_app(draft: Draft, *, filters: bool) -> tuple[dict[str, str], str]:
    """Files of a small application with an administration servlet, and what to ask it for."""
    class_name, mapping, asked = _servlet(draft)
    parts = [
        f"<servlet><servlet-name>M</servlet-name><servlet-class>{class_name}</servlet-class></servlet>",
        f"<servlet-mapping><servlet-name>M</servlet-name><url-pattern>{mapping}</url-pattern></servlet-mapping>",
        constraint(mapping, ("manager-gui",)),
        "<login-config><auth-method>BASIC</auth-method></login-config>",
        "<security-role><role-name>manager-gui</role-name></security-role>",
    ]
    if filters:
        parts[:0] = _filter(draft)
    return {ADMIN: "x", "WEB-INF/web.xml": "<web-app>\n" + "\n".join(parts) + "\n</web-app>\n"}, asked


def _filter(draft: Draft) -> list[str]:
    everywhere = draft.chance(0.8)
    settings = guard(draft, filters=True, safe=not everywhere)
    name = settings.pop("className")
    params = "".join(
        "<init-param>" + element("param-name", {}, key) + f"<param-value>{_text(value)}</param-value></init-param>"
        for key, value in settings.items()
    )
    # The model does not look at filters that miss requests, so those must start.
    targets = ("<url-pattern>/*</url-pattern>", "<servlet-name>M</servlet-name>", "<servlet-name>*</servlet-name>")
    if not everywhere:
        targets = (
            "<url-pattern>/other/*</url-pattern>",
            "<url-pattern>/*</url-pattern><dispatcher>FORWARD</dispatcher>",
        )
    target = draft.random.choice(targets)
    own = draft.random.choice(("F", "G"))
    return [
        f"<filter><filter-name>{own}</filter-name><filter-class>{name}</filter-class>{params}</filter>",
        f"<filter-mapping><filter-name>{own}</filter-name>{target}</filter-mapping>",
    ]


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;")


def _context(draft: Draft, values: dict[str, str], *, share: float) -> str:
    if draft.chance(0.1):
        values = values | {"override": draft.random.choice(("true", "True", "false"))}
    if draft.chance(0.1):
        values = values | {"preemptiveAuthentication": "true"}
    inner = valve(draft) if draft.chance(share) else ""
    if inner and draft.chance(0.2):
        inner += valve(draft)
    return element("Context", {"privileged": "true"} | values, inner)


def access_site(draft: Draft, site: Site) -> None:
    """One to three administration applications under any name, in any place, behind any filter."""
    site.filtered = draft.chance(0.25)
    if draft.chance(0.3):
        site.body.append(valve(draft, safe=True))
    if draft.chance(0.2):
        text = _context(draft, {}, share=0.9)
        draft.files[draft.conf(site, "context.xml.default")] = text
    for number in range(draft.random.choice((1, 2, 2, 3))):
        _place_app(draft, site, number)


def _place_app(draft: Draft, site: Site, number: int) -> None:
    files, asked = admin_app(draft, filters=site.filtered)
    if site.filtered or draft.chance(0.6):  # without privileges the servlet fails before any filter is asked
        files["META-INF/context.xml"] = _context(draft, {}, share=0.8)
    name = draft.random.choice(("manager", "host-manager", "ops", "tools#mgr", "ROOT", "mgr##2", "Manager"))
    path = "" if name == "ROOT" else "/" + name.partition("##")[0].replace("#", "/")
    if path in site.admin:
        name, path = f"ops{number}", f"/ops{number}"
    if not site.filtered and draft.chance(0.12):
        _ship(draft, site, name, path)
        return
    how = draft.random.choice(("directory", "directory", "outside", "outside", "property", "inside", "war", "server"))
    if how == "server" and draft.conf(site, "context.xml.default") in draft.files:
        how = "directory"  # what it inherits may keep the whole server from starting
    inside, outside = f"{site.app_base}/{name}", f"outside/{site.name}-{number}"
    if how == "war":
        draft.war(f"{inside}.war", files)
    else:
        draft.app(outside if how in {"outside", "property"} else inside, files)
    bases = {
        "outside": {"docBase": f"{draft.root}/{outside}"},
        "property": {"docBase": f"${{catalina.base}}/{outside}"},
        "inside": {},
    }
    if how in bases:
        draft.files[draft.conf(site, f"{name}.xml")] = _context(draft, bases[how], share=0.6)
    if how == "server":
        site.body.append(_server_context(draft, path, name))
    site.paths.add(path)
    site.admin[path] = asked


def _ship(draft: Draft, site: Site, name: str, path: str) -> None:
    """The release's own manager or host manager, under its name or another, inside or outside of appBase."""
    kind, asked = draft.random.choice((("manager", "/text/serverinfo"), ("host-manager", "/text/list")))
    inside = draft.chance(0.5)
    directory = f"{site.app_base}/{name}" if inside else f"outside/{site.name}-{name}"
    draft.shipped(directory, kind)
    if not inside:
        draft.files[draft.conf(site, f"{name}.xml")] = _context(
            draft, {"docBase": f"{draft.root}/{directory}"}, share=0.5
        )
    site.paths.add(path)
    site.admin[path] = asked


def _server_context(draft: Draft, path: str, name: str) -> str:
    inner = valve(draft, safe=True) if draft.chance(0.6) else ""
    values = {"path": path, "docBase": name, "privileged": "true"}
    if "##" in name:
        values |= {"webappVersion": name.partition("##")[2]}
    return element("Context", values, inner)


def global_filter(draft: Draft) -> str:
    """A filter by address for conf/web.xml."""
    return "\n".join(_filter(draft))


def fatal_site(draft: Draft, site: Site) -> None:
    """A value that the valve rejects where the whole server depends on it: nothing starts at all."""
    files, asked = admin_app(draft, filters=False)
    draft.app(f"{site.app_base}/manager", files)
    bad = element("Valve", {"className": _VALVES + "RemoteAddrValve", "allow": draft.random.choice(_FATAL)})
    where = draft.random.choice(("engine", "host", "context"))
    if where == "engine":
        draft.engine_body.setdefault(site.engine, []).append(bad)
    elif where == "host":
        site.body.append(bad)
    else:
        site.body.append(element("Context", {"path": "/manager", "docBase": "manager", "privileged": "true"}, bad))
    site.paths.add("/manager")
    site.admin["/manager"] = asked
