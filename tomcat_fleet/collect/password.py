"""Facts about a password, computed in memory at ingest; the password itself goes no further.

Rules: at least four characters in sequence or repeated, the account's name, and a list of words that attackers try
first. Stored hashes are compared with the hashes of that list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.secret import CharKind, SecretFacts, SecretForm, Weakness

DENY_LIST = (
    "tomcat", "admin", "manager", "password", "secret", "s3cret", "changeit", "changeme", "root", "test", "guest",
    "role1", "both", "robot", "user", "system", "apache", "catalina", "oracle", "letmein", "welcome", "welcome1",
    "passw0rd", "p@ssw0rd", "p@ssword", "pa$$word", "password1", "password123", "password1!", "admin123", "admin1234",
    "admin123!", "admin1234!", "admin!@#", "admin@123", "manager123", "tomcat123", "tomcat1234", "tomcat123!",
    "tomcat@123", "tomcat6", "tomcat7", "tomcat8", "tomcat9", "tomcat10", "root123", "root1234", "test123", "test1234",
    "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "qwerty", "qwer1234", "qwer1234!",
    "asdf1234", "1q2w3e4r", "1q2w3e4r!", "1q2w3e4r5t", "q1w2e3r4", "q1w2e3r4!", "zaq12wsx", "zaq1@wsx", "1qaz2wsx",
    "!qaz2wsx", "abcd1234", "abc123", "new1234", "new1234!", "must-be-changed", "<must-be-changed>", "tomcattomcat",
)  # fmt: skip

_DENIED = frozenset(DENY_LIST)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_RUN = 4
_HEX_BITS = {32: 128, 40: 160, 56: 224, 64: 256, 96: 384, 128: 512}
_BY_BITS = {128: "md5", 160: "sha1", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}
_SALTED = re.compile(r"([0-9A-Fa-f]*)\$(\d{1,7})\$([0-9A-Fa-f]+)\Z")
_MAX_ROUNDS = 20_000
_MAX_DIGEST = 1024  # hex digits of a salt or a digest; Tomcat's own are shorter by far
_PBKDF2_WORDS = DENY_LIST[:10]  # each costs thousands of rounds
_GUESSED = 72  # characters that zxcvbn takes
_LOOKED_AT = 1000  # characters that are searched for sequences
_LONGEST = 4096  # characters
_EFFORT = 2000  # per target: some 600 passwords of 12 characters, or four hashes of 20,000 rounds


@dataclass
class Effort:
    """What may still be spent on the passwords of one target, in milliseconds of a slow machine.

    While they are examined nobody else is served, and a target can send thousands of costly ones.
    """

    left: int = _EFFORT

    def spend(self, value: str) -> bool:
        """Account for one more password; whether a stored hash may still be compared with those of common words.

        Raises ``EvidenceError`` for a plain one that cannot be examined any more.
        """
        if len(value) > _LONGEST:
            raise EvidenceError("more passwords than can be examined")
        salted = _SALTED.match(value)
        rounds = int(salted[2]) if salted else 0
        if 0 < rounds <= _MAX_ROUNDS:
            cost = 1 + rounds // 50
            affordable = cost <= self.left
            self.left -= cost if affordable else 0
            return affordable
        self.left -= 1 + min(len(value), _GUESSED) ** 2 // 64
        if self.left < 0:
            raise EvidenceError("more passwords than can be examined")
        return True


def examine(value: str, name: str, key: bytes, *, compare: bool = True) -> SecretFacts:
    """Facts about the password ``value`` of account ``name``; ``key`` is the sweep's fingerprint key.

    Without ``compare`` a stored hash is not held against those of common words; a person has to judge it anyhow.
    """
    form, bits = _form(value)
    return SecretFacts(
        length=len(value),
        kinds=_kinds(value),
        weaknesses=frozenset(_weaknesses(value, name)),
        form=form,
        digest_bits=bits,
        hash_of_deny_listed=compare and bits is not None and _stores_denied(value, form, bits),
        estimate=_estimate(value, name) if bits is None else None,
        fingerprint=fingerprint(value, key),
    )


def opaque(value: str, key: bytes) -> SecretFacts:
    """Facts about a secret that is not an account's password: its length and its fingerprint."""
    form = SecretForm.PLACEHOLDER if "${" in value else SecretForm.PLAIN
    return SecretFacts(length=len(value), form=form, fingerprint=fingerprint(value, key))


def fingerprint(value: str, key: bytes) -> str:
    """16 hex digits, equal for equal secrets under one key and useless without it."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:16]


def _kinds(value: str) -> frozenset[CharKind]:
    return frozenset(map(_kind, set(value)))


def _kind(char: str) -> CharKind:
    if char.isdecimal():
        return CharKind.DIGIT
    if char.isupper():
        return CharKind.UPPER
    return CharKind.LOWER if char.isalpha() else CharKind.SPECIAL


def _weaknesses(value: str, name: str) -> Iterator[Weakness]:
    low, account = value.casefold(), name.casefold()
    if not value:
        yield Weakness.EMPTY
    if value and low == account:
        yield Weakness.EQUALS_NAME
    elif len(account) >= _RUN and account in low:
        yield Weakness.CONTAINS_NAME
    if low in _DENIED:
        yield Weakness.DENY_LISTED
    if any(_is_run(low[i : i + _RUN]) for i in range(min(len(low), _LOOKED_AT) - _RUN + 1)):
        yield Weakness.SEQUENCE
    if re.search(r"(.)\1{3}", value, re.DOTALL):
        yield Weakness.REPEATED


def _is_run(four: str) -> bool:
    if any(four in row or four[::-1] in row for row in _ROWS):
        return True
    steps = {ord(right) - ord(left) for left, right in pairwise(four)}
    return four.isalnum() and steps in ({1}, {-1})


def _form(value: str) -> tuple[SecretForm, int | None]:
    """Shape of a stored password, TOMCAT's MessageDigest and SecretKey credential handlers."""
    if "${" in value:
        return SecretForm.PLACEHOLDER, None
    for prefix, form, bits in (
        ("{MD5}", SecretForm.LDAP_MD5, 128),
        ("{SHA}", SecretForm.LDAP_SHA, 160),
        ("{SSHA}", SecretForm.LDAP_SSHA, 160),
    ):
        if value.startswith(prefix):
            return form, bits
    salted = _SALTED.match(value)
    if salted:
        return SecretForm.SALTED, 4 * len(salted[3])
    if len(value) in _HEX_BITS and re.fullmatch(r"[0-9A-Fa-f]+", value):
        return SecretForm.HEX, _HEX_BITS[len(value)]
    return SecretForm.PLAIN, None


def _stores_denied(value: str, form: SecretForm, bits: int) -> bool:
    if form is SecretForm.SALTED:
        return _salted_denied(value)
    if form is SecretForm.HEX:
        stored = bytes.fromhex(value)
        return any(hashlib.new(_BY_BITS[bits], word).digest() == stored for word in _spellings())
    try:
        stored = base64.b64decode(value.partition("}")[2], validate=True)
    except (binascii.Error, ValueError):
        return False
    algorithm = _BY_BITS[bits]
    size = bits // 8
    return any(hashlib.new(algorithm, word + stored[size:]).digest() == stored[:size] for word in _spellings())


def _spellings() -> Iterator[bytes]:
    for word in DENY_LIST:
        for spelling in {word, word.capitalize(), word.upper()}:
            yield spelling.encode()


def _salted_denied(value: str) -> bool:
    found = _SALTED.match(value)
    if not found or len(found[1]) % 2 or len(found[3]) % 2 or max(len(found[1]), len(found[3])) > _MAX_DIGEST:
        return False
    salt, rounds, stored = bytes.fromhex(found[1]), int(found[2]), bytes.fromhex(found[3])
    if not 1 <= rounds <= _MAX_ROUNDS:
        return False
    algorithm = _BY_BITS.get(8 * len(stored))
    words = list(_spellings()) if rounds <= 10 else [word.encode() for word in _PBKDF2_WORDS]
    if algorithm and any(_digest(algorithm, salt, word, rounds) == stored for word in words):
        return True
    return any(
        _derives(hashed, word, salt, rounds, stored) for word in words for hashed in ("sha512", "sha256", "sha1")
    )


def _derives(hashed: str, word: bytes, salt: bytes, rounds: int, stored: bytes) -> bool:
    """Whether ``stored`` is the key derived from ``word``: its first block tells, and a longer one costs more."""
    size = min(len(stored), hashlib.new(hashed).digest_size)
    return hashlib.pbkdf2_hmac(hashed, word, salt, rounds, size) == stored[:size]


def _digest(algorithm: str, salt: bytes, word: bytes, rounds: int) -> bytes:
    value = hashlib.new(algorithm, salt + word).digest()
    for _ in range(rounds - 1):
        value = hashlib.new(algorithm, value).digest()
    return value


def _estimate(value: str, name: str) -> int | None:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists cost 50 ms that most hosts never need

    return int(zxcvbn(value[:_GUESSED], user_inputs=[name])["score"]) if value else 0
