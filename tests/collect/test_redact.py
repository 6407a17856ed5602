from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomcat_fleet.collect import argument, password, redact
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.secret import SecretForm, Weakness
from tomcat_fleet.tomcat import xml

KEY = b"k" * 32
CANARY = "C4NARY-7f3a"


def _text(name: str, text: str) -> str:
    return redact.content(f"/opt/tomcat/{name}", text.encode(), KEY).text


PLACES = {
    "user password": ("conf/tomcat-users.xml", '<tomcat-users><user username="a" password="{}"/></tomcat-users>'),
    "single quotes": ("conf/tomcat-users.xml", "<tomcat-users><user\n password='{}'\n name='a'/></tomcat-users>"),
    "commented user": ("conf/tomcat-users.xml", '<tomcat-users><!-- <user password="{}"/> --></tomcat-users>'),
    "shutdown": ("conf/server.xml", '<Server shutdown="{}"/>'),
    "connection password": ("conf/server.xml", '<Server><Realm connectionPassword="{}"/></Server>'),
    "keystore": ("conf/server.xml", '<Server><Connector keystorePass="{}" keystoreFile="k"/></Server>'),
    "certificate": ("conf/server.xml", '<Server><Certificate certificateKeystorePassword="{}"/></Server>'),
    "ajp secret": ("conf/server.xml", '<Server><Connector secret="{}"/></Server>'),
    "jdbc login": ("conf/context.xml", '<Context><Resource url="jdbc:mysql://app:{}@db/x"/></Context>'),
    "oracle login": ("conf/context.xml", '<Context><Resource url="jdbc:oracle:thin:scott/{}@db:1521"/></Context>'),
    "jdbc login with at and slash": ("conf/context.xml", '<Context><Resource url="jdbc:x://a:p@s/{}@db/x"/></Context>'),
    "oracle login that looks like another": (
        "conf/context.xml",
        '<Context><Resource url="jdbc:oracle:thin:scott/{}://x:y@db:1521"/></Context>',
    ),
    "name with a hyphen": ("conf/context.xml", '<Context><Resource options="x-api-key={};api-keys = {}"/></Context>'),
    "second of two definitions": ("bin/setenv.sh", 'CATALINA_OPTS="-Da -Dx-Ddb.password={} -Dy=1"'),
    "value in braces that do not end": (
        "conf/context.xml",
        '<Context><Resource url="jdbc:x:db;password={{}"/></Context>',
    ),
    "jdbc parameter in braces": ("conf/context.xml", '<Context><Resource url="jdbc:x:db;password={a;{}}"/></Context>'),
    "jdbc parameter with a comma": ("conf/context.xml", '<Context><Resource url="jdbc:x:db;password=a,{}"/></Context>'),
    "jdbc short parameter": ("conf/context.xml", '<Context><Resource url="jdbc:x:db;user=a;pw={}"/></Context>'),
    "inner json": ("conf/context.xml", '<Context><Resource options=\'{"password": "{}"}\'/></Context>'),
    "jdbc parameter": ("conf/context.xml", '<Context><Resource url="jdbc:x:db;user=a;password={}"/></Context>'),
    "environment entry": ("conf/context.xml", '<Context><Environment name="db.password" value="{}"/></Context>'),
    "old parameter": (
        "conf/server.xml",
        "<Server><parameter><name>password</name><value>{}</value></parameter></Server>",
    ),
    "context parameter": (
        "WEB-INF/web.xml",
        "<web-app><context-param><param-name>api.token</param-name><param-value>\n{}\n</param-value></context-param></web-app>",
    ),
    "cdata": (
        "WEB-INF/web.xml",
        "<web-app><init-param><param-name>password</param-name><param-value><![CDATA[{}]]></param-value></init-param></web-app>",
    ),
    "element": ("WEB-INF/web.xml", "<web-app><password>{}</password></web-app>"),
    "prose": ("WEB-INF/web.xml", "<web-app><description>the password: {} is new</description></web-app>"),
    "processing instruction": ("conf/server.xml", "<Server><?pw {}?></Server>"),
    "property": ("conf/catalina.properties", "db.password={}"),
    "continued property": ("conf/catalina.properties", "db.password=\\\n  {}\\\n  {}"),
    "property comment": ("conf/catalina.properties", "# old one: {}"),
    "property url": ("conf/catalina.properties", "db.url=jdbc:x://u:{}@h"),
    "setenv option": ("bin/setenv.sh", 'JAVA_OPTS="-Xmx1g -Ddb.password={} -Dx=1"'),
    "setenv quoted": ("bin/setenv.sh", "CATALINA_OPTS=\"-Dkey.pw='{} b'\""),
    "setenv variable": ("bin/setenv.sh", "export DB_PASSWORD={}"),
    "setenv own variable": ("bin/setenv.sh", "CATALINA_PASSWORD={}"),
    "setenv command": ("bin/setenv.sh", "curl -u admin:{} http://x"),
    "unit": ("tomcat.service", "[Service]\nEnvironment='DB_PASSWORD={}' CATALINA_BASE=/x"),
    "unit command": ("tomcat.service", "[Service]\nExecStart=/usr/bin/java -Dpassword={} X"),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_secret_does_not_survive(name: str) -> None:
    path, template = PLACES[name]
    text = _text(path, template.replace("{}", CANARY))
    assert CANARY not in text
    assert text.count("\n") == template.count("\n")


def test_what_tomcat_semantics_need_survives() -> None:
    text = _text(
        "conf/server.xml",
        '<Server port="8005" shutdown="S">\n<Realm className="org.apache.catalina.realm.UserDatabaseRealm">'
        '<CredentialHandler className="org.apache.catalina.realm.MessageDigestCredentialHandler" algorithm="SHA-256"/>'
        '</Realm>\n<Connector secretRequired="true" keystoreFile="conf/key"/>'
        '<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="127\\.\\d+\\.\\d+\\.\\d+|::1"/></Server>',
    )
    root = xml.parse(text)
    handler = next(root.iter("CredentialHandler"))
    assert handler.attributes["algorithm"] == "SHA-256"
    assert handler.attributes["className"].endswith("MessageDigestCredentialHandler")
    assert next(root.iter("Connector")).attributes == {"secretRequired": "true", "keystoreFile": "conf/key"}
    assert next(root.iter("Valve")).attributes["allow"] == r"127\.\d+\.\d+\.\d+|::1"
    assert next(root.iter("Valve")).line == 3


def test_a_comment_mark_inside_cdata_hides_nothing() -> None:
    text = _text("WEB-INF/web.xml", "<web-app><a><![CDATA[ <!-- ]]></a><b/><!-- gone --></web-app>")
    assert [element.name for element in xml.parse(text).iter()] == ["web-app", "a", "b"]


def test_a_mark_in_the_original_is_not_mistaken_for_ours() -> None:
    content = redact.content(
        "/c/tomcat-users.xml", b'<tomcat-users><user name="a" password="[redacted:0]"/></tomcat-users>', KEY
    )
    assert [facts.length for facts in content.secrets] == [12]


def test_the_hash_of_a_redacted_file_is_not_that_of_the_original() -> None:
    raw = b'<tomcat-users><user name="a" password="x"/></tomcat-users>'
    assert redact.content("/c/tomcat-users.xml", raw, KEY).sha256 != hashlib.sha256(raw).hexdigest()
    assert redact.content("/c/web.xml", b"<web-app/>", KEY).sha256 == hashlib.sha256(b"<web-app/>").hexdigest()


@pytest.mark.parametrize(
    "raw",
    [
        b'<tomcat-users><user password="C4NARY-7f3a"',
        b'<!DOCTYPE x [<!ENTITY p "C4NARY-7f3a">]><x a="&p;"/>',
        b'<!DOCTYPE x SYSTEM "x.dtd"><x a="&p;"/>',
        '<x a="한글"/>'.encode("cp949"),
        b"",
    ],
)
def test_what_cannot_be_understood_is_refused_without_being_quoted(raw: bytes) -> None:
    with pytest.raises(EvidenceError) as raised:
        redact.content("/c/tomcat-users.xml", raw, KEY)
    assert "C4NARY" not in str(raised.value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=5, max_size=40))
def test_no_password_attribute_survives_whatever_it_holds(secret: str) -> None:
    escaped = secret.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    raw = f'<tomcat-users>\n<user roles="한" username="계정"\n password="{escaped}"/></tomcat-users>'
    content = redact.content("/c/tomcat-users.xml", raw.encode(), KEY)
    (user,) = xml.parse(content.text).each("user")
    assert user.attributes == {"roles": "한", "username": "계정", "password": "[redacted:0]"}
    assert content.secrets[0].length == len(secret)


ARGUMENTS = [
    (["java", "-Ddb.password=C4NARY"], ("java", "-Ddb.password=[redacted]")),
    (["java", "-Durl=jdbc:x://u:C4NARY@h/d"], ("java", "-Durl=jdbc:x://u:[redacted]@h/d")),
    (["java", "-Durl=jdbc:oracle:thin:u/C4NARY@h"], ("java", "-Durl=jdbc:oracle:thin:u/[redacted]@h")),
    (["java", "a.b.Main", "eyJx.eyJy.C4NARY"], ("java", "a.b.Main", "[redacted]")),
    (
        ["java", "org.apache.catalina.startup.Bootstrap", "-config", "conf/x.xml", "start"],
        ("java", "org.apache.catalina.startup.Bootstrap", "-config", "conf/x.xml", "start"),
    ),
    (["java", "-javaagent:/a.jar=key=C4NARY", "-Dx=1"], ("java", "-javaagent:/a.jar=[redacted]", "-Dx=1")),
    (
        ["java", "-cp", "a.b.jar", "-Dcatalina.base=/b", "org.apache.catalina.startup.Bootstrap", "start"],
        ("java", "-cp", "a.b.jar", "-Dcatalina.base=/b", "org.apache.catalina.startup.Bootstrap", "start"),
    ),
    (
        ["java", "-jar", "app.jar", "--spring.password=C4NARY", "C4NARY"],
        ("java", "-jar", "app.jar", "[redacted]", "[redacted]"),
    ),
    (
        ["su", "-c", "java -Dpw=C4NARY -Dcatalina.base=/b", "tomcat"],
        ("su", "-c", "java -Dpw=[redacted] -Dcatalina.base=/b", "tomcat"),
    ),
    (
        ["java", "-Dcom.sun.management.jmxremote.password.file=/c/jmx"],
        ("java", "-Dcom.sun.management.jmxremote.password.file=/c/jmx"),
    ),
]


@pytest.mark.parametrize(("argv", "expected"), ARGUMENTS)
def test_arguments_lose_their_secrets_only(argv: list[str], expected: tuple[str, ...]) -> None:
    assert argument.redacted([word.encode() for word in argv]) == expected


STRENGTH = {
    "kq7!wzap": (set(), 3),
    "kqwzapmtr7": (set(), 2),
    "kQ7!wza": (set(), 3),
    "abcd1234!x": ({Weakness.SEQUENCE}, 3),
    "tomcat": ({Weakness.DENY_LISTED}, 1),
    "no9244": (set(), 2),
    "": ({Weakness.EMPTY}, 0),
    "x1111!Kq": ({Weakness.REPEATED}, 3),
    "ops": ({Weakness.EQUALS_NAME}, 1),
    "S3cret": ({Weakness.DENY_LISTED}, 2),
    "4321kq!w": ({Weakness.SEQUENCE}, 3),
    "Qwer!9zk": ({Weakness.SEQUENCE}, 3),
}


@pytest.mark.parametrize("value", STRENGTH)
def test_strength_facts(value: str) -> None:
    facts = password.examine(value, "ops", KEY)
    assert (set(facts.weaknesses), facts.classes(3)) == STRENGTH[value]


def test_a_name_of_four_or_more_counts_inside() -> None:
    assert Weakness.CONTAINS_NAME in password.examine("x!Deploy77", "deploy", KEY).weaknesses
    assert Weakness.CONTAINS_NAME not in password.examine("x!abc77kq", "abc", KEY).weaknesses


HASHES = {
    "5f4dcc3b5aa765d61d8327deb882cf99": (SecretForm.HEX, 128, True),  # MD5 of password
    "d033e22ae348aeb5660fc2140aec35850c4da997": (SecretForm.HEX, 160, True),  # SHA-1 of admin
    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8": (SecretForm.HEX, 256, True),
    "0" * 64: (SecretForm.HEX, 256, False),
    "0" * 63: (SecretForm.PLAIN, None, False),
    "${db.password}": (SecretForm.PLACEHOLDER, None, False),
    "{MD5}X03MO1qnZdYdgyfeuILPmQ==": (SecretForm.LDAP_MD5, 128, True),
    "{SSHA}!!!": (SecretForm.LDAP_SSHA, 160, False),
}


@pytest.mark.parametrize("value", HASHES)
def test_stored_hashes(value: str) -> None:
    facts = password.examine(value, "ops", KEY)
    assert (facts.form, facts.digest_bits, facts.hash_of_deny_listed) == HASHES[value]


def test_salted_hash_of_a_common_word_is_found() -> None:
    salt, word = bytes.fromhex("0a0b0c0d"), b"s3cret"
    once = hashlib.sha256(salt + word).digest()
    stored = f"{salt.hex()}$2${hashlib.sha256(once).hexdigest()}"
    assert password.examine(stored, "ops", KEY).hash_of_deny_listed
    derived = hashlib.pbkdf2_hmac("sha512", b"tomcat", salt, 2000, 20).hex()
    assert password.examine(f"{salt.hex()}$2000${derived}", "ops", KEY).hash_of_deny_listed


def test_a_fingerprint_tells_nothing_without_its_key() -> None:
    assert password.fingerprint("a", KEY) == password.fingerprint("a", KEY)
    assert password.fingerprint("a", KEY) != password.fingerprint("a", b"other")


COSTLY = {
    "logins without a host": ("conf/catalina.properties", "a=" + "://a:b" * 40_000),
    "logins of a database without an end": ("conf/catalina.properties", "a=" + "jdbc:oracle:x:" * 15_000 + "@"),
    "words that name a secret": ("bin/setenv.sh", "JAVA_OPTS=" + "password" * 25_000),
    "definitions without a value": ("bin/setenv.sh", "JAVA_OPTS=" + "-Da" * 70_000),
    "braces without an end": ("RELEASE-NOTES", "pw={;" * 9_000 + "}"),
    "assignments in a unit": ("tomcat.service", "[Service]\nEnvironment=" + 'a="' * 70_000),
    "keys without a value": ("conf/catalina.properties", "a\\" * 100_000),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_text_costs_no_more_than_its_length(name: str) -> None:
    began = time.process_time()
    _text(*COSTLY[name])
    assert (
        time.process_time() - began < 20
    )  # a tenth of a second on an idle machine, minutes where it is looked at twice


def test_arguments_cost_no_more_than_their_length() -> None:
    began = time.process_time()
    for word in ("://a:b" * 20_000, "password" * 15_000, "-Da" * 40_000, "jdbc:oracle:x:" * 8_000, "a." * 60_000):
        argument.redacted([b"java", word.encode(), b"-D" + word.encode(), word.encode()])
    assert time.process_time() - began < 20
