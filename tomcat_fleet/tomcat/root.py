"""Directories in which an instance's web applications lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tomcat_fleet.model.access import AdminContext
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.storage import Roots
from tomcat_fleet.tomcat.webapp import Deployment, Webapp


def roots(config: Config, deployment: Deployment, admin: Fact[tuple[AdminContext, ...]]) -> Roots:
    """Sort every appBase and docBase by what it is for."""
    bases = tuple(_app_bases(config))
    app_bases = tuple(dict.fromkeys(base.value for base in bases if isinstance(base, Known)))
    consoles = {context.doc_base for context in admin.value} if isinstance(admin, Known) else set()
    present = [app for app in deployment.apps if app.root.exists != Known(value=False)]
    folders = tuple(dict.fromkeys(app.root.path for app in present if not app.root.archive and _is_named(app)))
    return Roots(
        app_bases=app_bases,
        doc_bases=tuple(path for path in folders if path not in consoles),
        admin_bases=tuple(path for path in folders if path in consoles),
        archives=tuple(
            app.root.path
            for app in present
            if app.root.archive and not any(paths.is_below(app.root.path, base) for base in app_bases)
        ),
        unknown=tuple(dict.fromkeys((*_unknown(bases), *deployment.gaps, *_unknown(_hidden(deployment))))),
    )


def searched(config: Config) -> tuple[Place, ...]:
    """Directories that were listed to find applications and their descriptors."""
    hosts = config.hosts.value if isinstance(config.hosts, Known) else ()
    places = (base for host in hosts for base in (host.app_base, host.xml_base))
    return tuple(dict.fromkeys(Place(base.value) for base in places if isinstance(base, Known)))


def _app_bases(config: Config) -> Iterator[Fact[str]]:
    if isinstance(config.hosts, Unknown):
        yield config.hosts
    else:
        yield from (host.app_base for host in config.hosts.value)


def _unknown(facts: Iterable[Fact[str] | Fact[bool]]) -> Iterator[Unknown]:
    return (fact for fact in facts if isinstance(fact, Unknown))


def _hidden(deployment: Deployment) -> Iterator[Fact[bool]]:
    """Applications whose docBase hangs on something that is not known."""
    served = (app for app in deployment.apps if app.application.deployed != Known(value=False))
    return (app.root.exists for app in served if not _is_named(app))


def _is_named(app: Webapp) -> bool:
    """Whether the docBase is known; else its path is only a guess."""
    return not isinstance(app.root.exists, Unknown) or app.root.exists.source == app.root.path
