"""A channel that hangs on a connection shared with others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.channel import Channel, Link

_ENDED = TargetError(Outcome.COLLECTOR_FAILED, "the channel is closed")


class JumpLostError(TargetError):
    """The connection to the jump host broke: no fault of the target, whose audit may begin anew."""

    def __init__(self, hop: object) -> None:
        super().__init__(Outcome.JUMP_FAILED, f"jump host {hop}: the connection to it broke")


class Tethered:
    """A ``Channel`` over a jump host's connection; tells a break of that connection from a fault of the target."""

    def __init__(
        self,
        channel: Channel,
        bears: Callable[[TargetError], Awaitable[bool]],
        hop: object,
    ) -> None:
        self._channel = channel
        self._bears = bears
        self._hop = hop

    @property
    def link(self) -> Link:
        """How the target was reached."""
        return self._channel.link

    async def write(self, data: bytes) -> None:
        """As the channel does."""
        try:
            await self._channel.write(data)
        except TargetError as error:
            raise await self._meant(error) from None

    async def read(self) -> bytes:
        """As the channel does; an end that the break brought about is a fault, too."""
        try:
            data = await self._channel.read()
        except TargetError as error:
            raise await self._meant(error) from None
        if not data and not await self._bears(_ENDED):
            raise JumpLostError(self._hop)
        return data

    async def end_input(self) -> None:
        """As the channel does."""
        try:
            await self._channel.end_input()
        except TargetError as error:
            raise await self._meant(error) from None

    def stderr(self) -> str:
        """As the channel says."""
        return self._channel.stderr()

    def ending(self) -> str:
        """As the channel says."""
        return self._channel.ending()

    async def aclose(self) -> None:
        """Close the channel; the shared connection stays."""
        await self._channel.aclose()

    async def _meant(self, error: TargetError) -> TargetError:
        return error if await self._bears(error) else JumpLostError(self._hop)
