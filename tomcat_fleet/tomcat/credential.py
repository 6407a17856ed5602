"""How a realm compares stored passwords: the digest attribute and CredentialHandler elements, by version.

A digest attribute works up to 8.0; nested CredentialHandler elements exist from 8.0.15. From 8.5 on a left-over digest
attribute is ignored with a warning, and the stored hash itself is the password.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tomcat_fleet.model.fact import Unknown
from tomcat_fleet.model.realm import Storing
from tomcat_fleet.tomcat.document import attribute, class_name
from tomcat_fleet.tomcat.version import Version
from tomcat_fleet.tomcat.xml import Element

_PACKAGE = "org.apache.catalina.realm."
_MESSAGE_DIGEST = _PACKAGE + "MessageDigestCredentialHandler"
_SECRET_KEY = _PACKAGE + "SecretKeyCredentialHandler"
_NESTED = _PACKAGE + "NestedCredentialHandler"
_PBKDF2 = "PBKDF2WithHmacSHA1"  # SecretKeyCredentialHandler.DEFAULT_ALGORITHM

Doubt = Callable[[str | None], Unknown | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How stored passwords are compared, and by which algorithm."""

    storing: Storing
    algorithm: str = ""


def comparison(realm: Element, version: Version | None, doubt: Doubt) -> Comparison:
    """Decide what a Realm element does with stored passwords; ``doubt`` tells whether an attribute's value is final."""
    handlers = tuple(realm.each("CredentialHandler"))
    digest = attribute(realm, "digest")
    if doubt(digest):
        return Comparison(Storing.UNDECIDED)
    if version is None:
        return _any_version(handlers, digest, doubt)
    if handlers and version.since("8.0.15"):
        return _handler(handlers[-1], doubt)
    if digest == "" and not version.since("8.5.0"):
        return Comparison(Storing.UNDECIDED)  # no algorithm of that name: the realm does not start
    if not digest:
        return Comparison(Storing.PLAIN)
    return Comparison(Storing.STALE_DIGEST if version.since("8.5.0") else Storing.HASHED, digest)


def _any_version(handlers: tuple[Element, ...], digest: str | None, doubt: Doubt) -> Comparison:
    if not handlers and not digest:
        return Comparison(Storing.PLAIN)
    algorithm = _handler(handlers[-1], doubt).algorithm if handlers else digest or ""
    return Comparison(Storing.UNDECIDED, algorithm)


def _handler(handler: Element, doubt: Doubt) -> Comparison:
    kind, algorithm = class_name(handler), attribute(handler, "algorithm")
    if kind == _NESTED:
        return _nested(tuple(_handler(child, doubt) for child in handler.each("CredentialHandler")))
    if kind not in {_MESSAGE_DIGEST, _SECRET_KEY} or doubt(algorithm):
        return Comparison(Storing.UNDECIDED, algorithm or "")
    if kind == _SECRET_KEY:
        return Comparison(Storing.HASHED, algorithm or _PBKDF2)
    return Comparison(Storing.HASHED, algorithm) if algorithm else Comparison(Storing.PLAIN)


def _nested(children: tuple[Comparison, ...]) -> Comparison:
    """Combine handlers that are tried in turn: one that takes plain text makes every stored text a password."""
    algorithms = ", ".join(child.algorithm for child in children if child.algorithm)
    storings = {child.storing for child in children}
    for storing in (Storing.PLAIN, Storing.UNDECIDED):
        if storing in storings:
            return Comparison(storing, algorithms)
    return Comparison(Storing.HASHED, algorithms)
