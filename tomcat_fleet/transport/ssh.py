"""A shell on a target over SSH: one connection, one session channel, the command ``sh -s``."""

from __future__ import annotations

import asyncio

import asyncssh

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure, negotiation
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Limits, Link
from tomcat_fleet.transport.connect import connect
from tomcat_fleet.transport.conversation import Conversation
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.endpoint import Endpoint

# Exactly this: csh, fish, rc and restricted shells stumble over an environment prefix, quoting or exec.
COMMAND = "sh -s"
_CLOSE_S = 2.0
_SHARED_KEEPALIVE_S = 10  # a jump host that is silent is gone before the patience with anything behind it ends


class SshChannel(Conversation):
    """A ``Channel`` over asyncssh."""

    def __init__(
        self, limits: Limits, deadline: Deadline, link: Link, connection: asyncssh.SSHClientConnection
    ) -> None:
        super().__init__(limits, deadline)
        self._link = link
        self._connection = connection

    @property
    def link(self) -> Link:
        """How the target was reached."""
        return self._link

    async def aclose(self) -> None:
        """Close channel and connection."""
        self.ended()
        await _close(self._connection)


class AsyncSsh:
    """asyncssh, as jump hosts need it."""

    async def connect(
        self,
        endpoint: Endpoint,
        limits: Limits,
        deadline: Deadline,
        tunnel: asyncssh.SSHClientConnection | None,
    ) -> asyncssh.SSHClientConnection:
        """A verified and authenticated connection; raises ``TargetError``."""
        connection = await connect(endpoint, limits, deadline, tunnel)
        connection.set_keepalive(_SHARED_KEEPALIVE_S)
        return connection

    def is_open(self, connection: asyncssh.SSHClientConnection) -> bool:
        """Whether channels can be opened on it."""
        return not connection.is_closed()

    async def answers(self, connection: asyncssh.SSHClientConnection, seconds: float) -> bool:
        """Whether the other end gives a sign of life within ``seconds``."""
        return await _signals_life(connection, seconds)

    async def close(self, connection: asyncssh.SSHClientConnection) -> None:
        """Close politely, then at once; a hostile or dead peer cannot hold it longer than a moment."""
        await _close(connection)


async def _signals_life(connection: asyncssh.SSHClientConnection, seconds: float) -> bool:
    """Whether anything comes from the other end within ``seconds``, which is asked for it as the keepalive asks.

    asyncssh has no public question; where a release has this one no more, its keepalive alone tells.
    """
    ask = getattr(connection, "_make_global_request", None)
    if ask is None:
        return not connection.is_closed()
    before = _heard(connection)
    try:
        async with asyncio.timeout(seconds):
            await ask(b"keepalive@openssh.com")
    except failure.PEER_FAULTS:
        return _heard(connection) != before and not connection.is_closed()
    return not connection.is_closed()


def _heard(connection: asyncssh.SSHClientConnection) -> object:
    """The number of packets that came."""
    return vars(connection).get("_recv_seq")


async def open_ssh(
    target: Target,
    access: Access,
    limits: Limits,
    *,
    tunnel: asyncssh.SSHClientConnection | None = None,
) -> SshChannel:
    """Open a shell on ``target``; raises ``TargetError``.

    ``tunnel`` is an open connection to the target's last jump host, which stays open.
    """
    deadline = Deadline(limits.total_s)
    endpoint = access.endpoint(target)
    connection = await connect(endpoint, limits, deadline, tunnel)
    channel = SshChannel(limits, deadline, _link(target, endpoint, connection), connection)
    try:
        await _start_shell(connection, channel, limits, deadline)
    except BaseException:
        await channel.aclose()
        raise
    return channel


def _link(target: Target, endpoint: Endpoint, connection: asyncssh.SSHClientConnection) -> Link:
    key = connection.get_server_host_key()
    return Link(
        transport="asyncssh",
        address=f"{target.address}:{target.port}",
        account=endpoint.login.account,
        host_key=key.get_fingerprint() if key else "",
        jump=target.jump,
        profile=endpoint.profile,
        algorithms=negotiation.agreed(connection),
    )


async def _start_shell(
    connection: asyncssh.SSHClientConnection, channel: SshChannel, limits: Limits, deadline: Deadline
) -> None:
    try:
        async with deadline.phase(lambda: "start of the shell", limits.login_s):
            await connection.create_session(
                lambda: _Session(channel),
                COMMAND,
                env={},
                send_env=[],
                request_pty=False,
                x11_forwarding=False,
                encoding=None,
                window=limits.window,
            )
    except failure.PEER_FAULTS as error:
        raise TargetError(Outcome.COLLECTOR_FAILED, failure.of_start(error)) from None


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    """Close politely, then at once; a hostile or dead peer cannot hold it longer than a moment."""
    connection.close()
    try:
        async with asyncio.timeout(_CLOSE_S):
            await connection.wait_closed()
    except failure.PEER_FAULTS:
        connection.abort()


class _Session(asyncssh.SSHClientSession[bytes]):
    """Hands on what the channel brings. Both streams arrive here as they come, so neither can block the other."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Take the channel as wire."""
        self._conversation.attach(chan)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Sort by stream; ``datatype`` is ``None`` for standard output."""
        if datatype is None:
            self._conversation.received(data)
        else:
            self._conversation.complained(data)

    def eof_received(self) -> bool:
        """Note the end of standard output; keep standard input as it is."""
        self._conversation.drained()
        return True

    def exit_status_received(self, status: int) -> None:
        """Note the status."""
        self._conversation.exited(f"exit status {status}")

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: FBT001
        """Note the signal."""
        del core_dumped, msg, lang
        self._conversation.exited(f"signal {one_line(signal, 32)}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note a broken link as a fault, an orderly close as the end."""
        fault = None
        if exc is not None:
            reason = failure.line("the connection broke", failure.shown(exc))
            fault = TargetError(Outcome.COLLECTOR_FAILED, reason)
        self._conversation.ended(fault)

    def pause_writing(self) -> None:
        """Hold input back."""
        self._conversation.hold()

    def resume_writing(self) -> None:
        """Let input flow."""
        self._conversation.release()
