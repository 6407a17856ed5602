"""Processes, units and accounts of one instance: who runs it and who may own its files."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.daemon import Daemon, Unit
from tomcat_fleet.model.evidence import Account
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.storage import Owners
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.unit import Starter

_WRITTEN = ("logs", "work", "temp")  # what a running Tomcat writes to, and so belongs to whoever runs it


def daemons(reader: Reader, seed: Seed, target: Target) -> Fact[tuple[Daemon, ...]]:
    """List the processes of the instance; ``Known(())`` when it is proven not to run."""
    if isinstance(seed.running, Unknown):
        return seed.running
    named = {found.value.uid for found in _named(reader, seed, target) if isinstance(found, Known)}
    vouched = {*named, *_holders(reader, seed)}
    return Known(
        tuple(
            Daemon(
                process=launch.process,
                kind=launch.kind,
                account=reader.account(launch.process.uid),
                vouched=launch.process.uid in vouched,
            )
            for launch in seed.launches
        )
    )


def _holders(reader: Reader, seed: Seed) -> Iterator[int]:
    """Owners of the base and of what its JVM writes to. Anyone may start a process that names the base."""
    for path in (seed.base, *(f"{seed.base}/{name}" for name in _WRITTEN)):
        status = reader.status(path)
        if isinstance(status, Known) and status.value:
            yield status.value.uid


def units(seed: Seed) -> tuple[Unit, ...]:
    """Units and init scripts that name this base."""
    return tuple(starter.unit for starter in seed.starters if starter.unit)


def owners(reader: Reader, seed: Seed, target: Target) -> Owners:
    """Accounts that may own the instance's files: those of its JVM, its units and the inventory."""
    uids = {launch.process.uid for launch in seed.jvms}
    names = {launch.process.user for launch in seed.jvms if launch.process.user}
    missing: list[Unknown] = []
    for found in _named(reader, seed, target):
        if isinstance(found, Unknown):
            missing.append(found)
        else:
            uids.add(found.value.uid)
            names.add(found.value.name)
    if not uids and any(_is_root_s(starter) for starter in seed.starters):
        uids, names = {0}, {"root"}
    known: Fact[None] = Known(None)
    if not uids:
        known = missing[0] if missing else Unknown(Gap.NOT_COLLECTED, seed.base, "service account")
    return Owners(uids=frozenset(uids), names=tuple(sorted(names)), known=known)


def _is_root_s(starter: Starter) -> bool:
    """Systemd runs a unit without User= as root; an init script may change the account by itself."""
    return starter.unit is not None and starter.unit.user is None and starter.unit.name.endswith(".service")


def _named(reader: Reader, seed: Seed, target: Target) -> tuple[Known[Account] | Unknown, ...]:
    """Accounts that the inventory and units name, in the order of their names."""
    names = {*target.was_accounts, *(seed.hint.was_accounts if seed.hint else ()), *_unit_users(seed)}
    return tuple(_account(reader, name) for name in sorted(names))


def _unit_users(seed: Seed) -> Iterator[str]:
    return (starter.unit.user for starter in seed.starters if starter.unit and starter.unit.user)


def _account(reader: Reader, name: str) -> Known[Account] | Unknown:
    found = reader.account(name)
    if isinstance(found, Unknown):
        return found
    return Known(found.value) if found.value else Unknown(Gap.MISSING, f"account {name}")
