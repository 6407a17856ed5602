"""Reading pages back the way a browser would, and writing reports for the tests to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

from tests.report import sample
from tomcat_fleet.model.result import FindingResult, SweepSummary, TargetResult, WaiverResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.writer import NOTHING, Beside, ReportWriter

_VOID = frozenset({"meta", "link", "br", "input", "img", "hr", "wbr"})


@dataclass
class Node:
    """One element with its attributes and the text directly or indirectly below it."""

    tag: str
    attrs: dict[str, str | None]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page in document order; raises AssertionError for markup that does not nest."""

    nodes: list[Node] = field(default_factory=list)
    doctype: str = ""
    comments: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)  # what is meant to be read in the page's language

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Node] = []

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"attribute twice on <{tag}>"
        node = Node(tag, dict(attrs), tuple(one.tag for one in self._open))
        self.nodes.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for node in self._open:
            node.text += data
        if data.strip() and not any(map(_foreign, self._open)):
            self.prose.append(" ".join(data.split()))

    def all(self, tag: str) -> list[Node]:
        return [node for node in self.nodes if node.tag == tag]

    def one(self, identity: str) -> Node:
        (found,) = [node for node in self.nodes if node.attrs.get("id") == identity]
        return found

    @property
    def text(self) -> str:
        return self.all("body")[0].text


def _foreign(node: Node) -> bool:
    return node.tag in {"script", "style", "pre"} or node.attrs.get("translate") == "no"


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text("utf-8"))
    page.close()
    assert not page._open, "unclosed elements"
    return page


def report(
    directory: Path,
    results: Iterable[TargetResult],
    lang: str = "ko",
    classification: str | None = None,
    beside: Beside = NOTHING,
) -> SweepSummary:
    with ReportWriter(directory, lang=lang, classification=classification, guide=sample.guide()) as writer:
        writer.open(sample.facts())
        for result in results:
            writer.write(result)
        return writer.finish("2026-11-23T17:50:20Z", beside)


HELD = WaiverResult(who="보안팀", why="폐기 예정", until="2027-03-31", source="waivers.toml:12")
ENDING = replace(HELD, until="2026-12-10", source="waivers.toml:20", expiring=True)
OVER = replace(HELD, until="2026-11-22", source="waivers.toml:28")


def waived(result: TargetResult) -> TargetResult:
    """``result`` with WT-04 accepted, WT-13 for a few days more, WT-08 until yesterday, and one finding of WT-07."""
    return replace(
        result,
        instances=tuple(replace(one, findings=tuple(map(_waived, one.findings))) for one in result.instances),
    )


def _waived(finding: FindingResult) -> FindingResult:
    if finding.status is not Status.FAIL:
        return finding
    held = {"WT-04": HELD, "WT-13": ENDING, "WT-07": HELD if finding.subject.endswith("web.xml") else None}
    return replace(finding, waiver=held.get(finding.item), expired_waiver=OVER if finding.item == "WT-08" else None)


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
