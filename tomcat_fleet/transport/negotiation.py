"""What both sides of an asyncssh connection put forward, and what they settled on.

asyncssh tells cipher and MAC of a connection that stands, but neither the key exchange nor, of one that failed, the
server's other lists. It keeps both KEXINIT packets for the exchange hash, under names of its own: where a release
has them no more, everything here is empty and reasons are asyncssh's own words.
"""

from __future__ import annotations

from collections.abc import Iterator

import asyncssh

from tomcat_fleet.transport import algorithm
from tomcat_fleet.transport.algorithm import Offer

_HEAD = 1 + 16  # message number and cookie, RFC 4253 7.1
_LISTS = 6
_LONGEST = 64 * 1024


def of_server(connection: asyncssh.SSHClientConnection) -> Offer | None:
    """What the server offered, as far as it came."""
    return read(vars(connection).get("_server_kexinit"))


def of_client(connection: asyncssh.SSHClientConnection) -> Offer | None:
    """What was offered to the server."""
    return read(vars(connection).get("_client_kexinit"))


def agreed(connection: asyncssh.SSHClientConnection) -> tuple[str, ...]:
    """Key exchange, host key with the size of an RSA or DSA key, cipher, MAC where the cipher needs one."""
    client, server = of_client(connection), of_server(connection)
    names = algorithm.agreed(client, server) if client and server else ()
    key = connection.get_server_host_key()
    size = _size(key) if key else ""
    return tuple(f"{name} {size}" if size and at == 1 else name for at, name in enumerate(names))


def takes_sha1_signatures_only(connection: asyncssh.SSHClientConnection) -> bool:
    """Whether the server told which signatures it takes of RSA keys, or none of the newer ones by its age."""
    told = vars(connection).get("_server_sig_algs")
    if not isinstance(told, set):
        return False
    newer = {b"rsa-sha2-256", b"rsa-sha2-512"}
    return not told & newer


def read(packet: object) -> Offer | None:
    """Return the lists of a KEXINIT packet; None for anything else."""
    if not isinstance(packet, bytes) or not _HEAD < len(packet) <= _LONGEST:
        return None
    lists = [*_name_lists(packet)]
    if len(lists) < _LISTS:
        return None
    exchange, host_key, there, back, mac_there, mac_back = lists
    return Offer(exchange=exchange, host_key=host_key, cipher=(there, back), mac=(mac_there, mac_back))


def _name_lists(packet: bytes) -> Iterator[tuple[str, ...]]:
    at = _HEAD
    for _ in range(_LISTS):
        length = int.from_bytes(packet[at : at + 4], "big")
        end = at + 4 + length
        if len(packet) < max(end, at + 4):
            return
        names = packet[at + 4 : end].decode("ascii", "replace")
        yield tuple(names.split(",")) if names else ()
        at = end


def _size(key: asyncssh.SSHKey) -> str:
    """Bits of a key whose type does not tell them."""
    bits = getattr(key.pyca_key, "key_size", 0)
    return str(bits) if key.get_algorithm() in {"ssh-rsa", "ssh-dss"} and bits else ""
