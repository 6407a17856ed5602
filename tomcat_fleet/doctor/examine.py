"""All checks in order."""

from __future__ import annotations

import asyncio
import getpass
import os
import resource
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tomcat_fleet.doctor import agent, clock, credential, disk, host_key, key, open_file, route, table
from tomcat_fleet.doctor.finding import Finding, of_faults, ok
from tomcat_fleet.errors import ConfigError, Fault, UserError
from tomcat_fleet.inventory import Inventory, load
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.installed import data_directory
from tomcat_fleet.transport.access import Access, load_access, on_the_way
from tomcat_fleet.transport.open import check_transports

KNOWN_HOSTS = Path("~/.ssh/known_hosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an audit would be given."""

    inventory: tuple[Path, ...]
    limit: str | None = None
    ssh_config: Path | None = None
    output: Path | None = None  # None: a new directory where it is run
    known_hosts: Path = KNOWN_HOSTS
    keys: tuple[Path, ...] = ()
    agent: bool = False
    concurrency: int = 64
    transport: str | None = None  # of every target, whatever the inventory says
    lang: str = "ko"
    templates: Path | None = None
    outside: bool = False  # resolve references that run a program or ask another machine
    now: datetime


def examine(case: Case) -> tuple[Finding, ...]:
    """Everything that is found, each thing once, in the order of the checks."""
    fleet, findings = _fleet(case)
    findings += _machine(case, len(fleet.targets))
    remote = tuple(target for target in fleet.targets if target.transport != "local")
    if remote:
        findings += _login(case, fleet, (*remote, *on_the_way(remote, fleet.jumps)))
        findings += asyncio.run(_ways(case, fleet, remote))
    return tuple({(one.said, str(one.params)): one for one in reversed(findings)}.values())[::-1]


def _fleet(case: Case) -> tuple[Inventory, list[Finding]]:
    try:
        fleet = load(case.inventory, case.limit, case.ssh_config).carried(case.transport)
    except UserError as error:
        return Inventory(targets=()), [*of_faults("inventory", error.faults)]
    if not fleet.targets:
        chosen = f" that --limit {case.limit!r} selects" if case.limit else ""
        return fleet, [*of_faults("inventory", [Fault("", 0, f"the inventory has no target{chosen}")])]
    findings = [ok("inventory", "inventory_ok", targets=len(fleet.targets), warnings=len(fleet.warnings))]
    try:
        check_transports(fleet.targets, fleet.jumps)
    except ConfigError as error:
        findings += of_faults("inventory", error.faults)
    return fleet, findings


def _machine(case: Case, hosts: int) -> Iterator[Finding]:
    """What has nothing to do with logging in."""
    yield from open_file.examine(*resource.getrlimit(resource.RLIMIT_NOFILE), case.concurrency)
    yield from disk.examine(case.output, Path(tempfile.gettempdir()), hosts)
    yield from clock.examine(case.now, table.newest(), synchronised=clock.ntp())
    yield from table.tables(data_directory(os.environ), case.now.date())
    yield from table.templates(case.lang, case.templates)


def _login(case: Case, fleet: Inventory, machines: Sequence[Target]) -> Iterator[Finding]:
    """What logging in to ``machines`` takes: files and references, never a machine."""
    shared = tuple(map(str, case.keys))
    bare = any(not (one.key_files or one.use_agent or one.password) for one in machines)
    yield from key.examine(key.wanted(machines, shared, _account()), usual=bare and not (shared or case.agent))
    yield from host_key.examine(case.known_hosts.expanduser(), machines, fleet.jumps, _repeated(case))
    yield from credential.examine(machines, outside=case.outside)


def _repeated(case: Case) -> str:
    """The options that lead another verb to the same machines and the same file."""
    given: list[tuple[str, object]] = [("-i", each) for each in case.inventory]
    given += [("--limit", case.limit), ("--ssh-config", case.ssh_config)]
    if case.known_hosts != KNOWN_HOSTS:
        given.append(("--known-hosts", case.known_hosts))
    return " ".join(f"{option} {shlex.quote(str(value))}" for option, value in given if value is not None)


async def _ways(case: Case, fleet: Inventory, remote: Sequence[Target]) -> list[Finding]:
    """What an audit reads before it begins; where that is in order, the agent and the jump hosts themselves."""
    left = () if case.outside else tuple(one for one in remote if credential.asks_outside(one))
    tried = tuple(one for one in remote if case.outside or not credential.asks_outside(one))
    access, findings = _access(case, tried, fleet.jumps)
    if access is None:
        return [*findings, *map(route.untried, route.routes(remote))]
    findings = [await agent.examine(access.agent_path)] if access.agent_path else [ok("agent", "agent_unasked")]
    direct = any(not target.jump for target in fleet.targets)
    findings += await route.examine(route.routes(tried), route.by_hops(access), direct=direct)
    return [*findings, *map(route.untried, route.routes(left))]


def _access(case: Case, targets: Sequence[Target], jumps: Mapping[str, Target]) -> tuple[Access | None, list[Finding]]:
    try:
        access = load_access(
            targets, jumps=jumps, known_hosts=case.known_hosts, key_files=case.keys, use_agent=case.agent
        )
    except ConfigError as error:
        return None, [*of_faults("login", error.faults)]
    return access, []


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
