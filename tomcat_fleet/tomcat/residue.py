"""What an installation could do without: examples (WT-10) and process-management functions (WT-11)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.web import Residue, ResidueKind
from tomcat_fleet.tomcat.admin_servlet import AdminServlets
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.context_name import without_extension
from tomcat_fleet.tomcat.path import name as last_segment
from tomcat_fleet.tomcat.path import real
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.stock import EXAMPLE_NAMES, STANDARD_NAMES, is_examples
from tomcat_fleet.tomcat.webapp import Deployment, Webapp

_MANAGERS = ("manager", "host-manager")
_SERVER_APPS = (*_MANAGERS, "admin")  # HOME/server/webapps of 4.x and 5.5
_MANAGER_JAR = "manager/WEB-INF/lib/catalina-manager.jar"


def examples(reader: Reader, config: Config, deployment: Deployment) -> Fact[tuple[Residue, ...]]:
    """Every examples application: by its name, its docBase or its servlets; deployed or not.

    Existence decides, so what was found is Known even when something else could not be read. With nothing found and
    something unread the whole is Unknown.
    """
    found = tuple(chain.from_iterable(_app_residues(app, _examples_name(app)) for app in deployment.apps))
    elsewhere, gap = _in_home(reader, config, deployment, EXAMPLE_NAMES)
    everything = (*found, *elsewhere)
    gaps = (*deployment.gaps, *_unread(deployment), *([gap] if gap else []))
    return gaps[0] if gaps and not everything else Known(everything)


def process_managers(reader: Reader, config: Config, deployment: Deployment) -> Fact[tuple[Residue, ...]]:
    """Every management application under any name, and the jar of 5.5.

    Known when everything could be read, or when one that Tomcat serves was found: nothing else can then make the
    verdict better. Unknown otherwise.
    """
    servlets = AdminServlets(reader, config)
    found = tuple(
        chain.from_iterable(_app_residues(app, _manager_name(app, config, servlets)) for app in deployment.apps)
    )
    elsewhere, gap = _in_home(reader, config, deployment, _MANAGERS)
    old, old_gap = _server_apps(reader, config, found)
    everything = (*found, *elsewhere, *old)
    gaps = (*deployment.gaps, *servlets.gaps(), *_unread(deployment), *(one for one in (gap, old_gap) if one))
    served = any(residue.deployed == Known(True) for residue in everything)
    return gaps[0] if gaps and not served else Known(everything)


def _unread(deployment: Deployment) -> Iterator[Unknown]:
    """Applications whose servlets are not known: any of them may be a renamed copy."""
    return (app.web_xml for app in deployment.apps if isinstance(app.web_xml, Unknown))


def _own_name(app: Webapp) -> str:
    return app.name.path[1:]


def _examples_name(app: Webapp) -> str | None:
    candidates = (_own_name(app), without_extension(last_segment(app.root.path), ".war") or last_segment(app.root.path))
    by_name = next((name for name in candidates if name in EXAMPLE_NAMES), None)
    if by_name:
        return by_name
    web_xml = app.web_xml.value if isinstance(app.web_xml, Known) else None
    return "examples" if web_xml and is_examples(web_xml) else None


def _manager_name(app: Webapp, config: Config, servlets: AdminServlets) -> str | None:
    """Tell by its servlets, by its own name, or in 4.x and 5.5 by the name of its directory in server/webapps."""
    kinds = [kind for kind, _ in servlets.of(app)]
    if kinds:
        return STANDARD_NAMES[kinds[0]]
    if _own_name(app) in _MANAGERS:
        return _own_name(app)
    return next((name for name in _SERVER_APPS if app.root.path == f"{config.home}/server/webapps/{name}"), None)


def _app_residues(app: Webapp, name: str | None) -> Iterator[Residue]:
    """One residue for each thing that makes the application exist."""
    if name is None:
        return
    for presence in app.presence:
        renamed = _own_name(app) != name and presence.kind not in {ResidueKind.DESCRIPTOR, ResidueKind.CONTEXT}
        yield Residue(
            kind=ResidueKind.RENAMED if renamed else presence.kind,
            path=app.root.path if presence.kind is ResidueKind.CONTEXT else presence.place.path,
            name=name,
            deployed=app.application.deployed,
            place=presence.place,
        )


def _in_home(
    reader: Reader, config: Config, deployment: Deployment, names: Sequence[str]
) -> tuple[tuple[Residue, ...], Unknown | None]:
    """Leftovers in HOME/webapps where no host of this instance serves that directory."""
    if isinstance(config.hosts, Unknown):
        return (), config.hosts
    directory = f"{config.home}/webapps"
    bases = [host.app_base.value for host in config.hosts.value if isinstance(host.app_base, Known)]
    if real(reader, directory) in {real(reader, base) for base in bases}:
        return (), None
    listed = reader.listing(directory)
    if isinstance(listed, Unknown):
        return (), listed
    entries = listed.value or ()
    known = {app.root.path for app in deployment.apps}
    wanted = [entry for entry in entries if (without_extension(entry, ".war") or entry) in names]
    paths = [f"{directory}/{entry}" for entry in wanted if f"{directory}/{entry}" not in known]
    return _gathered(reader, paths)


def _server_apps(
    reader: Reader, config: Config, found: Collection[Residue]
) -> tuple[tuple[Residue, ...], Unknown | None]:
    """HOME/server/webapps of 4.x and 5.5: what no descriptor points at, and the manager's jar."""
    directory = f"{config.home}/server/webapps"
    listed = reader.listing(directory)
    if isinstance(listed, Unknown):
        return (), listed
    names = [name for name in _SERVER_APPS if name in (listed.value or ())]
    served = {residue.name for residue in found}
    residues, gap = _gathered(reader, [f"{directory}/{name}" for name in names if name not in served])
    if "manager" not in names:
        return residues, gap
    jar = f"{directory}/{_MANAGER_JAR}"
    status = reader.status(jar)
    if isinstance(status, Unknown):
        return residues, gap or status
    if status.value is None:
        return residues, gap
    deployed = next((residue.deployed for residue in found if residue.name == "manager"), Known(False))
    return (*residues, _residue(ResidueKind.JAR, jar, last_segment(jar), deployed)), gap


def _gathered(reader: Reader, paths: Sequence[str]) -> tuple[tuple[Residue, ...], Unknown | None]:
    """Residues at ``paths`` that are directories, links or archives, none of them deployed."""
    residues: list[Residue] = []
    gap: Unknown | None = None
    for path in paths:
        status = reader.status(path)
        stem = without_extension(last_segment(path), ".war")
        if isinstance(status, Unknown):
            gap = gap or status
        elif status.value and (stem or status.value.kind in {FileKind.DIRECTORY, FileKind.LINK}):
            linked = status.value.link_target is not None
            kind = ResidueKind.ARCHIVE if stem else ResidueKind.LINK if linked else ResidueKind.DIRECTORY
            residues.append(_residue(kind, path, stem or last_segment(path), Known(False)))
    return tuple(residues), gap


def _residue(kind: ResidueKind, path: str, name: str, deployed: Fact[bool]) -> Residue:
    return Residue(kind=kind, path=path, name=name, deployed=deployed, place=Place(path))
