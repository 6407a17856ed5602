"""The re-diagnosis report: each earlier failure has one ending, and nothing unproven counts as mended."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.need import need
from tests.report import sample
from tests.report.corpus import CORPUS
from tests.report.reading import files, read
from tests.report.test_browser import ARGUMENTS
from tomcat_fleet.cli.app import app
from tomcat_fleet.errors import ConfigError, DiskError
from tomcat_fleet.model.comparison import Kind
from tomcat_fleet.model.result import TargetResult, WaiverResult
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.report import follow_up
from tomcat_fleet.report.finished import finished
from tomcat_fleet.report.render import Look
from tomcat_fleet.report.template import template_dir
from tomcat_fleet.report.writer import ReportWriter

DAYS = ("2026-11-02T17:50:14Z", "2026-11-23T17:50:14Z")


def swept(folder: Path, at: int, results: list[TargetResult]) -> Path:
    with ReportWriter(folder, lang="ko") as writer:
        writer.open(replace(sample.facts(), sweep=f"sweep-{at}", started=DAYS[at]))
        for result in results:
            writer.write(result)
        writer.finish(DAYS[at])
    return folder


def named(name: str, result: TargetResult) -> TargetResult:
    return replace(result, target=name, slug=sample.target(name, ()).slug)


def taken(result: TargetResult) -> TargetResult:
    over = WaiverResult(who="보안팀", why="교체 예정", until="2026-12-31")
    return replace(result, instances=tuple(
        replace(one, findings=tuple(
            replace(each, waiver=over) if each.status is Status.FAIL else each for each in one.findings))
        for one in result.instances))  # fmt: skip


BAD, GOOD = sample.bad(), sample.good()
FAILED = [item for item, status in BAD.instances[0].verdicts.items() if status is Status.FAIL]
OLD = [named("mended", BAD), named("left", BAD), named("lost", BAD), named("out", BAD), named("broken", GOOD)]
NEW = [
    named("mended", GOOD), taken(named("left", BAD)), named("broken", BAD),
    replace(named("lost", BAD), outcome=Outcome.UNREACHABLE, outcome_reason="No route to host", instances=(),
            verdicts={}),
]  # fmt: skip


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sweeps")
    return swept(folder / "old", 0, OLD), swept(folder / "new", 1, NEW)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_earlier_failure_has_one_ending(sweeps: tuple[Path, Path], tmp_path: Path, lang: str) -> None:
    old, new = map(finished, sweeps)
    found = follow_up.write(tmp_path / "a", old, new, Look(lang=lang, classification="대외비"))
    assert found.failed == 4 * len(FAILED)
    assert {kind: found.counts[kind] for kind in (Kind.FIXED, Kind.OPEN, Kind.NOT_CHECKED, Kind.NEW)} == {
        Kind.FIXED: len(FAILED), Kind.OPEN: len(FAILED), Kind.NOT_CHECKED: 2 * len(FAILED), Kind.NEW: len(FAILED),
    }  # fmt: skip
    table = list(csv.DictReader(io.StringIO((tmp_path / "a" / follow_up.TABLE).read_text("utf-8-sig"))))
    hosts, _, _, codes, *_ = table[0]
    assert Counter(row[hosts] for row in table) == dict.fromkeys(
        ("mended", "left", "lost", "out", "broken"), len(FAILED)
    )
    assert {row[codes] for row in table} == set(FAILED)
    text = read(tmp_path / "a" / follow_up.PAGE).text
    assert "25.0" in text
    for word in ("보안팀", "교체 예정", "2026-12-31", "sweep-0", "sweep-1", "대외비"):
        assert word in text
    said = {"ko": "최초 진단에 4대, 이행점검에 3대", "en": "4 in the first audit, 3 in the second"}
    assert said[lang] in text
    follow_up.write(tmp_path / "b", old, new, Look(lang=lang, classification="대외비"))
    assert files(tmp_path / "a") == files(tmp_path / "b")
    follow_up.write(tmp_path / "a", old, new, Look(lang=lang, classification="대외비"))  # written over
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_finding_says_where_and_when(sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    """What failed at first is not told as if it were so now, and no two lines are the same but for their files."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "words.toml").write_text(
        (template_dir() / "words.toml").read_text("utf-8").replace("At the first audit:", "Then:"), "utf-8"
    )
    follow_up.write(tmp_path / "a", *map(finished, sweeps), Look(lang="en", templates=tmp_path / "own"))
    page = read(tmp_path / "a" / follow_up.PAGE)
    rows = [" ".join(node.text.split()) for node in page.all("tr")]
    assert sum("Then:" in row for row in rows) == 2 * len(FAILED)
    assert all(("Then:" in row) == ("Not established" in row) for row in rows[8:])
    files_of = [row for row in rows if row.startswith("WT-07")]
    assert all("server.xml" in row and "context.xml" in row for row in files_of if "Fixed" not in row)
    table = (tmp_path / "a" / follow_up.TABLE).read_text("utf-8-sig")
    assert "(/opt/tomcat/conf/server.xml)" in table
    assert table.count("Then:") == 2 * len(FAILED)


def test_foreign_text_stays_text(tmp_path: Path) -> None:
    results = [sample.hostile(one.text) for one in CORPUS[:40]]
    unique = list({result.target: result for result in results}.values())
    old, new = swept(tmp_path / "old", 0, unique), swept(tmp_path / "new", 1, unique)
    follow_up.write(tmp_path / "f", finished(old), finished(new), Look(lang="en"))
    page = read(tmp_path / "f" / follow_up.PAGE)
    assert len(page.all("script")) == 1
    assert not [node for node in page.nodes if any(name.startswith("on") or name == "style" for name in node.attrs)]
    raw = (tmp_path / "f" / follow_up.TABLE).read_text("utf-8-sig")
    assert not [cell for row in csv.reader(io.StringIO(raw)) for cell in row if cell.startswith(("=", "+", "@", "-"))]


def test_what_cannot_be_compared_is_refused(sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = map(finished, sweeps)
    with pytest.raises(ConfigError, match="name the earlier sweep first"):
        follow_up.write(tmp_path / "x", new, old, Look(lang="ko"))
    with pytest.raises(ConfigError, match="holds other files"):
        follow_up.write(sweeps[0], old, new, Look(lang="ko"))
    assert not (tmp_path / "x").exists()


def test_the_verb(sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    run = CliRunner()
    ended = run.invoke(app, ["diff", str(sweeps[0]), str(sweeps[1]), "-o", str(tmp_path / "f"), "--lang", "en"])
    assert (ended.exit_code, ended.stdout) == (0, f"{tmp_path}/f/followup.html\n")
    (tmp_path / "h" / "followup.html").mkdir(parents=True)
    with pytest.raises(DiskError, match="h: Is a directory; the report is not complete"):
        run.invoke(app, ["diff", *map(str, sweeps), "-o", str(tmp_path / "h")], catch_exceptions=False)
    with pytest.raises(ConfigError, match="name the earlier sweep first"):
        run.invoke(app, ["diff", *map(str, reversed(sweeps))], catch_exceptions=False)
    with pytest.raises(ConfigError, match="two directories"):
        run.invoke(app, ["diff", "a", "b", "-o", str(tmp_path / "g")], catch_exceptions=False)


@pytest.mark.browser
def test_a_browser_has_nothing_to_say(sweeps: tuple[Path, Path], tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    axe = Path(spec.origin).with_name("axe.min.js").read_text()
    for lang in ("ko", "en"):
        follow_up.write(tmp_path / lang, *map(finished, sweeps), Look(lang=lang))
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=need("chromium"), args=ARGUMENTS)
        for lang, scheme, width in (("ko", "light", 1280), ("en", "dark", 390)):
            said: list[str] = []
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
            )
            page = context.new_page()
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("request", lambda request, said=said: said.append(request.url))
            address = (tmp_path / lang / follow_up.PAGE).as_uri()
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.evaluate(axe)
            assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == []
            assert said == [address]
        browser.close()
