"""Host names of known_hosts, as ssh(1) compares them: lists, wildcards, negation, hashes."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import logging
import re
from collections import defaultdict
from collections.abc import Sequence

HASHED = "|"
_MAGIC = "1"
_SHA1_BYTES = 20
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_WILD = re.compile(r"[*?!]")
# One costs about 2 µs: from here on the sweep itself is held up by more than half a minute.
_MANY_HASHES = 20_000_000
_log = logging.getLogger(__name__)


def hash_name(name: str, salt: bytes) -> str:
    """Return ``name`` as ``HashKnownHosts yes`` writes it."""
    digest = hmac.digest(salt, name.encode(), "sha1")
    return "|".join(("", _MAGIC, *(binascii.b2a_base64(part, newline=False).decode() for part in (salt, digest))))


def split_hash(hosts: str) -> tuple[bytes, bytes] | None:
    """Return salt and digest of a hashed name, ``None`` for one that ssh(1) does not take either."""
    parts = hosts.split("|")
    if len(parts) != 4 or parts[1] != _MAGIC:
        return None
    try:
        salt, digest = (binascii.a2b_base64(part, strict_mode=True) for part in parts[2:])
    except ValueError:
        return None
    return (salt, digest) if len(salt) == len(digest) == _SHA1_BYTES else None


class HostIndex:
    """Finds which of many host fields match a name.

    Plain names cost nothing, whatever the size of the file. A hashed name can only be found by hashing the name that
    is sought with each salt, 2 µs each; a field with wildcards is compared one by one.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self._plain: defaultdict[str, list[int]] = defaultdict(list)
        self._lists: list[tuple[int, PatternList]] = []
        self._hashes: defaultdict[bytes, defaultdict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, hosts in enumerate(fields):
            self._add(number, hosts)
        self._salts = [_Salt(salt, digests) for salt, digests in self._hashes.items()]
        self._done = 0
        self._answers: dict[str, list[int]] = {}

    def find(self, name: str) -> list[int]:
        """Return the numbers of the fields that match ``name``, which is in lower case, in their order."""
        if name not in self._answers:
            found = {*self._plain.get(name, ()), *self._hashed(name)}
            found.update(number for number, patterns in self._lists if patterns.match(name))
            self._answers[name] = sorted(found)
        return self._answers[name]

    def _add(self, number: int, hosts: str) -> None:
        if hosts.startswith(HASHED):
            parts = split_hash(hosts)
            if parts:
                salt, digest = parts
                self._hashes[salt][digest].append(number)
        elif _WILD.search(hosts):
            self._lists.append((number, PatternList(hosts)))
        else:
            for name in hosts.lower().split(","):
                self._plain[name].append(number)

    def _hashed(self, name: str) -> list[int]:
        sought = name.encode("utf-8", "surrogateescape")
        before, self._done = self._done, self._done + len(self._salts)
        if before < _MANY_HASHES <= self._done:
            _log.warning(
                "known_hosts has %d hashed names, each of which is tried for every host; plain names are found at once",
                len(self._salts),
            )
        return [number for salt in self._salts for number in salt.find(sought)]


class PatternList:
    """A comma list of patterns with ``*``, ``?`` and ``!``, as ssh(1)'s ``match_hostname`` takes it."""

    def __init__(self, hosts: str) -> None:
        patterns = hosts.lower().split(",")
        self._refused = _any_of([pattern[1:] for pattern in patterns if pattern.startswith("!")])
        self._wanted = _any_of([pattern for pattern in patterns if not pattern.startswith("!")])

    def match(self, name: str) -> bool:
        """Whether some pattern matches ``name`` and no negated one does."""
        return bool(self._wanted and self._wanted.match(name) and not (self._refused and self._refused.match(name)))


def _any_of(patterns: list[str]) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile(rf"(?:{'|'.join(map(_expression, patterns))})\Z", re.DOTALL)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*+|\?)", pattern)
    return "".join(".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts)


class _Salt:
    """HMAC-SHA1 under one salt. Half as dear as ``hmac.digest``: both blocks of the key are hashed once for all."""

    def __init__(self, salt: bytes, digests: defaultdict[bytes, list[int]]) -> None:
        block = salt.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha1(block.translate(_INNER), usedforsecurity=False)
        self._outer = hashlib.sha1(block.translate(_OUTER), usedforsecurity=False)
        self._digests = dict(digests)

    def find(self, name: bytes) -> list[int]:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(name)
        outer.update(inner.digest())
        return self._digests.get(outer.digest(), [])
