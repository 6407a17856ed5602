"""The fleet page and its groups in a real browser: what it asks for, who can read it, and how soon it opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.need import need
from tests.report import fleet_sample
from tests.report.reading import report
from tests.report.test_browser import ARGUMENTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

LARGEST = 5_000_000  # bytes of a page
SOON_MS = 3_000
AXE = "axe.min.js"
LATER_ROWS = "tbody tr:nth-child(n + 4), #numbers tbody tr:nth-child(n + 3)"  # made like the first ones
LOADED = (
    "() => { document.body.getBoundingClientRect();"
    " return performance.getEntriesByType('navigation')[0].loadEventEnd; }"
)
VIEWS = [(lang, scheme, width) for lang in ("ko", "en") for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In each language a small fleet with a history, its index alone, and one of 10,000 hosts with its groups."""
    folder = tmp_path_factory.mktemp("fleet")
    report(folder / "whole", fleet_sample.results(), "ko", "대외비", fleet_sample.BESIDE)
    small, large = fleet_sample.rows(14), fleet_sample.rows(10_000)
    fleet_sample.write(folder / "en-small", "en", *small)
    fleet_sample.write(folder / "ko-small", "ko", *small)
    fleet_sample.write(folder / "ko-large", "ko", *large)
    fleet_sample.write(folder / "en-large", "en", *fleet_sample.rows(1_100, zones=5))
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
        yield opened
        opened.close()


class Reader:
    """A person with a browser: one context, whatever the page."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Tab = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: Path) -> Tab:
        self.requests.clear()
        self.page.goto(path.as_uri())
        assert self.requests == [path.as_uri()]
        assert self.complaints == []
        return self.page


def reader(
    browser: Browser, scheme: Literal["dark", "light"] = "light", width: int = 1280, **more: Any
) -> tuple[BrowserContext, Reader]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
    return context, Reader(context)


def a_group(folder: Path) -> Path:
    return min((folder / "groups").iterdir())


def a_register(folder: Path) -> Path:
    return max((folder / "groups").iterdir())


@pytest.mark.parametrize(("lang", "scheme", "width"), VIEWS)
def test_axe_finds_no_fault_and_nothing_scrolls_sideways(
    browser: Browser, written: Path, lang: str, scheme: Literal["dark", "light"], width: int
) -> None:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe is not installed")
    axe = Path(found.origin).with_name(AXE).read_text("utf-8")
    context, person = reader(browser, scheme, width, bypass_csp=True)
    large = written / f"{lang}-large"
    for path in (written / f"{lang}-small/index.html", large / "index.html", a_group(large), a_register(large)):
        page = person.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.eval_on_selector_all(LATER_ROWS, "rows => rows.forEach(row => row.remove())")
        page.evaluate(axe)
        faults = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
        assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]][:3]) for fault in faults] == []
    context.close()


def test_ten_thousand_hosts_open_soon_and_every_file_is_small(browser: Browser, written: Path, figure: Any) -> None:
    pages = sorted((written / "ko-large").rglob("*.html"))
    assert len(pages) == 5 * 4 + 10 + 1
    assert max(path.stat().st_size for path in pages) < LARGEST
    context, person = reader(browser)
    for path in (written / "ko-large" / "index.html", max(pages, key=lambda path: path.stat().st_size)):
        took = LARGEST
        for _ in range(3):  # the machine may be busy with other things
            took = min(took, person.open(path).evaluate(LOADED))
            if took < SOON_MS:
                break
        figure(f"10,000 hosts: {path.stat().st_size:,} bytes of {path.parent.name} are open after {took:.0f} ms")
        assert took < SOON_MS
    context.close()


@pytest.mark.parametrize("name", ["ko-small/index.html", "ko-large/index.html", "group", "register"])
def test_without_script_everything_can_be_read(browser: Browser, written: Path, name: str) -> None:
    others = {"group": a_group, "register": a_register}
    path = others[name](written / "ko-large") if name in others else written / name
    text = []
    for script in (True, False):
        context, person = reader(browser, java_script_enabled=script)
        text.append(re.sub(r"\s+", " ", person.open(path).inner_text("main")))
        context.close()
    assert re.sub(r"(호스트|구역·그룹) 찾기 표시.*?\d+(대|곳) 표시 ", "", text[0]) == text[1]


def test_hosts_of_a_group_are_found_and_sorted_on_its_page(browser: Browser, written: Path) -> None:
    context, person = reader(browser)
    page = person.open(a_group(written / "ko-large"))
    shown = "rows => rows.filter(row => row.offsetParent !== null).map(row => row.dataset.name)"
    name = page.eval_on_selector_all("#grid tr[data-name]", shown)[-1]
    page.fill("#find", str(name)[:12].upper())
    assert page.eval_on_selector_all("#grid tr[data-name]", shown) == [name]
    page.fill("#find", "")
    page.select_option("#sort", "name")
    names = page.eval_on_selector_all("#grid tr[data-name]", shown)
    assert names == sorted(names)
    page = person.open(written / "ko-large" / "index.html")
    page.fill("#find", "zone-00003")
    assert page.eval_on_selector_all("#grid tr[data-name]", shown) == ["zone-00003"]
    assert page.inner_text("#found") == "1곳 표시"
    context.close()


def test_links_to_changes_lead_to_the_item(browser: Browser, written: Path) -> None:
    context, person = reader(browser)
    page = person.open(written / "whole" / "index.html")
    page.click("#changes a[href$='#wt-08']")
    page.wait_for_function("location.hash === '#wt-08'")
    assert page.eval_on_selector("#wt-08", "item => item.open")
    context.close()


def test_it_prints_to_a4_with_its_lines(browser: Browser, written: Path) -> None:
    context, person = reader(browser)
    page = person.open(written / "ko-small" / "index.html")
    data = page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data))
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(595, 842)}
    page.emulate_media(media="print")
    assert page.eval_on_selector(".spark", "line => line.getBoundingClientRect().height") > 10
    assert not page.is_visible("#tools")
    context.close()
