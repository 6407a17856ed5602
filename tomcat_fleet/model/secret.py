"""What remains of a secret after ingest: facts about it, never the secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CharKind(StrEnum):
    """A class of characters; with three classes upper and lower count as one letter class."""

    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"
    SPECIAL = "special"


class Weakness(StrEnum):
    """Faults that the rule on length and kinds does not see."""

    EMPTY = "empty"
    EQUALS_NAME = "equals-name"  # equal to the account name, case-insensitively
    CONTAINS_NAME = "contains-name"  # contains the account name of four or more characters
    DENY_LISTED = "deny-listed"
    SEQUENCE = "sequence"  # four or more characters in sequence: abcd, 4321, qwer
    REPEATED = "repeated"  # four or more equal characters in a row


class SecretForm(StrEnum):
    """The shape of a stored password; whether Tomcat treats it as a hash is decided by the realm."""

    PLAIN = "plain"
    HEX = "hex"  # hex digits of 32, 40, 56, 64, 96 or 128
    SALTED = "salted"  # salt$iterations$hex
    LDAP_MD5 = "ldap-md5"
    LDAP_SHA = "ldap-sha"
    LDAP_SSHA = "ldap-ssha"
    PLACEHOLDER = "placeholder"  # contains ${…}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFacts:
    """Facts about one secret value."""

    length: int
    kinds: frozenset[CharKind] = frozenset()
    weaknesses: frozenset[Weakness] = frozenset()
    form: SecretForm = SecretForm.PLAIN
    digest_bits: int | None = None  # 128 for MD5, 160 for SHA-1 …, when form is a hash
    hash_of_deny_listed: bool = False  # a word of the deny list produces this stored hash
    estimate: int | None = None  # zxcvbn score 0 (worst) … 4
    fingerprint: str = ""  # keyed per sweep; equal secrets of one sweep have equal fingerprints

    def classes(self, wanted: int) -> int:
        """How many kinds there are when letters count once (``wanted`` 3) or by case (4)."""
        kinds = {"letter" if wanted == 3 and kind in LETTERS else kind for kind in self.kinds}
        return len(kinds)


LETTERS = frozenset({CharKind.UPPER, CharKind.LOWER})
