"""What a sweep would do on each host, worked out from the inventory alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tomcat_fleet.model import escalation
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import own_account
from tomcat_fleet.transport.jump import Hop, parse_jump
from tomcat_fleet.transport.local import running_account

_SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """As whom and with what one machine is logged in to. References and paths, never what they lead to."""

    account: str
    own: bool  # the inventory names no account
    key_files: tuple[str, ...] = ()
    key_passphrase: str | None = None
    agent: bool = False
    password: str | None = None
    profile: str = "modern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One machine on the way, or the host itself."""

    address: str
    port: int
    login: Login
    host_key_alias: str | None = None

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """How rights would be raised for what the login account may not read, and the rule that this takes."""

    method: str
    user: str
    account: str
    command: str
    prompt: str | None = None  # the command that asks, where there is a password to answer with
    password: str | None = None  # its reference
    rule: str | None = None  # None: the account's name cannot be written there


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What many hosts have in common."""

    transport: str
    login: Login
    route: tuple[Stop, ...]
    command: str
    rights: Rights | None
    discover: bool
    was_accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHost:
    """One host of the sweep."""

    name: str
    stop: Stop
    manner: Manner
    instances: tuple[tuple[str, str], ...]  # base and home
    source: str


def planned(targets: Sequence[Target], jumps: Mapping[str, Target]) -> tuple[PlannedHost, ...]:
    """What would be done, in the order of the inventory."""
    account = own_account()
    return tuple(_host(target, jumps, account) for target in targets)


def _host(target: Target, jumps: Mapping[str, Target], account: str) -> PlannedHost:
    local = target.transport == "local"
    stop = _stop(replace(target, user=None, key_files=()), running_account()) if local else _stop(target, account)
    manner = Manner(
        transport=target.transport,
        login=stop.login,
        route=() if local else tuple(_route(target, jumps, account, ())),
        command=escalation.SHELL if local else "sh -s",
        rights=_rights(target, stop.login.account),
        discover=target.discover,
        was_accounts=tuple(
            sorted({*target.was_accounts, *(name for hint in target.instances for name in hint.was_accounts)})
        ),
    )
    instances = tuple((hint.base, hint.home or hint.base) for hint in target.instances)
    return PlannedHost(name=target.name, stop=stop, manner=manner, instances=instances, source=target.source)


def _stop(target: Target, account: str) -> Stop:
    return Stop(
        address=target.address,
        port=target.port,
        host_key_alias=target.host_key_alias,
        login=Login(
            account=target.user or account,
            own=target.user is None,
            key_files=target.key_files,
            key_passphrase=target.key_passphrase,
            agent=target.use_agent,
            password=target.password,
            profile=target.ssh_profile,
        ),
    )


def _route(target: Target, jumps: Mapping[str, Target], account: str, behind: tuple[str, ...]) -> Iterator[Stop]:
    """Jump hosts as the transport takes them, nearest first: described ones as they are described."""
    for number, hop in enumerate(parse_jump(target.jump)):
        described = jumps.get(hop.address)
        if described is None or hop.address in behind:
            yield _undescribed(target, hop, account)
            continue
        machine = replace(described, user=hop.user or described.user, port=hop.port or described.port)
        if number == 0:
            yield from _route(machine, jumps, account, (*behind, hop.address))
        yield _stop(machine, account)


def _undescribed(target: Target, hop: Hop, account: str) -> Stop:
    """A machine that is reached with the keys and the agent of the target, never with its password."""
    own = replace(_stop(target, account).login, account=hop.user or account, own=hop.user is None, password=None)
    return Stop(address=hop.address, port=hop.port or _SSH_PORT, login=replace(own, profile="modern"))


def _rights(target: Target, account: str) -> Rights | None:
    become = target.become
    if become is None:
        return None
    asks = become.password is not None and become.method in escalation.ASKING
    return Rights(
        method=become.method,
        user=become.user,
        account=account,
        command=escalation.command(become.method, become.user),
        prompt=escalation.asking(become.method, become.user) if asks else None,
        password=become.password if asks else None,
        rule=escalation.rule(become.method, account, become.user),
    )
