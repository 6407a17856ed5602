"""Realms in force, and where a file realm keeps its accounts.

The realm of a container is its last Realm element; a Context's hides its Host's, which hides its Engine's. LockOutRealm
and CombinedRealm only pass on to the realms inside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.realm import Realm, RealmKind
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.context import Contexts
from tomcat_fleet.tomcat.credential import comparison
from tomcat_fleet.tomcat.document import attribute, class_name
from tomcat_fleet.tomcat.path import absolute
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.user_file import UserFileRules, read_users
from tomcat_fleet.tomcat.xml import Element

_PACKAGE = "org.apache.catalina.realm."
_WRAPPERS = frozenset({_PACKAGE + "LockOutRealm", _PACKAGE + "CombinedRealm"})
_KINDS = {
    _PACKAGE + "UserDatabaseRealm": RealmKind.USER_DATABASE,
    _PACKAGE + "MemoryRealm": RealmKind.MEMORY,
    _PACKAGE + "JNDIRealm": RealmKind.JNDI,
    _PACKAGE + "JDBCRealm": RealmKind.JDBC,
    _PACKAGE + "DataSourceRealm": RealmKind.DATA_SOURCE,
    _PACKAGE + "JAASRealm": RealmKind.JAAS,
    _PACKAGE + "NullRealm": RealmKind.NULL,
}
_DEFAULT_FILE = "conf/tomcat-users.xml"
_FILE_FACTORY = "org.apache.catalina.users.MemoryUserDatabaseFactory"
_DATA_SOURCE_FACTORY = "org.apache.catalina.users.DataSourceUserDatabaseFactory"


@dataclass(frozen=True, slots=True)
class RealmElement:
    """A Realm element and the file it stands in."""

    element: Element
    path: str


def realms(reader: Reader, config: Config, contexts: Contexts) -> Fact[tuple[Realm, ...]]:
    """Realms in force. A context definition that could not be read may hold one and stands as one without users."""
    if isinstance(config.server, Unknown):
        return config.server
    inside = (RealmElement(realm, path) for path, context in contexts.elements for realm in _own(context))
    leaves = (leaf for outer in (*_containers(config), *inside) for leaf in _leaves(outer))
    found = tuple(_realm(reader, config, leaf) for leaf in leaves)
    return Known((*found, *map(_hidden, contexts.gaps)))


def _hidden(gap: Unknown) -> Realm:
    return Realm(kind=RealmKind.USER_DATABASE, class_name="", place=Place(gap.source), users=gap)


def user_files(config: Config, found: Fact[tuple[Realm, ...]]) -> Fact[tuple[str, ...]]:
    """User files of all realms in force and of every UserDatabase that is defined, used or not."""
    if isinstance(found, Unknown):
        return found
    unresolved = next((realm.users for realm in found.value if realm.path is None and _is_lost(realm)), None)
    if isinstance(unresolved, Unknown) and unresolved.gap is Gap.UNRESOLVED:
        return unresolved
    named = [realm.path for realm in found.value if realm.path]
    defined = [_database(config, element) for element in _resources(config) if _is_database(element)]
    paths = [item.value for item in defined if isinstance(item, Known)]
    return Known(tuple(dict.fromkeys((*named, *paths))))


def _is_lost(realm: Realm) -> bool:
    return isinstance(realm.users, Unknown)


def _own(container: Element) -> tuple[Element, ...]:
    """Its effective Realm: setRealm is called for each element, so the last one stays."""
    return tuple(container.each("Realm"))[-1:]


def _containers(config: Config) -> Iterator[RealmElement]:
    services = config.services.value if isinstance(config.services, Known) else ()
    for engine in (service.engine for service in services if service.engine):
        hosts = tuple(engine.each("Host"))
        if not hosts or any(not _own(host) for host in hosts):
            yield from (RealmElement(realm, config.path) for realm in _own(engine))
        for host in hosts:
            yield from (RealmElement(realm, config.path) for realm in _own(host))


def _leaves(outer: RealmElement) -> Iterator[RealmElement]:
    if class_name(outer.element) in _WRAPPERS:
        for inner in outer.element.each("Realm"):
            yield from _leaves(RealmElement(inner, outer.path))
    else:
        yield outer


def _realm(reader: Reader, config: Config, item: RealmElement) -> Realm:
    name = class_name(item.element)
    kind = _KINDS.get(name, RealmKind.CUSTOM)
    file = _file(config, item.element, kind)
    if file is None or _is_data_source(config, item.element, kind):
        outside = RealmKind.DATA_SOURCE if file else kind
        return Realm(kind=outside, class_name=from_text(name), place=Place(item.path, item.element.line))
    compared = comparison(item.element, config.version, config.doubt)
    rules = UserFileRules(config=config, groups=kind is RealmKind.USER_DATABASE)
    return Realm(
        kind=kind,
        class_name=from_text(name),
        place=Place(item.path, item.element.line),
        path=file.value if isinstance(file, Known) else None,
        users=read_users(reader, file.value, rules) if isinstance(file, Known) else file,
        storing=compared.storing,
        algorithm=compared.algorithm,
    )


def _file(config: Config, realm: Element, kind: RealmKind) -> Fact[str] | None:
    """Find the user file of a file realm; None for a realm that has none."""
    if kind is RealmKind.MEMORY:
        return _pathname(config, attribute(realm, "pathname"))
    if kind is not RealmKind.USER_DATABASE:
        return None
    resource = _resource(config, realm)
    if isinstance(resource, Unknown):
        return resource
    return _database(config, resource.value)


def _resource(config: Config, realm: Element) -> Fact[Element]:
    """Find the UserDatabase that the realm names; without it the realm does not start."""
    name = attribute(realm, "resourceName") or "UserDatabase"
    local = (attribute(realm, "localJndiResource") or "").lower() == "true"
    place = f"{config.path}:{realm.line}"
    if config.doubt(name) or local:
        return Unknown(Gap.UNRESOLVED, place, "resourceName")
    found = [item for item in _resources(config) if attribute(item, "name") == name]
    return Known(found[-1]) if found else Unknown(Gap.MISSING, place, "no Resource of that name")


def _resources(config: Config) -> tuple[Element, ...]:
    if isinstance(config.server, Unknown):
        return ()
    return tuple(
        item for naming in config.server.value.each("GlobalNamingResources") for item in naming.each("Resource")
    )


def _is_database(resource: Element) -> bool:
    return attribute(resource, "type") == "org.apache.catalina.UserDatabase"


def _parameter(config: Config, resource: Element, name: str) -> str | None:
    """Read an attribute of a Resource, or before 5.5 a parameter of the ResourceParams of the same name."""
    own = attribute(resource, name)
    if own is not None or isinstance(config.server, Unknown):
        return own
    for naming in config.server.value.each("GlobalNamingResources"):
        for params in naming.each("ResourceParams"):
            if attribute(params, "name") == attribute(resource, "name"):
                return next((p.value("value") for p in params.each("parameter") if p.value("name") == name), None)
    return None


def _database(config: Config, resource: Element) -> Fact[str]:
    factory = _parameter(config, resource, "factory") or _FILE_FACTORY
    if factory not in {_FILE_FACTORY, _DATA_SOURCE_FACTORY}:
        return Unknown(Gap.UNRESOLVED, f"{config.path}:{resource.line}", "factory")
    return _pathname(config, _parameter(config, resource, "pathname"))


def _is_data_source(config: Config, realm: Element, kind: RealmKind) -> bool:
    if kind is not RealmKind.USER_DATABASE:
        return False
    resource = _resource(config, realm)
    return isinstance(resource, Known) and _parameter(config, resource.value, "factory") == _DATA_SOURCE_FACTORY


def _pathname(config: Config, text: str | None) -> Fact[str]:
    """Make a pathname absolute: relative to BASE, or a file: URL as newer versions read it."""
    doubt = config.doubt(text)
    if doubt:
        return doubt
    given = text or _DEFAULT_FILE
    if given.startswith("file:"):
        given = "/" + given.removeprefix("file:").lstrip("/")
    if "://" in given or given.startswith("classpath:"):
        return Unknown(Gap.NOT_COLLECTED, from_text(given), "not a file of this machine")
    return Known(absolute(from_text(given), config.base))
