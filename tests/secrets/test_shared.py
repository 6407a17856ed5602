"""The same password on several hosts: found by fingerprints, named by accounts and hosts, never told."""

from __future__ import annotations

import dataclasses
import io
import json
import random
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.test_display import summary
from tests.property.sound import host
from tests.report import sample
from tests.report.reading import Page, read, report
from tests.stock import BASE, UID, XML
from tests.verdict import result_of
from tests.virtual_host import VirtualHost
from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.word import Lang
from tomcat_fleet.collect import password
from tomcat_fleet.model.result import SharedPassword, TargetResult
from tomcat_fleet.report import shared
from tomcat_fleet.report.shared import Sharing
from tomcat_fleet.report.slug import slug
from tomcat_fleet.sweep.event import Done

KEY = b"fingerprint key of the tests....."


def users(made: VirtualHost, *rows: str, file: str = "tomcat-users.xml") -> VirtualHost:
    text = f"{XML}<tomcat-users>{''.join(rows)}</tomcat-users>"
    made.file(f"{BASE}/conf/{file}", text, mode=0o600, uid=UID, gid=UID)
    return made


def passwords(made: VirtualHost) -> list[tuple[str, str]]:
    (instance,) = result_of(made.evidence()).instances
    assert {one.source for one in instance.passwords} <= {f"{BASE}/conf/tomcat-users.xml"}
    return [(one.account, one.fingerprint) for one in instance.passwords]


def test_an_instance_tells_the_fingerprints_of_the_accounts_it_lets_in() -> None:
    found = passwords(
        users(
            host("good"),
            '<user username="a" password="Kq7!wzap"/><user name="b" password="Kq7!wzap"/>',
            '<user username="c" password="another"/>',
        )
    )
    fingerprint = password.fingerprint("Kq7!wzap", KEY)
    assert found == [("a", fingerprint), ("b", fingerprint), ("c", password.fingerprint("another", KEY))]


@pytest.mark.parametrize(
    "row",
    [
        '<user username="a" password=""/>',
        '<user username="a"/>',
        '<user username="a" password="${db.pw}"/>',
        '<user username="a" password="x${db.pw}"/>',
        '<!-- <user username="a" password="Kq7!wzap"/> -->',
        '<user password="Kq7!wzap"/>',
    ],
)
def test_what_is_no_password_of_an_account_has_none(row: str) -> None:
    assert passwords(users(host("good"), row)) == []


def test_a_file_that_no_realm_reads_is_not_compared() -> None:
    made = users(host("good"), '<user username="a" password="Kq7!wzap"/>', file="old-users.xml")
    assert passwords(made) == []


def test_a_realm_that_does_not_count_takes_its_accounts_with_it() -> None:
    made = users(host("good"), '<user username="a" password="Kq7!wzap"/>')
    server = made.nodes[f"{BASE}/conf/server.xml"]
    text = server.data.decode().replace(
        "org.apache.catalina.realm.UserDatabaseRealm", "org.apache.catalina.realm.NullRealm"
    )
    server.data = text.encode()
    assert passwords(made) == []


def known(name: str, *pairs: tuple[str, str]) -> TargetResult:
    result = dataclasses.replace(sample.good(), target=name, slug=slug(name))
    return sample.knowing(result, *(sample.password(account, mark * 16) for account, mark in pairs))


FLEET = [
    known("c", ("ops", "1"), ("admin", "2")),
    known("a", ("ops", "1"), ("ops2", "1")),
    known("b", ("root", "1"), ("admin", "2"), ("own", "3")),
    known("d", ("own", "4"), ("twin", "4")),
    known("e"),
]


def tallied(results: list[TargetResult]) -> Sharing:
    made = Sharing()
    for result in results:
        made.add(result)
    return made


def test_hosts_are_grouped_by_password_whatever_the_order() -> None:
    groups = tallied(FLEET).shared()
    assert [group.result() for group in groups] == [
        SharedPassword(hosts=3, accounts=("ops", "ops2", "root"), targets=("a", "b", "c")),
        SharedPassword(hosts=2, accounts=("admin",), targets=("b", "c")),
    ]
    for seed in range(5):
        again = random.Random(seed).sample(FLEET, len(FLEET))
        assert tallied(again).shared() == groups
        assert tallied(again).compared == 9


def test_one_host_counts_once_however_many_of_its_instances_know_the_password() -> None:
    first = known("a", ("ops", "1"))
    both = dataclasses.replace(first, instances=(first.instances[0], first.instances[0]))
    assert tallied([both]).shared() == ()
    assert tallied([both, known("b", ("ops", "1"))]).shared()[0].hosts == 2


def test_many_hosts_and_accounts_are_counted_and_the_first_are_named() -> None:
    results = [known(f"h{number:03}", (f"ops{number:03}", "1")) for number in range(100)]
    (group,) = tallied(random.Random(1).sample(results, 100)).shared()
    assert group.hosts == 100
    assert group.accounts == tuple(f"ops{number:03}" for number in range(shared.NAMED))
    assert [name for name, _ in group.targets] == [f"h{number:03}" for number in range(shared.NAMED)]


def test_a_host_with_countless_accounts_does_not_push_out_the_others() -> None:
    flood = sample.knowing(sample.good(), *(sample.password("x", f"{number:016x}") for number in range(60_000)))
    made = tallied([flood, *FLEET])
    assert made.left_out == 60_000 - shared._OF_ONE_HOST
    assert len(made._groups) <= shared._OF_ONE_HOST + 4
    assert [group.hosts for group in made.shared()] == [3, 2]


def test_of_countless_hosts_no_more_is_remembered_than_there_is_room_for() -> None:
    made = Sharing()
    for number in range(shared._REMEMBERED // shared._OF_ONE_HOST + 3):
        rows = (sample.password("x", f"{number * 1000 + place:016x}") for place in range(shared._OF_ONE_HOST))
        made.add(sample.knowing(sample.good(), *rows))
    assert len(made._groups) == shared._REMEMBERED
    assert made.left_out == 3 * shared._OF_ONE_HOST
    made.add(known("late", ("x", "0")))  # known already: still compared
    assert made.left_out == 3 * shared._OF_ONE_HOST


def page(directory: Path, results: list[TargetResult], lang: str = "en") -> Page:
    report(directory, results, lang)
    return read(directory / "index.html")


def test_the_page_names_accounts_and_links_hosts(tmp_path: Path) -> None:
    seen = page(tmp_path, FLEET)
    text = " ".join(seen.one("shared").text.split())
    assert "The same password on several hosts" in text
    assert "3ops, ops2, root a, b, c" in text
    assert "within this sweep" in text
    assert "random one" in text
    links = [node.attrs["href"] for node in seen.all("a") if node.text in {"a", "b", "c"} and "td" in node.parents]
    links = links[-5:]  # those before are of the hosts with one host key
    assert links == [f"hosts/{slug(name)}.html" for name in ("a", "b", "c", "b", "c")]
    assert all((tmp_path / str(link)).is_file() for link in links)
    assert "1" * 16 not in (tmp_path / "index.html").read_text()


def test_the_page_says_so_in_korean(tmp_path: Path) -> None:
    text = page(tmp_path, FLEET, "ko").one("shared").text
    assert "같은 비밀번호를 쓰는 호스트" in text
    assert "다른 진단의 결과와는 비교할 수 없습니다" in text


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([FLEET[0]], "Accounts whose passwords were compared: 2. None of the passwords is in use on a second host."),
        ([FLEET[4]], "There was no password to compare."),
    ],
)
def test_the_page_says_when_nothing_is_shared(tmp_path: Path, results: list[TargetResult], said: str) -> None:
    assert said in page(tmp_path, results).one("shared").text


def test_more_than_the_page_holds_is_counted(tmp_path: Path) -> None:
    marks = [f"{number:016x}" for number in range(shared.LISTED + 4)]
    made = [sample.knowing(known(name), *(sample.password("ops", mark) for mark in marks)) for name in ("a", "b")]
    text = page(tmp_path, made).one("shared").text
    assert "Further passwords that several hosts share: 4." in text
    told = json.loads((tmp_path / "summary.json").read_text())
    assert len(told["shared_passwords"]) == shared.LISTED
    assert told["shared_passwords_total"] == shared.LISTED + 4


def test_the_summary_has_names_and_no_fingerprint(tmp_path: Path) -> None:
    report(tmp_path, FLEET)
    told = (tmp_path / "summary.json").read_text()
    assert json.loads(told)["shared_passwords"][0] == {
        "hosts": 3, "accounts": ["ops", "ops2", "root"], "targets": ["a", "b", "c"],
    }  # fmt: skip
    assert json.loads(told)["passwords"] == 9
    assert "1" * 16 not in told


@pytest.mark.parametrize("lang", Lang)
def test_the_end_says_it_in_one_line(lang: Lang, capsys: pytest.CaptureFixture[str]) -> None:
    groups = (SharedPassword(hosts=1234, accounts=("ops",), targets=("a", "b")),)
    lines = {}
    for many, given in ((1, {"shared_passwords": groups, "shared_passwords_total": 567}), (0, {})):
        screen = Console(file=io.StringIO(), width=80, color_system=None)
        closing = Closing(lang)
        closing(Done(summary=summary(**given), index=Path("index.html")))
        closing.show(screen, 1.0)
        assert isinstance(screen.file, io.StringIO)
        lines[many] = [line for line in screen.file.getvalue().splitlines() if "1234" in line and "567" in line]
    assert (len(lines[1]), len(lines[0])) == (1, 0)
    assert capsys.readouterr().out
