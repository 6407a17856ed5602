"""Secrets never leave ingest: neither the evidence nor the result holds one, wherever it stood."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.sound import host
from tests.stock import BASE, UID, XML
from tests.verdict import TARGET, result_of
from tests.virtual_host import VirtualHost

# No small letters: "param-name" and the like stand in every web.xml.
CANARY = st.text(alphabet="ABCDEFGHKLMNPQRSTUVWXYZ23456789!#%_~", min_size=10, max_size=24).map(
    lambda text: f"ZQ{text}"
)
CONNECTOR = ("keystorePass", "keyPass", "truststorePass", "certificateKeystorePassword", "certificateKeyPassword",
             "SSLPassword", "secret", "requiredSecret")  # fmt: skip

FILES = ("conf/server.xml", "conf/tomcat-users.xml", "conf/context.xml")


def _put(made: VirtualHost, path: str, text: str) -> None:
    made.file(f"{BASE}/{path}", text, mode=0o600, uid=UID, gid=UID)


def _server_xml(made: VirtualHost, canary: str) -> None:
    attributes = " ".join(f'{name}="{canary}"' for name in CONNECTOR)
    text = made.nodes[f"{BASE}/conf/server.xml"].data.decode()
    text = text.replace('shutdown="SHUTDOWN"', f"shutdown='{canary}'")
    text = text.replace("<Connector ", f"<!-- password={canary} --><Connector {attributes} ")
    realm = f'<Realm className="org.apache.catalina.realm.JNDIRealm" connectionPassword="{canary}"/>'
    nested = f'<SSLHostConfig><Certificate certificateKeystorePassword="{canary}"/></SSLHostConfig>'
    _put(made, "conf/server.xml", text.replace("<Host ", f"{realm}\n<Host ").replace("</Host>", f"{nested}</Host>"))


def _planted(canary: str) -> VirtualHost:
    """A canary in every place that is known to hold secrets."""
    made = host("good")
    _server_xml(made, canary)
    _put(
        made,
        "conf/tomcat-users.xml",
        f"""{XML}<tomcat-users>
      <!-- <user username="old" password="{canary}"/> -->
      <user username="ops" password="{canary}"/><user password='{canary}' name='two'/></tomcat-users>""",
    )
    _put(
        made,
        "conf/context.xml",
        f"""{XML}<Context>
      <Resource name="jdbc/a" url="jdbc:mysql://root:{canary}@db.example.net/a" password="{canary}"/>
      <Resource name="jdbc/b" url="jdbc:x:@db?password={canary}" connectionProperties="password={canary};x=1"/>
      <Environment name="api.secret" value="{canary}"/><Parameter name="accessToken" value="{canary}"/></Context>""",
    )
    _put(
        made,
        "webapps/ROOT/WEB-INF/web.xml",
        f"""{XML}<web-app>
      <context-param><param-name>db.password</param-name><param-value>{canary}</param-value></context-param>
      <context-param><param-name>keyStorePassword</param-name><param-value><![CDATA[{canary}]]></param-value></context-param>
      <env-entry><env-entry-name>apiKey</env-entry-name><env-entry-value>{canary}</env-entry-value></env-entry></web-app>""",
    )
    _put(
        made, "conf/catalina.properties", f"# password={canary}\ndb.password={canary}\ndb.url=jdbc:x://a:{canary}@b/c\n"
    )
    _put(made, "bin/setenv.sh", f'# {canary}\nDB_PASSWORD="{canary}"\nexport API_TOKEN={canary}\n'
         f'CATALINA_OPTS="-Djavax.net.ssl.keyStorePassword={canary} -Dx=y"\n')  # fmt: skip
    _put(made, "conf/jmxremote.password", f"controlRole {canary}\n")
    _put(made, "conf/tomcat-users.xml.bak", f'<user username="ops" password="{canary}"/>')
    made.file(f"{BASE}/logs/catalina.out", f"password={canary}\n", uid=UID, gid=UID)
    unit = f'[Service]\nEnvironment="CATALINA_BASE={BASE}" "DB_PASSWORD={canary}"\nUser=tomcat\n'
    start = f"ExecStart={BASE}/bin/catalina.sh run -Dkey.password={canary}\n"
    made.unit("/etc/systemd/system/shop.service", unit + start)
    made.processes.clear()
    made.java(BASE, uid=UID, extra=(f"-Djavax.net.ssl.keyStorePassword={canary}", f"-Ddb.password={canary}"))
    return made


def _assert_unseen(made: VirtualHost, canary: str) -> None:
    seen = made.evidence()
    whole = [repr(seen), msgspec.json.encode(result_of(seen, target=TARGET)).decode()]
    for piece in (canary, canary[:9], canary[-9:]):
        assert all(piece not in text for text in whole)


@settings(max_examples=12, deadline=None)
@given(canary=CANARY)
def test_a_secret_is_never_seen_again(canary: str) -> None:
    _assert_unseen(_planted(canary), canary)


@settings(max_examples=12, deadline=None)
@given(canary=CANARY, file=st.sampled_from(FILES), at=st.floats(0, 1))
def test_nor_of_a_file_that_cannot_be_parsed(canary: str, file: str, at: float) -> None:
    made = _planted(canary)
    node = made.nodes[f"{BASE}/{file}"]
    cut = int(len(node.data) * at)
    node.data = node.data[:cut]
    _assert_unseen(made, canary)
    node.data = b"<broken " + _planted(canary).nodes[f"{BASE}/{file}"].data
    _assert_unseen(made, canary)
