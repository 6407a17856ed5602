"""Whether known_hosts has a key of every machine that is to be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tomcat_fleet.doctor.finding import Finding, of_faults, ok, problem, warning
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.jump import SSH_PORT, Hop, parse_jump
from tomcat_fleet.transport.known_hosts import KnownHosts, read_known_hosts

_NAMED = 3


def examine(path: Path, targets: Iterable[Target], jumps: Mapping[str, Target], options: str) -> Iterator[Finding]:
    """Look up every target and jump host in the file ``path``; the advice repeats ``options``."""
    try:
        known = read_known_hosts(path)
    except ConfigError as error:
        yield from of_faults("known_hosts", error.faults)
        return
    machines = dict(_machines(targets, jumps))
    missing = [name for name, place in machines.items() if not _has(known, *place)]
    file = {"path": path, "authorities": _authorities(path)}
    if not missing:
        yield ok("known_hosts", "hosts_ok", count=len(machines), **file)
        return
    names = ", ".join(one_line(name, 64) for name in missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
    tell = problem if len(missing) == len(machines) else warning
    count = {"missing": len(missing), "count": len(machines), "names": names, "options": options}
    yield tell("known_hosts", "hosts_missing", **file, **count)


def _machines(targets: Iterable[Target], jumps: Mapping[str, Target]) -> Iterator[tuple[str, tuple[str, int]]]:
    for target in targets:
        yield target.name, _place(target)
        for hop in _hops(target):
            described = jumps.get(hop.address)
            machine = replace(described, port=hop.port or described.port) if described else None
            yield str(hop), _place(machine) if machine else (hop.address, hop.port or SSH_PORT)


def _hops(target: Target) -> tuple[Hop, ...]:
    try:
        return parse_jump(target.jump)
    except ValueError:
        return ()  # told with the other faults of the inventory


def _place(target: Target) -> tuple[str, int]:
    return (target.host_key_alias, SSH_PORT) if target.host_key_alias else (target.address, target.port)


def _has(known: KnownHosts, address: str, port: int) -> bool:
    found = known.of(address, port)
    return bool(found.keys or found.authorities)


def _authorities(path: Path) -> int:
    lines = path.read_text("utf-8", "replace").splitlines()
    return sum(line.lstrip().startswith("@cert-authority") for line in lines)
