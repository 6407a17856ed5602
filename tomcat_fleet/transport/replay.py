"""A recorded conversation played back: the stand-in for a target wherever no real one is wanted.

What the shell would answer is given as rounds. A round is due when the session reads after it has written, so one
round answers any number of writes in a row. Every ``@NONCE@`` in an answer becomes the nonce that the session sent
in its line ``TF_NONCE=<32 hex digits>``. After the last round comes the end of the stream.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.channel import Link

TOKEN = b"@NONCE@"
_NONCE = re.compile(rb"^\s*TF_NONCE=['\"]?([0-9a-f]{32})", re.MULTILINE)

Answer = bytes | TargetError
Responder = Callable[[bytes], Answer | None]


class ReplayChannel:
    """A ``Channel`` whose shell answers from ``rounds``.

    ``rounds`` are the answers in order, a ``TargetError`` among them is raised when its turn comes; or a callable
    that is given everything written since its last answer and returns the next one, ``None`` for the end.
    ``chunk`` is the size in which answers are handed out, to exercise reassembly.
    """

    def __init__(
        self,
        rounds: Iterable[Answer] | Responder,
        *,
        chunk: int = 65536,
        stderr: str = "",
        ending: str = "exit status 0",
        link: Link | None = None,
    ) -> None:
        self._respond = rounds if callable(rounds) else _in_order(rounds)
        self._chunk = chunk
        self._stderr = stderr
        self._ending = ending
        self._link = link or Link(transport="replay", address="replay", account="replay")
        self._asked: bytearray | None = None
        self._pending: deque[bytes] = deque()
        self._nonce = TOKEN
        self._over = False
        self.written = bytearray()  # everything the session sent
        self.closed = False

    @property
    def link(self) -> Link:
        """As given."""
        return self._link

    async def write(self, data: bytes) -> None:
        """Take a part of the session's side."""
        self._refuse_when_closed()
        self.written += data
        self._asked = (self._asked or bytearray()) + data
        # The line may arrive in pieces, so everything since the start is searched until it is whole.
        found = _NONCE.search(self.written) if self._nonce == TOKEN else None
        if found:
            self._nonce = found[1]

    async def read(self) -> bytes:
        """Return the next part of the recorded side; a session that waits without having asked gets a timeout."""
        self._refuse_when_closed()
        if not self._pending and not self._over:
            self._next_round()
        return self._pending.popleft() if self._pending else b""

    async def end_input(self) -> None:
        """Nothing to tell the recording."""

    def stderr(self) -> str:
        """As given."""
        return self._stderr

    def ending(self) -> str:
        """As given, once the recording is over."""
        return self._ending if self._over else ""

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _next_round(self) -> None:
        if self._asked is None:
            raise TargetError(Outcome.TIMEOUT, "idle: the recording waits for the session")
        asked, self._asked = bytes(self._asked), None
        answer = self._respond(asked)
        if isinstance(answer, TargetError):
            raise answer
        if answer is None:
            self._over = True
            return
        stream = answer.replace(TOKEN, self._nonce)
        self._pending.extend(stream[at : at + self._chunk] for at in range(0, len(stream), self._chunk))

    def _refuse_when_closed(self) -> None:
        if self.closed:
            raise TargetError(Outcome.COLLECTOR_FAILED, "the channel is closed")


def _in_order(rounds: Iterable[Answer]) -> Responder:
    answers = iter(rounds)
    return lambda _asked: next(answers, None)
