from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from tests.need import need
from tests.report import sample
from tests.report.reading import report, waived

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
HOSTILE = [sample.hostile(text) for text in sample.HOSTILE]
PAGES = ("index.html", *(f"hosts/{r.slug}.html" for r in (sample.bad(), sample.two(), sample.unreachable(), *HOSTILE)))
BAD = f"hosts/{sample.bad().slug}.html"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    for lang in ("ko", "en"):
        known = [waived(one) if one.instances else one for one in sample.fleet()]
        report(folder / lang, [*known, *HOSTILE], lang, "대외비")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = need("chromium")
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Visit:
    """What happened while a page was open."""

    page: Tab
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Go: TypeAlias = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, written: Path) -> Iterator[Go]:
    contexts: list[BrowserContext] = []

    def go(
        name: str,
        lang: str = "ko",
        *,
        width: int = 1280,
        scheme: Literal["dark", "light"] = "light",
        script: bool = True,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        made = Visit(context.new_page())
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", lambda dialog: made.complaints.append(dialog.message))
        made.page.goto((written / lang / name).as_uri())
        return made

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_the_network_for_nothing_and_reports_no_error(visit: Go, written: Path, name: str) -> None:
    seen = visit(name)
    assert seen.requests == [(written / "ko" / name).as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", [*PAGES[:4], PAGES[4], PAGES[-1]])
def test_nothing_scrolls_sideways_on_a_phone(visit: Go, name: str, lang: str, scheme: str) -> None:
    seen = visit(name, lang, width=390, scheme=scheme)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert seen.complaints == []


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", PAGES[:4])
def test_no_column_of_a_table_is_hidden_on_a_phone(visit: Go, name: str, lang: str) -> None:
    """The grid of hosts is wide by nature: its first column stays, and its marks go on to the right."""
    hidden = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).map(box => box.innerText.slice(0, 60))"
    page = visit(name, lang, width=390).page
    assert page.eval_on_selector_all(".box:not(:has(.grid))", hidden) == []


@pytest.mark.parametrize("name", PAGES[:4])
def test_everything_is_readable_without_script(visit: Go, name: str) -> None:
    text = [re.sub(r"\s+", " ", visit(name, script=script).page.inner_text("main")) for script in (True, False)]
    tools = r"호스트 찾기 표시.*?\d+대 표시 |(?<=\d )찾기 (?=WT-01)"
    assert re.sub(tools, "", text[0]) == text[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_style_is_accepted_by_the_policy(visit: Go, scheme: str) -> None:
    page = visit(BAD, scheme=scheme).page
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 27)"}[scheme]


def test_statuses_keep_their_colours_in_the_grid(visit: Go) -> None:
    page = visit("index.html").page
    colour = "element => getComputedStyle(element).color"
    assert page.eval_on_selector("#grid a.fail", colour) == "rgb(179, 38, 30)"
    assert page.eval_on_selector("#grid a.pass", colour) == "rgb(27, 110, 60)"


def test_filter_and_sort(visit: Go) -> None:
    page = visit("index.html", "en").page
    shown = "rows => rows.filter(row => row.offsetParent !== null).map(row => row.dataset.name)"
    rows = "#grid tr[data-name]"
    page.fill("#find", "WEB2")
    assert page.eval_on_selector_all(rows, shown) == [f"web{n}" for n in range(20, 29)]
    assert page.inner_text("#found") == "9 shown"
    page.fill("#find", "")
    page.select_option("#show", "open")
    assert {"web09", "web10", "web02.dmz.example", "was-03"} <= set(page.eval_on_selector_all(rows, shown))
    assert "web01" not in page.eval_on_selector_all(rows, shown)
    page.select_option("#show", "failing")
    assert "web09" not in page.eval_on_selector_all(rows, shown)
    page.select_option("#show", "all")
    page.select_option("#sort", "name")
    dmz = [name for name in page.eval_on_selector_all(rows, shown) if name.startswith("web")]
    assert dmz == sorted(dmz)


def test_a_cell_opens_its_item_even_when_folded(visit: Go) -> None:
    page = visit("index.html").page
    page.click(f"#grid a[href='{BAD}#wt-02']")
    page.wait_for_function("location.hash === '#wt-02'")
    assert page.eval_on_selector("#wt-02", "item => item.open")


SHOWN = "items => items.filter(item => item.checkVisibility()).map(item => item.id)"


def test_items_are_chosen_by_status_without_script(visit: Go) -> None:
    page = visit(BAD, script=False).page
    verdicts = sample.bad().verdicts
    for choice in ("fail", "unknown", "manual", "pass"):
        page.check(f"#choose-{choice}")
        expected = [item.lower() for item, status in verdicts.items() if status == choice]
        assert page.eval_on_selector_all(".item", SHOWN) == expected
    page.check("#choose-waived")
    assert page.eval_on_selector_all(".item", SHOWN) == ["wt-04", "wt-07", "wt-13"]
    page.emulate_media(media="print")
    assert len(page.eval_on_selector_all(".item", SHOWN)) == 13


def test_a_link_shows_an_item_that_the_choice_hides(visit: Go) -> None:
    page = visit(BAD, script=False).page
    page.check("#choose-unknown")
    page.click("#summary a[href='#wt-05']")
    assert page.eval_on_selector_all(".item", SHOWN) == ["wt-05", "wt-12"]


def test_items_are_found_by_any_word_of_theirs(visit: Go) -> None:
    page = visit(BAD, "en").page
    page.fill("#words", "LISTINGS</param")
    assert page.eval_on_selector_all(".item", SHOWN) == ["wt-08"]
    page.fill("#words", "nothing says this")
    assert page.inner_text("#none") == "No item matches."
    page.emulate_media(media="print")
    assert len(page.eval_on_selector_all(".item", SHOWN)) == 13


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", PAGES[1:4])
def test_a_host_report_is_accessible(visit: Go, name: str, lang: str) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    page = visit(name, lang).page
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text("utf-8"))
    run = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
        .map(one => [one.id, ...one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))])"""
    ways: tuple[dict[str, Any], ...] = (
        {"color_scheme": "light"}, {"color_scheme": "dark"}, {"color_scheme": "dark", "media": "print"},
    )  # fmt: skip
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for way in ways:
            page.emulate_media(**{"media": "screen", **way})
            assert page.evaluate(run) == [], (width, way)


def test_print_unfolds_everything(visit: Go) -> None:
    page = visit(BAD, script=False).page
    page.emulate_media(media="print")
    assert page.eval_on_selector("#wt-02 .fields", "part => part.getBoundingClientRect().height") > 50


def test_print_has_a4_pages(visit: Go) -> None:
    data = visit(BAD).page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data))
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(595, 842)}


def test_keyboard_reaches_the_content_first(visit: Go) -> None:
    page = visit("index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
