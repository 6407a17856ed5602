"""What must not matter: comments, order, names of what nobody reads; and what may only matter in one direction."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.sound import before, evidence, findings, host, no_better, verdicts
from tests.stock import BASE, MANAGER, add_good, application, servlets
from tests.thorough import times
from tests.verdict import audit, result_of
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.evidence import Answer, Evidence, Question, Verb
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.policy import Policy

T = TypeVar("T")

NONSENSE = (
    '<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow=".*"/>',
    '<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="127\\.0\\.0\\.1"/>',
    '<Valve className="org.apache.catalina.valves.AccessLogValve" directory="/elsewhere"/>',
    '<Context path="/manager" docBase="/srv/manager" privileged="true"/>',
    '<Host name="b" appBase="/srv/b"/>',
    '<Realm className="org.apache.catalina.realm.JNDIRealm"/>',
    '<user username="admin" password="admin" roles="manager-gui"/>',
    "<servlet><servlet-name>x</servlet-name><servlet-class>org.apache.catalina.manager.ManagerServlet</servlet-class></servlet>",
    """<servlet><servlet-name>x</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <init-param><param-name>listings</param-name><param-value>true</param-value></init-param></servlet>""",
    "<error-page><location>/error.html</location></error-page>",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>",
    '&nothing; ]]> <unclosed attribute="',
    '비밀번호 password="tomcat"',
)
FILES = ("conf/server.xml", "conf/web.xml", "conf/tomcat-users.xml", "conf/context.xml", "webapps/ROOT/WEB-INF/web.xml")
COMMENTED = ("good", "stock-7.0.106", "stock-10.1", "old")


def _with_comment(layout: str, file: str, nonsense: str, *, first: bool) -> VirtualHost:
    made = host(layout)
    node = made.nodes[f"{BASE}/{file}"]
    text = node.data.decode()
    comment = f"<!-- {nonsense}\n -->"
    start = text.index(">", text.index("<", text.index("?>") + 2)) + 1
    if text[start - 2] == "/":  # an empty root element: in front of it
        start = text.index("?>") + 2
    at = start if first or "</" not in text else text.rindex("</")
    node.data = (text[:at] + comment + text[at:]).encode()
    return made


@settings(max_examples=times(25, 60), deadline=None)
@given(
    layout=st.sampled_from(COMMENTED),
    file=st.sampled_from(FILES),
    nonsense=st.sampled_from(NONSENSE),
    first=st.booleans(),
)
def test_comments_never_count(layout: str, file: str, nonsense: str, first: bool) -> None:  # noqa: FBT001 - hypothesis
    made = _with_comment(layout, file, nonsense, first=first)
    assert findings(audit(made)) == findings(result_of(evidence(layout)))


def _mixed(items: Iterable[T], chance: random.Random) -> list[T]:
    return chance.sample(made := list(items), len(made))


def shuffled(whole: Evidence, chance: random.Random) -> Evidence:
    answers: dict[Question, Answer] = {}
    for question, answer in _mixed(whole.answers.items(), chance):
        names = answer.value if isinstance(answer, Known) else None
        answers[question] = Known(tuple(_mixed(names, chance))) if isinstance(names, tuple) else answer
    assert isinstance(whole.processes, Known)
    table = replace(whole.processes.value, processes=tuple(_mixed(whole.processes.value.processes, chance)))
    return replace(
        whole,
        answers=answers,
        processes=Known(table),
        accounts=dict(_mixed(whole.accounts.items(), chance)),
        candidates=tuple(_mixed(whole.candidates, chance)),
        units=tuple(_mixed(whole.units, chance)),
    )


def _crowded() -> VirtualHost:
    """Two instances, wrappers, two JVMs of one base, examples and managers in several places."""
    made = host("stock-7.0.106")
    made.account(997, "second")
    add_good(made, "10.1.60", "/srv/second", uid=997, pid=90)
    made.java(BASE, uid=0, pid=5000)
    made.process(70, 0, ["su", "-c", f"java -Dcatalina.base={BASE} org.apache.catalina.startup.Bootstrap start"])
    application(made, f"{BASE}/webapps/ops", servlets("org.apache.catalina.manager", MANAGER))
    made.candidate(BASE)
    made.candidate("/srv/second")
    return made


CROWDED = _crowded().evidence()


@settings(max_examples=times(25, 60), deadline=None)
@given(seed=st.integers(min_value=0, max_value=1 << 32))
def test_order_changes_nothing(seed: int) -> None:
    assert findings(result_of(shuffled(CROWDED, random.Random(seed)))) == findings(result_of(CROWDED))


GOOD_PATHS = tuple(sorted(path for path in host("good").nodes if path == BASE or path.startswith(f"{BASE}/")))


@settings(max_examples=times(30, 80), deadline=None)
@given(
    path=st.sampled_from(GOOD_PATHS),
    mode=st.integers(min_value=0, max_value=0o7777),
    more=st.integers(min_value=0, max_value=0o7777),
    acl=st.booleans(),
    lenient=st.booleans(),
)
def test_a_wider_mode_never_helps(path: str, mode: int, more: int, acl: bool, lenient: bool) -> None:  # noqa: FBT001
    policy = Policy(dir_group_execute="ignore" if lenient else "literal", upload_dirs=(f"{BASE}/webapps/ROOT",))
    made = host("good")
    made.nodes[path].mode = mode
    narrow = verdicts(audit(made, policy=policy))
    made.nodes[path].mode = mode | more
    made.nodes[path].acl = acl
    wide = verdicts(audit(made, policy=policy))
    worse = [key for key in narrow if not no_better(wide[key], narrow[key])]
    assert not worse, (oct(mode), oct(mode | more), worse)


def test_files_that_nobody_reads_change_nothing() -> None:
    made = host("good")
    for name in ("server.xml.bak", "web.xml.orig", "manager.xml"):
        made.file(f"{BASE}/conf/{name}", '<Context path="/manager"/>', mode=0o600, uid=998, gid=998)
    assert verdicts(audit(made)) == before("good")


def test_questions_are_answered_whatever_else_was_asked() -> None:
    whole = evidence("good")
    strange = Question(Verb.STATUS, "/somewhere/else")
    assert findings(result_of(replace(whole, answers={**whole.answers, strange: Known(None)}))) == findings(
        result_of(whole)
    )
