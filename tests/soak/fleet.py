"""The fake fleet running: its server processes, the inventory and the files an operator would have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from tests.soak.fault import FAULTS, Login
from tests.soak.plan import Host
from tests.transport.server import write_private

ROOT = Path(__file__).resolve().parents[2]
_START_S = 120
_CROWD = 400  # good hosts of one process


@dataclass
class Fleet:
    """Files to hand to the command, and, once the fleet has stopped, what each host saw."""

    inventory: Path
    known_hosts: Path
    key: Path
    visits: dict[str, dict[str, float]] = field(default_factory=dict)


@contextmanager
def playing(hosts: Sequence[Host], place: Path) -> Iterator[Fleet]:
    """The hosts on loopback, each waiting for its client until the block ends."""
    host_key, other_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    shares = _shares(hosts)
    ports: dict[str, int] = {}
    fleet = Fleet(
        place / "fleet.toml", place / "known_hosts", write_private(place / "key", user_key.export_private_key())
    )
    with ExitStack() as stack:
        servers = [stack.enter_context(_server()) for _ in shares]
        pem = host_key.export_private_key().decode()
        for server, (nice, share) in zip(servers, shares, strict=True):
            _order(server, {"host_key": pem, "nice": nice, "hosts": [asdict(host) for host in share]})
        for server, (_, share) in zip(servers, shares, strict=True):
            ports |= zip((host.name for host in share), _answer(server), strict=True)
        fleet.inventory.write_text(_inventory(hosts, ports))
        fleet.known_hosts.write_text("".join(_known(hosts, ports, host_key, other_key)))
        yield fleet
        for server in servers:
            assert server.stdin
            server.stdin.close()
            fleet.visits |= _answer(server)


def _shares(hosts: Sequence[Host]) -> list[tuple[int, list[Host]]]:
    """Who plays with whom, and with how little claim to the machine: on a real network all have their own."""
    good = [host for host in hosts if host.fault is None]
    bad = [(FAULTS[host.fault], host) for host in hosts if host.fault is not None]
    shares = [(0, good[start : start + _CROWD]) for start in range(0, len(good), _CROWD)]
    shares += [
        (5, [host for fault, host in bad if not fault.flood]),
        (10, [host for fault, host in bad if fault.flood]),
    ]
    return [(nice, share) for nice, share in shares if share]


@contextmanager
def _server() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.server"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        yield server
    finally:
        server.kill()
        server.wait()
        for pipe in (server.stdin, server.stdout):
            assert pipe
            pipe.close()


def _order(server: subprocess.Popen[str], order: dict[str, Any]) -> None:
    assert server.stdin
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()


def _answer(server: subprocess.Popen[str]) -> Any:
    assert server.stdout
    line = server.stdout.readline()
    assert line, f"a fake server ended with {server.wait(_START_S)}"
    return json.loads(line)


def _inventory(hosts: Sequence[Host], ports: dict[str, int]) -> str:
    groups: dict[str, list[str]] = {}
    for host in hosts:
        groups.setdefault(host.layout.replace(".", "_").replace("-", "_"), []).append(host.name)
    lines = ['[defaults]\nuser = "audit"\n']
    lines += [f"[groups.{name}]\nhosts = {json.dumps(names)}\n" for name, names in groups.items()]
    lines += [f'[hosts."{h.name}"]\naddress = "{h.address}"\nport = {ports[h.name]}\n' for h in hosts]
    return "\n".join(lines)


def _known(
    hosts: Sequence[Host], ports: dict[str, int], right: asyncssh.SSHKey, wrong: asyncssh.SSHKey
) -> Iterator[str]:
    lines = {key: key.export_public_key().decode().strip() for key in (right, wrong)}
    for host in hosts:
        login = FAULTS[host.fault].login if host.fault else Login.FINE
        if login is not Login.UNKNOWN_KEY:
            key = wrong if login is Login.CHANGED_KEY else right
            yield f"[{host.address}]:{ports[host.name]} {lines[key]}\n"
