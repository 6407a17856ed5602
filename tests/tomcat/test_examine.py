"""Whole targets, from evidence to instances."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from tests import stock as whole
from tests.tomcat.stock_host import BASE, SETTINGS, TARGET, UID, examination, instance, jar, server_xml, stock, value
from tests.virtual_host import VirtualHost
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.evidence import Answer, Question, Verb
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import SeenKind, examine
from tomcat_fleet.tomcat.reader import MAX_LOOK_UPS, Reader

ANYWHERE = Target(name="a", address="192.0.2.1")


def test_stock_is_known_in_every_part() -> None:
    found = instance(stock())
    unknown = [item.name for item in fields(found) if isinstance(getattr(found, item.name), Unknown)]
    assert unknown == []
    assert (found.base, found.home, found.running) == (BASE, BASE, Known(value=True))
    assert value(found.admin_contexts) == ()
    assert [place.path for place in found.searched] == [f"{BASE}/webapps", f"{BASE}/conf/Catalina/localhost"]


def test_a_stopped_stock_is_audited_from_its_files() -> None:
    found = instance(stock(running=False))
    assert found.running == Known(value=False)
    assert found.daemons == Known(())
    assert isinstance(found.owners.known, Unknown)
    assert found.version.number == Known("10.1.60")


def test_the_same_evidence_gives_the_same_instances() -> None:
    evidence = stock().evidence(TARGET)
    shuffled = replace(evidence, answers=dict(reversed(list(evidence.answers.items()))))
    assert examine(evidence, TARGET, SETTINGS) == examine(shuffled, TARGET, SETTINGS)


def test_nothing_is_wanted_in_the_end_and_something_in_the_beginning() -> None:
    host = stock()
    assert examination(host).wanted == frozenset()
    empty = replace(host.evidence(TARGET), answers={})
    wanted = examine(empty, TARGET, SETTINGS).wanted
    assert Question(Verb.CONTENT, f"{BASE}/conf/server.xml") in wanted
    assert Question(Verb.STATUS, BASE) in wanted


def test_debian_layout() -> None:
    host = VirtualHost()
    host.account(UID, "tomcat")
    base, home = "/var/lib/tomcat10", "/usr/share/tomcat10"
    host.file("/etc/tomcat10/server.xml", server_xml(), 0o640)
    host.file("/etc/tomcat10/tomcat-users.xml", '<tomcat-users><user username="ops" password="x"/></tomcat-users>')
    host.file("/etc/tomcat10/catalina.properties", "")
    host.file("/etc/tomcat10/logging.properties", "handlers = java.util.logging.ConsoleHandler\n")
    host.link(f"{base}/conf", "/etc/tomcat10")
    host.link(f"{base}/logs", "../../log/tomcat10")
    host.directory("/var/log/tomcat10", 0o2770, uid=UID)
    host.directory(f"{base}/webapps/ROOT")
    host.directory(f"{base}/lib")
    host.file(f"{home}/bin/catalina.sh")
    host.archive("/usr/share/java/tomcat10-catalina-10.1.60.jar", jar("10.1.60"))
    host.link(f"{home}/lib/catalina.jar", "../../java/tomcat10-catalina-10.1.60.jar")
    text = f'[Service]\nEnvironment="CATALINA_HOME={home}"\nEnvironment="CATALINA_BASE={base}"\nUser=tomcat\n'
    host.unit("/lib/systemd/system/tomcat10.service", text)
    found = instance(host, ANYWHERE)
    assert (found.base, found.home, found.running) == (base, home, Known(value=False))
    assert found.owners.uids == {UID}
    assert found.version.number == Known("10.1.60")
    (realm,) = value(found.realms)
    assert realm.users
    assert [user.name for user in value(realm.users)] == ["ops"]
    assert [tree.root for tree in found.config_trees] == ["/etc/tomcat10"]
    assert [tree.root for tree in found.logs.trees] == ["/var/log/tomcat10"]


def test_tomcat_5_5_layout() -> None:
    host = stock("5.5.36", running=False)
    host.remove(f"{BASE}/lib")
    host.archive(f"{BASE}/server/lib/catalina.jar", jar("5.5.36"))
    name = "org.apache.catalina.manager.ManagerServlet"
    servlet = f"<servlet><servlet-name>M</servlet-name><servlet-class>{name}</servlet-class></servlet>"
    host.file(f"{BASE}/server/webapps/manager/WEB-INF/web.xml", f"<web-app>{servlet}</web-app>")
    host.file(
        f"{BASE}/conf/Catalina/localhost/manager.xml",
        '<Context docBase="${catalina.home}/server/webapps/manager" privileged="true"/>',
    )
    found = instance(host)
    assert found.version.number == Known("5.5.36")
    assert [context.doc_base for context in value(found.admin_contexts)] == [f"{BASE}/server/webapps/manager"]
    assert value(found.process_managers)
    assert f"{BASE}/server" in {stored.path for stored in value(found.directories)}


def test_several_instances_of_one_home() -> None:
    host = stock()
    host.file("/srv/b/conf/server.xml", server_xml())
    host.java("/srv/b", home=BASE, pid=4001, uid=UID)
    found = examination(host, ANYWHERE).instances
    assert [(item.base, item.home, item.version.number) for item in found] == [
        (BASE, BASE, Known("10.1.60")),
        ("/srv/b", BASE, Known("10.1.60")),
    ]


def test_a_server_file_given_on_the_command_line_replaces_the_usual_one() -> None:
    host = stock(running=False)
    host.file(f"{BASE}/conf/second.xml", server_xml(realm=""))
    host.process(
        5,
        UID,
        [
            "java",
            f"-Dcatalina.base={BASE}",
            "org.apache.catalina.startup.Bootstrap",
            "-config",
            "conf/second.xml",
            "start",
        ],
    )
    assert value(instance(host).realms) == ()


def test_a_base_that_cannot_be_read_stays_with_unknown_parts() -> None:
    host = stock()
    host.deny(BASE)
    found = examination(host)
    (one,) = found.instances
    assert isinstance(one.realms, Unknown)
    assert isinstance(one.admin_contexts, Unknown)
    assert isinstance(one.version.number, Unknown)
    assert isinstance(one.examples, Unknown)


def test_a_named_base_that_does_not_exist_is_an_instance_without_anything() -> None:
    target = replace(TARGET, instances=(InstanceHint(base="/nowhere"),))
    (one,) = examination(VirtualHost(), target).instances
    assert one.base == "/nowhere"
    assert isinstance(one.realms, Unknown)
    assert one.realms.gap is Gap.MISSING


def test_no_tomcat() -> None:
    found = examination(VirtualHost(), ANYWHERE)
    assert (found.instances, found.seen, found.gaps, found.absence) == ((), (), (), Known(None))


def test_unknown_processes_are_a_gap() -> None:
    host = stock()
    evidence = replace(host.evidence(TARGET), processes=Unknown(Gap.FAILED, "ps"))
    found = examine(evidence, TARGET, SETTINGS)
    assert [gap.gap for gap in found.gaps] == [Gap.FAILED]
    assert isinstance(found.instances[0].running, Unknown)
    assert isinstance(found.instances[0].daemons, Unknown)


def test_a_defect_costs_one_instance_and_is_listed() -> None:
    host = stock()
    host.file("/srv/b/conf/server.xml", server_xml())
    host.java("/srv/b", home=BASE, pid=4001, uid=UID)
    evidence = host.evidence(ANYWHERE)
    # An answer of the wrong type is what no collector sends: the reader refuses it as a defect.
    answers: dict[Question, Answer] = dict(evidence.answers)
    names: Fact[tuple[str, ...] | None] = Known(("not", "content"))
    answers[Question(Verb.CONTENT, "/srv/b/bin/setenv.sh")] = names
    broken = replace(evidence, answers=answers)
    found = examine(broken, ANYWHERE, SETTINGS)
    assert [item.base for item in found.instances] == [BASE]
    assert [(item.kind, item.subject) for item in found.seen] == [(SeenKind.DEFECT, "/srv/b")]
    assert found.seen[0].detail.startswith("TypeError at reader.py:")
    assert [gap.source for gap in found.gaps] == ["/srv/b"]
    assert isinstance(found.absence, Unknown)


@pytest.mark.parametrize("gap", [Gap.DENIED, Gap.TRUNCATED, None])
def test_any_answer_may_be_missing_without_a_defect(gap: Gap | None) -> None:
    evidence = stock().evidence(TARGET)
    whole = examine(evidence, TARGET, SETTINGS)
    changed = 0
    for question in evidence.answers:
        answers = dict(evidence.answers)
        if gap is None:
            del answers[question]
        else:
            answers[question] = Unknown(gap, question.path)
        found = examine(replace(evidence, answers=answers), TARGET, SETTINGS)
        assert found.seen == ()
        assert [item.base for item in found.instances] == [BASE]
        if gap is None:  # asked again, or nobody's business
            assert question in found.wanted or replace(found, wanted=frozenset()) == whole
        changed += found != whole
    assert changed > len(evidence.answers) // 2


def _with_contexts(count: int) -> VirtualHost:
    host = whole.good()
    node = host.nodes[f"{whole.BASE}/conf/server.xml"]
    contexts = "".join(f'<Context path="/c{n}" docBase="/srv/c{n}"/>' for n in range(count)).encode()
    node.data = node.data.replace(b"</Host>", contexts + b"</Host>")
    return host


@pytest.mark.timeout(120)  # seconds if the time grew with the square of the number
def test_a_crowded_instance_is_examined_and_an_endless_one_is_unknown() -> None:
    for count, known in ((1000, True), (30_000, False)):
        (found,) = examination(_with_contexts(count)).instances
        assert isinstance(found.admin_contexts, Known) is known


def test_more_look_ups_than_any_honest_server_needs_are_refused() -> None:
    reader = Reader(whole.good().evidence())
    for number in range(MAX_LOOK_UPS):
        reader.status(f"/srv/{number}")
    with pytest.raises(TargetError, match="more than 30000 look-ups") as caught:
        reader.status("/srv/one more")
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
