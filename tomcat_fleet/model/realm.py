"""Accounts that Tomcat authenticates: the facts behind WT-02, WT-03 and WT-04."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.fact import Fact
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.secret import SecretFacts


class RealmKind(StrEnum):
    """Where a realm keeps its accounts."""

    USER_DATABASE = "user-database"
    MEMORY = "memory"
    JNDI = "jndi"
    JDBC = "jdbc"
    DATA_SOURCE = "data-source"
    JAAS = "jaas"
    NULL = "null"
    CUSTOM = "custom"


FILE_REALMS = frozenset({RealmKind.USER_DATABASE, RealmKind.MEMORY})


class Storing(StrEnum):
    """How the realm compares stored passwords."""

    PLAIN = "plain"  # the stored text is the password
    HASHED = "hashed"  # a digest or credential handler is in force
    STALE_DIGEST = "stale-digest"  # a digest attribute that this version ignores: the stored hash logs in
    UNDECIDED = "undecided"  # own credential handler class, unresolved property


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One active user element."""

    name: str
    password: SecretFacts | None  # None: no password attribute, cannot log in
    roles: tuple[str, ...]  # direct and through groups
    admin: bool  # has a role that opens an administration application of this version
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """One realm in force (wrappers such as LockOutRealm are walked, not listed)."""

    kind: RealmKind
    class_name: str
    place: Place
    path: str | None = None  # resolved user file of a file realm
    users: Fact[tuple[User, ...]] | None = None  # None: accounts live elsewhere
    storing: Storing = Storing.PLAIN
    algorithm: str = ""  # e.g. SHA-256, when hashed
