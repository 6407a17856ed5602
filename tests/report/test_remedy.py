"""Commands and lines of XML as the host page prints them: whole, and once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.reading import Page, read, report
from tomcat_fleet.model.result import EvidenceRow, GapResult, InstanceResult
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report.page import untold

CODES = ("400", "404")
SAID = sample.words("오류 페이지가 없습니다.", "There are no error pages.")


def pages_of(code: str) -> tuple[str, ...]:
    inner = (f"  <error-code>{code}</error-code>", f"  <location>/{code}.html</location>")
    return ("<error-page>", *inner, "</error-page>")


def lines_for(base: str) -> tuple[str, ...]:
    return (f"# {base}/conf/web.xml", *(line for code in CODES for line in pages_of(code)))


def failing(base: str) -> InstanceResult:
    others = [one for one in sample.good_findings(base) if one.item not in ("WT-04", "WT-07", "WT-09")]
    mode = f"chmod 600 {base}/conf/tomcat-users.xml"
    return sample.instance(
        [
            *others,
            sample.finding("WT-04", Status.FAIL, "mode", SAID, base, commands=(mode,)),
            sample.finding("WT-07", Status.FAIL, "mode", SAID, base, commands=(mode, f"chmod 600 {base}/conf/web.xml")),
            sample.finding("WT-09", Status.FAIL, "missing", SAID, base, commands=lines_for(base)),
        ],
        base,
    )


def page(folder: Path, *instances: InstanceResult) -> Page:
    result = sample.target("web07", instances)
    report(folder, [result], "en")
    return read(folder / f"hosts/{result.slug}.html")


def blocks(page: Page) -> list[list[str]]:
    return [node.text.split("\n") for node in page.all("pre") if node.attrs.get("class") == "cmd all"]


def block(page: Page) -> list[str]:
    (found,) = blocks(page)
    return found


def test_every_snippet_of_xml_is_whole_in_the_block(tmp_path: Path) -> None:
    shown = block(page(tmp_path, failing("/srv/a")))
    xml = [line.removeprefix("# ") for line in shown if "/srv" not in line and "WT-" not in line]
    assert xml == [line for code in CODES for line in pages_of(code)]


def test_every_instance_has_a_block_that_holds_nothing_of_another(tmp_path: Path) -> None:
    for shown, base, other in zip(
        blocks(page(tmp_path, failing("/srv/a"), failing("/srv/b"))),
        ("/srv/a", "/srv/b"),
        ("/srv/b", "/srv/a"),
        strict=True,
    ):
        assert shown[0] == f"# CATALINA_BASE {base}"
        assert other not in "\n".join(shown)
        header, *rest = lines_for(base)
        start = shown.index(header)
        assert shown[start + 1 : start + 1 + len(rest)] == [f"# {line}" for line in rest]


def test_an_instance_without_commands_has_no_block(tmp_path: Path) -> None:
    sound = sample.instance(sample.good_findings("/srv/a"), "/srv/a")
    (only,) = blocks(page(tmp_path, sound, failing("/srv/b")))
    assert only[0] == "# CATALINA_BASE /srv/b"


def test_two_items_that_want_the_same_line_in_the_same_place_show_it_once(tmp_path: Path) -> None:
    line = ("# /srv/a/conf/tomcat-users.xml:30", '<user username="NEW_NAME" password="NEW_PASSWORD" roles=""/>')
    both = [sample.finding(code, Status.FAIL, "name", SAID, "tomcat", commands=line) for code in ("WT-02", "WT-03")]
    others = [one for one in sample.good_findings("/srv/a") if one.item not in ("WT-02", "WT-03")]
    shown = block(page(tmp_path, sample.instance([*others, *both], "/srv/a")))
    assert shown[1:] == [line[0], f"# {line[1]}"]


def test_a_command_is_in_the_block_once(tmp_path: Path) -> None:
    shown = block(page(tmp_path, failing("/srv/a")))
    assert [line for line in shown if not line.startswith("#")] == [
        "chmod 600 /srv/a/conf/tomcat-users.xml",
        "chmod 600 /srv/a/conf/web.xml",
    ]


def test_what_to_do_first_does_not_cut_a_snippet(tmp_path: Path) -> None:
    shown = page(tmp_path, failing("/srv/a"))
    places = [node for node in shown.all("figcaption") if node.text == "/srv/a/conf/web.xml+ add, − remove"]
    lines = [re.sub("^[+−]", "", line) for line in added(shown)]
    assert len(places) == 2  # first things, detail
    assert lines == [*lines_for("/srv/a")[1:]] * 2


def added(page: Page) -> list[str]:
    return [node.text for node in page.all("span") if node.attrs.get("class") == "put"]


def item(page: Page, code: str) -> str:
    return re.sub(r"\s*\n\s*", "", page.one(code).text)


def test_two_remedies_of_an_item_name_what_they_mend(tmp_path: Path) -> None:
    others = [one for one in sample.good_findings("/srv/a") if one.item != "WT-06"]
    both = [
        sample.finding("WT-06", Status.FAIL, why, sample.words(f"{why} 발견", f"Found {why}"), why,
                       remediation=sample.steps(f"{why} 하나|{why} 둘", f"first {why}|second {why}"))
        for why in ("mode", "owner")
    ]  # fmt: skip
    shown = item(page(tmp_path, sample.instance([*others, *both], "/srv/a")), "wt-06")
    assert "Found modefirst modesecond modeFound ownerfirst ownersecond owner" in shown


def test_what_was_not_read_is_mended_by_reading_it(tmp_path: Path) -> None:
    others = [one for one in sample.good_findings("/srv/a") if one.item != "WT-12"]
    gap = EvidenceRow(kind="gap", source="/srv/a/logs", excerpt="denied")
    lost = sample.finding("WT-12", Status.UNKNOWN, "unreadable", SAID, "/srv/a/logs", evidence=(gap,))
    line = "audit ALL=(root) NOPASSWD: /bin/sh -s"
    result = sample.target(
        "web07",
        (sample.instance([*others, lost], "/srv/a"),),
        Outcome.PARTIAL,
        gaps=(GapResult(source="/srv/a/logs", gap="denied", help=line),),
    )
    report(tmp_path, [result], "en")
    shown = item(read(tmp_path / f"hosts/{result.slug}.html"), "wt-12")
    assert "Remove what kept the evidence from being read and audit again." in shown
    assert line in shown
    assert not any(step in shown for step in sample.guide().items["WT-12"].remedy.en)


@pytest.mark.parametrize(
    ("subject", "shown"),
    [("/opt/tomcat daemon(1)", False), ("/opt/tomcat: daemon(1)", False), ("/opt/tomcat shop", True), ("", False)],
)
def test_a_subject_is_shown_when_the_sentence_does_not_name_it(subject: str, shown: bool) -> None:  # noqa: FBT001
    said = sample.words("/opt/tomcat 인스턴스를 daemon(1) 계정이 실행합니다.", "daemon(1) runs /opt/tomcat.")
    assert untold(sample.finding("WT-05", Status.FAIL, "root", said, subject), "ko") is shown
