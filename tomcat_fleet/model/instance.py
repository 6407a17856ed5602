"""One CATALINA_BASE as Tomcat itself would see it: what the checks judge."""

from __future__ import annotations

from dataclasses import dataclass, field

from tomcat_fleet.model.access import AdminContext
from tomcat_fleet.model.daemon import Daemon, Unit
from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.patch import Patch, VersionFacts
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.realm import Realm
from tomcat_fleet.model.storage import Logs, Owners, Stored, Tree
from tomcat_fleet.model.web import ErrorPages, ListingFile, Residue


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Effective configuration and surroundings of one instance.

    A ``Fact`` that is ``Unknown`` means that part could not be established; a tuple inside a ``Known`` is complete.
    """

    base: str  # real path
    home: str  # real path
    running: Fact[bool]
    daemons: Fact[tuple[Daemon, ...]]  # Known(()) when not running
    units: tuple[Unit, ...]
    owners: Owners
    version: VersionFacts
    patch: Fact[Patch]
    admin_contexts: Fact[tuple[AdminContext, ...]]
    realms: Fact[tuple[Realm, ...]]
    password_files: Fact[tuple[Stored, ...]]
    directories: Fact[tuple[Stored, ...]]
    directory_trees: tuple[Tree, ...]
    config_trees: tuple[Tree, ...]  # conf as a whole
    config_files: Fact[tuple[Stored, ...]]  # setenv, links inside conf, webapp files that hold a credential
    script_trees: tuple[Tree, ...]  # bin
    source_trees: tuple[Tree, ...]
    listing_files: Fact[tuple[ListingFile, ...]]
    error_pages: Fact[ErrorPages]
    examples: Fact[tuple[Residue, ...]]
    process_managers: Fact[tuple[Residue, ...]]
    logs: Logs
    units_known: Fact[None] = field(default_factory=lambda: Known(None))  # Unknown: another unit may start it
    searched: tuple[Place, ...] = ()  # directories listed to find applications: evidence of an absence
