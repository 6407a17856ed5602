"""Realms in force, their user files and the users in them."""

from __future__ import annotations

import pytest

from tests.tomcat.stock_host import BASE, REALM, USER_DATABASE, instance, server_xml, stock, value
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.realm import Realm, RealmKind, Storing, User
from tomcat_fleet.model.secret import Weakness
from tomcat_fleet.tomcat.user_file import admin_roles
from tomcat_fleet.tomcat.version import Version

PACKAGE = "org.apache.catalina.realm."
USERS = f"{BASE}/conf/tomcat-users.xml"


def realms(host: VirtualHost) -> tuple[Realm, ...]:
    return value(instance(host).realms)


def users(text: str, version: str = "10.1.60") -> tuple[User, ...]:
    host = stock(version)
    host.file(USERS, f"<tomcat-users>{text}</tomcat-users>")
    (realm,) = realms(host)
    assert realm.users is not None
    return value(realm.users)


def flat(found: tuple[User, ...]) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(user.name, user.roles, user.admin) for user in found]


USER_FILES = {
    "username": ('<user username="a" password="x" roles="r1"/>', [("a", ("r1",), False)]),
    "name": ('<user name="tomcat" password="tomcat" roles="tomcat"/>', [("tomcat", ("tomcat",), False)]),
    "username before name": ('<user name="b" username="a" password="x"/>', [("a", (), False)]),
    "any order, quotes and lines": (
        "<user\n  roles=' manager-gui ,x'\n  password='p'\n\tusername='a'\n/>",
        [("a", ("manager-gui", "x"), True)],
    ),
    "through a group": (
        '<group groupname="g" roles="manager-script, r"/><user username="a" password="x" groups="g,absent"/>',
        [("a", ("manager-script", "r"), True)],
    ),
    "group defined later": (
        '<user username="a" password="x" groups="g"/><group groupname="g" roles="admin-gui"/>',
        [("a", ("admin-gui",), True)],
    ),
    "comment": ('<!-- <user username="a" password="x"/> -->', []),
    "wrong case": ('<USER username="a" password="x"/><user userName="b" password="x"/>', []),
    "not a direct child": ('<users><user username="a" password="x"/></users>', []),
    "case of names": ('<user username="Tomcat" password="x"/>', [("Tomcat", (), False)]),
    "old role": ('<user username="a" password="x" roles="manager,admin"/>', [("a", ("manager", "admin"), False)]),
}


@pytest.mark.parametrize("name", USER_FILES)
def test_users(name: str) -> None:
    text, expected = USER_FILES[name]
    assert flat(users(text)) == expected


def test_groups_of_7_0_are_those_above_the_user() -> None:
    text = (
        '<group groupname="g" roles="manager-gui"/><group groupname="g" roles="x"/>'
        '<user username="a" password="x" groups="g,late"/><group groupname="late" roles="admin-gui"/>'
    )
    assert flat(users(text, "7.0.109")) == [("a", ("x",), False)]
    assert flat(users(text, "8.5.100")) == [("a", ("manager-gui", "x", "admin-gui"), True)]


def test_an_attribute_that_tomcat_ignores_leaves_no_doubt() -> None:
    found = users('<user username="a" passWord="C4NARY" fullName="${who}"/>')
    assert flat(found) == [("a", (), False)]
    assert found[0].password is None


def test_facts_of_the_password_belong_to_their_user() -> None:
    found = users(
        '<user username="a" password="tomcat"/><user username="b" password=""/><user username="c"/>'
        '<user username="d" password="kq7!wzap"/>'
    )
    assert [user.password.length if user.password else None for user in found] == [6, 0, None, 8]
    assert found[0].password
    assert Weakness.DENY_LISTED in found[0].password.weaknesses
    assert found[1].password
    assert Weakness.EMPTY in found[1].password.weaknesses


def test_line_of_a_user_is_that_of_its_start_tag() -> None:
    (user,) = users('\n<!--\n-->\n<user username="a" password="x"/>')
    assert (user.place.path, user.place.line) == (USERS, 4)


DUPLICATES = [
    ("9.0.118", "second"),
    ("9.0.119", "first"),
    ("10.1.55", "second"),
    ("10.1.56", "first"),
    ("11.0.22", "second"),
    ("11.0.23", "first"),
    ("8.5.100", "second"),
    ("5.5.36", "second"),
]


@pytest.mark.parametrize(("version", "kept"), DUPLICATES)
def test_which_of_two_equal_names_counts(version: str, kept: str) -> None:
    (found,) = users('<user username="a" password="x" roles="r"/><user username="a" roles="manager-gui"/>', version)
    assert ("first" if found.password else "second") == kept


def test_the_first_of_two_equal_names_gets_the_roles_of_both() -> None:
    text = '<user username="a" password="x" roles="r"/><user username="a" password="y" roles="manager-gui,r"/>'
    assert flat(users(text, "9.0.122")) == [("a", ("r", "manager-gui"), True)]
    assert flat(users(text, "8.5.100")) == [("a", ("manager-gui", "r"), True)]


def test_both_of_two_equal_names_count_when_the_version_is_not_known() -> None:
    host = stock()
    host.remove(f"{BASE}/lib/catalina.jar")
    host.file(USERS, '<tomcat-users><user username="a" roles="x"/><user username="a" roles="y"/></tomcat-users>')
    (realm,) = realms(host)
    assert realm.users
    assert len(value(realm.users)) == 2


ADMIN = [
    ("5.5.0", "manager", True),
    ("5.5.0", "manager-gui", False),
    ("5.5.33", "manager-gui", True),
    ("5.5.36", "manager", True),
    ("6.0.29", "manager-gui", False),
    ("6.0.30", "manager-gui", True),
    ("7.0.0", "manager", False),
    ("7.0.0", "admin-script", True),
    ("11.0.26", "manager-jmx", True),
    ("11.0.26", "tomcat", False),
    (None, "manager", True),
    (None, "manager-gui", True),
]


@pytest.mark.parametrize(("version", "role", "expected"), ADMIN)
def test_admin_roles(version: str | None, role: str, expected: bool) -> None:  # noqa: FBT001 - table
    assert (role in admin_roles(Version.of(version) if version else None)) is expected


def test_a_missing_malformed_or_denied_user_file_is_unknown() -> None:
    gaps = []
    for change in ("remove", "cut", "deny"):
        host = stock()
        if change == "remove":
            host.remove(USERS)
        elif change == "cut":
            host.file(USERS, '<tomcat-users><user username="a"')
        else:
            host.deny(USERS)
        (realm,) = realms(host)
        assert isinstance(realm.users, Unknown)
        gaps.append(realm.users.gap)
    assert gaps == [Gap.MISSING, Gap.MALFORMED, Gap.DENIED]


def test_placeholders_are_filled_in_or_leave_the_users_unknown() -> None:
    host = stock()
    host.file(USERS, '<tomcat-users><user username="${who}" password="x"/></tomcat-users>')
    host.file(f"{BASE}/conf/catalina.properties", "who=admin\n")
    (realm,) = realms(host)
    assert realm.users
    assert [user.name for user in value(realm.users)] == ["admin"]
    host.deny(f"{BASE}/conf/catalina.properties")
    (realm,) = realms(host)
    assert isinstance(realm.users, Unknown)


OLD_RESOURCE = (
    '<Resource name="UserDatabase" type="org.apache.catalina.UserDatabase"/><ResourceParams name="UserDatabase">'
    "<parameter><name>factory</name><value>org.apache.catalina.users.MemoryUserDatabaseFactory</value></parameter>"
    "<parameter><name>pathname</name><value>conf/old.xml</value></parameter></ResourceParams>"
)
PATHS = {
    "relative": (USER_DATABASE.replace("tomcat-users", "ops-users"), f"{BASE}/conf/ops-users.xml"),
    "absolute": (USER_DATABASE.replace("conf/tomcat", "/etc/t/tomcat"), "/etc/t/tomcat-users.xml"),
    "file url": (USER_DATABASE.replace("conf/tomcat", "file:///etc/t/tomcat"), "/etc/t/tomcat-users.xml"),
    "default": (USER_DATABASE.replace(' pathname="conf/tomcat-users.xml"', ""), USERS),
    "before 5.5": (
        OLD_RESOURCE,
        f"{BASE}/conf/old.xml",
    ),
}


@pytest.mark.parametrize("name", PATHS)
def test_the_user_file_is_where_the_resource_says(name: str) -> None:
    resources, path = PATHS[name]
    host = stock(server=server_xml(resources=resources))
    host.file(path, '<tomcat-users><user username="ops" password="x"/></tomcat-users>', 0o600)
    found = instance(host)
    (realm,) = value(found.realms)
    assert realm.path == path
    assert realm.users
    assert [user.name for user in value(realm.users)] == ["ops"]
    assert path in {stored.path for stored in value(found.password_files)}


def test_a_realm_without_its_resource_has_unknown_users() -> None:
    (realm,) = realms(stock(server=server_xml(resources="")))
    assert isinstance(realm.users, Unknown)
    assert realm.path is None


def test_memory_realm_knows_no_groups() -> None:
    host = stock(server=server_xml(realm=f'<Realm className="{PACKAGE}MemoryRealm" pathname="conf/m.xml"/>'))
    text = '<group groupname="g" roles="manager-gui"/><user name="a" password="x" groups="g"/>'
    host.file(f"{BASE}/conf/m.xml", f"<tomcat-users>{text}</tomcat-users>")
    (realm,) = realms(host)
    assert realm.kind is RealmKind.MEMORY
    assert realm.users
    assert flat(value(realm.users)) == [("a", (), False)]


KINDS = [
    ("JNDIRealm", RealmKind.JNDI),
    ("JDBCRealm", RealmKind.JDBC),
    ("DataSourceRealm", RealmKind.DATA_SOURCE),
    ("JAASRealm", RealmKind.JAAS),
    ("NullRealm", RealmKind.NULL),
    ("OwnRealm", RealmKind.CUSTOM),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_realms_that_keep_their_accounts_elsewhere(name: str, kind: RealmKind) -> None:
    (realm,) = realms(stock(server=server_xml(realm=f'<Realm className="{PACKAGE}{name}"/>')))
    assert (realm.kind, realm.path, realm.users) == (kind, None, None)


def test_a_user_database_in_a_data_source_is_elsewhere() -> None:
    resources = USER_DATABASE.replace("MemoryUserDatabaseFactory", "DataSourceUserDatabaseFactory")
    (realm,) = realms(stock(server=server_xml(resources=resources)))
    assert (realm.kind, realm.users) == (RealmKind.DATA_SOURCE, None)


def test_wrappers_are_walked_and_the_host_s_realm_hides_the_engine_s() -> None:
    nested = (
        f'<Realm className="{PACKAGE}CombinedRealm"><Realm className="{PACKAGE}LockOutRealm">'
        f'<Realm className="{PACKAGE}JAASRealm"/></Realm><Realm className="{PACKAGE}MemoryRealm"/></Realm>'
    )
    assert [realm.kind for realm in realms(stock(server=server_xml(realm=nested)))] == [
        RealmKind.JAAS,
        RealmKind.MEMORY,
    ]
    own = f'<Realm className="{PACKAGE}NullRealm"/>'
    assert [realm.kind for realm in realms(stock(server=server_xml(realm=REALM, host=own)))] == [RealmKind.NULL]


def test_a_context_s_own_realm_is_found_and_the_last_of_several_counts() -> None:
    host = stock(server=server_xml(realm=f'{REALM}<Realm className="{PACKAGE}NullRealm"/>'))
    host.file(
        f"{BASE}/webapps/ROOT/META-INF/context.xml", f'<Context><Realm className="{PACKAGE}JAASRealm"/></Context>'
    )
    assert [realm.kind for realm in realms(host)] == [RealmKind.NULL, RealmKind.JAAS]


def test_an_unreadable_context_may_hide_a_realm() -> None:
    host = stock()
    host.file(f"{BASE}/webapps/ROOT/META-INF/context.xml", "<Context>")
    stock_realm, hidden = realms(host)
    assert isinstance(hidden.users, Unknown)
    assert stock_realm.path == USERS


def test_no_realm_and_a_realm_in_a_comment() -> None:
    assert realms(stock(server=server_xml(realm=""))) == ()
    assert realms(stock(server=server_xml(realm=f"<!-- {REALM} -->"))) == ()


def test_an_unreadable_server_xml_leaves_everything_unknown() -> None:
    host = stock()
    host.deny(f"{BASE}/conf/server.xml")
    found = instance(host)
    assert isinstance(found.realms, Unknown)
    assert isinstance(found.password_files, Unknown)


HANDLER = f'<CredentialHandler className="{PACKAGE}MessageDigestCredentialHandler" algorithm="SHA-256"/>'
PLAIN_HANDLER = f'<CredentialHandler className="{PACKAGE}MessageDigestCredentialHandler"/>'
KEY_HANDLER = f'<CredentialHandler className="{PACKAGE}SecretKeyCredentialHandler"/>'
NESTED = f'<CredentialHandler className="{PACKAGE}NestedCredentialHandler">'
STORING = {
    "nothing": ("", "", "10.1.60", Storing.PLAIN, ""),
    "handler": ("", HANDLER, "10.1.60", Storing.HASHED, "SHA-256"),
    "handler without algorithm": ("", PLAIN_HANDLER, "10.1.60", Storing.PLAIN, ""),
    "handler not yet invented": ("", HANDLER, "8.0.14", Storing.PLAIN, ""),
    "handler's first version": ("", HANDLER, "8.0.15", Storing.HASHED, "SHA-256"),
    "secret key": ("", KEY_HANDLER, "9.0.122", Storing.HASHED, "PBKDF2WithHmacSHA1"),
    "nested": ("", f"{NESTED}{HANDLER}{HANDLER}</CredentialHandler>", "9.0.122", Storing.HASHED, "SHA-256, SHA-256"),
    "nested, plain": ("", f"{NESTED}{HANDLER}{PLAIN_HANDLER}</CredentialHandler>", "9.0.122", Storing.PLAIN, "SHA-256"),
    "own handler": ("", '<CredentialHandler className="com.example.H"/>', "9.0.122", Storing.UNDECIDED, ""),
    "digest": ('digest="SHA"', "", "7.0.109", Storing.HASHED, "SHA"),
    "digest's last branch": ('digest="MD5"', "", "8.0.53", Storing.HASHED, "MD5"),
    "digest that names nothing": ('digest=""', "", "7.0.109", Storing.UNDECIDED, ""),
    "digest that names nothing, ignored": ('digest=""', "", "8.5.100", Storing.PLAIN, ""),
    "stale digest": ('digest="SHA"', "", "8.5.0", Storing.STALE_DIGEST, "SHA"),
    "stale digest beside a handler": ('digest="SHA"', HANDLER, "9.0.122", Storing.HASHED, "SHA-256"),
    "handler in a comment": ("", f"<!-- {HANDLER} -->", "9.0.122", Storing.PLAIN, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", STORING)
def test_how_passwords_are_compared(name: str) -> None:
    attributes, handlers, version, storing, algorithm = STORING[name]
    inner = f'<Realm className="{PACKAGE}UserDatabaseRealm" resourceName="UserDatabase" {attributes}>{handlers}</Realm>'
    (realm,) = realms(stock(version, server=server_xml(realm=inner)))
    assert (realm.storing, realm.algorithm) == (storing, algorithm)


def test_a_digest_without_a_version_is_undecided() -> None:
    inner = f'<Realm className="{PACKAGE}UserDatabaseRealm" resourceName="UserDatabase" digest="SHA"/>'
    host = stock(server=server_xml(realm=inner))
    host.remove(f"{BASE}/lib/catalina.jar")
    (realm,) = realms(host)
    assert realm.storing is Storing.UNDECIDED
