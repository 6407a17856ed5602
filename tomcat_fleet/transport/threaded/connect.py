"""One verified and authenticated SSH connection, by paramiko."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import asyncssh
import paramiko

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.algorithm import mismatch
from tomcat_fleet.transport.attempt import attempted
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.deadline import Deadline
from tomcat_fleet.transport.endpoint import Endpoint
from tomcat_fleet.transport.failure import Course, Stage
from tomcat_fleet.transport.threaded.apart import apart
from tomcat_fleet.transport.threaded.authentication import Authentication, Key, RefusedError
from tomcat_fleet.transport.threaded.client import FAULTS, Client
from tomcat_fleet.transport.threaded.credential import Agent, of_identity
from tomcat_fleet.transport.threaded.host_key import verify
from tomcat_fleet.transport.threaded.offer import is_aead, offer, signs_with_sha1
from tomcat_fleet.transport.threaded.wire import Stream, Wire, over_channel, over_socket

_CLOSE_S = 1.0  # for good manners; as long again for threads to leave
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Connection:
    """An open connection, to a target or to a jump host."""

    client: Client
    host_key: asyncssh.SSHKey

    def is_open(self) -> bool:
        """Whether it can still be used. paramiko tells the channels of an end before it says so itself."""
        return bool(self.client.active) and self.client.wire.fault is None

    def algorithms(self) -> tuple[str, ...]:
        """What was agreed on: key exchange, host key with the size of an RSA key, cipher, MAC where it needs one."""
        client = self.client
        bits = getattr(self.host_key.pyca_key, "key_size", 0) if self.host_key.get_algorithm() == "ssh-rsa" else 0
        host_key = f"{client.host_key_type} {bits}" if bits else client.host_key_type
        mac = () if is_aead(client.local_cipher) else (client.local_mac,)
        return (client.exchange, host_key, client.local_cipher, *mac)

    async def close(self) -> None:
        """Close politely, then at once; a hostile or dead peer cannot hold it longer than a moment."""
        await _part(self.client)


async def connect(
    endpoint: Endpoint, limits: Limits, deadline: Deadline, tunnel: Connection | None = None
) -> Connection:
    """Connect, verify the host key, log in, as often as ``attempted`` does; raises ``TargetError``."""
    return await attempted(lambda: _Attempt(endpoint, limits, deadline).made(tunnel), endpoint.login, limits, deadline)


class Paramiko:
    """paramiko, as jump hosts need it."""

    async def connect(
        self, endpoint: Endpoint, limits: Limits, deadline: Deadline, tunnel: Connection | None
    ) -> Connection:
        """A verified and authenticated connection; raises ``TargetError``."""
        return await connect(endpoint, limits, deadline, tunnel)

    def is_open(self, connection: Connection) -> bool:
        """Whether channels can be opened on it."""
        return connection.is_open()

    async def answers(self, connection: Connection, seconds: float) -> bool:
        """Whether the other end gives a sign of life within ``seconds``."""
        client = connection.client
        halted = threading.Event()
        try:
            async with asyncio.timeout(seconds):
                return await apart(f"{client.name} alive", lambda: client.answers(halted), halted.set)
        except FAULTS:
            return False

    async def close(self, connection: Connection) -> None:
        """Close politely, then at once."""
        await connection.close()


class _Attempt:
    """One attempt, and how far it got."""

    def __init__(self, endpoint: Endpoint, limits: Limits, deadline: Deadline) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._deadline = deadline
        self._name = f"ssh {endpoint.address}:{endpoint.port}"
        self._client: Client | None = None
        self._host_key: asyncssh.SSHKey | None = None
        self._authentication: Authentication | None = None
        self._agent_keys = 0

    def stage(self) -> Stage:
        """How far it got."""
        if self._client is None:
            return Stage.CONNECT
        if self._host_key is not None:
            return Stage.AUTHENTICATION
        return Stage.EXCHANGE if self._client.wire.greeted else Stage.BANNER

    async def made(self, tunnel: Connection | None) -> Connection:
        """Return the connection; raises ``TargetError``."""
        try:
            return await self._make(tunnel)
        except BaseException:
            if self._client:
                await _part(self._client)
            raise

    async def _make(self, tunnel: Connection | None) -> Connection:
        endpoint, limits = self._endpoint, self._limits
        _log.info("connecting to %s port %d as %s", endpoint.address, endpoint.port, endpoint.login.account)
        try:
            with ExitStack() as stack:
                async with self._deadline.phase(self.stage, limits.connect_s) as phase:
                    keys = await self._keys(stack)
                    wire = Wire(await (_through(tunnel, endpoint) if tunnel else _dial(endpoint)))
                    self._client = client = Client(wire, self._name, limits.window)
                    phase.extend(limits.login_s)
                    host_key = await apart(self._name, lambda: self._log_in(client, keys), client.halt)
        except (RefusedError, *FAULTS) as error:
            fault = self._meaning(error)
            _log.debug("attempt ended, %s: %s", fault.outcome, fault.reason)
            raise fault from None
        _log.info("logged in to %s port %d as %s", endpoint.address, endpoint.port, endpoint.login.account)
        return Connection(client=client, host_key=host_key)

    def _log_in(self, client: Client, keys: tuple[Key, ...]) -> asyncssh.SSHKey:
        """Everything that blocks, in a thread: nothing that authenticates leaves before the host key is trusted."""
        endpoint, login = self._endpoint, self._endpoint.login
        offer(client, endpoint.profile, endpoint.host_keys)
        client.start_client()
        key = self._host_key = verify(client.host_key, endpoint.certified_name, endpoint.host_keys)
        self._authentication = Authentication(client, login.account, sha1=signs_with_sha1(endpoint.profile))
        self._authentication.log_in(keys, login.password)
        client.keep_alive()
        return key

    async def _keys(self, stack: ExitStack) -> tuple[Key, ...]:
        """Those of files, then the agent's, whose connection lives as long as ``stack``."""
        login = self._endpoint.login
        agent = Agent(login.agent_path) if login.agent_path else None
        stack.callback(agent.close if agent else _nothing)
        keys = await apart(self._name, lambda: self._gathered(agent), agent.unblock if agent else _nothing)
        if login.identities and not keys and login.password is None:
            paths = ", ".join(identity.path for identity in login.identities)
            raise TargetError(Outcome.AUTH_FAILED, failure.short(f"paramiko cannot use {paths}; asyncssh can"))
        return keys

    def _gathered(self, agent: Agent | None) -> tuple[Key, ...]:
        keys = [key for key in map(of_identity, self._endpoint.login.identities) if key]
        try:
            held = agent.keys() if agent else ()
        except FAULTS as error:
            raise TargetError(Outcome.AUTH_FAILED, failure.line("the agent", failure.shown(error))) from None
        self._agent_keys = len(held)
        return (*keys, *held)

    def _meaning(self, error: BaseException) -> TargetError:
        client = self._client
        cause: BaseException = error
        if client and not client.active:
            cause = client.goodbye or client.wire.fault or error
        if isinstance(cause, paramiko.ChannelException):
            cause = asyncssh.ChannelOpenError(cause.code, cause.text)
        if isinstance(cause, RefusedError):
            cause = asyncssh.PermissionDenied("Permission denied")
        return failure.of_connection(cause, self.stage(), self._course())

    def _course(self) -> Course:
        """What a refusal is explained by."""
        offer = self._client.offer if self._client else None
        return Course(
            mismatch=mismatch(offer, self._endpoint.profile) if offer else "",
            login=self._endpoint.login,
            agent_keys=self._agent_keys,
            accepted=tuple(self._authentication.accepted) if self._authentication else (),
        )


async def _part(client: Client) -> None:
    with suppress(TimeoutError, *FAULTS):
        async with asyncio.timeout(_CLOSE_S):
            await apart(f"{client.name} closing", client.part, client.halt)


async def _through(tunnel: Connection, endpoint: Endpoint) -> Stream:
    """A channel of the jump host to the machine behind it."""
    halted = threading.Event()
    destination = (endpoint.address, endpoint.port)

    def ask() -> paramiko.Channel:
        return tunnel.client.open("direct-tcpip", destination, halted)

    return over_channel(await apart(f"{tunnel.client.name} onward", ask, halted.set))


async def _dial(endpoint: Endpoint) -> Stream:
    """A TCP connection; the addresses of a name are tried in turn."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(endpoint.address, endpoint.port, type=socket.SOCK_STREAM)
    errors = []
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            sock.close()
            errors.append(error)
        except BaseException:
            sock.close()
            raise
        else:
            return over_socket(sock)
    raise _sum(errors)


def _sum(errors: list[OSError]) -> OSError:
    texts = {str(error): error for error in errors}
    return next(iter(texts.values())) if len(texts) == 1 else OSError(f"Multiple exceptions: {', '.join(texts)}")


def _nothing() -> None:
    return
