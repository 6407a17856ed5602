"""Opening channels to test servers the way a sweep does: through known_hosts and key files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from tests.transport.server import Server, write_private
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.open import Carriers

CARRIERS = ("asyncssh", "paramiko")
QUICK = Limits(connect_s=2, login_s=4, idle_s=4, total_s=10, retries=0)


@dataclass
class Carrier:
    """The library that carries the test, see the fixture ``carrier``."""

    name: str = "asyncssh"


CARRIER = Carrier()


def target_of(server: Server, user: str, directory: Path) -> Target:
    """A target that logs in with the key the server accepts."""
    key = write_private(directory / "user_key", server.user_key.export_private_key())
    return Target(
        name="web01",
        address="127.0.0.1",
        port=server.port,
        user=user,
        key_files=(str(key),),
        transport=CARRIER.name,
        source="hosts.toml:3",
    )


def access_for(target: Target, directory: Path, *lines: str, use_agent: bool = False) -> Access:
    """Access with a known_hosts file of ``lines``."""
    known = directory / "known_hosts"
    known.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return load_access([target], known_hosts=known, use_agent=use_agent)


async def open_channel(target: Target, access: Access, limits: Limits) -> Channel:
    """A channel by a way of its own: connections to jump hosts are closed with it."""
    carriers = Carriers(limits)
    try:
        channel = await carriers.open(target, access, limits)
    except BaseException:
        await carriers.aclose()
        raise
    return cast("Channel", _Alone(channel, carriers))


class _Alone:
    def __init__(self, channel: Channel, carriers: Carriers) -> None:
        self._channel = channel
        self._carriers = carriers

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)

    async def aclose(self) -> None:
        await self._channel.aclose()
        await self._carriers.aclose()


@asynccontextmanager
async def reach(
    server: Server, user: str, directory: Path, limits: Limits = QUICK, **changes: object
) -> AsyncIterator[Channel]:
    """An open channel to a server whose host key is known."""
    target = replace(target_of(server, user, directory), **changes)  # type: ignore[arg-type]
    access = access_for(target, directory, server.known_hosts_line())
    channel = await open_channel(target, access, limits)
    try:
        yield channel
    finally:
        await channel.aclose()
