"""A peer that stops taking and giving bytes cannot hold up the end of its audit, however many hops it has."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.conftest import Figure
from tests.hostile.swept import swept
from tests.transport.reach import access_for, open_channel, target_of
from tests.transport.server import Server, serve
from tomcat_fleet.transport.channel import Limits

KEY = asyncssh.generate_private_key("ssh-ed25519")
WIDE = 64 << 20  # so that it is TCP that is full, and not only SSH's window
PROMISED = 2.0
LOADED = 1.5  # less than what one more hop would cost


class Cable:
    """Carries connections to a port until it is cut: from then on nobody reads, and nobody is told."""

    def __init__(self, onward: int) -> None:
        self._onward = onward
        self._open = asyncio.Event()
        self._open.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0

    async def remove(self) -> None:
        """Drop what it carries."""
        self._open.set()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks)

    def freeze(self) -> None:
        """Cut it."""
        self._open.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, onward = await asyncio.open_connection("127.0.0.1", self._onward)
        self._writers += [writer, onward]
        for source, sink in ((reader, onward), (answers, writer)):
            self._tasks.append(asyncio.create_task(self._copy(source, sink)))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(4096):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def cable(onward: int) -> AsyncIterator[Cable]:
    """A cable to a port, with as little room in it as the system allows."""
    made = Cable(onward)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(made.carry, sock=listener, limit=4096)
    made.port = listener.getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.remove()


def known(port: int, server: Server) -> str:
    return server.known_hosts_line().replace(f":{server.port} ", f":{port} ")


@pytest.mark.parametrize("hops", [0, 1, 3])
async def test_closing_takes_a_moment_in_sum(hops: int, tmp_path: Path, figure: Figure) -> None:
    async with (
        serve(user_key=KEY, window=WIDE) as web,
        serve(user_key=KEY, window=WIDE) as near,
        cable(near.port if hops else web.port) as wire,
    ):
        target = target_of(web, "deaf", tmp_path)
        lines = [web.known_hosts_line(), near.known_hosts_line(), known(wire.port, near if hops else web)]
        if hops:
            more = "".join(f",ops@127.0.0.1:{near.port}" for _ in range(hops - 1))
            target = replace(target, jump=f"ops@127.0.0.1:{wire.port}{more}")
        else:
            target = replace(target, port=wire.port)
        limits = Limits(total_s=30)
        channel = await open_channel(target, access_for(target, tmp_path, *lines), limits)
        wire.freeze()
        await channel.write(b"#" * (32 << 20))
        began = time.monotonic()
        await channel.aclose()
        seconds = time.monotonic() - began
    figure(f"a frozen host behind {hops} hops is closed in {seconds:.2f} s (goal: {PROMISED:.0f})")
    assert seconds < PROMISED + LOADED


async def test_the_deadline_of_a_host_is_kept_through_frozen_hops(tmp_path: Path, figure: Figure) -> None:
    async with (
        serve(user_key=KEY, window=WIDE) as web,
        serve(user_key=KEY, window=WIDE) as near,
        cable(near.port) as wire,
    ):
        jump = ",".join([f"ops@127.0.0.1:{wire.port}", *[f"ops@127.0.0.1:{near.port}"] * 2])
        target = replace(target_of(web, "deaf", tmp_path), jump=jump)
        lines = (web.known_hosts_line(), near.known_hosts_line(), known(wire.port, near))
        asyncio.get_running_loop().call_later(2, wire.freeze)
        (line,) = (await swept([target], tmp_path, *lines, limits=Limits(total_s=4))).values()
    figure(f"a host frozen behind 3 hops has its result after {line['duration_s']:.2f} s (goal: 4 + {PROMISED:.0f})")
    assert (line["outcome"], line["outcome_reason"]) == ("timeout", "not finished within 4 s")
    assert line["duration_s"] < 4 + PROMISED + LOADED
