"""A shell on a target over SSH: one connection, one session channel, the command ``sh -s``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import asyncssh

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Limits, Link
from tomcat_fleet.transport.connect import Endpoint, connect
from tomcat_fleet.transport.conversation import Conversation
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.jump import Hop, parse_jump

# Exactly this: csh, fish, rc and restricted shells stumble over an environment prefix, quoting or exec.
COMMAND = "sh -s"
_CLOSE_S = 2.0


class SshChannel(Conversation):
    """A ``Channel`` over asyncssh."""

    def __init__(self, limits: Limits, deadline: Deadline, link: Link, stack: AsyncExitStack) -> None:
        super().__init__(limits, deadline)
        self._link = link
        self._stack = stack

    @property
    def link(self) -> Link:
        """How the target was reached."""
        return self._link

    async def aclose(self) -> None:
        """Close channel and connections, the target's before those of its jump hosts."""
        self.ended()
        await self._stack.aclose()


async def open_ssh(
    target: Target,
    access: Access,
    limits: Limits,
    *,
    tunnel: asyncssh.SSHClientConnection | None = None,
) -> SshChannel:
    """Open a shell on ``target``; raises ``TargetError``.

    ``tunnel`` is an open connection to the target's last jump host. It stays open and the target's own ``jump`` is
    then only reported; without it every hop is opened here and closed with the channel.
    """
    deadline = Deadline(limits.total_s)
    async with AsyncExitStack() as stack:
        if tunnel is None:
            tunnel = await _open_hops(parse_jump(target.jump), target, access, limits, deadline, stack)
        endpoint = Endpoint(
            address=target.address,
            port=target.port,
            profile=target.ssh_profile,
            login=access.login(target),
            host_keys=access.known_hosts.of(target.address, target.port),
        )
        connection = await connect(endpoint, limits, deadline, tunnel)
        stack.push_async_callback(_close, connection)
        channel = SshChannel(limits, deadline, _link(target, endpoint, connection), stack.pop_all())
    try:
        await _start_shell(connection, channel, limits, deadline)
    except BaseException:
        await channel.aclose()
        raise
    return channel


async def _open_hops(
    hops: Sequence[Hop],
    target: Target,
    access: Access,
    limits: Limits,
    deadline: Deadline,
    stack: AsyncExitStack,
) -> asyncssh.SSHClientConnection | None:
    tunnel = None
    for hop in hops:
        endpoint = Endpoint(
            address=hop.address,
            port=hop.port,
            profile="modern",
            login=access.hop_login(target, hop.user),
            host_keys=access.known_hosts.of(hop.address, hop.port),
        )
        try:
            tunnel = await connect(endpoint, limits, deadline, tunnel)
        except TargetError as error:
            reason = failure.line(f"jump host {hop}", error.outcome, error.reason)
            raise TargetError(Outcome.JUMP_FAILED, reason) from None
        stack.push_async_callback(_close, tunnel)
    return tunnel


def _link(target: Target, endpoint: Endpoint, connection: asyncssh.SSHClientConnection) -> Link:
    key = connection.get_server_host_key()
    return Link(
        transport="asyncssh",
        address=f"{target.address}:{target.port}",
        account=endpoint.login.account,
        host_key=key.get_fingerprint() if key else "",
        jump=target.jump,
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
