"""Asking machines for their host keys, without logging in to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncssh
import stamina

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import escape
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.algorithm import PROFILES
from tomcat_fleet.transport.enrolment import HOST_NAME
from tomcat_fleet.transport.failure import ConnectionFaultError, Stage
from tomcat_fleet.transport.known_hosts import lookup_name

# The open connection to the last jump host of a target, None for one that is reached directly; raises TargetError.
Tunnel: TypeAlias = Callable[[Target], Awaitable[asyncssh.SSHClientConnection | None]]

FAMILIES = ("ed25519", "ecdsa", "rsa", "dss")
_RAMP_S = 0.02  # between the first connections, which would otherwise all begin at once
_RETRIES = 2
_log = logging.getLogger(__name__)
# asyncssh's words for what would be the same with any type of key, and for a signature that is not the key's.
_OF_ANY_TYPE = ("No matching", "Key exchange hash mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One machine and port that known_hosts has, or will have, under one name."""

    name: str  # in known_hosts
    target: Target
    labels: tuple[str, ...]  # the inventory's names for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a machine answered. A fault beside keys means that it was not asked for every type."""

    place: Place
    keys: tuple[asyncssh.SSHKey, ...] = ()
    fault: TargetError | None = None


def places(targets: Iterable[Target]) -> tuple[Place, ...]:
    """Return where ``targets`` are, each place once, in their order. Those that SSH does not reach have none."""
    found: dict[tuple[str, str, int, str | None], list[Target]] = {}
    for target in targets:
        if target.transport != "local":
            name = lookup_name(target.address, target.port, target.host_key_alias)
            found.setdefault((name, target.address.lower(), target.port, target.jump), []).append(target)
    ages = list(PROFILES)
    return tuple(
        Place(
            name=name,
            target=max(same, key=lambda target: ages.index(target.ssh_profile)),  # the one that says more types
            labels=tuple(dict.fromkeys(target.name for target in same)),
        )
        for (name, *_), same in found.items()
    )


async def scan(asked: Sequence[Place], tunnel: Tunnel, *, concurrency: int, timeout_s: float) -> list[Scanned]:
    """Ask every place for its keys of every type, ``concurrency`` places at a time; answers in the order of places."""
    answers: dict[int, Scanned] = {}
    waiting = iter(enumerate(asked))

    async def work(delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        for number, place in waiting:
            answers[number] = answer = await _asked(place, tunnel, timeout_s)
            said = f"{answer.fault.outcome}: {answer.fault.reason}" if answer.fault else f"{len(answer.keys)} keys"
            _log.info("%s %s", ", ".join(map(escape.one_line, place.labels)), said)

    async with asyncio.TaskGroup() as group:
        for number in range(min(concurrency, len(asked))):
            group.create_task(work(number * _RAMP_S))
    return [answers[number] for number in range(len(asked))]


async def _asked(place: Place, tunnel: Tunnel, timeout_s: float) -> Scanned:
    keys: list[asyncssh.SSHKey] = []
    fault: TargetError | None = None
    if not HOST_NAME.fullmatch(place.name):
        return Scanned(place=place, fault=TargetError(Outcome.NOT_RUN, "its address cannot stand in known_hosts"))
    try:
        # Not within the time of its own: many wait for one login to their jump host.
        through = await tunnel(place.target)
        async with asyncio.timeout(timeout_s):
            async for key in _keys(place.target, through):
                keys.append(key)  # noqa: PERF401  what came before a fault is kept
    except TimeoutError:
        fault = TargetError(Outcome.TIMEOUT, f"not done within {timeout_s:g} s")
    except TargetError as error:
        fault = error
    return Scanned(place=place, keys=tuple(keys), fault=fault)


async def _keys(target: Target, through: asyncssh.SSHClientConnection | None) -> AsyncIterator[asyncssh.SSHKey]:
    """Its key of each type, one connection each. A server without one just hangs up on whoever asks for it."""
    absent: TargetError | None = None
    found = False
    for names in types_of(target.ssh_profile):
        try:
            yield await _patiently(target, names, through)
            found = True
        except _NoSuchKeyError as error:
            absent = absent or TargetError(error.outcome, error.reason)
    if absent and not found:
        raise absent


def types_of(profile: str) -> tuple[tuple[str, ...], ...]:
    """Return the host key algorithms of a profile, those of one type of key together."""
    return tuple(
        names
        for family in FAMILIES
        if (names := tuple(name for name in PROFILES[profile].host_key if family_of(name) == family))
    )


def family_of(algorithm: str) -> str:
    """Return which type of key an algorithm needs: ``rsa-sha2-512`` one of RSA."""
    return next((family for family in FAMILIES if family in algorithm), algorithm)


class _NoSuchKeyError(TargetError):
    """The server ended the key exchange: as far as one can tell, it has no key of the type."""


async def _patiently(
    target: Target, names: tuple[str, ...], through: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHKey:
    retries = stamina.retry_context(
        on=ConnectionFaultError, attempts=1 + _RETRIES, timeout=None, wait_initial=0.2, wait_jitter=0.4, wait_max=2.0
    )
    async for attempt in retries:
        with attempt:
            return await _ask(target, names, through)
    raise TargetError(Outcome.UNREACHABLE, "no attempt was made")


async def _ask(target: Target, names: tuple[str, ...], through: asyncssh.SSHClientConnection | None) -> asyncssh.SSHKey:
    """The key with which the server signs a key exchange. The connection ends before any account is named."""
    watch = _Watch()
    try:
        key = await asyncssh.get_server_host_key(
            target.address,
            target.port,
            tunnel=() if through is None else through,
            config=None,
            kex_algs=PROFILES[target.ssh_profile].exchange,
            server_host_key_algs=names,
            options=_options(target.ssh_profile, watch),
        )
    except failure.PEER_FAULTS as error:
        raise _meaning(error, watch.stage()) from None
    if key is None or family_of(key.get_algorithm()) != family_of(names[0]):
        raise TargetError(Outcome.SSH_FAILED, "the server signs with a key of another type than agreed on")
    return key


def _options(profile: str, watch: _Watch) -> asyncssh.SSHClientConnectionOptions:
    algorithms = PROFILES[profile]
    return asyncssh.SSHClientConnectionOptions(
        config=None,
        client_factory=lambda: watch,
        username="nobody",  # is never sent
        client_keys=None,
        agent_path=None,
        pkcs11_provider=None,
        encryption_algs=algorithms.cipher,
        mac_algs=algorithms.mac,
        compression_algs=["none"],
        connect_timeout=None,
        login_timeout=0,
    )


def _meaning(error: BaseException, stage: Stage) -> TargetError:
    fault = failure.of_connection(error, stage)
    if stage is Stage.EXCHANGE and isinstance(error, asyncssh.DisconnectError | ConnectionError):
        ours = isinstance(error, asyncssh.KeyExchangeFailed) and error.reason.startswith(_OF_ANY_TYPE)
        return fault if ours else _NoSuchKeyError(fault.outcome, fault.reason)
    return fault


class _Watch(asyncssh.SSHClient):
    """How far one attempt got."""

    def __init__(self) -> None:
        self._connection: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Remember whom to ask."""
        self._connection = conn

    def stage(self) -> Stage:
        """Before the server's version came, a fault may pass; after it, it says something of the server."""
        if self._connection is None:
            return Stage.CONNECT
        return Stage.EXCHANGE if self._connection.get_extra_info("server_version") else Stage.BANNER
