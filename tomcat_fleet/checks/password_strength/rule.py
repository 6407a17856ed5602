"""What a stored password's facts mean under the guide's rule; the password itself is never here."""

from __future__ import annotations

from enum import StrEnum

from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.realm import Realm, Storing
from tomcat_fleet.model.secret import SecretFacts, SecretForm, Weakness
from tomcat_fleet.model.status import Status


class Reason(StrEnum):
    """Everything this check can say."""

    STRONG = "strong"
    TOO_WEAK = "too-weak"
    EMPTY = "empty"
    EQUALS_NAME = "equals-name"
    DENY_LISTED = "deny-listed"
    CONTAINS_NAME = "contains-name"
    SEQUENCE = "sequence"
    REPEATED = "repeated"
    STALE_DIGEST = "stale-digest"
    KNOWN_HASH = "known-hash"
    HASHED = "hashed"
    NOT_A_HASH = "not-a-hash"
    PLACEHOLDER = "placeholder"
    OWN_HANDLER = "own-handler"
    NO_PASSWORD = "no-password"  # noqa: S105 - a reason key
    NO_USERS = "no-users"
    NO_ADMINISTRATORS = "no-administrators"
    NO_REALM = "no-realm"
    NO_LOGIN = "no-login"
    EXTERNAL_REALM = "external-realm"
    UNREADABLE = "unreadable"
    # Notes
    READINGS_DIFFER = "readings-differ"
    GUESSABLE = "guessable"
    LOOKS_HASHED = "looks-hashed"
    WEAK_HASH = "weak-hash"
    UNSALTED = "unsalted"


Verdict = tuple[Status, Reason, tuple[Reason, ...]]

_HASH_FORMS = frozenset(SecretForm) - {SecretForm.PLAIN, SecretForm.PLACEHOLDER}
_UNSALTED = frozenset({SecretForm.HEX, SecretForm.LDAP_MD5, SecretForm.LDAP_SHA})
_WEAK_ALGORITHMS = frozenset({"MD2", "MD5", "SHA", "SHA1", "SHA-1"})
_WEAK_BITS = 160  # MD5 has 128, SHA-1 has 160
_MANY_KINDS, _SHORT = 3, 8
_FEW_KINDS, _LONG = 2, 10
_BY_LETTER, _BY_CASE = 3, 4
_GUESSABLE = 1  # zxcvbn: 0 and 1 fall to a throttled online attack
_WORST_FIRST = (
    Weakness.EMPTY,
    Weakness.EQUALS_NAME,
    Weakness.DENY_LISTED,
    Weakness.CONTAINS_NAME,
    Weakness.SEQUENCE,
    Weakness.REPEATED,
)


def judge(facts: SecretFacts, realm: Realm, policy: Policy) -> Verdict:
    """Status, reason and notes of one account's stored password."""
    if facts.form is SecretForm.PLACEHOLDER:
        return Status.MANUAL, Reason.PLACEHOLDER, ()
    if facts.hash_of_deny_listed:
        return Status.FAIL, Reason.KNOWN_HASH, _hash_notes(facts, realm)
    if realm.storing is Storing.UNDECIDED:
        return Status.MANUAL, Reason.OWN_HANDLER, ()
    if realm.storing is Storing.HASHED:
        return _hashed(facts, realm)
    return _stored_text(facts, realm, policy)


def _stored_text(facts: SecretFacts, realm: Realm, policy: Policy) -> Verdict:
    """The text logs in as it stands; beside a handler that hashes, what it is the hash of logs in too."""
    looks_hashed = facts.form in _HASH_FORMS
    if realm.storing is Storing.STALE_DIGEST and looks_hashed:
        return Status.FAIL, Reason.STALE_DIGEST, ()
    verdict = _plain(facts, policy)
    nested = realm.storing is Storing.PLAIN and realm.algorithm and looks_hashed
    return _hashed(facts, realm) if nested and verdict[0] is Status.PASS else verdict


def _hashed(facts: SecretFacts, realm: Realm) -> Verdict:
    if Weakness.EMPTY in facts.weaknesses:
        return Status.FAIL, Reason.EMPTY, ()
    if facts.form not in _HASH_FORMS:
        return Status.MANUAL, Reason.NOT_A_HASH, ()
    return Status.MANUAL, Reason.HASHED, _hash_notes(facts, realm)


def _hash_notes(facts: SecretFacts, realm: Realm) -> tuple[Reason, ...]:
    bits = facts.digest_bits
    weak = realm.algorithm.upper() in _WEAK_ALGORITHMS or (bits is not None and bits <= _WEAK_BITS)
    pairs = ((Reason.WEAK_HASH, weak), (Reason.UNSALTED, facts.form in _UNSALTED))
    return tuple(reason for reason, holds in pairs if holds)


def _plain(facts: SecretFacts, policy: Policy) -> Verdict:
    """Apply the rule, then the faults that it does not see; the worst is the reason and the others are notes."""
    weak = [Reason(weakness.value) for weakness in _WORST_FIRST if weakness in facts.weaknesses]
    follows = follows_rule(facts, policy.password_classes)
    faults = weak if follows or Reason.EMPTY in weak else [Reason.TOO_WEAK, *weak]
    pairs = (
        (Reason.READINGS_DIFFER, follows_rule(facts, _BY_LETTER) is not follows_rule(facts, _BY_CASE)),
        (Reason.GUESSABLE, not faults and facts.estimate is not None and facts.estimate <= _GUESSABLE),
        (Reason.LOOKS_HASHED, facts.form in _HASH_FORMS),
    )
    notes = tuple(reason for reason, holds in pairs if holds)
    if faults:
        return Status.FAIL, faults[0], (*faults[1:], *notes)
    return Status.PASS, Reason.STRONG, notes


def follows_rule(facts: SecretFacts, classes: int) -> bool:
    """Three kinds and eight characters, or two kinds and ten; ``classes`` 3 counts letters once, 4 by case."""
    kinds = facts.classes(classes)
    return (kinds >= _MANY_KINDS and facts.length >= _SHORT) or (kinds >= _FEW_KINDS and facts.length >= _LONG)


def numbers(facts: SecretFacts, policy: Policy) -> dict[str, str]:
    """Length and kinds as message parameters: under the policy's reading, by letter and by case."""
    return {
        "length": str(facts.length),
        "kinds": str(facts.classes(policy.password_classes)),
        "kinds3": str(facts.classes(_BY_LETTER)),
        "kinds4": str(facts.classes(_BY_CASE)),
    }
