"""Lines of XML to change, held against those that the audit has seen."""

from __future__ import annotations

import pytest

from tests.report import sample
from tomcat_fleet.model.result import EvidenceRow, ExcerptLine
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.change import Fix, fixes
from tomcat_fleet.report.control import cited
from tomcat_fleet.report.evidence import excerpts, told

FILE = "/opt/tomcat/conf/web.xml"
OFF = ("<init-param>", "  <param-name>listings</param-name>", "  <param-value>false</param-value>", "</init-param>")
ON = """    <init-param>
        <param-name>listings</param-name>
        <param-value>true</param-value>
    </init-param>"""
VALVE = '  <Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="127.0.0.0/8" />'
OPEN = '  <Valve className="org.apache.catalina.valves.RemoteAddrValve" allow=".*"/>'


def row(first: int, text: str, mark: int, source: str = FILE) -> EvidenceRow:
    return EvidenceRow(kind="file", source=source, line=mark, context=sample.lines(first, text, mark), sha256="aa")


def made(commands: tuple[str, ...], *evidence: EvidenceRow) -> list[Fix]:
    said = sample.words("가", "a")
    return list(fixes(sample.finding("WT-08", Status.FAIL, "on", said, commands=commands, evidence=evidence)))


def signed(fix: Fix) -> list[str]:
    assert fix.edit is not None
    assert fix.edit.signed
    return [f"{line.sign}{line.text}" for line in fix.edit.lines]


def test_only_the_line_that_differs_is_changed() -> None:
    (fix,) = made((f"# {FILE}:113", *OFF), row(110, f"<servlet>\n<x/>\n<y/>\n{ON}\n</servlet>", 113))
    assert signed(fix) == [
        "     <init-param>",
        "         <param-name>listings</param-name>",
        "-        <param-value>true</param-value>",
        "+      <param-value>false</param-value>",
        "     </init-param>",
    ]


def test_an_element_whose_end_was_not_seen_gets_no_signs() -> None:
    cut = "\n".join(ON.split("\n")[:3])
    (fix,) = made((f"# {FILE}:113", *OFF), row(113, cut, 113))
    assert fix.edit is not None
    assert not fix.edit.signed
    assert [line.text for line in fix.edit.lines] == list(OFF)


@pytest.mark.parametrize(
    "evidence",
    [
        (),
        (row(113, ON, 113, "/opt/other.xml"),),
        (row(112, f"<a/>\n{ON}", 112),),
        (row(113, ON.replace("init-param", "x"), 113),),
    ],
)
def test_what_was_seen_elsewhere_is_not_taken_for_it(evidence: tuple[EvidenceRow, ...]) -> None:
    (fix,) = made((f"# {FILE}:113", *OFF), *evidence)
    assert fix.edit is not None
    assert not fix.edit.signed


def test_an_account_is_replaced_and_its_secret_stays_blank() -> None:
    old = '  <user username="tomcat" password="[redacted:0]" roles="manager-gui"/>'
    new = '<user username="NEW_NAME" password="NEW_PASSWORD" roles="manager-gui"/>'
    (fix,) = made((f"# {FILE}:3", new), row(1, f"\n<tomcat-users>\n{old}\n</tomcat-users>", 3))
    assert signed(fix) == [f"-{old}", f"+  {new}"]


def test_a_valve_takes_the_place_of_the_one_that_let_everybody_in() -> None:
    text = f'<Context docBase="${{catalina.home}}/x" privileged="true">\n{OPEN}\n</Context>'
    command = (f"# {FILE}", '<Context docBase="/opt/x" privileged="true">', VALVE, "</Context>")
    (fix,) = made(command, row(2, text, 2), row(2, text, 3))
    tag = text.split("\n", maxsplit=1)[0]
    assert signed(fix) == [f" {tag}", f"-{OPEN}", f"+{VALVE}"]
    (closed,) = made(command, row(2, '<Context privileged="true"/>', 2))
    assert signed(closed) == ['-<Context privileged="true"/>', *(f"+{line}" for line in command[1:])]
    (unseen,) = made(command)
    assert unseen.edit is not None
    assert not unseen.edit.signed


def test_what_may_stand_beside_others_is_added_and_shell_stays_shell() -> None:
    page = ("<error-page>", "  <error-code>404</error-code>", "</error-page>")
    found = made((f"# {FILE}", *page, "chmod 600 /x", "# a note", "echo '<a/>'"))
    assert signed(found[0]) == [f"+{line}" for line in page]
    assert [(fix.text, fix.edit) for fix in found[1:]] == [
        ("chmod 600 /x", None), ("# a note", None), ("echo '<a/>'", None),
    ]  # fmt: skip


def test_excerpts_that_touch_are_one_with_every_mark() -> None:
    text = "a\nb\nc\nd"
    (one,) = excerpts([row(1, text, 2), row(2, "b\nc\nd\ne", 4)])
    assert one.lines == (2, 4)
    assert one.row.context == tuple(
        ExcerptLine(number=number, text=letter, mark=number in (2, 4)) for number, letter in enumerate("abcde", 1)
    )
    assert len(excerpts([row(1, text, 2), row(9, text, 9)])) == 2
    assert len(excerpts([row(1, text, 2), row(2, "other", 2)])) == 2
    assert len(excerpts([row(1, text, 2), row(1, text, 2, "/other")])) == 2


def test_rows_of_one_source_are_told_together() -> None:
    rows = [EvidenceRow(kind="observation", source="advisories", excerpt=name) for name in ("CVE-1", "CVE-2")]
    rows.append(EvidenceRow(kind="status", source="/x", excerpt="0644"))
    found = told([*rows, row(1, "a", 1)])
    assert [[each.excerpt for each in one.says] for one in found] == [["CVE-1", "CVE-2"], ["0644"]]


def test_controls_are_cited_as_people_cite_them() -> None:
    controls = ("cis-tomcat9-1.2:10.2", "stig-tomcat9:V-222970", "cis-tomcat9-1.2:2.5", "kisa-ciip-2026:WEB-01", "x:1")
    assert cited(controls) == (
        ("CIS Tomcat 9 v1.2", ("10.2", "2.5")),
        ("STIG Tomcat 9", ("V-222970",)),
        ("KISA 2026", ("WEB-01",)),
        ("x", ("1",)),
    )
