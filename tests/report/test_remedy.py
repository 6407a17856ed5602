"""Commands and lines of XML as the host page prints them: whole, and once."""

from __future__ import annotations

from pathlib import Path

from tests.report import sample
from tests.report.reading import Page, read, report
from tomcat_fleet.model.result import InstanceResult
from tomcat_fleet.model.status import Status

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


def block(page: Page) -> list[str]:
    (found,) = [node.text for node in page.all("pre") if node.attrs.get("class") == "cmd all"]
    return found.split("\n")


def test_every_snippet_of_xml_is_whole_in_the_block(tmp_path: Path) -> None:
    shown = block(page(tmp_path, failing("/srv/a")))
    xml = [line.removeprefix("# ") for line in shown if "/srv" not in line and "WT-" not in line]
    assert xml == [line for code in CODES for line in pages_of(code)]


def test_no_instance_loses_its_snippet_to_another(tmp_path: Path) -> None:
    shown = block(page(tmp_path, failing("/srv/a"), failing("/srv/b")))
    for base in ("/srv/a", "/srv/b"):
        header, *rest = lines_for(base)
        start = shown.index(header)
        assert shown[start + 1 : start + 1 + len(rest)] == [f"# {line}" for line in rest]


def test_a_command_is_in_the_block_once(tmp_path: Path) -> None:
    shown = block(page(tmp_path, failing("/srv/a")))
    assert [line for line in shown if not line.startswith("#")] == [
        "chmod 600 /srv/a/conf/tomcat-users.xml",
        "chmod 600 /srv/a/conf/web.xml",
    ]


def test_what_to_do_first_does_not_cut_a_snippet(tmp_path: Path) -> None:
    shown = page(tmp_path, failing("/srv/a"))
    texts = [node.text for node in shown.all("pre") if node.attrs.get("class") == "cmd"]
    assert "\n".join(lines_for("/srv/a")) in texts[:3]
