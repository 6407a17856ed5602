"""Which algorithms of an SSH link are weak today. Information on a server, never part of a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_RSA_BITS = 2048


def weak(algorithms: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the weak ones of a link's algorithms, in their order, each with why."""
    return tuple((name, why) for name in algorithms if (why := ", ".join(_why(name))))


def _why(name: str) -> Iterator[str]:
    kind, _, bits = name.partition(" ")
    if kind == "diffie-hellman-group1-sha1":
        yield "1024 bits"
    if kind == "ssh-rsa" or "sha1" in kind:
        yield "SHA-1"
    if "md5" in kind:
        yield "MD5"
    if kind == "ssh-dss":
        yield "DSA"
    if "3des" in kind:
        yield "3DES"
    if kind.endswith("-cbc"):
        yield "CBC"
    if kind.startswith(("ssh-rsa", "rsa-")) and bits.isdigit() and int(bits) < _RSA_BITS:
        yield f"RSA {bits}"
