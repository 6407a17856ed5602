"""Which algorithms are offered to a server, by the ``ssh_profile`` of its target.

Cheap and strong ones stand first: a hybrid post-quantum exchange (passwords of the audited hosts cross this link),
AES-GCM in hardware, Ed25519. A profile is chosen by name only, never as a fallback.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from asyncssh.kex import get_kex_algs
from asyncssh.public_key import get_public_key_algs

from tomcat_fleet.model import escape
from tomcat_fleet.transport.known_hosts import HostKeys

MODERN = "modern"
SHA1_SIGNATURE = "ssh-rsa"
_NAMED = 4  # names of a server's list that a reason repeats, where there is room
_ROOM = 480  # bytes of a reason, less the stage before it
_LONGEST = 48  # bytes of such a name
# Cipher and authentication in one: no MAC is chosen beside them.
_WHOLE = frozenset({"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"})
# Signals of protocol extensions, put among the key exchanges (RFC 8308, OpenSSH's strict key exchange).
_SIGNALS = frozenset({"ext-info-s", "ext-info-c", "kex-strict-s-v00@openssh.com", "kex-strict-c-v00@openssh.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """Names in order of preference, as asyncssh takes them."""

    exchange: tuple[str, ...]
    cipher: tuple[str, ...]
    mac: tuple[str, ...]
    host_key: tuple[str, ...]
    signature: tuple[str, ...]  # for the keys that log in

    def host_key_order(self, known: HostKeys) -> tuple[str, ...]:
        """Types of the known keys first, certificates where an authority is known, then every other type.

        The rest is offered too, so that a server whose key changed its type is told apart from an unusable one.
        """
        held = [name.decode("ascii") for key in known.keys for name in key.sig_algorithms]
        first = [name for name in held if name in self.host_key]
        signed = [f"{name}-cert-v01@openssh.com" for name in self.host_key] if known.authorities else []
        return tuple(dict.fromkeys([*signed, *first, *self.host_key]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one side puts forward in its KEXINIT (RFC 4253 7.1); ciphers and MACs there and back."""

    exchange: tuple[str, ...]
    host_key: tuple[str, ...]
    cipher: tuple[tuple[str, ...], tuple[str, ...]]
    mac: tuple[tuple[str, ...], tuple[str, ...]]

    def lacking(self, ours: Algorithms) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what of a server's offer has nothing in common with ``ours``: its name and the server's list."""
        for name, mine, theirs in (
            ("key exchange", ours.exchange, self.exchange),
            ("host key", ours.host_key, self.host_key),
        ):
            if _first(mine, theirs) is None:
                yield name, theirs
        for name, mine, ways in (("cipher", ours.cipher, self.cipher), ("MAC", ours.mac, self._macs(ours))):
            yield from ((name, theirs) for theirs in dict.fromkeys(ways) if _first(mine, theirs) is None)

    def _macs(self, ours: Algorithms) -> tuple[tuple[str, ...], ...]:
        """The lists that are chosen from at all."""
        ways = zip(self.cipher, self.mac, strict=True)
        return tuple(macs for ciphers, macs in ways if _first(ours.cipher, ciphers) not in _WHOLE)


def agreed(client: Offer, server: Offer) -> tuple[str, ...]:
    """Return what the two settle on: key exchange, host key, cipher and, where the cipher needs one, MAC."""
    cipher = _first(client.cipher[0], server.cipher[0])
    chosen = [_first(client.exchange, server.exchange), _first(client.host_key, server.host_key), cipher]
    if cipher not in _WHOLE:
        chosen.append(_first(client.mac[0], server.mac[0]))
    return tuple(name for name in chosen if name)


def mismatch(server: Offer, profile: str) -> str:
    """Return why ``profile`` finds no common algorithms with a server, and which would; empty when it finds them.

    Names are the server's own: they are shown escaped, and not all of many.
    """
    lacking = [*server.lacking(PROFILES[profile])]
    if not lacking:
        return ""
    said = ""
    for named in (_NAMED, 2, 1):
        said = "; ".join([*_said(lacking, named), _advice(server)])
        if len(said.encode()) <= _ROOM:
            break
    return said


def _said(lacking: Sequence[tuple[str, tuple[str, ...]]], named: int) -> Iterator[str]:
    for at, (what, names) in enumerate(lacking):
        shown = _listed(names, named)
        yield f"nor {what}: {shown}" if at else f"no common {what} algorithm; the server offers {shown}"


def _advice(server: Offer) -> str:
    for name, algorithms in PROFILES.items():
        if not any(server.lacking(algorithms)):
            return f"ssh_profile = {name} would reach it (weak)"
    return "no ssh_profile reaches it"


def _listed(names: Sequence[str], named: int) -> str:
    shown = [escape.one_line(name, _LONGEST) for name in names if name not in _SIGNALS]
    if len(shown) <= 1:
        return f"{shown[0]} only" if shown else "none"
    rest = f" and {len(shown) - named} more" if len(shown) > named else ""
    return ", ".join(shown[:named]) + rest


def _first(ours: Iterable[str], theirs: Sequence[str]) -> str | None:
    """Take the client's first that the server has, too."""
    return next((name for name in ours if name in theirs), None)


def expect_finite_fields() -> None:
    """Keep one deprecation off the terminal: servers that know no other key exchange are what they are."""
    warnings.filterwarnings("ignore", "Diffie-Hellman over finite fields", UserWarning, r"asyncssh\.crypto\.dh")


def _available(names: Iterable[str], offered: Iterable[bytes]) -> tuple[str, ...]:
    """Those that the installed cryptography offers; ML-KEM needs a recent one."""
    known = {name.decode("ascii") for name in offered}
    return tuple(name for name in names if name in known)


_MODERN = Algorithms(
    exchange=_available((
        "mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
    ), get_kex_algs()),
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
    signature=_available((
        "ssh-ed25519", "ssh-ed448", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "rsa-sha2-512", "rsa-sha2-256", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    ), get_public_key_algs()),
)  # fmt: skip

# OpenSSH 5.3 to 6.6 (RHEL 6, Ubuntu 12.04): SHA-1 in exchange, MAC and RSA host keys.
_LEGACY_2012 = Algorithms(
    exchange=(*_MODERN.exchange, "diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1"),
    cipher=(*_MODERN.cipher, "aes128-cbc", "aes256-cbc"),
    mac=(*_MODERN.mac, "hmac-sha1"),
    host_key=(*_MODERN.host_key, "ssh-rsa"),
    signature=(*_MODERN.signature, SHA1_SIGNATURE),
)

# OpenSSH 3.9 to 4.7, old Solaris, AIX and HP-UX.
_LEGACY_2005 = Algorithms(
    exchange=(*_LEGACY_2012.exchange, "diffie-hellman-group1-sha1"),
    cipher=(*_LEGACY_2012.cipher, "3des-cbc"),
    mac=(*_LEGACY_2012.mac, "hmac-md5"),
    host_key=(*_LEGACY_2012.host_key, "ssh-dss"),
    signature=(*_LEGACY_2012.signature, "ssh-dss"),
)

PROFILES: Mapping[str, Algorithms] = MappingProxyType(
    {
        MODERN: _MODERN,
        "legacy-2012": _LEGACY_2012,
        "legacy-2005": _LEGACY_2005,
    }
)
