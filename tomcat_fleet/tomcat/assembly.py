"""One instance put together from everything that this room knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tomcat_fleet.model.access import AdminContext
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.patch import Patch, VersionFacts
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.realm import Realm
from tomcat_fleet.model.storage import Stored
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat import daemon
from tomcat_fleet.tomcat.admin import admin_contexts
from tomcat_fleet.tomcat.advisory import assess
from tomcat_fleet.tomcat.config import Config, load_config
from tomcat_fleet.tomcat.context import Contexts, contexts_of
from tomcat_fleet.tomcat.deployment import load_deployment
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.error_page import error_pages
from tomcat_fleet.tomcat.jar import version_facts
from tomcat_fleet.tomcat.listing import listing_files
from tomcat_fleet.tomcat.log import logs
from tomcat_fleet.tomcat.outlook import look_ahead
from tomcat_fleet.tomcat.password_file import password_files
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.realm import realms, user_files
from tomcat_fleet.tomcat.residue import examples, process_managers
from tomcat_fleet.tomcat.root import roots, searched
from tomcat_fleet.tomcat.start import Start, read_start
from tomcat_fleet.tomcat.storage import Storage, storage
from tomcat_fleet.tomcat.table import Tables, bundled
from tomcat_fleet.tomcat.version import Version
from tomcat_fleet.tomcat.webapp import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the auditor brings: the profile, the day of the sweep, the tables of releases and advisories."""

    policy: Policy
    today: date
    tables: Tables = field(default_factory=bundled)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the fields of an instance are made from."""

    start: Start
    version: VersionFacts
    config: Config
    deployment: Deployment
    contexts: Contexts
    admin: Fact[tuple[AdminContext, ...]]
    realms: Fact[tuple[Realm, ...]]
    storage: Storage


def assemble(reader: Reader, seed: Seed, target: Target, settings: Settings) -> Instance:
    """Build the instance at ``seed``. Every part that could not be established is Unknown with its gap."""
    parts = _parts(reader, seed, settings)
    config, deployment, stored = parts.config, parts.deployment, parts.storage
    return Instance(
        base=seed.base,
        home=seed.home,
        running=seed.running,
        daemons=daemon.daemons(reader, seed, target),
        units=daemon.units(seed),
        units_known=seed.units_known,
        owners=daemon.owners(reader, seed, target),
        version=parts.version,
        patch=_patch(parts.version, settings),
        admin_contexts=parts.admin,
        realms=parts.realms,
        password_files=_password_files(reader, seed, parts),
        directories=stored.directories,
        directory_trees=stored.directory_trees,
        config_trees=stored.config_trees,
        config_files=stored.config_files,
        script_trees=stored.script_trees,
        source_trees=stored.source_trees,
        listing_files=Known(listing_files(reader, config, deployment)),
        error_pages=Known(error_pages(reader, config, deployment)),
        examples=examples(reader, config, deployment),
        process_managers=process_managers(reader, config, deployment),
        logs=logs(reader, config, seed, parts.start, parts.contexts),
        searched=searched(config),
    )


def _parts(reader: Reader, seed: Seed, settings: Settings) -> _Parts:
    start = read_start(reader, seed)
    process = seed.lead.process if seed.lead else None
    version = version_facts(reader, base=seed.base, home=seed.home, running=seed.running, jvm=process)
    config = _config(reader, seed, start, version)
    if isinstance(config.server, Unknown) and config.server.gap is Gap.NOT_COLLECTED:
        look_ahead(reader, seed)
    deployment = load_deployment(reader, config)
    admin = admin_contexts(reader, config, deployment, settings.policy.manager_networks)
    contexts = contexts_of(deployment)
    return _Parts(
        start=start,
        version=version,
        config=config,
        deployment=deployment,
        contexts=contexts,
        admin=admin,
        realms=realms(reader, config, contexts),
        storage=storage(reader, config, roots(config, deployment, admin)),
    )


def _password_files(reader: Reader, seed: Seed, parts: _Parts) -> Fact[tuple[Stored, ...]]:
    return password_files(
        reader,
        base=seed.base,
        files=user_files(parts.config, parts.realms),
        arguments=parts.start.arguments,
        directory=parts.start.directory,
    )


def _config(reader: Reader, seed: Seed, start: Start, version: VersionFacts) -> Config:
    return load_config(
        reader,
        base=seed.base,
        home=seed.home,
        version=Version.find(version.number.value) if isinstance(version.number, Known) else None,
        arguments=start.arguments,
        arguments_known=start.arguments_known,
        server_xml=(seed.lead.server_file if seed.lead else None) or "conf/server.xml",
    )


def _patch(version: VersionFacts, settings: Settings) -> Fact[Patch]:
    if isinstance(version.number, Unknown):
        return version.number
    number = Version.find(version.number.value)
    return Known(assess(settings.tables, number, settings.today)) if number else Unknown(Gap.MALFORMED, version.jar)
