"""One server and one audit of it, looked at together: which applications are served, and who reaches them."""

from __future__ import annotations

import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.live import users
from tests.live.audit import SOURCES, Audit
from tests.live.draft import ADMIN, EXAMPLES, MARK, Draft, Site
from tests.live.ledger import Ledger
from tests.live.server import Answer, Server
from tomcat_fleet.model.access import Access, AccessNote, AddressClass, AdminContext, Decision
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.web import Application
from tomcat_fleet.tomcat.probe import Probe, probes

_REFUSED = frozenset({403, 410})
_ABSENT = 404
_PATIENCE_S = 8.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a comparison needs."""

    draft: Draft
    server: Server
    audit: Audit
    ledger: Ledger

    def ask(self, site: Site, path: str, **how: object) -> Answer:
        """Ask one virtual host."""
        return self.server.ask(site.port, site.name, path, **how)  # type: ignore[arg-type]

    def subject(self, site: Site, path: str) -> str:
        return f"{self.draft.root.name} {site.topic} {site.name}{path}"


def standard() -> tuple[Probe, ...]:
    """The product's own probe addresses."""
    return probes()


def applications(scene: Scene, site: Site) -> dict[str, list[Application]]:
    """What the model says is, or may be, served on this host, by context path: several are parallel versions."""
    pages = scene.audit.instance.error_pages
    assert isinstance(pages, Known), pages
    own = [one.application for one in pages.value.applications if one.application.host == site.name.lower()]
    return {path: [one for one in own if one.path == path] for path in sorted({one.path for one in own})}


def compare_deployment(scene: Scene, site: Site) -> set[str]:
    """Compare which applications answer, and from which directory; the paths that do."""
    said = applications(scene, site)
    served: set[str] = set()
    for path in sorted(site.paths | set(said)):
        answer = _marked(scene, site, path, patient=site.slow and path in said)
        if answer.status in _REFUSED:
            continue  # a filter by address: compared elsewhere
        apps = said.get(path, [])
        subject = scene.subject(site, path)
        starts = _starts(scene, site, path)
        if starts is None or any(isinstance(app.deployed, Unknown) for app in apps):
            scene.ledger.open("deployment")
        elif not starts:
            scene.ledger.same("deployment", subject, server=answer.status, model=_ABSENT, why="does not start")
        else:
            where = answer.body.strip() if answer.status == 200 else None
            models = [_mark(app) for app in apps] or [None]
            scene.ledger.same("deployment", subject, server=where, model=where if where in models else models[0])
        if answer.status == 200:
            served.add(path)
            _compare_presence(scene, site, path)
    return served


def _compare_presence(scene: Scene, site: Site, path: str) -> None:
    """Examples or administration tools that answer must fail their item."""
    for item, mark in (("WT-10", EXAMPLES), ("WT-11", ADMIN)):
        seen = scene.ask(site, f"{path}/{mark}").status == 200
        said = scene.audit.result.verdicts[item].value
        scene.ledger.implies(item, scene.subject(site, path), seen=seen, said=said == "fail", why=said)


def _mark(app: Application) -> str:
    """The mark that lies where the model says that the application is."""
    if not app.archive:
        return Path(app.doc_base, MARK).read_text("utf-8")
    with zipfile.ZipFile(app.doc_base) as archive:
        return archive.read(MARK).decode()


def _marked(scene: Scene, site: Site, path: str, *, patient: bool) -> Answer:
    """The answer for the mark of an application, from the first address that is let in."""
    end = time.monotonic() + (_PATIENCE_S if patient else 0.0)
    while True:
        answers = [scene.ask(site, f"{path}/{MARK}")]
        if answers[0].status in _REFUSED:
            claims = [probe.text for probe in standard()]
            answers.extend(scene.ask(site, f"{path}/{MARK}", claimed=claim) for claim in claims)
        best = next((answer for answer in answers if answer.status not in _REFUSED), answers[0])
        if best.status == 200 or time.monotonic() > end:
            return best
        time.sleep(0.5)


def _contexts(scene: Scene, site: Site) -> dict[str, AdminContext]:
    """Administration contexts of the host by path; of several the one that is served."""
    contexts = scene.audit.instance.admin_contexts
    found = contexts.value if isinstance(contexts, Known) else ()
    own = [context for context in found if context.host == site.name.lower()]
    return {context.path: context for context in sorted(own, key=lambda one: one.deployed != Known(value=False))}


def _starts(scene: Scene, site: Site, path: str) -> bool | None:
    """Whether the context starts at all; None where that hangs on a name that somebody may know."""
    context = _contexts(scene, site).get(path)
    if context is None or isinstance(context.access, Unknown):
        return True
    return None if AccessNote.HOST_NAMES in context.access.value.notes else context.access.value.starts


def compare_down(scene: Scene) -> None:
    """A server that does not start must have a context that the model says does not start."""
    found = [one.access for site in scene.draft.sites for one in _contexts(scene, site).values()]
    closed = [access for access in found if isinstance(access, Known) and not access.value.starts]
    scene.ledger.same("start", scene.draft.root.name, server=False, model=not closed, why=scene.server.console())


def compare_access(scene: Scene, site: Site) -> None:
    """Compare, for every administration application and every address, whether the request gets through."""
    if isinstance(scene.audit.instance.admin_contexts, Unknown):
        scene.ledger.open("found")
        return
    own = _contexts(scene, site)
    for path, asked in site.admin.items():
        context = own.get(path)
        scene.ledger.same("found", scene.subject(site, path), server=True, model=context is not None)
        if context is None or isinstance(context.access, Unknown) or isinstance(context.deployed, Unknown):
            scene.ledger.open("access")
        else:
            _compare_context(scene, site, context, context.access.value, f"{path}{asked}")


def _compare_context(scene: Scene, site: Site, context: AdminContext, access: Access, path: str) -> None:
    claims = () if site.peers else standard()
    claimed = {probe: _reaches(scene, site, path, probe) for probe in claims}
    seen = [(probe.shown, got) for probe, got in claimed.items()]
    seen += [(source, _reaches(scene, site, path, source)) for source in SOURCES]
    closed = context.deployed == Known(value=False) or not access.starts
    said = {result.address: result.decision for result in access.results}
    for address, got in seen:
        if said[address] is Decision.UNDECIDED and not closed:
            scene.ledger.open("access")
            continue
        model = said[address] is Decision.ALLOWED and not closed
        subject = f"{scene.subject(site, context.path)} from {address}"
        why = f"notes {sorted(note.value for note in access.notes)}"
        scene.ledger.same("access", subject, server=got, model=model, why=why)
    if claimed:
        entered = any(got for probe, got in claimed.items() if probe.address_class is AddressClass.PUBLIC)
        _compare_verdict(scene, site, context, entered=entered)


def _reaches(scene: Scene, site: Site, path: str, source: Probe | str) -> bool:
    """Whether a request gets past every filter; behind the login where one of them stands there."""
    login = users.SURE if site.filtered else None
    if isinstance(source, Probe):
        answer = scene.ask(site, path, claimed=source.text, login=login)
    else:
        answer = scene.ask(site, path, source=source, login=login)
    return answer.status not in _REFUSED | {_ABSENT}


def _compare_verdict(scene: Scene, site: Site, context: AdminContext, *, entered: bool) -> None:
    """WT-01 of one context: a pass lets no public address in, a failure lets one in."""
    subject = f"{context.host}{context.path or '/'}"
    statuses = [
        one.status.value for one in scene.audit.result.findings if (one.item, one.subject) == ("WT-01", subject)
    ]
    expected = {"pass": False, "fail": True}.get(statuses[0])
    if expected is None:
        scene.ledger.open("WT-01")
    else:
        scene.ledger.same("WT-01", scene.subject(site, context.path), server=entered, model=expected, why=statuses)
