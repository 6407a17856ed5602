"""One verified and authenticated SSH connection, by asyncssh."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncssh

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport import failure, negotiation
from tomcat_fleet.transport.algorithm import PROFILES, SHA1_SIGNATURE, expect_finite_fields, mismatch
from tomcat_fleet.transport.attempt import attempted
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.deadline import Deadline, Phase
from tomcat_fleet.transport.endpoint import Endpoint, Login
from tomcat_fleet.transport.failure import Course, Stage
from tomcat_fleet.transport.onward import Onward
from tomcat_fleet.transport.prompt import asks_for_password

_KEEPALIVE_S = 15
_log = logging.getLogger(__name__)


async def connect(
    endpoint: Endpoint,
    limits: Limits,
    deadline: Deadline,
    tunnel: asyncssh.SSHClientConnection | None = None,
) -> asyncssh.SSHClientConnection:
    """Connect, verify the host key, log in, as often as ``attempted`` does; raises ``TargetError``."""
    return await attempted(lambda: _attempt(endpoint, limits, deadline, tunnel), endpoint.login, limits, deadline)


async def _attempt(
    endpoint: Endpoint,
    limits: Limits,
    deadline: Deadline,
    tunnel: asyncssh.SSHClientConnection | None,
) -> asyncssh.SSHClientConnection:
    watch = _Watch(endpoint.login, limits.login_s)
    try:
        async with AsyncExitStack() as stack, deadline.phase(watch.stage, limits.connect_s) as watch.phase:
            keys = await _client_keys(endpoint.login, stack)
            watch.agent_keys = keys[len(endpoint.login.identities) :]
            _announce(endpoint, keys)
            connection = await asyncssh.connect(
                endpoint.address,
                endpoint.port,
                tunnel=() if tunnel is None else Onward(tunnel),
                client_factory=lambda: watch,
                client_keys=keys or None,
                **_options(endpoint, limits),
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise failure.of_host_key(watch.offered, endpoint.host_keys, error) from None
    except failure.PEER_FAULTS as error:
        fault = failure.of_connection(error, watch.stage(), watch.course(endpoint))
        _log.debug("attempt ended, %s: %s", fault.outcome, fault.reason)
        raise fault from None
    _log.info("logged in to %s port %d as %s", endpoint.address, endpoint.port, endpoint.login.account)
    return connection


def _announce(endpoint: Endpoint, keys: list[Any]) -> None:
    """For whoever wonders why a login fails: what is going to be offered, and how much is known of the host."""
    login, known = endpoint.login, endpoint.host_keys
    _log.info("connecting to %s port %d as %s", endpoint.address, endpoint.port, login.account)
    if not _log.isEnabledFor(logging.DEBUG):
        return
    agent = f", {len(keys) - len(login.identities)} keys of the agent" if login.agent_path else ""
    offered = "a password, too" if login.password else "no password"
    _log.debug("offers %d keys of files%s, %s", len(login.identities), agent, offered)
    for one in login.identities:
        _log.debug("offers %s, %s %s", one.path, one.key.get_algorithm(), one.key.get_fingerprint())
    _log.debug("known_hosts has %d keys and %d authorities for it", len(known.keys), len(known.authorities))


def _options(endpoint: Endpoint, limits: Limits) -> dict[str, Any]:
    """Everything that asyncssh would otherwise take from the environment or ``~/.ssh``, and the algorithms."""
    login, known = endpoint.login, endpoint.host_keys
    algorithms = PROFILES[endpoint.profile]
    expect_finite_fields()
    return {
        "config": None,
        "username": login.account,
        "password": None,  # the watch gives it
        "host_key_alias": endpoint.certified_name if endpoint.certified_name != endpoint.address else None,
        # Never None, which would switch verification off.
        "known_hosts": (list(known.keys), list(known.authorities), list(known.revoked)),
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        # All that could serve, so that a refusal tells what the server would take; nothing is sent that is not there.
        "preferred_auth": ["publickey", "password", "keyboard-interactive"],
        "host_based_auth": False,
        "gss_host": None,
        "agent_path": None,
        "agent_forwarding": False,
        "x11_forwarding": False,
        "pkcs11_provider": None,
        "server_host_key_algs": algorithms.host_key_order(known),
        "kex_algs": algorithms.exchange,
        "encryption_algs": algorithms.cipher,
        "mac_algs": algorithms.mac,
        "signature_algs": algorithms.signature,
        "compression_algs": ["none"],
        "connect_timeout": None,  # both deadlines are the watch's, which knows the phase
        "login_timeout": 0,
        "keepalive_interval": _KEEPALIVE_S,
        "utf8_decode_errors": "replace",
        "window": limits.window,
    }


async def _client_keys(login: Login, stack: AsyncExitStack) -> list[Any]:
    """Keys for asyncssh: those of files, then the agent's. The agent's connection lives as long as ``stack``."""
    keys: list[Any] = [(each.key, each.certificate) if each.certificate else each.key for each in login.identities]
    if login.agent_path:
        try:
            agent = await stack.enter_async_context(asyncssh.SSHAgentClient(login.agent_path))
            keys.extend(await agent.get_keys())
        except (OSError, ValueError) as error:
            raise TargetError(Outcome.AUTH_FAILED, failure.line("the agent", failure.shown(error))) from None
    return keys


class _Watch(asyncssh.SSHClient):
    """Follows one attempt: how far it got, when login began, which host key was refused."""

    def __init__(self, login: Login, login_s: float) -> None:
        self._login_s = login_s
        self._password = login.password
        self._connection: asyncssh.SSHClientConnection | None = None
        self.phase: Phase | None = None
        self.offered: asyncssh.SSHKey | None = None
        self.agent_keys: list[Any] = []
        self._accepted: dict[str, None] = {}

    def stage(self) -> Stage:
        """How far the attempt got. asyncssh notes the version when it came and the host key once it is trusted."""
        if self._connection is None:
            return Stage.CONNECT
        if self._connection.get_server_host_key() is not None:
            return Stage.AUTHENTICATION
        return Stage.EXCHANGE if self._connection.get_extra_info("server_version") else Stage.BANNER

    def course(self, endpoint: Endpoint) -> Course:
        """What a refusal is explained by."""
        if self._connection is None:
            return Course(login=endpoint.login, agent_keys=len(self.agent_keys))
        offer = negotiation.of_server(self._connection)
        weak = SHA1_SIGNATURE not in PROFILES[endpoint.profile].signature
        offered = [*(one.key for one in endpoint.login.identities), *self.agent_keys]
        rsa = {each.get_algorithm() for each in offered} == {SHA1_SIGNATURE}
        return Course(
            mismatch=mismatch(offer, endpoint.profile) if offer else "",
            login=endpoint.login,
            agent_keys=len(self.agent_keys),
            accepted=tuple(self._accepted),
            sha1_only=weak and rsa and negotiation.takes_sha1_signatures_only(self._connection),
        )

    def public_key_auth_requested(self) -> None:
        """Note what the server takes; there are no more keys."""
        self._note_methods()

    def password_auth_requested(self) -> str | None:
        """Give the password, once."""
        self._note_methods()
        return self._once()

    def kbdint_auth_requested(self) -> str | None:
        """Take part while there is a password that was not sent."""
        self._note_methods()
        return "" if self._password else None

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """Answer the question for the password. What is asked along with it or after it is not answered."""
        del name, instructions, lang
        if not prompts:
            return []  # PAM's messages
        (prompt, shown), *more = prompts
        answer = self._once() if not more and asks_for_password(prompt, shown=shown) else None
        return None if answer is None else [answer]

    def _once(self) -> str | None:
        """The password the first time: a wrong one that is sent by two methods counts twice towards a lock-out."""
        password, self._password = self._password, None
        return password.reveal() if password else None

    def _note_methods(self) -> None:
        if self._connection:
            self._accepted.update(dict.fromkeys(self._connection.get_server_auth_methods()))

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Start the clock of the login."""
        self._connection = conn
        if self.phase:
            self.phase.extend(self._login_s)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse: asked only about a key that known_hosts does not have."""
        del host, addr, port
        self.offered = key
        return False
