"""WT-03: passwords of Tomcat's own accounts are long, mixed and not guessable."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tomcat_fleet.checks.password_strength import rule
from tomcat_fleet.checks.password_strength.rule import Reason
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.daemon import account_names
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Observation, Place
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.realm import FILE_REALMS, Realm, RealmKind, User
from tomcat_fleet.model.status import Severity, Status

__all__ = ["CHECK", "Reason"]


def judge(instance: Instance, context: Context) -> Iterator[Finding]:
    """One finding per account, or one per realm that has none or keeps them elsewhere."""
    realms = instance.realms
    if isinstance(realms, Unknown):
        yield _unknown(instance.base, realms)
        return
    if not realms.value:
        absent = Observation(f"{instance.base}/conf/server.xml", "Realm: 0")
        yield Finding(
            status=Status.NOT_APPLICABLE,
            reason=Reason.NO_REALM,
            subject=instance.base,
            refs=(absent,),
            params={"base": instance.base},
        )
    several = len({realm.path for realm in realms.value if realm.kind in FILE_REALMS}) > 1
    unfit = account_names(instance.daemons, instance.units)
    unfit |= {name.casefold() for name in context.policy.default_accounts}
    for realm in _distinct(realms.value):
        yield from _judge_realm(realm, context.policy, unfit, several=several)


def _distinct(realms: tuple[Realm, ...]) -> Iterator[Realm]:
    """Realms without those that read the same file in the same way."""
    seen = set()
    for realm in realms:
        key = (realm.path or realm.place, realm.storing)
        if key not in seen:
            seen.add(key)
            yield realm


def _judge_realm(realm: Realm, policy: Policy, unfit: frozenset[str], *, several: bool) -> Iterator[Finding]:
    subject = realm.path or str(realm.place)
    if realm.kind is RealmKind.NULL:
        yield _about(realm, Status.NOT_APPLICABLE, Reason.NO_LOGIN)
    elif realm.kind not in FILE_REALMS:
        yield _about(realm, Status.MANUAL, Reason.EXTERNAL_REALM)
    elif not isinstance(realm.users, Known):
        yield _unknown(subject, realm.users or Unknown(Gap.NOT_COLLECTED, subject), realm.place)
    elif not realm.users.value:
        yield _about(realm, Status.NOT_APPLICABLE, Reason.NO_USERS)
    else:
        users = [user for user in realm.users.value if user.admin or policy.password_scope == "all"]  # noqa: S105 - a scope
        if not users:
            yield _about(realm, Status.NOT_APPLICABLE, Reason.NO_ADMINISTRATORS)
        for user in users:
            yield _judge_user(user, realm, policy, unfit, several=several)


def _judge_user(user: User, realm: Realm, policy: Policy, unfit: frozenset[str], *, several: bool) -> Finding:
    shown = printable(user.name)
    params = {"name": shown, "place": str(user.place), "algorithm": printable(realm.algorithm) or "?"}
    facts = user.password
    if facts is None:
        verdict: rule.Verdict = (Status.NOT_APPLICABLE, Reason.NO_PASSWORD, ())
    else:
        verdict = rule.judge(facts, realm, policy)
        params |= rule.numbers(facts, policy)
    status, reason, notes = verdict
    return Finding(
        status=status,
        reason=reason,
        subject=f"{user.place.path}: {shown}" if several else shown,
        refs=(user.place, realm.place),
        params=params,
        commands=_replacement(user, unfit) if status is Status.FAIL else (),
        notes=notes,
    )


def _about(realm: Realm, status: Status, reason: Reason) -> Finding:
    subject = realm.path or str(realm.place)
    refs = (realm.place, Place(subject)) if realm.path else (realm.place,)
    params = {"file": subject, "class_name": realm.class_name, "place": str(realm.place)}
    return Finding(status=status, reason=reason, subject=subject, refs=refs, params=params)


def _replacement(user: User, unfit: frozenset[str]) -> tuple[str, ...]:
    """The line with a new password, and with a new name where the name is one that must go, too."""
    name = "NEW_NAME" if user.name.casefold() in unfit else escape(printable(user.name))
    roles = escape(printable(",".join(user.roles)))
    return (f"# {user.place}", f'<user username="{name}" password="NEW_PASSWORD" roles="{roles}"/>')


def _unknown(subject: str, fact: Unknown, *places: Place) -> Finding:
    params = {"file": fact.source, "gap": fact.gap.value}
    return Finding(
        status=Status.UNKNOWN, reason=Reason.UNREADABLE, subject=subject, refs=(*places, fact), params=params
    )


CHECK = Check(item="WT-03", slug="password_strength", severity=Severity.HIGH, reasons=Reason, judge=judge)
