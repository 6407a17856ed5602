"""The demo fleet set up: trees planted, processes and servers running, the files that a sweep reads."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tomcat_fleet.demo import server
from tomcat_fleet.demo.account import Cast, cast
from tomcat_fleet.demo.host import DemoHost, Reach
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner, Tree

_KEY_TYPE = "ssh-ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What an operator would have: an inventory, the hosts' keys, a key to log in with."""

    inventory: Path
    known_hosts: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """One host in its place."""

    host: DemoHost
    root: Path
    address: str
    port: int
    account: Owner  # the login account
    known_key: asyncssh.SSHKey


@asynccontextmanager
async def stage(scratch: Path, hosts: Iterable[DemoHost]) -> AsyncIterator[Stage]:
    """``hosts`` up and running below the empty directory ``scratch``, for as long as this lasts."""
    players = cast()
    user_key = asyncssh.generate_private_key(_KEY_TYPE)
    async with AsyncExitStack() as stack:
        builder = _Builder(scratch, players, user_key, stack)
        standing = [await builder.raise_up(number, host) for number, host in enumerate(hosts)]
        yield _files(scratch, standing, user_key, players)


class _Builder:
    """Sets up one host after another; everything is taken down by the exit stack."""

    def __init__(self, scratch: Path, players: Cast, user_key: asyncssh.SSHKey, stack: AsyncExitStack) -> None:
        scratch.chmod(0o711)  # the demo's other accounts have to get through
        self._scratch = scratch
        self._cast = players
        self._user_key = user_key
        self._stack = stack
        self._jvm = Jvm(scratch)

    async def raise_up(self, number: int, host: DemoHost) -> _Standing:
        """Plant, start, listen."""
        root = self._scratch / host.name
        root.mkdir(mode=0o711)
        root.chmod(0o711)
        host.plant(Tree(root, self._cast.service, time.time()))
        self._start(host, root)
        account = self._cast.guest if host.guest else self._cast.auditor
        address = server.address(number)
        port, key = await self._listen(host, address, account)
        return _Standing(host=host, root=root, address=address, port=port, account=account, known_key=key)

    def _start(self, host: DemoHost, root: Path) -> None:
        account = self._cast.auditor if host.careless else self._cast.service
        for instance in host.instances:
            if instance.running:
                self._stack.enter_context(
                    self._jvm.running(_below(root, instance.base), _below(root, instance.home), account)
                )

    async def _listen(self, host: DemoHost, address: str, account: Owner) -> tuple[int, asyncssh.SSHKey]:
        key = asyncssh.generate_private_key(_KEY_TYPE)
        if host.reach is Reach.CLOSED:
            return self._stack.enter_context(server.closed_port(address)), key
        offered = asyncssh.generate_private_key(_KEY_TYPE) if host.reach is Reach.OTHER_KEY else key
        serving = server.serving(address, host_key=offered, user_key=self._user_key, account=account)
        return await self._stack.enter_async_context(serving), key


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _files(scratch: Path, standing: Iterable[_Standing], user_key: asyncssh.SSHKey, players: Cast) -> Stage:
    key, known, inventory = scratch / "id_ed25519", scratch / "known_hosts", scratch / "inventory.toml"
    key.touch(mode=0o600)
    key.write_bytes(user_key.export_private_key())
    rows = tuple(standing)
    lines = (f"[{row.address}]:{row.port} {row.known_key.export_public_key().decode().strip()}\n" for row in rows)
    known.write_text("".join(lines))
    inventory.write_text("".join(_inventory(rows, players.service.name)))
    return Stage(inventory=inventory, known_hosts=known, key=key)


def _inventory(rows: Iterable[_Standing], service: str) -> Iterable[str]:
    """The native format; strings of JSON are strings of TOML."""
    yield f"[defaults]\nwas_accounts = [{json.dumps(service)}]\n\n"
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.host.group, []).append(row.host.name)
    for name, members in groups.items():
        yield f"[groups.{name}]\nhosts = {json.dumps(members)}\n\n"
    for row in rows:
        yield f"[hosts.{row.host.name}]\naddress = {json.dumps(row.address)}\nport = {row.port}\n"
        yield f"user = {json.dumps(row.account.name)}\n"
        if row.host.instances:
            yield f"tomcat_discover = false\ntomcat_instances = [{', '.join(_hints(row))}]\n"
        yield "\n"


def _hints(row: _Standing) -> Iterable[str]:
    for instance in row.host.instances:
        base, home = _below(row.root, instance.base), _below(row.root, instance.home)
        yield f"{{ base = {json.dumps(str(base))}, home = {json.dumps(str(home))} }}"
