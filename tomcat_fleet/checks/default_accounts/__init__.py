"""WT-02: no account that Tomcat's samples or every attacker's word list name."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from html import escape

from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.daemon import account_names
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.realm import FILE_REALMS, Realm, RealmKind, User
from tomcat_fleet.model.status import Severity, Status


class Reason(StrEnum):
    """Everything this check can say."""

    DEFAULT_NAME = "default-name"
    SERVICE_ACCOUNT = "service-account"
    OWN_NAME = "own-name"
    NO_USERS = "no-users"
    NO_REALM = "no-realm"
    NOBODY = "nobody"
    NO_LOGIN = "no-login"
    EXTERNAL_REALM = "external-realm"
    UNREADABLE = "unreadable"
    ADMIN_ROLE = "admin-role"
    NO_PASSWORD = "no-password"  # noqa: S105 - a reason key


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per account, or one per realm that has none or keeps them elsewhere."""
    realms = instance.realms
    if isinstance(realms, Unknown):
        yield _unknown(instance.base, realms)
        return
    if not realms.value:
        yield _without_realm(instance)
    services = account_names(instance.daemons, instance.units)  # the first guess of whoever sees a process list
    names = frozenset(name.casefold() for name in context.policy.default_accounts)
    several = len({realm.path for realm in realms.value if realm.kind in FILE_REALMS}) > 1
    seen: set[tuple[str, str]] = set()
    for realm in realms.value:
        if not isinstance(realm.users, Known) or not realm.users.value or realm.kind not in FILE_REALMS:
            yield _judge_realm(realm)
            continue
        for user in realm.users.value:
            if (user.place.path, user.name) not in seen:
                seen.add((user.place.path, user.name))
                yield _judge_user(user, names, services, several=several)


def _without_realm(instance: Instance) -> Finding:
    """Not applicable only when it is also known that no administration context waits for a login."""
    admin = instance.admin_contexts
    if isinstance(admin, Unknown):
        return _unknown(instance.base, admin)
    absent = Observation(f"{instance.base}/conf/server.xml", "Realm: 0")
    refs: tuple[Ref, ...] = (absent, *(context.definition for context in admin.value))
    status, reason = (Status.PASS, Reason.NOBODY) if admin.value else (Status.NOT_APPLICABLE, Reason.NO_REALM)
    return Finding(status=status, reason=reason, subject=instance.base, refs=refs, params={"base": instance.base})


def _judge_realm(realm: Realm) -> Finding:
    subject = realm.path or str(realm.place)
    params = {"file": subject, "class_name": realm.class_name, "place": str(realm.place)}
    if realm.kind is RealmKind.NULL:
        status, reason = Status.PASS, Reason.NO_LOGIN
    elif realm.kind not in FILE_REALMS:
        status, reason = Status.MANUAL, Reason.EXTERNAL_REALM
    elif isinstance(realm.users, Known):
        status, reason = Status.PASS, Reason.NO_USERS
    else:
        return _unknown(subject, realm.users or Unknown(Gap.NOT_COLLECTED, subject), realm.place)
    refs = (realm.place, Place(subject)) if realm.path else (realm.place,)
    return Finding(status=status, reason=reason, subject=subject, refs=refs, params=params)


def _judge_user(user: User, names: frozenset[str], services: frozenset[str], *, several: bool) -> Finding:
    name, shown = user.name.casefold(), printable(user.name)
    reason = Reason.OWN_NAME
    if name in names:
        reason = Reason.DEFAULT_NAME
    elif name in services:
        reason = Reason.SERVICE_ACCOUNT
    tags = ((Reason.ADMIN_ROLE, user.admin), (Reason.NO_PASSWORD, user.password is None))
    return Finding(
        status=Status.PASS if reason is Reason.OWN_NAME else Status.FAIL,
        reason=reason,
        subject=f"{user.place.path}: {shown}" if several else shown,
        refs=(user.place,),
        params={"name": shown, "place": str(user.place)},
        commands=() if reason is Reason.OWN_NAME else _replacement(user),
        notes=tuple(tag for tag, holds in tags if holds),
    )


def _replacement(user: User) -> tuple[str, ...]:
    roles = escape(printable(",".join(user.roles)))
    return (f"# {user.place}", f'<user username="NEW_NAME" password="NEW_PASSWORD" roles="{roles}"/>')


def _unknown(subject: str, fact: Unknown, *places: Place) -> Finding:
    params = {"file": fact.source, "gap": fact.gap.value}
    return Finding(
        status=Status.UNKNOWN, reason=Reason.UNREADABLE, subject=subject, refs=(*places, fact), params=params
    )


CHECK = Check(item="WT-02", slug="default_accounts", severity=Severity.HIGH, reasons=Reason, judge=judge)
