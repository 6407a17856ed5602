"""WT-02 and WT-03: the same realms, judged by name and by password."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.good_instance import BASE, CONTEXT, account, admin_context, context_with, daemon, instance, realm, secret
from tests.good_instance import unit as unit_of
from tests.good_instance import user as user_of
from tomcat_fleet.checks import default_accounts, password_strength
from tomcat_fleet.guide import book
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.realm import Realm, RealmKind, Storing
from tomcat_fleet.model.secret import CharKind, SecretFacts, SecretForm, Weakness
from tomcat_fleet.model.status import Status

NAMES, PASSWORDS = default_accounts.CHECK, password_strength.CHECK
ByName, ByPassword = default_accounts.Reason, password_strength.Reason
LOST = Unknown(Gap.DENIED, f"{BASE}/conf/tomcat-users.xml")
UPPER, LOWER, DIGIT, SPECIAL = CharKind


def run(check: Check, subject: Instance, context: Context = CONTEXT) -> list[Finding]:
    findings = list(check.judge(subject, context))
    for finding in findings:
        assert finding.refs
        for reason in (finding.reason, *finding.notes):
            book.load().say(check.item, reason, finding.params)
    return findings


def only(check: Check, *realms: Realm, context: Context = CONTEXT, **other: Any) -> Finding:
    [finding] = run(check, instance(realms=Known(realms), **other), context)
    return finding


@pytest.mark.parametrize("name", ["tomcat", "TOMCAT", "Admin", "both", "role1", "root", "system"])
def test_a_default_name_fails(name: str) -> None:
    finding = only(NAMES, realm(user_of(name)))
    assert (finding.status, finding.reason, finding.subject) == (Status.FAIL, ByName.DEFAULT_NAME, name)
    assert finding.notes == (ByName.ADMIN_ROLE,)
    assert finding.commands[0] == f"# {BASE}/conf/tomcat-users.xml:23"


@pytest.mark.parametrize("name", ["tomcat_ops_9x", "administrator2", "xadmin", " tomcat"])
def test_another_name_passes(name: str) -> None:
    finding = only(NAMES, realm(user_of(name, admin=False, roles=("report",))))
    assert (finding.status, finding.notes, finding.commands) == (Status.PASS, (), ())


def test_a_user_without_a_password_is_noted() -> None:
    assert ByName.NO_PASSWORD in only(NAMES, realm(user_of("tomcat", password=None))).notes


def test_the_service_account_is_a_default_name() -> None:
    named = daemon(account=Known(account(name="WASprod")))
    users = realm(user_of("wasPROD"))
    assert only(NAMES, users, daemons=Known((named,))).reason is ByName.SERVICE_ACCOUNT
    assert only(NAMES, users, daemons=Known(()), units=(unit_of(user="wasprod"),)).reason is ByName.SERVICE_ACCOUNT
    wrapper = replace(named, kind=DaemonKind.WRAPPER)
    assert only(NAMES, users, daemons=Known((wrapper,)), units=()).status is Status.PASS


def test_the_policy_names_the_defaults() -> None:
    policy = context_with(default_accounts=("webmaster",))
    assert only(NAMES, realm(user_of("webmaster")), context=policy).status is Status.FAIL
    assert only(NAMES, realm(user_of("admin")), context=policy).status is Status.PASS


JNDI = realm(kind=RealmKind.JNDI, class_name="org.apache.catalina.realm.JNDIRealm", path=None, users=None)
NULL = realm(kind=RealmKind.NULL, class_name="org.apache.catalina.realm.NullRealm", path=None, users=None)
REALMS = (
    (realm(), Status.PASS, ByName.NO_USERS, Status.NOT_APPLICABLE, ByPassword.NO_USERS),
    (NULL, Status.PASS, ByName.NO_LOGIN, Status.NOT_APPLICABLE, ByPassword.NO_LOGIN),
    *(
        (replace(JNDI, kind=kind), Status.MANUAL, ByName.EXTERNAL_REALM, Status.MANUAL, ByPassword.EXTERNAL_REALM)
        for kind in (RealmKind.JNDI, RealmKind.JDBC, RealmKind.DATA_SOURCE, RealmKind.JAAS, RealmKind.CUSTOM)
    ),
    (realm(users=LOST), Status.UNKNOWN, ByName.UNREADABLE, Status.UNKNOWN, ByPassword.UNREADABLE),
    (realm(users=None), Status.UNKNOWN, ByName.UNREADABLE, Status.UNKNOWN, ByPassword.UNREADABLE),
)


@pytest.mark.parametrize(("found", "by_name", "name_reason", "by_password", "password_reason"), REALMS)
def test_realms_without_accounts_to_judge(
    found: Realm,
    by_name: Status,
    name_reason: default_accounts.Reason,
    by_password: Status,
    password_reason: password_strength.Reason,
) -> None:
    first, second = only(NAMES, found), only(PASSWORDS, found)
    assert (first.status, first.reason) == (by_name, name_reason)
    assert (second.status, second.reason) == (by_password, password_reason)


def test_without_a_realm() -> None:
    assert only(NAMES).reason is ByName.NO_REALM
    assert only(NAMES, admin_contexts=Known((admin_context(),))).reason is ByName.NOBODY
    assert only(NAMES, admin_contexts=LOST).status is Status.UNKNOWN
    assert only(PASSWORDS).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("check", [NAMES, PASSWORDS])
def test_unknown_realms(check: Check) -> None:
    [finding] = run(check, instance(realms=LOST))
    assert (finding.status, finding.params["gap"]) == (Status.UNKNOWN, "denied")


@pytest.mark.parametrize("check", [NAMES, PASSWORDS])
def test_a_file_that_two_realms_share_is_judged_once(check: Check) -> None:
    twice = (realm(user_of()), realm(user_of(), place=Place(f"{BASE}/conf/server.xml", 160)))
    assert [one.subject for one in run(check, instance(realms=Known(twice)))] == ["ops_9x_lead"]


@pytest.mark.parametrize("check", [NAMES, PASSWORDS])
def test_the_same_name_in_two_files_is_two_subjects(check: Check) -> None:
    other = f"{BASE}/conf/ops-users.xml"
    second = realm(user_of(place=Place(other, 4)), path=other)
    subjects = {one.subject for one in run(check, instance(realms=Known((realm(user_of()), second))))}
    assert subjects == {f"{BASE}/conf/tomcat-users.xml: ops_9x_lead", f"{other}: ops_9x_lead"}


@pytest.mark.parametrize("check", [NAMES, PASSWORDS])
def test_text_of_a_target_stays_one_inert_line(check: Check) -> None:
    finding = only(check, realm(user_of('adm"<in>\n', password=secret(length=1))), context=context_with())
    assert "\n" not in finding.subject + "".join(finding.commands)
    assert "<in>" not in "".join(finding.commands)


def password(length: int, *kinds: CharKind, weak: tuple[Weakness, ...] = (), **other: Any) -> SecretFacts:
    return secret(length=length, kinds=frozenset(kinds), weaknesses=frozenset(weak), **other)


def of_password(facts: SecretFacts | None, context: Context = CONTEXT, **other: Any) -> Finding:
    return only(PASSWORDS, realm(user_of(password=facts), **other), context=context)


RULE = (
    (password(8, LOWER, DIGIT, SPECIAL), Status.PASS),
    (password(10, LOWER, DIGIT), Status.PASS),
    (password(9, LOWER, DIGIT), Status.FAIL),
    (password(7, UPPER, LOWER, DIGIT, SPECIAL), Status.FAIL),
    (password(30, LOWER), Status.FAIL),
    (password(30, LOWER, UPPER), Status.FAIL),
    (password(9, LOWER, UPPER, DIGIT), Status.FAIL),
)


@pytest.mark.parametrize(("facts", "status"), RULE)
def test_the_rule(facts: SecretFacts, status: Status) -> None:
    finding = of_password(facts)
    assert finding.status is status
    assert finding.reason is (ByPassword.STRONG if status is Status.PASS else ByPassword.TOO_WEAK)
    assert finding.params["length"] == str(facts.length)


def test_counting_by_case() -> None:
    facts = password(8, UPPER, LOWER, DIGIT)
    three, four = of_password(facts), of_password(facts, context_with(password_classes=4))
    assert (three.status, four.status) == (Status.FAIL, Status.PASS)
    assert (three.params["kinds"], four.params["kinds"]) == ("2", "3")
    assert ByPassword.READINGS_DIFFER in three.notes
    assert ByPassword.READINGS_DIFFER in four.notes
    assert ByPassword.READINGS_DIFFER not in of_password(password(12, UPPER, LOWER, DIGIT, SPECIAL)).notes


@pytest.mark.parametrize("weakness", Weakness)
def test_every_weakness_fails_a_password_that_follows_the_rule(weakness: Weakness) -> None:
    finding = of_password(password(12, LOWER, DIGIT, SPECIAL, weak=(weakness,)))
    assert (finding.status, finding.reason) == (Status.FAIL, ByPassword(weakness.value))


def test_further_faults_are_notes() -> None:
    finding = of_password(password(6, LOWER, weak=(Weakness.SEQUENCE, Weakness.EQUALS_NAME)))
    assert finding.reason is ByPassword.TOO_WEAK
    assert finding.notes == (ByPassword.EQUALS_NAME, ByPassword.SEQUENCE)


def test_the_estimator_never_decides() -> None:
    finding = of_password(password(12, LOWER, DIGIT, SPECIAL, estimate=0))
    assert (finding.status, finding.notes) == (Status.PASS, (ByPassword.GUESSABLE,))


HEX = password(64, LOWER, DIGIT, form=SecretForm.HEX, digest_bits=256)
MD5 = password(32, LOWER, DIGIT, form=SecretForm.HEX, digest_bits=128)
SALTED = password(90, LOWER, DIGIT, SPECIAL, form=SecretForm.SALTED, digest_bits=256)
WELL_KNOWN = replace(HEX, hash_of_deny_listed=True)
PLAIN = password(12, LOWER, DIGIT, SPECIAL)
EMPTY = password(0, weak=(Weakness.EMPTY,))
PLACEHOLDER = password(14, LOWER, SPECIAL, form=SecretForm.PLACEHOLDER)
STORED = (
    (HEX, Storing.HASHED, "SHA-256", Status.MANUAL, ByPassword.HASHED, (ByPassword.UNSALTED,)),
    (SALTED, Storing.HASHED, "SHA-256", Status.MANUAL, ByPassword.HASHED, ()),
    (MD5, Storing.HASHED, "MD5", Status.MANUAL, ByPassword.HASHED, (ByPassword.WEAK_HASH, ByPassword.UNSALTED)),
    (SALTED, Storing.HASHED, "sha-1", Status.MANUAL, ByPassword.HASHED, (ByPassword.WEAK_HASH,)),
    (WELL_KNOWN, Storing.HASHED, "SHA-256", Status.FAIL, ByPassword.KNOWN_HASH, (ByPassword.UNSALTED,)),
    (WELL_KNOWN, Storing.PLAIN, "", Status.FAIL, ByPassword.KNOWN_HASH, (ByPassword.UNSALTED,)),
    (PLAIN, Storing.HASHED, "SHA-256", Status.MANUAL, ByPassword.NOT_A_HASH, ()),
    (EMPTY, Storing.HASHED, "SHA-256", Status.FAIL, ByPassword.EMPTY, ()),
    (EMPTY, Storing.PLAIN, "", Status.FAIL, ByPassword.EMPTY, ()),
    (HEX, Storing.PLAIN, "", Status.PASS, ByPassword.STRONG, (ByPassword.LOOKS_HASHED,)),
    (HEX, Storing.STALE_DIGEST, "SHA-256", Status.FAIL, ByPassword.STALE_DIGEST, ()),
    (PLAIN, Storing.STALE_DIGEST, "SHA-256", Status.PASS, ByPassword.STRONG, ()),
    (PLAIN, Storing.UNDECIDED, "", Status.MANUAL, ByPassword.OWN_HANDLER, ()),
    (PLACEHOLDER, Storing.PLAIN, "", Status.MANUAL, ByPassword.PLACEHOLDER, ()),
    (PLACEHOLDER, Storing.STALE_DIGEST, "", Status.MANUAL, ByPassword.PLACEHOLDER, ()),
)


@pytest.mark.parametrize(("facts", "storing", "algorithm", "status", "reason", "notes"), STORED)
def test_stored_forms(
    facts: SecretFacts,
    storing: Storing,
    algorithm: str,
    status: Status,
    reason: password_strength.Reason,
    notes: tuple[password_strength.Reason, ...],
) -> None:
    finding = of_password(facts, storing=storing, algorithm=algorithm)
    assert (finding.status, finding.reason, finding.notes) == (status, reason, notes)


def test_an_account_without_a_password_is_not_applicable() -> None:
    finding = of_password(None)
    assert (finding.status, finding.reason) == (Status.NOT_APPLICABLE, ByPassword.NO_PASSWORD)


def test_scope_of_administrators() -> None:
    policy = context_with(password_scope="admin")
    weak = user_of("viewer", admin=False, password=password(3, LOWER))
    assert only(PASSWORDS, realm(weak), context=policy).reason is ByPassword.NO_ADMINISTRATORS
    assert only(PASSWORDS, realm(weak)).status is Status.FAIL
    assert only(PASSWORDS, realm(weak, user_of()), context=policy).subject == "ops_9x_lead"


@pytest.mark.parametrize("name", ["Tomcat", "svc_shop"])
def test_a_line_with_a_new_password_does_not_bring_a_name_back_that_must_go(name: str) -> None:
    weak = realm(user_of(name, password=secret(length=3)))
    runs_as = Known((daemon(account=Known(account(name="svc_shop"))),))
    renamed, changed = (only(check, weak, daemons=runs_as).commands for check in (NAMES, PASSWORDS))
    assert renamed == changed
    assert 'username="NEW_NAME"' in changed[1]


def test_a_line_with_a_new_password_keeps_a_sound_name() -> None:
    commands = only(PASSWORDS, realm(user_of("ops_9x_lead", password=secret(length=3)))).commands
    assert 'username="ops_9x_lead" password="NEW_PASSWORD"' in commands[1]
