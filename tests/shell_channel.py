"""A channel to a local process, for tests that run the real collector without SSH."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from tomcat_fleet.transport.channel import Link

_IDLE_S = 90  # longer than the collector's own limit for one search


class ShellChannel:
    """Speaks to one running shell."""

    link = Link(transport="test", address="local", account="test")

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def read(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(_IDLE_S):
            return await self._process.stdout.read(65536)

    async def end_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def stderr(self) -> str:
        return ""

    def ending(self) -> str:
        return ""

    async def aclose(self) -> None:
        await self.end_input()


@asynccontextmanager
async def shell(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, user: int | None = None
) -> AsyncIterator[ShellChannel]:
    """``argv`` running with pipes; ended with its input when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=env,
        user=user,
    )
    channel = ShellChannel(process)
    try:
        yield channel
    finally:
        await channel.aclose()
        async with asyncio.timeout(10):
            assert process.stdout is not None
            while await process.stdout.read(65536):
                pass
            await process.wait()
