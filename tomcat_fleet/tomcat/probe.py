"""Addresses that stand for kinds of clients; filters are judged by what they do with each."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tomcat_fleet.model.access import AddressClass

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Those of the decision table first, then unrelated ones so that a pattern for half of the internet is seen.
_STANDARD = (
    "8.8.8.8", "203.0.113.7", "2001:db8::1", "100.64.0.1", "10.255.255.254", "172.31.255.254", "192.168.255.254",
    "127.0.0.1", "::1",
    "198.51.100.9", "1.1.1.1", "93.184.216.34", "223.255.255.254", "2606:4700:4700::1111",
)  # fmt: skip
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One address."""

    address: Address

    @property
    def shown(self) -> str:
        """The usual spelling, e.g. ``2001:db8::1``."""
        return str(self.address)

    @property
    def text(self) -> str:
        """What Java's getHostAddress gives and expressions are compared with: ``2001:db8:0:0:0:0:0:1``."""
        if isinstance(self.address, ipaddress.IPv4Address):
            return str(self.address)
        return ":".join(f"{int(group, 16):x}" for group in self.address.exploded.split(":"))

    @property
    def address_class(self) -> AddressClass:
        """Which kind of client it stands for; documentation and carrier-grade ranges count as public."""
        if self.address.is_loopback:
            return AddressClass.LOOPBACK
        private = any(self.address in network for network in _PRIVATE)
        return AddressClass.PRIVATE if private else AddressClass.PUBLIC


def probes(networks: Iterable[str] = ()) -> tuple[Probe, ...]:
    """The standard probes, then the edges of each of ``networks`` and their neighbours."""
    found = [ipaddress.ip_address(text) for text in _STANDARD]
    for network in networks:
        found.extend(_edges(ipaddress.ip_network(network, strict=False)))
    return tuple(Probe(address) for address in dict.fromkeys(found))


def _edges(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[Address]:
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = type(network.network_address)
    for number in (first - 1, first, last, last + 1):
        if 0 <= number < 1 << network.max_prefixlen:
            yield kind(number)
