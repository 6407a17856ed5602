"""Everything needed to log in, read once per sweep: trusted host keys, private keys, passwords, the agent."""

from __future__ import annotations

import getpass
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.credential import CredentialError, resolve
from tomcat_fleet.transport.known_hosts import KnownHosts, read_known_hosts
from tomcat_fleet.transport.private_key import USUAL, EncryptedKeyError, Identity, read_identity
from tomcat_fleet.transport.secret import Secret

_DEFAULT_KNOWN_HOSTS = "~/.ssh/known_hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to log in to one machine, in this order: keys, agent, password."""

    account: str
    identities: tuple[Identity, ...] = ()
    agent_path: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What ``load_access`` read. ``account`` logs in where the inventory names none."""

    account: str
    known_hosts: KnownHosts = field(default_factory=KnownHosts)
    identities: Mapping[str, Identity] = field(default_factory=dict)  # by the path as the inventory writes it
    key_files: tuple[str, ...] = ()  # for targets that name none
    usual: tuple[Identity, ...] = ()  # for targets with neither key files nor agent
    agent_path: str | None = None
    use_agent: bool = False  # for every target
    passwords: Mapping[str, Secret] = field(default_factory=dict)  # by reference

    def login(self, target: Target) -> Login:
        """How to log in to ``target``."""
        agent = self.agent_path if self.use_agent or target.use_agent else None
        named = [self.identities[path] for path in target.key_files or self.key_files]
        return Login(
            account=target.user or self.account,
            identities=tuple(named) or (() if agent else self.usual),
            agent_path=agent,
            password=self.passwords[target.password] if target.password else None,
        )

    def hop_login(self, target: Target, user: str | None) -> Login:
        """How to log in to a jump host on the way to ``target``: never with the target's password."""
        login = self.login(target)
        account = user or self.account
        return Login(account=account, identities=login.identities, agent_path=login.agent_path)


def load_access(
    targets: Iterable[Target],
    *,
    known_hosts: Path | None = None,
    key_files: Sequence[Path] = (),
    use_agent: bool = False,
) -> Access:
    """Read what ``targets`` need; raises ``ConfigError`` with every fault at once.

    ``known_hosts`` defaults to the operator's own file, ``key_files`` serve targets that name none, and without
    key files and agent the usual unencrypted files in ``~/.ssh`` do, as with ssh(1). The agent is used only when
    ``use_agent`` or the target asks for it. Targets that are not reached over SSH need nothing of this.
    """
    remote = [target for target in targets if target.transport != "local"]
    if not remote:
        return Access(account=_account())
    found = _Loader()
    shared = tuple(map(str, key_files))
    agent_wanted = use_agent or any(target.use_agent for target in remote)
    access = Access(
        account=_account(),
        known_hosts=found.known_hosts(known_hosts),
        identities=found.identities(remote, shared),
        key_files=shared,
        usual=found.usual(),
        agent_path=found.agent() if agent_wanted else None,
        use_agent=use_agent,
        passwords=found.passwords(remote),
    )
    faults = found.faults or [*_without_login(remote, access, found.encrypted)]
    if faults:
        raise ConfigError(faults)
    return access


class _Loader:
    """Reads each thing once and remembers what is wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.encrypted: list[str] = []

    def known_hosts(self, path: Path | None) -> KnownHosts:
        try:
            return read_known_hosts((path or Path(_DEFAULT_KNOWN_HOSTS)).expanduser())
        except ConfigError as error:
            self.faults.extend(error.faults)
            return KnownHosts()

    def identities(self, targets: Iterable[Target], shared: Iterable[str]) -> dict[str, Identity]:
        wanted = dict.fromkeys([*shared, *(path for target in targets for path in target.key_files)])
        found: dict[str, Identity] = {}
        for path in wanted:
            try:
                found[path] = read_identity(Path(path).expanduser())
            except CredentialError as error:
                self.faults.append(Fault(path, 0, f"private key {error}"))
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

    def passwords(self, targets: Iterable[Target]) -> dict[str, Secret]:
        found: dict[str, Secret] = {}
        for target in targets:
            if target.password is None or target.password in found:
                continue
            try:
                found[target.password] = resolve(target.password)
            except CredentialError as error:
                self.faults.append(fault_of(target, str(error)))
        return found


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
        if not (login.identities or login.agent_path or login.password):
            lost.append(target.name)
    if lost:
        names = ", ".join(lost[:3]) + (", …" if len(lost) > len(lost[:3]) else "")
        why = f" ({', '.join(encrypted)} encrypted)" if encrypted else ""
        tried = f"no usable key in ~/.ssh{why}, no key file, no agent, no password"
        yield Fault("", 0, f"{len(lost)} target(s) cannot be logged in to: {names}: {tried}")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigError("the account that runs this has no name; set LOGNAME") from None
