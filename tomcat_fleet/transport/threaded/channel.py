"""A shell on a target by paramiko: one connection, one session channel, the command ``sh -s``."""

from __future__ import annotations

import threading

import asyncssh
import paramiko

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Limits, Link
from tomcat_fleet.transport.conversation import Conversation
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.endpoint import Endpoint
from tomcat_fleet.transport.ssh import COMMAND
from tomcat_fleet.transport.threaded.apart import apart
from tomcat_fleet.transport.threaded.client import FAULTS
from tomcat_fleet.transport.threaded.connect import Connection, connect
from tomcat_fleet.transport.threaded.talk import Talk


class ParamikoChannel(Conversation):
    """A ``Channel`` over paramiko."""

    def __init__(self, limits: Limits, deadline: Deadline, link: Link, connection: Connection) -> None:
        super().__init__(limits, deadline)
        self._link = link
        self._connection = connection
        self._talk: Talk | None = None

    @property
    def link(self) -> Link:
        """How the target was reached."""
        return self._link

    async def aclose(self) -> None:
        """Close channel and connection, and see their threads leave."""
        self.ended()
        await self._connection.close()
        if self._talk:
            await self._talk.stop()

    async def start(self, limits: Limits, deadline: Deadline) -> None:
        """Start the shell; raises ``TargetError``."""
        client = self._connection.client
        try:
            async with deadline.phase(lambda: "start of the shell", limits.login_s):
                session = await apart(client.name, lambda: client.open("session", None, threading.Event()), client.halt)
                talk = Talk(client, session, self)
                await apart(client.name, lambda: client.execute(session, COMMAND), client.halt)
        except paramiko.ChannelException as error:
            reason = failure.of_start(asyncssh.ChannelOpenError(error.code, error.text))
            raise TargetError(Outcome.COLLECTOR_FAILED, reason) from None
        except FAULTS as error:
            raise TargetError(Outcome.COLLECTOR_FAILED, failure.of_start(error)) from None
        talk.start()
        self._talk = talk


async def open_paramiko(
    target: Target, access: Access, limits: Limits, *, tunnel: Connection | None = None
) -> ParamikoChannel:
    """Open a shell on ``target``; raises ``TargetError``.

    ``tunnel`` is an open connection to the target's last jump host, which stays open.
    """
    deadline = Deadline(limits.total_s)
    endpoint = access.endpoint(target)
    connection = await connect(endpoint, limits, deadline, tunnel)
    channel = ParamikoChannel(limits, deadline, _link(target, endpoint, connection), connection)
    try:
        await channel.start(limits, deadline)
    except BaseException:
        await channel.aclose()
        raise
    return channel


def _link(target: Target, endpoint: Endpoint, connection: Connection) -> Link:
    return Link(
        transport="paramiko",
        address=f"{target.address}:{target.port}",
        account=endpoint.login.account,
        host_key=connection.host_key.get_fingerprint(),
        jump=target.jump,
        profile=target.ssh_profile,
        algorithms=connection.algorithms(),
    )
