"""results.csv and results.xlsx, read back by programs that are not ours."""

from __future__ import annotations

import csv
import errno
import gc
import io
import os
import random
import re
import stat
import tempfile
import tomllib
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import msgspec
import openpyxl
import pytest

from tests.report import sample
from tests.report.corpus import CORPUS, result_with
from tests.report.reading import files
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.model.status import WORST_FIRST, Outcome, Severity, Status
from tomcat_fleet.report import sheet, workbook
from tomcat_fleet.report.cell import LONGEST, inert, shown
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.template import environment
from tomcat_fleet.report.wording import Wording
from tomcat_fleet.report.writer import ReportWriter

PACKAGE = Path(sheet.__file__).parent
FORMULA = re.compile(r"\s*[=+\-@|\t\r\n＝＋－＠]")
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
KOREAN = {"pass": "양호", "fail": "취약", "manual": "수동확인", "unknown": "진단불가", "not_applicable": "해당없음",
          "error": "점검오류"}  # fmt: skip
RESULTS = [*sample.fleet(), *map(result_with, CORPUS)]


def written(directory: Path, results: list[TargetResult], lang: str = "ko") -> SweepSummary:
    with ReportWriter(directory, lang=lang, guide=sample.guide(), formats={"csv", "xlsx"}) as writer:
        writer.open(sample.facts())
        for result in results:
            writer.write(result)
        return writer.finish("2026-11-23T17:50:20Z")


def wording(lang: str = "ko") -> Wording:
    return Wording(lang, environment(lang).globals["w"], sample.guide())  # type: ignore[arg-type]


def material(results: list[TargetResult], summary: SweepSummary, lang: str = "ko") -> Material:
    return Material(results=lambda: iter(results), summary=summary, wording=wording(lang))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SweepSummary]:
    folder = tmp_path_factory.mktemp("tables") / "report"
    return folder, written(folder, RESULTS)


@pytest.fixture(scope="module")
def records(report: tuple[Path, SweepSummary]) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 24)
    text = (report[0] / "results.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def book(report: tuple[Path, SweepSummary]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(report[0] / "results.xlsx")


def table(book: openpyxl.Workbook, name: str) -> list[dict[str, object]]:
    rows = book[name].iter_rows(values_only=True)
    heads = [str(head) for head in next(rows)]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def findings_of(results: list[TargetResult]) -> Counter[str]:
    found = Counter(KOREAN[one.status] for r in results for instance in r.instances for one in instance.findings)
    unfinished = {
        Outcome.PARTIAL: "일부 진단",
        Outcome.NO_TOMCAT: "Tomcat 없음",
        Outcome.UNREACHABLE: "접속 불가",
        Outcome.HOSTKEY_CHANGED: "호스트 키 변경",
    }
    return found + Counter(unfinished[r.outcome] for r in results if r.outcome in unfinished)


def test_every_finding_is_a_row_and_no_host_is_missing(records: list[dict[str, str]], book: openpyxl.Workbook) -> None:
    wanted = findings_of(RESULTS)
    assert Counter(row["판정"] for row in records) == wanted
    assert Counter(row["판정"] for row in table(book, "상세 결과")) == wanted
    assert len({row["호스트 보고서"].partition("#")[0] for row in records}) == len(RESULTS)


def test_totals_are_those_of_the_summary(report: tuple[Path, SweepSummary], book: openpyxl.Workbook) -> None:
    summary = msgspec.json.decode((report[0] / "summary.json").read_bytes(), type=SweepSummary)
    matrix = table(book, "호스트별 점수")
    for code, counts in summary.items.items():
        assert Counter(str(row[code]) for row in matrix if row[code] in KOREAN.values()) == Counter(
            {KOREAN[status]: count for status, count in counts.items() if count}
        )
    rows = [row for row in book["요약"].iter_rows(values_only=True) if row[0] is not None]
    said = {str(row[0]): row[3:9] for row in rows if str(row[0]).startswith("WT-")}
    assert said == {code: tuple(counts[one] for one in WORST_FIRST) for code, counts in summary.items.items()}
    levels = {row[2]: row[3:9] for row in rows if row[0] == "합계"}
    words = dict(zip(Severity, ("상", "중", "하"), strict=True))
    assert {levels[words[level]] for level in Severity} == {
        tuple(counts[one] for one in WORST_FIRST) for counts in summary.severities.values()
    }
    assert levels[None] == tuple(summary.statuses[one] for one in WORST_FIRST)
    facts = {row[0]: row[1] for row in rows}
    assert (facts["대상 호스트"], facts["인스턴스"]) == (summary.targets, summary.instances)
    assert str(facts["점수"]).split("\n")[0] == str(summary.score)


def test_the_worst_rows_of_a_host_are_its_verdicts(records: list[dict[str, str]]) -> None:
    """Whoever filters the findings must come to the numbers of the summary."""
    status_of = {word: Status(key) for key, word in KOREAN.items()}
    groups: dict[tuple[str, str, str], set[Status]] = {}
    for row in (row for row in records if row["코드"]):
        page = row["호스트 보고서"].partition("#")[0]
        groups.setdefault((page, row["인스턴스 (CATALINA_BASE)"], row["코드"]), set()).add(status_of[row["판정"]])
    # A base that is cut to the length of a cell may be the same as another's.
    kept = {result.slug for result in RESULTS if not any(len(one.base) > LONGEST for one in result.instances)}
    worst = Counter(
        (code, min(found, key=WORST_FIRST.index))
        for (page, _, code), found in groups.items()
        if page.removeprefix("hosts/").removesuffix(".html") in kept
    )
    verdicts = (one.verdicts for result in RESULTS if result.slug in kept for one in result.instances)
    assert worst == Counter(pair for each in verdicts for pair in each.items())
    assert len(kept) > len(RESULTS) - 5


def test_hosts_that_were_not_audited_stand_on_a_sheet_of_their_own(book: openpyxl.Workbook) -> None:
    rows = table(book, "진단불가")
    kinds = Counter((row["구분"], row["호스트명"]) for row in rows)
    assert kinds["진단하지 못한 호스트", "web09"] == 1
    assert kinds["진단하지 못한 호스트", "web10"] == 1
    assert kinds["일부만 진단한 호스트", "web02.dmz.example"] == 1
    assert kinds["판정하지 못한 항목", "web02.dmz.example"] == 1
    assert kinds["읽지 못한 자료", "web02.dmz.example"] == 1
    assert not [row for row in rows if row["호스트명"] == "web01"]


def test_no_cell_is_a_formula_or_a_link(report: tuple[Path, SweepSummary], book: openpyxl.Workbook) -> None:
    cells = [cell for made in book for row in made.iter_rows() for cell in row]
    print(f"{len(cells)} cells, {sum(cell.data_type == 'f' for cell in cells)} formulas")  # noqa: T201  the figures
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert not [cell.coordinate for cell in cells if cell.hyperlink]
    assert {type(cell.value) for cell in cells if cell.data_type == "n"} <= {int, type(None)}
    with zipfile.ZipFile(report[0] / "results.xlsx") as archive:
        assert not [name for name in archive.namelist() if re.search("external|vba|calcChain|hyperlink|drawing", name)]
        for name in archive.namelist():
            assert not re.search(rb"<f[ >/]|<hyperlink|TargetMode=", archive.read(name)), name


def test_a_text_stays_text_when_a_reader_edits_it(book: openpyxl.Workbook) -> None:
    for made in book:
        for row in made.iter_rows():
            assert all(cell.quotePrefix for cell in row if isinstance(cell.value, str)), made.title


def test_no_cell_holds_a_hidden_character_for_excel_either(book: openpyxl.Workbook) -> None:
    """Excel turns _x001b_ into the character; the library must have kept the one that a target wrote apart."""

    def as_excel_shows(text: str) -> str:
        return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)

    texts = [cell.value for made in book for row in made.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [text for text in texts if HIDDEN.search(as_excel_shows(text))]
    assert "_x001b_[31m_x0000__x003D_1+1" in set(map(as_excel_shows, texts))
    assert max(len(text.encode("utf-16-le")) // 2 for text in texts) <= 32_767


def test_no_field_of_the_csv_file_is_taken_for_a_formula(
    report: tuple[Path, SweepSummary], records: list[dict[str, str]]
) -> None:
    raw = (report[0] / "results.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"')
    assert raw.endswith(b'"\r\n')
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", raw)
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r") == len(records) + 1
    fields = [value for row in records for value in row.values()]
    print(f"{len(fields)} fields, {sum(value.startswith(chr(39)) for value in fields)} with an apostrophe")  # noqa: T201  the figures
    assert not [value for value in fields if FORMULA.match(value) or HIDDEN.search(value)]
    assert not [value for value in fields if FORMULA.match(value.partition(";")[2])]
    widths = {len(row) for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))}
    assert widths == {len((sheet.NUMBER, *sheet.FINDINGS))}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=1+1", "'=1+1"), ("-rw-r--r-- 0644", "'-rw-r--r-- 0644"), ("\t=1", "'=1"), ("\r=1", "\\x0d=1"),
        ("\n@x", "'@x"), ("|x", "'|x"), ("＝1", "'＝1"), ("–", "–"), ("a=b", "a=b"), ("a; =b", "a; '=b"),
        ("one\n\ntwo", "one / two"), ("  ", ""), ("/opt/tomcat", "/opt/tomcat"), ("10.1.60", "10.1.60"),
    ],
)  # fmt: skip
def test_fields(text: str, field: str) -> None:
    assert inert(text) == field


def test_a_long_text_is_cut_and_says_so() -> None:
    assert len(shown("가" * 1_000_000)) == LONGEST
    assert shown("가" * 1_000_000).endswith("…")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_same_results_give_the_same_bytes(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [*sample.fleet(), *map(result_with, CORPUS[:20])]
    written(tmp_path / "a", results, lang)
    random.Random(7).shuffle(results)
    monkeypatch.setenv("TZ", "Asia/Seoul")
    written(tmp_path / "b", results, lang)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_tables_are_private_counted_and_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = tmp_path / "tmp"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    written(tmp_path / "r", sample.fleet())
    for name in ("results.csv", "results.xlsx"):
        assert stat.S_IMODE((tmp_path / "r" / name).stat().st_mode) == 0o600
        assert f"  {name}\n" in (tmp_path / "r" / "SHA256SUMS").read_text()
    assert not list(spare.iterdir())
    assert not list((tmp_path / "r").glob(".*.part"))


def test_tables_are_written_only_when_asked_for(tmp_path: Path) -> None:
    with ReportWriter(tmp_path, lang="ko", guide=sample.guide(), formats={"html", "json", "csv"}) as writer:
        writer.open(sample.facts())
        writer.finish("2026-11-23T17:50:20Z")
    assert (tmp_path / "results.csv").exists()
    assert not (tmp_path / "results.xlsx").exists()


def test_a_report_is_set_aside_with_its_tables(tmp_path: Path) -> None:
    written(tmp_path, sample.fleet())
    with ReportWriter(tmp_path, lang="ko", guide=sample.guide()) as writer:
        writer.open(sample.facts())
        writer.finish("2026-11-23T17:50:20Z")
    assert not (tmp_path / "results.xlsx").exists()


class _Full(io.BytesIO):
    """A file on a disk without room."""

    full = True

    def write(self, data: object) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)  # type: ignore[arg-type]


def test_a_full_disk_is_said_to_be_full(report: tuple[Path, SweepSummary], monkeypatch: pytest.MonkeyPatch) -> None:
    spare = report[0].parent / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    disk = _Full()
    with pytest.raises(OSError, match="No space left"):
        workbook.write(disk, material(sample.fleet(), report[1]))
    disk.full = False
    gc.collect()  # the archive ends itself when it is forgotten
    assert not list(spare.iterdir())


def test_a_full_sheet_goes_on_in_another(report: tuple[Path, SweepSummary]) -> None:
    results = sample.fleet()
    made = io.BytesIO()
    workbook.write(made, material(results, report[1], "en"), most_rows=81)
    book = openpyxl.load_workbook(made)
    names = ["Cover", "Summary", "Scores by host", "Findings", "Not known", "Accepted risks"]
    assert book.sheetnames == [*names, "Findings (2)", "Findings (3)"]
    rows = [row for name in book.sheetnames if name.startswith("Findings") for row in table(book, name)]
    assert len(rows) == findings_of(results).total()
    heights = [book[name].max_row for name in ("Findings", "Findings (2)", "Findings (3)")]
    assert heights == [81, 81, len(rows) - 160 + 1]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_sheets_are_ready_to_be_filtered_and_printed(tmp_path: Path, lang: str) -> None:
    written(tmp_path, sample.fleet(), lang)
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    for made in book.worksheets[2:]:
        assert made.freeze_panes == "D2"
        assert made.auto_filter.ref == made.dimensions or made.max_row == 1
        assert made.print_title_rows == "$1:$1"
        assert made.page_setup.orientation == "landscape"
        heads = [str(cell.value) for cell in made[1]]
        assert len(set(heads)) == len(heads)
        korean = [head for head in heads if re.search("[\uac00-\ud7a3]", head)]
        assert bool(korean) is (lang == "ko"), korean
        widths = [made.column_dimensions[cell.column_letter].width for cell in made[1]]
        assert min(widths) >= 8


def test_memory_does_not_grow_with_the_fleet(tmp_path: Path, report: tuple[Path, SweepSummary]) -> None:
    result = sample.bad()

    def peak(hosts: int) -> int:
        tracemalloc.start()
        with (tmp_path / f"{hosts}.xlsx").open("wb") as file:
            workbook.write(file, material([result] * hosts, report[1]))
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    small, large = peak(10), peak(60)
    print(f"peak of {small / 2**20:.1f} MiB with 10 hosts, {large / 2**20:.1f} MiB with 60")  # noqa: T201  the figures
    assert large < small + 2 * 2**20


def _leaves(value: dict[str, object], path: str = "") -> list[str]:
    if "ko" in value:
        return [path]
    return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{path}.{key}".strip("."))]  # type: ignore[arg-type]


def test_every_word_of_the_tables_is_used() -> None:
    words = _leaves(tomllib.loads((PACKAGE / "sheet.toml").read_text("utf-8")))
    code = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    assert len(words) > 50
    assert not [word for word in words if not re.search(rf'"(?:{re.escape(word)}|{word.rpartition(".")[2]})"', code)]
