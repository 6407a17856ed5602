from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.good_instance import CONTEXT, GOOD, PROBES, access, admin_context, context_with, instance, version
from tomcat_fleet.checks.manager_access import CHECK, Reason
from tomcat_fleet.checks.manager_access.remedy import has_cidr_valve
from tomcat_fleet.guide import book
from tomcat_fleet.model.access import (
    Access,
    AccessNote,
    AddressClass,
    AdminContext,
    Decision,
    ProbeResult,
    is_restricted,
)
from tomcat_fleet.model.check import Context, Finding
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.status import Status

PUBLIC, PRIVATE, LOOPBACK = AddressClass.PUBLIC, AddressClass.PRIVATE, AddressClass.LOOPBACK
EVERYONE = frozenset({PUBLIC, PRIVATE, LOOPBACK})
NOBODY: frozenset[AddressClass] = frozenset()
LOCAL = frozenset({LOOPBACK})
LOST = Unknown(Gap.DENIED, "/opt/tomcat/conf/server.xml")


def judge(admin: AdminContext, context: Context = CONTEXT) -> Finding:
    [finding] = CHECK.judge(instance(admin_contexts=Known((admin,))), context)
    book.load().say(CHECK.item, finding.reason, finding.params)
    for note in finding.notes:
        book.load().say(CHECK.item, note, finding.params)
    assert finding.refs
    return finding


def filtered(allowed: frozenset[AddressClass], *notes: AccessNote, **other: Any) -> AdminContext:
    return admin_context(access=Known(access(allowed, notes=frozenset(notes), **other)))


def undecided(*notes: AccessNote) -> AdminContext:
    results = tuple(
        ProbeResult(address=address, address_class=kind, decision=Decision.UNDECIDED)
        for address, kind in PROBES.items()
    )
    return admin_context(access=Known(access(notes=frozenset(notes), results=results)))


NOTE = AccessNote
ROWS: tuple[tuple[str, AdminContext, Status, Reason], ...] = (
    ("loopback only", filtered(LOCAL), Status.PASS, Reason.RESTRICTED),
    ("no valve", filtered(EVERYONE, NOTE.NO_FILTER), Status.FAIL, Reason.NO_FILTER),
    ("allow all", filtered(EVERYONE, NOTE.ALLOW_ALL), Status.FAIL, Reason.ALLOW_ALL),
    ("half of the world", filtered(EVERYONE), Status.FAIL, Reason.PUBLIC_ALLOWED),
    ("deny only", filtered(EVERYONE, NOTE.DENY_ONLY), Status.FAIL, Reason.DENY_ONLY),
    ("deny list", filtered(EVERYONE, NOTE.DENY_ONLY, NOTE.COMMA_LIST), Status.FAIL, Reason.DENY_ONLY),
    ("allow list", filtered(NOBODY, NOTE.COMMA_LIST), Status.PASS, Reason.RESTRICTED),
    ("allow block", filtered(NOBODY, NOTE.CIDR_IN_REGEX), Status.PASS, Reason.RESTRICTED),
    ("rejected value", filtered(NOBODY, NOTE.BAD_VALUE, starts=False), Status.PASS, Reason.DOES_NOT_START),
    ("rejected value, old", undecided(NOTE.BAD_VALUE_OLD), Status.UNKNOWN, Reason.BAD_VALUE_OLD),
    ("nothing set", filtered(NOBODY, NOTE.NOTHING_SET), Status.PASS, Reason.RESTRICTED),
    ("login prompt", filtered(EVERYONE, NOTE.LOGIN_INSTEAD_OF_DENIAL), Status.FAIL, Reason.LOGIN_INSTEAD_OF_DENIAL),
    ("login prompt?", undecided(NOTE.LOGIN_INSTEAD_OF_DENIAL), Status.MANUAL, Reason.UNDECIDED),
    (
        "login prompt behind a tight valve",
        filtered(LOCAL, NOTE.LOGIN_INSTEAD_OF_DENIAL),
        Status.PASS,
        Reason.RESTRICTED,
    ),
    ("misspelt", filtered(EVERYONE, NOTE.NO_FILTER, NOTE.MISSPELT), Status.FAIL, Reason.NO_FILTER),
    ("displaced", filtered(EVERYONE, NOTE.NO_FILTER, NOTE.IGNORED_META_INF), Status.FAIL, Reason.NO_FILTER),
    ("host names", undecided(NOTE.HOST_NAMES), Status.MANUAL, Reason.HOST_NAMES),
    ("own class", undecided(NOTE.CUSTOM_CLASS), Status.MANUAL, Reason.CUSTOM_CLASS),
    ("property", undecided(NOTE.UNRESOLVED_PROPERTY), Status.MANUAL, Reason.UNRESOLVED_PROPERTY),
    ("java only", undecided(NOTE.UNTRANSLATABLE), Status.MANUAL, Reason.UNTRANSLATABLE),
    ("undecided", undecided(), Status.MANUAL, Reason.UNDECIDED),
    ("forgeable", undecided(NOTE.REMOTE_IP), Status.MANUAL, Reason.REMOTE_IP),
    ("forgeable and open", filtered(EVERYONE, NOTE.REMOTE_IP), Status.FAIL, Reason.PUBLIC_ALLOWED),
    ("own class behind a tight valve", filtered(LOCAL, NOTE.CUSTOM_CLASS), Status.PASS, Reason.RESTRICTED),
    (
        "loopback connectors, open",
        filtered(EVERYONE, NOTE.NO_FILTER, NOTE.LOOPBACK_CONNECTORS),
        Status.MANUAL,
        Reason.LOOPBACK_CONNECTORS,
    ),
    ("loopback connectors, closed", filtered(LOCAL, NOTE.LOOPBACK_CONNECTORS), Status.PASS, Reason.RESTRICTED),
    ("no probe", admin_context(access=Known(Access(starts=True, results=()))), Status.UNKNOWN, Reason.UNREADABLE),
    ("unreadable", admin_context(access=LOST), Status.UNKNOWN, Reason.UNREADABLE),
)


@pytest.mark.parametrize(("admin", "status", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_situation(admin: AdminContext, status: Status, reason: Reason) -> None:
    finding = judge(admin)
    assert (finding.status, finding.reason) == (status, reason)
    assert bool(finding.commands) is (status is Status.FAIL)
    assert set(finding.notes).isdisjoint({reason, Reason.LOGIN_INSTEAD_OF_DENIAL})


def test_no_context_is_a_pass_and_shows_where_was_looked() -> None:
    [finding] = CHECK.judge(replace(GOOD, searched=(Place("/opt/tomcat/webapps"),)), CONTEXT)
    assert (finding.status, finding.reason) == (Status.PASS, Reason.NOT_DEPLOYED)
    assert Place("/opt/tomcat/webapps") in finding.refs


def test_unknown_contexts_are_unknown() -> None:
    [finding] = CHECK.judge(instance(admin_contexts=LOST), CONTEXT)
    assert (finding.status, finding.params["gap"]) == (Status.UNKNOWN, "denied")
    assert LOST in finding.refs


def test_a_context_that_is_not_served_passes() -> None:
    admin = replace(filtered(EVERYONE, NOTE.NO_FILTER), deployed=Known(value=False))
    assert judge(admin).reason is Reason.NOT_SERVED


def test_deployment_matters_only_where_the_filter_is_open() -> None:
    lost = Unknown(Gap.DENIED, "/opt/tomcat/webapps")
    assert judge(replace(filtered(EVERYONE, NOTE.NO_FILTER), deployed=lost)).status is Status.UNKNOWN
    assert judge(replace(filtered(LOCAL), deployed=lost)).status is Status.PASS


def test_private_block_is_noted() -> None:
    finding = judge(filtered(frozenset({PRIVATE, LOOPBACK}), NOTE.PRIVATE_BLOCK))
    assert (finding.status, finding.notes) == (Status.PASS, (Reason.PRIVATE_BLOCK,))


@pytest.mark.parametrize(("admin", "status", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_condition_shared_with_wt_11_is_this_verdict(admin: AdminContext, status: Status, reason: Reason) -> None:
    assert is_restricted(admin, ()) is (status is Status.PASS), reason


def test_one_open_context_is_found_beside_a_closed_one() -> None:
    tools = replace(filtered(EVERYONE, NOTE.NO_FILTER), path="/tools/mgr", host="ops.example.net")
    findings = list(CHECK.judge(instance(admin_contexts=Known((filtered(LOCAL), tools))), CONTEXT))
    assert [(one.subject, one.status) for one in findings] == [
        ("/manager", Status.PASS),
        ("ops.example.net/tools/mgr", Status.FAIL),
    ]


LOCAL_NETS = ("127.0.0.0/8", "::1/128")
NETWORKS: tuple[tuple[tuple[str, ...], frozenset[AddressClass], Status], ...] = (
    (("10.1.0.0/16", *LOCAL_NETS), LOCAL, Status.PASS),
    (("10.1.0.0/16", *LOCAL_NETS), frozenset({PRIVATE, LOOPBACK}), Status.FAIL),
    (("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", *LOCAL_NETS), frozenset({PRIVATE, LOOPBACK}), Status.PASS),
    (("10.1.0.0/16",), LOCAL, Status.FAIL),
    (("10.1.0.0/16",), EVERYONE, Status.FAIL),
    (("0.0.0.0/0", "::/0"), EVERYONE, Status.UNKNOWN),
)


@pytest.mark.parametrize(("networks", "allowed", "status"), NETWORKS)
def test_manager_networks(networks: tuple[str, ...], allowed: frozenset[AddressClass], status: Status) -> None:
    assert judge(filtered(allowed), context_with(manager_networks=networks)).status is status


def test_an_address_outside_the_networks_is_named() -> None:
    policy = context_with(manager_networks=("10.0.0.0/8", *LOCAL_NETS))
    finding = judge(filtered(frozenset({PRIVATE, LOOPBACK})), policy)
    assert finding.reason is Reason.OUTSIDE_NETWORKS
    assert finding.params["addresses"] == "172.31.255.254, 192.168.255.254"


@pytest.mark.parametrize(
    ("number", "has"),
    [
        ("5.5.36", False), ("7.0.89", False), ("7.0.90", True), ("8.0.53", False), ("8.5.31", False), ("8.5.32", True),
        ("9.0.0-M1", False), ("9.0.9", False), ("9.0.10", True), ("10.0.0-M1", True), ("10.1.60", True),
        ("12.0.0", True), ("unknown", False),
    ],
)  # fmt: skip
def test_versions_with_the_cidr_valve(number: str, *, has: bool) -> None:
    assert has_cidr_valve(instance(version=version(number=Known(number)))) is has


def test_remedy_names_the_file_and_keeps_privileged() -> None:
    finding = judge(filtered(EVERYONE, NOTE.NO_FILTER))
    assert finding.commands == (
        "# /opt/tomcat/webapps/manager/META-INF/context.xml",
        '<Context privileged="true">',
        '  <Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="127.0.0.0/8,::1/128" />',
        "</Context>",
    )


def test_remedy_of_a_descriptor_gives_its_application() -> None:
    descriptor = Place("/etc/tomcat10/Catalina/localhost/manager.xml", 1)
    admin = replace(filtered(EVERYONE, NOTE.NO_FILTER), definition=descriptor, doc_base='/usr/share/tomcat10-admin/"m"')
    assert judge(admin).commands[1] == '<Context docBase="/usr/share/tomcat10-admin/&quot;m&quot;" privileged="true">'


def test_remedy_of_an_old_version_is_a_pattern_and_of_server_xml_a_path() -> None:
    admin = replace(filtered(EVERYONE, NOTE.NO_FILTER), definition=Place("/opt/tomcat/conf/server.xml", 150))
    old = instance(admin_contexts=Known((admin,)), version=version(number=Unknown(Gap.MISSING, "catalina.jar")))
    [finding] = CHECK.judge(old, CONTEXT)
    assert finding.commands[1].startswith('<Context path="/manager" docBase=')
    assert "RemoteAddrValve" in finding.commands[2]


def test_a_context_without_a_definition_gets_a_file_of_its_own() -> None:
    admin = replace(filtered(EVERYONE), definition=Place("/opt/tomcat/webapps/manager/WEB-INF/web.xml", 25))
    assert judge(admin).commands[0] == "# /opt/tomcat/webapps/manager/META-INF/context.xml"
