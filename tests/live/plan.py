"""Which configurations are generated, and one run over a CATALINA_BASE of them."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.live import access, users, web
from tests.live.access import access_site, fatal_site
from tests.live.audit import audit
from tests.live.compare import Scene, compare_access, compare_deployment, compare_down
from tests.live.compare_users import compare_users
from tests.live.compare_web import compare_error_verdict, compare_errors, compare_listings, overstated
from tests.live.deploy import deploy_site
from tests.live.draft import Draft, Site, element
from tests.live.ledger import Ledger
from tests.live.release import Release
from tests.live.server import Server, free_ports
from tests.live.users import user_site
from tests.live.web import web_site
from tests.need import need

_CODE = """package probe;
import {package}.servlet.http.*;
public class Code extends HttpServlet {{
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws java.io.IOException {{
        response.sendError(Integer.parseInt(request.getParameter("status")));
    }}
}}
"""
_WRITERS: dict[str, Callable[[Draft, Site], None]] = {
    "access": access_site,
    "users": user_site,
    "web": web_site,
    "deploy": deploy_site,
    "fatal": fatal_site,
}
_SHARED = ("access", "users", "web", "access", "deploy", "users", "web", "access")
_ALONE = ("web", "access", "fatal")


@dataclass(frozen=True, slots=True)
class Plan:
    """The topics of the hosts of one CATALINA_BASE."""

    seed: int
    topics: tuple[str, ...]


def plans(rounds: int, first: int) -> Iterator[Plan]:
    """``rounds`` times a base with eight hosts and a few with one."""
    for number in range(first, first + rounds):
        yield Plan(number * 10, _SHARED)
        for index, topic in enumerate(_ALONE):
            yield Plan(number * 10 + 1 + index, (topic,))


def compiled(release: Release, into: Path) -> bytes:
    """Class file of the servlet that answers with any status."""
    source = into / "probe/Code.java"
    source.parent.mkdir(parents=True)
    source.write_text(_CODE.format(package="jakarta" if release.jakarta else "javax"))
    api = release.home / "lib/servlet-api.jar"
    command = [need("javac"), "-nowarn", "-cp", str(api), "--release", "11" if release.jakarta else "8", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return source.with_suffix(".class").read_bytes()


def written(release: Release, root: Path, plan: Plan, code: bytes) -> tuple[Draft, dict[str, int]]:
    """A CATALINA_BASE on disk, and the port of each of its engines."""
    draft = Draft(release=release, root=root, random=random.Random(plan.seed))
    alone = len(plan.topics) == 1
    draft.options.extend(access.OPTIONS)
    draft.files["lib/probe/Code.class"] = code
    draft.files["conf/catalina.properties"] = _properties(release)
    draft.files["conf/tomcat-users.xml"] = users.sure_users()
    draft.files["conf/web.xml"] = web.global_web_xml(draft, plain="web" not in plan.topics)
    draft.files["conf/context.xml"] = "<Context/>"
    draft.resources.append(
        '<Resource name="UserDatabase" type="org.apache.catalina.UserDatabase" pathname="conf/tomcat-users.xml"'
        ' factory="org.apache.catalina.users.MemoryUserDatabaseFactory"/>'
    )
    realm = {"className": "org.apache.catalina.realm.UserDatabaseRealm", "resourceName": "UserDatabase"}
    for number, topic in enumerate(plan.topics):
        site = Site(topic=topic, name=draft.random.choice((f"c{number}.test", f"C{number}.Test")))
        site.engine = "Catalina" if alone or number % 2 else "Second"
        draft.engine_body.setdefault(site.engine, [element("Realm", realm)])
        draft.sites.append(site)
        before = set(draft.files)
        _WRITERS[topic](draft, site)
        new = [str(content) for name, content in draft.files.items() if name not in before]
        site.peers = any("usePeerAddress" in text for text in (*new, *site.body))
    if plan.topics == ("access",):
        _engine_valves(draft)
    engines = tuple(draft.engine_body)
    ports = dict(zip(engines, free_ports(len(engines)), strict=True))
    for site in draft.sites:
        site.port = ports[site.engine]
    draft.write(ports)
    return draft, ports


def _engine_valves(draft: Draft) -> None:
    """What only one host may have: an Engine's valve, and settings of conf/context.xml."""
    if draft.chance(0.5):
        draft.engine_body["Catalina"].append(access.valve(draft, safe=True))
    if draft.chance(0.5):
        draft.files["conf/context.xml"] = element("Context", {}, access.valve(draft))
    site = draft.sites[0]
    if site.filtered and draft.chance(0.5):
        text = str(draft.files["conf/web.xml"])
        draft.files["conf/web.xml"] = text.replace("</web-app>", access.global_filter(draft) + "\n</web-app>")


def _properties(release: Release) -> str:
    shipped = (release.home / "conf/catalina.properties").read_text("utf-8")
    return f"{shipped}\n{access.PROPERTIES}{users.PROPERTIES}{web.PROPERTIES}"


def run(release: Release, root: Path, plan: Plan, code: bytes, ledger: Ledger) -> int:
    """Start one base, audit it, compare everything; the number of configurations."""
    draft, ports = written(release, root, plan, code)
    with Server(release, root, tuple(ports.values()), draft.options) as server:
        draft.remove_instrument()
        scene = Scene(draft, server, audit(root, release.home), ledger)
        if not server.up:
            compare_down(scene)
            return len(draft.sites)
        explained: set[str] = set()
        for site in draft.sites:
            explained |= compare_site(scene, site)
        _compare_overstated(scene, explained)
    return len(draft.sites)


def compare_site(scene: Scene, site: Site) -> set[str]:
    """Everything that the topic of the host lets one compare."""
    served = compare_deployment(scene, site)
    compare_access(scene, site)
    if site.topic == "users":
        compare_users(scene, site)
    if site.topic == "web":
        seen = compare_errors(scene, site, served)
        if len(scene.draft.sites) == 1:
            compare_error_verdict(scene, seen)
    return compare_listings(scene, site, served)


def _compare_overstated(scene: Scene, explained: set[str]) -> None:
    for path in overstated(scene, explained):
        scene.ledger.same("listing", f"{scene.draft.root.name} {path}", server="hidden", model="shown")
