"""Connections to jump hosts: one for each, shared by everything behind it.

A login that a jump host refused, or a host key that is not trusted, is final for the sweep: asking again could lock the
account, and so could a password that was sent and not answered. One that was reached and is gone (it was restarted) is
waited for. One that stopped answering is gone, too, though its connection stands.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Generic, Protocol, TypeVar

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.endpoint import Endpoint

PATIENCE_S = 90.0  # for a jump host that was there before
_PAUSE_S = (0.5, 5.0)  # between attempts: the first, the longest
_SILENCE_S = 20.0  # a jump host that was never reached is not asked again for this long
_FOR_GOOD = float("inf")
_BREAKS = 3  # of the way to a jump host, in one attempt to reach it
_ANSWER_S = 5.0  # for a sign of life, where a target was late
# A library tells its channels that a connection broke a little before it says so of the connection itself.
_NOTICED_S = (0.0, 0.0, 0.02, 0.05)
_log = logging.getLogger(__name__)
C = TypeVar("C")


class Library(Protocol[C]):
    """What an SSH library has to offer. ``C`` is its connection."""

    async def connect(self, endpoint: Endpoint, limits: Limits, deadline: Deadline, tunnel: C | None) -> C:
        """A verified and authenticated connection, through ``tunnel`` where there is one; raises TargetError."""
        ...

    def is_open(self, connection: C) -> bool:
        """Whether channels can be opened on it."""
        ...

    async def answers(self, connection: C, seconds: float) -> bool:
        """Whether the other end gives a sign of life within ``seconds``."""
        ...

    async def close(self, connection: C) -> None:
        """Close politely, then at once; waits a moment at most."""
        ...


class Bastions(Generic[C]):
    """The jump hosts of one sweep."""

    def __init__(self, library: Library[C], limits: Limits, patience_s: float = PATIENCE_S) -> None:
        self._library = library
        self._limits = limits
        self._patience_s = patience_s
        self._lines: dict[tuple[object, ...], _Line[C]] = {}

    async def tunnel(self, route: tuple[Endpoint, ...]) -> C | None:
        """An open connection to the last host of ``route``; None when there is no jump host.

        Raises TargetError of outcome jump_failed.
        """
        line = self._line(route)
        return await line.connection() if line else None

    def is_open(self, connection: C) -> bool:
        """Whether channels can be opened on it."""
        return self._library.is_open(connection)

    async def bears(self, connection: C, error: TargetError) -> bool:
        """Whether ``connection`` is in order, so that ``error`` is what it says of a machine behind it.

        Where that machine was late, the jump host may be: it is asked, and given up when it does not answer.
        """
        return await _bears(self._library, connection, error, self._limits)

    async def aclose(self) -> None:
        """Close every connection, all within a moment: one that is frozen holds up those that go through it."""
        farthest_first = [*reversed(self._lines.values())]
        self._lines.clear()
        await asyncio.gather(*(line.aclose() for line in farthest_first))

    def _line(self, route: tuple[Endpoint, ...]) -> _Line[C] | None:
        if not route:
            return None
        key = tuple(map(_identity, route))
        found = self._lines.get(key)
        if found is None:
            parent = self._line(route[:-1])  # first, so that it is closed last
            found = self._lines[key] = _Line(self._library, route[-1], parent, self._limits, self._patience_s)
        return found


def _identity(hop: Endpoint) -> object:
    login = hop.login
    keys = tuple(identity.path for identity in login.identities)
    machine = hop.address, hop.port, hop.profile, hop.host_key_alias
    return machine, login.account, keys, login.agent_path, id(login.password)


async def _bears(library: Library[C], connection: C, error: TargetError, limits: Limits) -> bool:
    for pause in _NOTICED_S:
        if not library.is_open(connection):
            return False
        await asyncio.sleep(pause)
    if error.outcome is Outcome.TIMEOUT and library.is_open(connection):
        answers = await library.answers(connection, min(_ANSWER_S, limits.connect_s))
        if not answers and library.is_open(connection):
            await library.close(connection)
    return library.is_open(connection)


class _Line(Generic[C]):
    """The connection to one jump host by one way."""

    def __init__(
        self, library: Library[C], hop: Endpoint, parent: _Line[C] | None, limits: Limits, patience_s: float
    ) -> None:
        self._library = library
        self._hop = hop
        self._parent = parent
        self._limits = limits
        self._patience_s = patience_s
        self._connection: C | None = None
        self._attempt: asyncio.Task[C] | None = None
        self._refusal: TargetError | None = None
        self._silent_until = 0.0
        self._clock = asyncio.get_running_loop().time

    def __str__(self) -> str:
        return str(self._hop)

    @property
    def refuses(self) -> bool:
        """Whether there will be no connection in this sweep."""
        return self._silent_until == _FOR_GOOD

    async def connection(self) -> C:
        """The connection, made when there is none; however many ask for it, it is made once."""
        if self._connection is not None and self._library.is_open(self._connection):
            return self._connection
        if self._refusal and self._clock() < self._silent_until:
            raise _copy(self._refusal)
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._connect(), name=f"jump host {self._hop}")
            self._attempt.add_done_callback(_retrieved)
        try:
            # One who asks may be late or stopped; the others still want it.
            return await asyncio.shield(self._attempt)
        except TargetError as error:
            raise _copy(error) from None

    async def _connect(self) -> C:
        lost, self._connection = self._connection, None
        if lost is not None:
            _log.warning("the connection to jump host %s is gone; reconnecting", self._hop)
            await self._library.close(lost)
        end = self._clock() + (self._patience_s if lost is not None else 0)
        pause, longest = _PAUSE_S
        while True:
            try:
                self._connection = await self._once()
            except TargetError as error:
                final = self._is_final(error)
                if final or self._clock() >= end:
                    raise self._refused(error, final=final) from None
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
            else:
                self._refusal = None
                return self._connection

    async def _once(self) -> C:
        left = _BREAKS
        while True:
            through = await self._parent.connection() if self._parent else None
            try:
                return await self._library.connect(self._hop, self._limits, Deadline(self._limits.total_s), through)
            except TargetError as error:
                left -= 1
                borne = through is None or await _bears(self._library, through, error, self._limits)
                if borne or not left or self._is_final(error):
                    raise failure.named(error, self._parent) from None

    def _is_final(self, error: TargetError) -> bool:
        behind = self._parent is not None and self._parent.refuses
        return behind or failure.settled(error, self._hop.login)

    def _refused(self, error: TargetError, *, final: bool) -> TargetError:
        if error.outcome is Outcome.JUMP_FAILED:
            reason = error.reason  # names a host before this one
        else:
            reason = failure.line(f"jump host {self._hop}", error.outcome, error.reason)
        self._refusal = TargetError(Outcome.JUMP_FAILED, reason)
        self._silent_until = _FOR_GOOD if final else self._clock() + _SILENCE_S
        return self._refusal

    async def aclose(self) -> None:
        """Close it, and end an attempt that is under way."""
        if self._attempt and not self._attempt.done():
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if self._connection is not None:
            await self._library.close(self._connection)


def _copy(error: TargetError) -> TargetError:
    """One of its own for everybody: a raised exception collects the frames of whoever raises it."""
    return TargetError(error.outcome, error.reason)


def _retrieved(task: asyncio.Task[C]) -> None:
    if not task.cancelled():
        task.exception()
