"""Every hostile string, through every field of a result and through everything that a target can say.

The same report is written of harmless strings of the same length and number of lines: what a browser's parser makes of
both must differ in their words alone.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.need import need
from tests.report import sample
from tests.report.corpus import CORPUS, HEAVY, Hostile, result_with
from tests.report.hostile_host import SETTINGS, HostileHost, target
from tests.report.shape import HIDDEN, Shape, shape_of
from tests.verdict import result_of
from tomcat_fleet.guide import book
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.report.format import FORMATS
from tomcat_fleet.report.slug import slug
from tomcat_fleet.report.writer import ReportWriter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LIGHT = tuple(one for one in CORPUS if len(one.text) < HEAVY)
WAYS = ("fields", "target")


def said(one: Hostile) -> TargetResult:
    """What an audit says of a host that says the string wherever it can."""
    aim = target(f"host{one.number:02}")
    result = result_of(HostileHost(one).evidence(aim, SETTINGS), target=aim)
    return replace(result, slug=slug(f"{one.number} {one.name}"))


def harmless(one: Hostile) -> Hostile:
    text = re.sub("[^\n]", "a", one.text)
    return replace(one, text=text, raw=text.encode())


def page_of(one: Hostile) -> str:
    return f"hosts/{slug(f'{one.number} {one.name}')}.html"


def write(directory: Path, results: list[TargetResult], lang: str, way: str, formats: Collection[str] = ()) -> Path:
    guide = sample.guide() if way == "fields" else book.load()
    mark = CORPUS[2].text
    with ReportWriter(directory, lang=lang, classification=mark, guide=guide, formats=formats) as writer:
        writer.open(replace(sample.facts(), limit=CORPUS[0].text, inventory_sha256={CORPUS[7].text: "0" * 64}))
        for result in results:
            writer.write(result)
        writer.finish("2026-11-23T17:50:20Z")
    return directory


@dataclass(frozen=True)
class Reports:
    """Reports by the way that their strings came."""

    hostile: dict[str, Path]
    harmless: Path


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("corpus")
    made = {
        "fields": write(folder / "fields", list(map(result_with, CORPUS)), "ko", "fields", ("csv", "xlsx")),
        "target": write(folder / "target", list(map(said, CORPUS)), "en", "target", FORMATS.keys()),
    }
    twins = [result_with(harmless(one)) for one in LIGHT]
    return Reports(made, write(folder / "harmless", twins, "ko", "fields"))


@cache
def shape(path: Path) -> Shape:
    return shape_of(path)


@pytest.fixture(scope="module")
def own(reports: Reports) -> tuple[str, ...]:
    """The hash of the one script that the pages have."""
    (only,) = {shape(path).scripts for path in sorted(reports.harmless.rglob("*.html"))}
    return only


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("one", LIGHT, ids=lambda one: one.name)
def test_a_page_has_nothing_but_what_we_put_there(
    reports: Reports, own: tuple[str, ...], one: Hostile, way: str
) -> None:
    found = shape(reports.hostile[way] / page_of(one))
    assert found.faults == ()
    assert found.scripts == own
    known = {(tag, name) for each in (reports.harmless / page_of(one),) for tag, kept in shape(each).elements
             for name in ("", *(name for name, _ in kept))}  # fmt: skip
    more = {("ol", ""), ("li", ""), ("details", "open"), ("a", "class"), ("tr", "class"), ("td", "class"), ("b", "")}
    assert {(tag, name) for tag, kept in found.elements for name in ("", *(name for name, _ in kept))} <= known | more


@pytest.mark.parametrize("one", LIGHT, ids=lambda one: one.name)
def test_hostile_words_make_the_same_page_as_harmless_ones(reports: Reports, one: Hostile) -> None:
    twin = shape(reports.harmless / page_of(one)).elements
    assert shape(reports.hostile["fields"] / page_of(one)).elements == twin


@pytest.mark.parametrize("way", WAYS)
def test_the_fleet_page_has_nothing_but_what_we_put_there(reports: Reports, own: tuple[str, ...], way: str) -> None:
    if way == "target":  # those of the fields hold megabytes, which the browser reads below
        found = shape(reports.hostile[way] / "index.html")
        assert (found.faults, found.scripts) == ((), own)
    assert 'content="default-src &#39;none&#39;' not in (reports.hostile[way] / "index.html").read_text("utf-8")


@pytest.mark.parametrize("way", WAYS)
def test_no_file_holds_a_character_that_cannot_be_seen(reports: Reports, way: str) -> None:
    files = [path for path in reports.hostile[way].rglob("*") if path.is_file()]
    size = 0
    for path in files:
        parts = _texts(path)
        size += sum(map(len, parts))
        for text in parts:
            found = HIDDEN.search(text.removeprefix("\ufeff").replace("\r\n", "\n"))
            assert found is None, (path.name, text[max(0, found.start() - 40) : found.end() + 20])
    print(f"{way}: {len(files)} files, {size} characters, none hidden")  # noqa: T201  the figures


def _texts(path: Path) -> list[str]:
    if path.suffix != ".xlsx":
        return [path.read_bytes().decode("utf-8")]
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name).decode("utf-8") for name in archive.namelist()]


def test_every_string_of_a_target_is_in_its_report(reports: Reports) -> None:
    """The corpus has to arrive, or nothing was shown."""
    results = (reports.hostile["target"] / "results.jsonl").read_bytes().splitlines()
    found = [len(msgspec.json.decode(line, type=TargetResult).instances) for line in results]
    assert len(found) == len(CORPUS)
    assert set(found) <= {2, 3}  # a link may be a third where too much markup keeps its file from being read
    pages = {one.name: (reports.hostile["target"] / page_of(one)).read_text("utf-8") for one in LIGHT}
    assert pages["script element"].count("&lt;script&gt;alert(1)") > 50
    assert pages["double quote and handler"].count("&#34; onmouseover=&#34;") > 50
    assert pages["writing direction"].count("\\u202e") + pages["writing direction"].count("\\xe2\\x80\\xae") > 50
    assert pages["EUC-KR bytes"].count("\\xfc\\xb8\\xae\\xc0\\xda") > 50
    assert pages["formula"].count("=1+1") > 50


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    program = need("chromium")
    with playwright.sync_playwright() as play:
        quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]  # fmt: skip
        opened = play.chromium.launch(executable_path=program, args=quiet)
        yield opened
        opened.close()


LOOK = """() => {
  const all = [...document.querySelectorAll('*')];
  const loading = ['src', 'srcset', 'srcdoc', 'action', 'formaction', 'style', 'background', 'poster', 'data'];
  const bad = all.filter(e => e.getAttributeNames().some(n => n.startsWith('on') || loading.includes(n)));
  const links = all.map(e => e.getAttribute('href')).filter(h => h !== null && h !== 'data:,');
  return {elements: all.length, scripts: document.scripts.length, bad: bad.length,
    away: links.filter(h => !/^(\\.\\.\\/)?((hosts|groups)\\/)?([a-z0-9.-]+\\.html)?(#[a-z0-9_-]+)?$/.test(h)).length};
}"""


@pytest.mark.browser
@pytest.mark.parametrize("way", WAYS)
def test_a_browser_loads_nothing_runs_nothing_and_says_nothing(reports: Reports, browser: Browser, way: str) -> None:
    folder = reports.hostile[way]
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    context = browser.new_context()
    context.set_default_timeout(120_000)
    page = context.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    for event in ("console", "pageerror", "dialog", "popup", "download"):
        page.on(event, lambda what: heard.append(f"a complaint: {what}"))  # type: ignore[call-overload]
    elements = 0
    for name in names:
        heard.clear()
        address = (folder / name).as_uri()
        page.goto(address)
        seen = page.evaluate(LOOK)
        assert heard == [address], name
        assert {key: seen[key] for key in ("scripts", "bad", "away")} == {"scripts": 1, "bad": 0, "away": 0}, name
        elements += seen["elements"]
    context.close()
    print(f"{way}: {len(names)} pages, {elements} elements, one script of ours each, no request")  # noqa: T201
