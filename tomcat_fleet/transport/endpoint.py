"""A machine to log in to, and what is needed for it."""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.transport.known_hosts import HostKeys
from tomcat_fleet.transport.private_key import Identity
from tomcat_fleet.transport.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to log in to one machine, in this order: keys, agent, password.

    ``locked`` says of each key that was named and cannot be used why not.
    """

    account: str
    identities: tuple[Identity, ...] = ()
    agent_path: str | None = None
    password: Secret | None = None
    locked: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to log in with."""
        return not (self.identities or self.agent_path or self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A machine, how to log in to it and what is known of its host key."""

    address: str
    port: int
    profile: str
    login: Login
    host_keys: HostKeys
    host_key_alias: str | None = None  # a host certificate has to name this instead of the address

    @property
    def certified_name(self) -> str:
        """What a host certificate has to name: in small letters, as ssh(1) asks, however the inventory writes it."""
        return (self.host_key_alias or self.address).lower()

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"
