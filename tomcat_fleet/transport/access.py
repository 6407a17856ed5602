"""Everything needed to log in, read once per sweep: trusted host keys, private keys, passwords, the agent."""

from __future__ import annotations

import getpass
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.credential import CredentialError, resolve_all
from tomcat_fleet.transport.endpoint import Endpoint, Login
from tomcat_fleet.transport.jump import SSH_PORT, Hop, parse_jump
from tomcat_fleet.transport.known_hosts import KnownHosts, read_known_hosts
from tomcat_fleet.transport.private_key import (
    USUAL,
    AgentKeyError,
    EncryptedKeyError,
    Identity,
    WrongPassphraseError,
    read_identity,
)
from tomcat_fleet.transport.secret import Secret

_DEFAULT_KNOWN_HOSTS = "~/.ssh/known_hosts"


class Opened(NamedTuple):
    """A key file as the inventory writes it, and the reference of what opens it."""

    path: str
    passphrase: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What ``load_access`` read. ``account`` logs in where the inventory names none."""

    account: str
    known_hosts: KnownHosts = field(default_factory=KnownHosts)
    identities: Mapping[Opened, Identity] = field(default_factory=dict)
    locked: Mapping[Opened, str] = field(default_factory=dict)  # why a key cannot be used, for those that cannot
    key_files: tuple[str, ...] = ()  # for targets that name none
    usual: tuple[Identity, ...] = ()  # for targets with neither key files nor agent
    agent_path: str | None = None
    use_agent: bool = False  # for every target
    passwords: Mapping[str, Secret] = field(default_factory=dict)  # by reference
    jumps: Mapping[str, Target] = field(default_factory=dict)  # jump hosts that the inventory describes, by name

    def login(self, target: Target) -> Login:
        """How to log in to ``target``."""
        agent = self.agent_path if self.use_agent or target.use_agent else None
        wanted = [Opened(path, target.key_passphrase) for path in target.key_files or self.key_files]
        named = [self.identities[each] for each in wanted if each in self.identities]
        return Login(
            account=target.user or self.account,
            identities=tuple(named) or (() if agent or wanted else self.usual),
            agent_path=agent,
            password=self.passwords[target.password] if target.password else None,
            locked=tuple(self.locked[each] for each in wanted if each in self.locked),
        )

    def endpoint(self, target: Target) -> Endpoint:
        """The machine of ``target``."""
        return self._endpoint(target, self.login(target))

    def route(self, target: Target) -> tuple[Endpoint, ...]:
        """The jump hosts on the way to ``target``, nearest first.

        One that the inventory describes is reached as it says there, over jump hosts of its own when it comes first.
        Any other has the keys and the agent of the target, never its password. Raises ValueError for a circle.
        """
        return tuple(self._route(target, ()))

    def become_password(self, target: Target) -> Secret | None:
        """What may be typed at the prompt of the target's escalation; None: nothing."""
        reference = target.become.password if target.become else None
        return self.passwords[reference] if reference else None

    def _route(self, target: Target, behind: tuple[str, ...]) -> Iterator[Endpoint]:
        for number, hop in enumerate(parse_jump(target.jump)):
            described = self.jumps.get(hop.address)
            if described is None:
                yield self._undescribed(target, hop)
                continue
            if hop.address in behind:
                raise ValueError(f"the jump hosts form a circle: {' > '.join([*behind, hop.address])}")
            machine = replace(described, user=hop.user or described.user, port=hop.port or described.port)
            if number == 0:
                yield from self._route(machine, (*behind, hop.address))
            yield self.endpoint(machine)

    def _undescribed(self, target: Target, hop: Hop) -> Endpoint:
        login = replace(self.login(replace(target, password=None)), account=hop.user or self.account)
        return self._endpoint(Target(name=hop.address, address=hop.address, port=hop.port or SSH_PORT), login)

    def _endpoint(self, target: Target, login: Login) -> Endpoint:
        return Endpoint(
            address=target.address,
            port=target.port,
            profile=target.ssh_profile,
            login=login,
            host_keys=self.known_hosts.of(target.address, target.port, target.host_key_alias),
            host_key_alias=target.host_key_alias,
        )


def load_access(
    targets: Iterable[Target],
    *,
    jumps: Mapping[str, Target] | None = None,
    known_hosts: Path | None = None,
    key_files: Sequence[Path] = (),
    use_agent: bool = False,
) -> Access:
    """Read what ``targets`` need; raises ``ConfigError`` with every fault at once.

    ``jumps`` are the jump hosts that the inventory describes; only those on the way to a target are looked at.
    ``known_hosts`` defaults to the operator's own file, ``key_files`` serve targets that name none, and without
    key files and agent the usual unencrypted files in ``~/.ssh`` do, as with ssh(1). The agent is used only when
    ``use_agent`` or the target asks for it. Targets that are not reached over SSH need nothing of this, but the
    password of their escalation.
    """
    targets = list(targets)
    remote = [target for target in targets if target.transport != "local"]
    found = _Loader()
    if not remote:
        access = Access(account=own_account(), passwords=found.passwords(targets))
        return _unless(found.faults, access)
    machines = [*remote, *on_the_way(remote, jumps or {})]
    shared = tuple(map(str, key_files))
    agent_wanted = use_agent or any(machine.use_agent for machine in machines)
    passwords = found.passwords([*targets, *machines])
    access = Access(
        account=own_account(),
        known_hosts=found.known_hosts(known_hosts),
        identities=found.identities(_wanted(machines, shared, use_agent=use_agent), passwords),
        locked=found.locked,
        key_files=shared,
        usual=found.usual(),
        agent_path=found.agent() if agent_wanted else None,
        use_agent=use_agent,
        passwords=passwords,
        jumps=jumps or {},
    )
    faults = found.faults or [*_without_login(machines, access, found.encrypted), *_circles(remote, access)]
    return _unless(faults, access)


def on_the_way(targets: Iterable[Target], jumps: Mapping[str, Target]) -> list[Target]:
    """The described jump hosts that any of ``targets`` is reached through, each once."""
    found: dict[str, Target] = {}
    waiting = list(dict.fromkeys(target.jump for target in targets))
    for jump in waiting:
        for hop in _hops(jump):
            if hop.address in jumps and hop.address not in found:
                found[hop.address] = jumps[hop.address]
                waiting.append(jumps[hop.address].jump)
    return list(found.values())


def _hops(jump: str | None) -> tuple[Hop, ...]:
    try:
        return parse_jump(jump)
    except ValueError:
        return ()  # said by ``check_transports``


def _unless(faults: list[Fault], access: Access) -> Access:
    if faults:
        raise ConfigError(faults)
    return access


class _Loader:
    """Reads each thing once and remembers what is wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.encrypted: list[str] = []
        self.locked: dict[Opened, str] = {}

    def known_hosts(self, path: Path | None) -> KnownHosts:
        try:
            return read_known_hosts((path or Path(_DEFAULT_KNOWN_HOSTS)).expanduser())
        except ConfigError as error:
            self.faults.extend(error.faults)
            return KnownHosts()

    def identities(self, wanted: Mapping[Opened, bool], passwords: Mapping[str, Secret]) -> dict[Opened, Identity]:
        found: dict[Opened, Identity] = {}
        for each, by_agent in wanted.items():
            if each.passphrase and each.passphrase not in passwords:
                continue  # why is said already
            phrase = passwords[each.passphrase] if each.passphrase else None
            try:
                found[each] = read_identity(Path(each.path).expanduser(), phrase)
            except WrongPassphraseError as error:
                self.locked[each] = f"private key {each.path}: {error}"
            except CredentialError as error:
                if by_agent and isinstance(error, AgentKeyError):
                    continue  # like ssh(1): the agent has it, or the server says that something is missing
                self.faults.append(Fault(each.path, 0, f"private key {error}"))
        return found

    def usual(self) -> tuple[Identity, ...]:
        found = []
        for path in USUAL:
            try:
                found.append(read_identity(Path(path).expanduser()))
            except EncryptedKeyError:
                self.encrypted.append(path)
            except CredentialError:
                continue  # like ssh(1): a default key that is absent or unusable is passed over
        return tuple(found)

    def agent(self) -> str | None:
        path = os.environ.get("SSH_AUTH_SOCK", "")
        try:
            if path and stat.S_ISSOCK(Path(path).stat().st_mode):
                return path
            problem = "is not a socket" if path else "is not set"
        except OSError as error:
            problem = f"names nothing usable: {error.strerror}"
        self.faults.append(Fault("", 0, f"the agent is asked for, but SSH_AUTH_SOCK {problem}"))
        return None

    def passwords(self, machines: Iterable[Target]) -> dict[str, Secret]:
        wanted: dict[str, Target] = {}  # with the first machine that names it
        for machine in machines:
            for reference in _references(machine):
                wanted.setdefault(reference, machine)
        found: dict[str, Secret] = {}
        for reference, value in resolve_all(wanted).items():
            if isinstance(value, CredentialError):
                self.faults.append(fault_of(wanted[reference], str(value)))
            else:
                found[reference] = value
        return found


def _wanted(machines: Iterable[Target], shared: Sequence[str], *, use_agent: bool) -> dict[Opened, bool]:
    """Return every key file that is named, and whether all machines that it is for have the agent, too."""
    found = {Opened(path, each.key_passphrase): use_agent for path in shared for each in machines}
    for machine in machines:
        has_agent = use_agent or machine.use_agent
        for path in machine.key_files:
            opened = Opened(path, machine.key_passphrase)
            found[opened] = found.get(opened, True) and has_agent
    return found


def _references(machine: Target) -> Iterator[str]:
    wanted = [machine.become.password if machine.become else None]
    if machine.transport != "local":
        wanted += [machine.password, machine.key_passphrase]
    return (each for each in wanted if each is not None)


def fault_of(target: Target, message: str) -> Fault:
    """Return a fault at the place where the inventory defines ``target``."""
    file, _, line = target.source.rpartition(":")
    if file and line.isdecimal():
        return Fault(file, int(line), f"{target.name}: {message}")
    return Fault(target.source, 0, f"{target.name}: {message}")


def _without_login(targets: Iterable[Target], access: Access, encrypted: Sequence[str]) -> Iterator[Fault]:
    lost = []
    for target in targets:
        login = access.login(target)
        if login.empty and not login.locked:
            lost.append(target.name)
    if lost:
        names = ", ".join(lost[:3]) + (", …" if len(lost) > len(lost[:3]) else "")
        why = f" ({', '.join(encrypted)} encrypted)" if encrypted else ""
        tried = f"no usable key in ~/.ssh{why}, no key file, no agent, no password"
        yield Fault("", 0, f"{len(lost)} target(s) cannot be logged in to: {names}: {tried}")


def _circles(targets: Iterable[Target], access: Access) -> Iterator[Fault]:
    seen: set[str | None] = set()
    for target in targets:
        if target.jump in seen:
            continue
        seen.add(target.jump)
        try:
            access.route(target)
        except ValueError as error:
            yield fault_of(target, str(error))


def own_account() -> str:
    """Who logs in where the inventory names nobody; raises ``ConfigError`` when that has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("the account that runs this has no name; set LOGNAME") from None
