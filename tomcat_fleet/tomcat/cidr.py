"""Comma lists of addresses and CIDR blocks as org.apache.catalina.util.NetMask reads them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from tomcat_fleet.tomcat.java_regex import JavaPattern, PatternFault, compile_java
from tomcat_fleet.tomcat.probe import Address

_HOST_NAME = re.compile(
    r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
_NUMBER = re.compile(r"[+-]?\d{1,10}\Z")


class CidrError(Exception):
    """A list that the valve does not take. ``by_name``: it may, when that host name can be looked up."""

    def __init__(self, *, by_name: bool = False) -> None:
        super().__init__("host name" if by_name else "invalid")
        self.by_name = by_name


@dataclass(frozen=True, slots=True)
class Mask:
    """One element of the list. A mask with a port only matches where the valve adds the connector's port."""

    address: Address
    bits: int
    port: JavaPattern | None

    def matches(self, address: Address, port: int | None) -> bool:
        """Whether the mask covers the client; IPv4 masks never cover IPv6 and the other way round."""
        if (self.port is None) != (port is None) or address.version != self.address.version:
            return False
        if self.port is not None and not self.port.matches(str(port)):
            return False
        shift = address.max_prefixlen - self.bits
        return int(address) >> shift == int(self.address) >> shift


def parse_masks(text: str) -> tuple[Mask, ...]:
    """Masks of a non-empty list; ``CidrError`` when one is not understood."""
    return tuple(map(_mask, _parts(text)))


def understood_masks(text: str) -> tuple[Mask, ...]:
    """Masks of a list whose other parts are skipped, and without ports: RemoteCIDRValve before 8.5.63 and 9.0.43.

    ``CidrError`` only for a name that may or may not be found.
    """
    found: list[Mask] = []
    for part in _parts(text):
        try:
            mask = _mask(part)
        except CidrError as exc:
            if exc.by_name and ";" not in part:
                raise
            continue
        if mask.port is None:
            found.append(mask)
    return tuple(found)


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    while parts and not parts[-1]:  # String.split drops empty parts at the end
        parts.pop()
    return parts


def _mask(text: str) -> Mask:
    block, separator, ports = text.partition(";")
    port = compile_java(ports) if separator else None
    if isinstance(port, PatternFault):
        raise CidrError(by_name=port is PatternFault.UNDECIDABLE)
    name, slash, prefix = block.partition("/")
    address = _address(name)
    if not slash:
        return Mask(address, address.max_prefixlen, port)
    if not _NUMBER.match(prefix) or not 0 <= int(prefix) <= address.max_prefixlen:
        raise CidrError
    return Mask(address, int(prefix), port)


def _address(text: str) -> Address:
    """InetAddress.getByName without a name service."""
    if text in ("", "localhost"):
        return _LOOPBACK
    if ":" in text or text.startswith("["):
        return _version_six(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    parts = text.split(".")
    if all(part.isascii() and part.isdigit() for part in parts) and len(parts) <= 4:
        return _version_four([int(part) for part in parts])
    if _HOST_NAME.fullmatch(text) and not parts[-1].isdigit():
        raise CidrError(by_name=True)
    raise CidrError


def _version_four(numbers: list[int]) -> ipaddress.IPv4Address:
    """Java fills the remaining octets from the last number: ``10.1`` is 10.0.0.1."""
    *octets, last = numbers
    if any(number > 255 for number in octets) or last >= 1 << (8 * (4 - len(octets))):
        raise CidrError
    value = last + sum(number << (8 * (3 - position)) for position, number in enumerate(octets))
    return ipaddress.IPv4Address(value)


def _version_six(text: str) -> Address:
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        raise CidrError from None
    return address.ipv4_mapped or address  # Inet6Address.getByAddress turns mapped addresses into IPv4
