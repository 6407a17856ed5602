"""Which algorithms are offered to a server, by the ``ssh_profile`` of its target.

Cheap and strong ones stand first: a hybrid post-quantum exchange (passwords of the audited hosts cross this link),
AES-GCM in hardware, Ed25519. A profile is chosen by name only, never as a fallback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asyncssh.kex import get_kex_algs

from tomcat_fleet.transport.known_hosts import HostKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """Names in order of preference, as asyncssh takes them."""

    exchange: tuple[str, ...]
    cipher: tuple[str, ...]
    mac: tuple[str, ...]
    host_key: tuple[str, ...]

    def host_key_order(self, known: HostKeys) -> tuple[str, ...]:
        """Types of the known keys first, certificates where an authority is known, then every other type.

        The rest is offered too, so that a server whose key changed its type is told apart from an unusable one.
        """
        held = [name.decode("ascii") for key in known.keys for name in key.sig_algorithms]
        first = [name for name in held if name in self.host_key]
        signed = [f"{name}-cert-v01@openssh.com" for name in self.host_key] if known.authorities else []
        return tuple(dict.fromkeys([*signed, *first, *self.host_key]))


def _available(names: Iterable[str]) -> tuple[str, ...]:
    """Those that the installed cryptography offers; ML-KEM needs a recent one."""
    offered = {name.decode("ascii") for name in get_kex_algs()}
    return tuple(name for name in names if name in offered)


_MODERN = Algorithms(
    exchange=_available((
        "mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
    )),
    cipher=(
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
        "aes128-ctr", "aes192-ctr", "aes256-ctr",
    ),
    mac=(
        "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com",
        "hmac-sha2-256", "hmac-sha2-512", "umac-128@openssh.com",
    ),
    host_key=(
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "rsa-sha2-512", "rsa-sha2-256",
    ),
)  # fmt: skip

# OpenSSH 5.3 to 6.6 (RHEL 6, Ubuntu 12.04): SHA-1 in exchange, MAC and RSA host keys.
_LEGACY_2012 = Algorithms(
    exchange=(*_MODERN.exchange, "diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1"),
    cipher=(*_MODERN.cipher, "aes128-cbc", "aes256-cbc"),
    mac=(*_MODERN.mac, "hmac-sha1"),
    host_key=(*_MODERN.host_key, "ssh-rsa"),
)

# OpenSSH 3.9 to 4.7, old Solaris, AIX and HP-UX.
_LEGACY_2005 = Algorithms(
    exchange=(*_LEGACY_2012.exchange, "diffie-hellman-group1-sha1"),
    cipher=(*_LEGACY_2012.cipher, "3des-cbc"),
    mac=(*_LEGACY_2012.mac, "hmac-md5"),
    host_key=(*_LEGACY_2012.host_key, "ssh-dss"),
)

PROFILES: Mapping[str, Algorithms] = MappingProxyType(
    {
        "modern": _MODERN,
        "legacy-2012": _LEGACY_2012,
        "legacy-2005": _LEGACY_2005,
    }
)
