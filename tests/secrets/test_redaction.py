"""Secrets in odd places and odd spellings, and what must not be taken for one."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tomcat_fleet.collect import argument, redact
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.masking import as_data, as_words, masked, names_secret
from tomcat_fleet.tomcat import xml
from tomcat_fleet.tomcat.shell import assignments

KEY = b"k" * 32
CANARY = "C4NARY"
ODD: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("odd.toml").read_text("utf-8"))
FILES = {"context": "conf/context.xml", "properties": "conf/catalina.properties", "setenv": "bin/setenv.sh",
         "unit": "system/tomcat.service"}  # fmt: skip
BOOTSTRAP = "org.apache.catalina.startup.Bootstrap"
# The rule as the threat model has it, and the names that it holds for although they tell nothing secret.
RULE = re.compile(r"pass|pwd|secret|token|key(?!store|alias)|credential", re.IGNORECASE)
SPARED = re.compile(
    r"pass(?:ive|through)|credentials?[._-]?handler|(?:file|path|dir|directory|class|classname|type|algorithm|required"
    r"|enabled|encoding|pattern|provider|alias|size|length)$",
    re.IGNORECASE,
)
KNOWN = (
    "password", "connectionPassword", "keystorePass", "keyPass", "truststorePass", "certificateKeystorePassword",
    "certificateKeyPassword", "SSLPassword", "secret", "requiredSecret", "keystorePassword", "truststorePassword",
    "SSLSessionTicketKey", "trustStorePassword", "sharedSecret", "apiKey", "accessToken", "credential",
    "userCredentials",
)  # fmt: skip
PLAIN = (
    "keystoreFile", "keyAlias", "keystoreType", "keystoreProvider", "certificateKeyFile", "certificateKeyAlias",
    "certificateKeystoreFile", "SSLCertificateKeyFile", "truststoreFile", "truststoreType", "truststoreAlgorithm",
    "secretRequired", "className", "port", "allow", "listings", "autoDeploy", "compass.path", "keepAliveTimeout",
    "keepgenerated", "jdk.tls.ephemeralDHKeySize", "javax.net.ssl.keyStore", "javax.net.ssl.trustStore",
    "com.sun.management.jmxremote.password.file", "classpath", "passThrough", "hardware", "swp", "PWD_dir",
)  # fmt: skip


def text(name: str, source: str) -> str:
    return redact.content(f"/opt/tomcat/{name}", source.encode(), KEY).text


@pytest.mark.parametrize(("kind", "source"), [(kind, source) for kind in FILES for source in ODD[kind]])
def test_an_odd_spelling_hides_nothing(kind: str, source: str) -> None:
    content = redact.content(f"/opt/tomcat/{FILES[kind]}", source.encode(), KEY)
    assert CANARY not in repr(content)
    assert "QzROQVJZ" not in content.text
    assert content.text.count("\n") == source.count("\n")
    assert content.sha256 != hashlib.sha256(source.encode()).hexdigest() or "password" not in source.lower()


@pytest.mark.parametrize("source", ODD["refused"])
def test_what_cannot_be_taken_apart_is_refused_and_never_quoted(source: str) -> None:
    for name in ("conf/context.xml", "conf/tomcat-users.xml"):
        with pytest.raises(EvidenceError) as raised:
            text(name, source)
        assert CANARY not in repr(raised.value)


@pytest.mark.parametrize("source", ODD["arguments"])
def test_arguments_hide_nothing_either(source: str) -> None:
    words = [BOOTSTRAP if word == "B" else word for word in source.split("|")]
    for given_words, split in ((words, False), (" ".join(words).split(), True)):
        shown = argument.redacted([word.encode() for word in given_words], split=split)
        assert CANARY not in " ".join(shown), split
        assert len(shown) == len(given_words)
        assert split or (BOOTSTRAP in shown) == (BOOTSTRAP in words)


def test_a_renamed_program_is_known_by_its_executable() -> None:
    words = [b"shop", b"-Dserver.port=1", b"-jar", b"shop.jar", b"C4NARY"]
    shown = ("shop", "-Dserver.port=1", "-jar", "shop.jar", "[redacted]")
    assert argument.redacted(words, program="/usr/bin/java") == shown
    assert argument.redacted(words) == ("shop", *["[redacted]"] * 4)


@pytest.mark.parametrize("name", KNOWN)
def test_names_that_are_known_hold_secrets(name: str) -> None:
    assert names_secret(name)
    assert CANARY not in text("conf/server.xml", f'<Server {name}="{CANARY}"/>')


@pytest.mark.parametrize("name", PLAIN)
def test_names_that_only_sound_like_it_do_not(name: str) -> None:
    assert not names_secret(name)
    assert text("conf/server.xml", f'<Server {name}="value"/>') == f'<Server {name}="value"/>'


WORD = st.sampled_from(["pass", "PASS", "Password", "pwd", "secret", "Token", "key", "KEY", "credential", "store",
                        "alias", "file", "Type", "db", "my", "x", "handler", "ive", "size"])  # fmt: skip
NAMES = st.one_of(
    st.lists(st.one_of(WORD, st.sampled_from([".", "_", "-"])), min_size=1, max_size=5).map("".join),
    st.from_regex(
        r"[A-Za-z_][A-Za-z0-9._-]{0,12}(pass|pwd|secret|token|key|credential)[A-Za-z0-9._-]{0,6}", fullmatch=True
    ),
).filter(lambda name: re.fullmatch(r"[A-Za-z_][\w.-]*", name) is not None)
VALUES = st.text(alphabet="ABCDEFGHJKLMNPQRTVXYZ23456789!#%_~", min_size=6, max_size=24).map(lambda value: f"ZQ{value}")


@given(name=NAMES, value=VALUES)
def test_every_name_of_the_rule_is_redacted_everywhere(name: str, value: str) -> None:
    assume(RULE.search(name) and not SPARED.search(name))
    sources = {
        "conf/context.xml": [
            f'<Context {name}="{value}"/>', f'<Context><R {name}="{value}" /></Context>',
            f"<Context><{name}>{value}</{name}></Context>",
            f'<Context><Parameter name="{name}" value="{value}"/></Context>', f'<Context x="{name}={value}"/>',
            f"<Context><a><param-name>{name}</param-name><param-value>{value}</param-value></a></Context>",
        ],
        "conf/catalina.properties": [f"{name}={value}", f"{name} : {value}", f"x=-D{name}={value}"],
        "bin/setenv.sh": [
            f'JAVA_OPTS="-D{name}={value}"', f"JAVA_OPTS='-D{name}={value} -Dx=1'", f"JAVA_OPTS=-D{name}={value}",
        ],
        "x/tomcat.service": [
            f'Environment="JAVA_OPTS=-D{name}={value}"', f"ExecStart=/x --{name}={value} --{name} {value}",
        ],
    }  # fmt: skip
    for path, several in sources.items():
        for source in several:
            assert value not in text(path, source), source
    assert value not in " ".join(argument.redacted([b"java", f"-D{name}={value}".encode()]))
    assert value not in masked(f"said {name}={value}")


@given(name=st.sampled_from(PLAIN), value=VALUES)
def test_nothing_else_is(name: str, value: str) -> None:
    for source in (f'<Server {name}="{value}"/>', f'<Server><a x="{name}={value}"/></Server>'):
        assert text("conf/server.xml", source) == source
    assert text("conf/catalina.properties", f"{name}={value}") == f"{name}={value}"
    assert text("bin/setenv.sh", f'JAVA_OPTS="-D{name}={value}"') == f'JAVA_OPTS="-D{name}={value}"'
    word = f"-D{name}={value}"
    assert argument.redacted([b"java", word.encode()]) == ("java", word)


@given(value=VALUES, at=st.floats(0, 1), junk=st.sampled_from(["<", "&x;", '"', "<x", "]]>", "<!--", "\x00", "</q>"]))
def test_of_xml_that_cannot_be_parsed_nothing_is_kept(value: str, at: float, junk: str) -> None:
    whole = f'<Server>\n<Realm connectionPassword="{value}" x="{value}"/><!-- {value} --><a>{value}</a>\n</Server>'
    cut = int(len(whole) * at)
    broken = whole[:cut] + junk + whole[cut:]
    try:
        xml.parse(broken)
    except EvidenceError:
        with pytest.raises(EvidenceError) as raised:
            text("conf/server.xml", broken)
        assert value not in repr(raised.value)
        assert re.fullmatch(r"[a-zA-Z :,0-9-]*", str(raised.value))


# What the model of Tomcat reads out of a file that also holds secrets.
KEPT = {
    'JAVA_OPTS="-Dpw=C4NARY -Dcatalina.base=/b"': {"JAVA_OPTS": "-Dpw=[redacted:0] -Dcatalina.base=/b"},
    "JAVA_OPTS='-Dpw=C4NARY -Dcatalina.base=/b'": {"JAVA_OPTS": "-Dpw=[redacted:0] -Dcatalina.base=/b"},
    'JAVA_OPTS="-Dpw=\\"a C4NARY\\" -Dx=1"': {"JAVA_OPTS": "-Dpw=[redacted:0] -Dx=1"},
    'JAVA_OPTS="-Dx=1 \\\n -Dpw=C4NARY \\\n -Dy=2"': {"JAVA_OPTS": "-Dx=1  -Dpw=[redacted:0]  -Dy=2"},
    "JAVA_HOME=/x; MY_PW=C4NARY; CATALINA_BASE=/b": {
        "JAVA_HOME": "/x", "MY_PW": "[redacted:0]", "CATALINA_BASE": "/b",
    },
    "CATALINA_BASE=/b # C4NARY": {"CATALINA_BASE": "/b"},
    "JAVA_OPTS=\nMY_PASSWORD=\nCATALINA_BASE=/b": {"JAVA_OPTS": "", "CATALINA_BASE": "/b"},
    'CATALINA_OPTS="-Dtoken= -Dcatalina.home=/h"': {"CATALINA_OPTS": "-Dtoken= -Dcatalina.home=/h"},
}  # fmt: skip


@pytest.mark.parametrize("source", KEPT)
def test_the_rest_of_the_line_keeps_its_meaning(source: str) -> None:
    found = assignments(text("bin/setenv.sh", source))
    assert {name: item.value for name, item in found.items()} == KEPT[source]


def test_a_hash_never_covers_what_was_left_out() -> None:
    for name, source in (
        ("conf/server.xml", "<Server><!-- password: C4NARY --></Server>"),
        ("bin/setenv.sh", "JAVA_HOME=/x\nDB_PASS=C4NARY"),
        ("conf/catalina.properties", "a=b\n# old token C4NARY"),
    ):
        content = redact.content(f"/opt/tomcat/{name}", source.encode(), KEY)
        assert (
            content.sha256
            == hashlib.sha256(content.text.encode()).hexdigest()
            != hashlib.sha256(source.encode()).hexdigest()
        )
    harmless = b"<Server><!-- stop here --></Server>"
    assert redact.content("/opt/tomcat/conf/server.xml", harmless, KEY).sha256 == hashlib.sha256(harmless).hexdigest()


HOSTILE = (
    "a", "pw=1 ", "x://a:", "jdbc:oracle:a:/", "jdbc:cubrid:", " ", "pass=    ", '"', "'", "-u a", "--pass ", "basic ",
    "pw={", "pw='", "pw=$(", "pw=${", "pw=`", '\\"pw=', "\\", "mysql ", "%61pw=", "://@", "pw::", "key key=",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_long_hostile_text_is_gone_through_in_one_pass(unit: str) -> None:
    """A pass that begins anew at every character would take hours, and the test's time limit would end it."""
    hostile = unit * (512 * 1024 // len(unit))
    assert as_data(hostile, lambda _: "")
    assert as_words(hostile, lambda _: "")


def test_a_file_of_nothing_but_secrets_is_refused() -> None:
    with pytest.raises(EvidenceError, match="too many secrets"):
        text("conf/catalina.properties", "\n".join(f"p{number}.password=x" for number in range(30_000)))
