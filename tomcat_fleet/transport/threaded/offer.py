"""What paramiko offers of a profile's algorithms."""

from __future__ import annotations

# ruff: noqa: SLF001  paramiko tells what it has only by refusing the rest
from collections.abc import Iterable, Mapping

import paramiko

from tomcat_fleet.transport.algorithm import PROFILES, Algorithms
from tomcat_fleet.transport.known_hosts import HostKeys

_MODERN = PROFILES["modern"]
_AEAD = "is_aead"


def offer(client: paramiko.Transport, profile: str, known: HostKeys) -> None:
    """Have ``client`` offer what it has of ``profile``, in the profile's order, and nothing else."""
    algorithms = PROFILES[profile]
    options = client.get_security_options()
    options.kex = _of(algorithms.exchange, paramiko.Transport._kex_info)
    options.ciphers = _of(algorithms.cipher, paramiko.Transport._cipher_info)
    options.digests = _of(algorithms.mac, paramiko.Transport._mac_info)
    options.key_types = _of(algorithms.host_key_order(known), paramiko.Transport._key_info)
    options.compression = ("none",)


def unable(profile: str) -> str | None:
    """Return why the installed paramiko cannot serve ``profile``; None when it can."""
    lacking = tuple(_lacking(PROFILES[profile]))
    if not lacking:
        return None
    release = "4" if "ssh-dss" in lacking else "5"
    return (
        f"paramiko {paramiko.__version__} has no {', '.join(lacking)}, which ssh_profile {profile} is for; "
        f"paramiko before {release} has, as has transport asyncssh"
    )


def is_aead(cipher: str) -> bool:
    """Whether ``cipher`` needs no MAC beside it."""
    return bool(paramiko.Transport._cipher_info.get(cipher, {}).get(_AEAD))


def signs_with_sha1(profile: str) -> bool:
    """Whether RSA keys may sign with SHA-1 for a server that does not say what it takes."""
    return "ssh-rsa" in _of(PROFILES[profile].host_key, paramiko.Transport._key_info)


def _lacking(algorithms: Algorithms) -> Iterable[str]:
    """What an old server may know alone. Ciphers and MACs of the profiles are in every paramiko."""
    for names, modern, has in (
        (algorithms.exchange, _MODERN.exchange, paramiko.Transport._kex_info),
        (algorithms.host_key, _MODERN.host_key, paramiko.Transport._key_info),
    ):
        yield from (name for name in names if name not in modern and name not in has)


def _of(names: Iterable[str], has: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name in names if name in has)
