"""From a jump host on, by asyncssh."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import asyncssh

_Opened: TypeAlias = tuple[asyncssh.SSHTCPChannel[bytes], asyncssh.SSHTCPSession[bytes]]


class Onward:
    """What asyncssh takes for its ``tunnel``. A way that opens when nobody waits for it any more is closed again.

    asyncssh would leave it open, with all that arrives on it, as long as the connection to the jump host lasts.
    """

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection

    async def create_connection(
        self, session_factory: Callable[[], asyncssh.SSHTCPSession[bytes]], remote_host: str, remote_port: int
    ) -> _Opened:
        """Open a channel to the machine behind the jump host."""
        late = False

        def session() -> asyncssh.SSHTCPSession[bytes]:
            return asyncssh.SSHTCPSession() if late else session_factory()

        opening = asyncio.create_task(self._connection.create_connection(session, remote_host, remote_port))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            late = True
            opening.add_done_callback(_close)
            raise


def _close(opening: asyncio.Task[_Opened]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        channel, _ = opening.result()
        channel.abort()
