import os
import stat
from pathlib import Path

import pytest

from tests.need import need
from tests.report import sample
from tests.report.reading import files, report
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model import ledger_file
from tomcat_fleet.report.writer import ReportWriter


def start(directory: Path) -> ReportWriter:
    writer = ReportWriter(directory, lang="ko", guide=sample.guide())
    writer.open(sample.facts())
    return writer


def refused(directory: Path, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        start(directory)


def test_a_missing_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    start(tmp_path / "a" / "b").close()
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_an_open_directory_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    start(tmp_path).close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "not a directory")
    refused(tmp_path / "file" / "below", "not a directory")


@pytest.mark.parametrize(
    "name", ["notes.txt", "hosts/notes.txt", "hosts/sub/x.html", ".git/config", "index.htm", "hosts/a.html"]
)
def test_foreign_files_are_left_alone(tmp_path: Path, name: str) -> None:
    report(tmp_path, [sample.good()])
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = files(tmp_path)
    refused(tmp_path, "not part of a report")
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["index.html", "summary.json", "results.jsonl", "results.csv", "SHA256SUMS"])
def test_files_with_our_names_but_not_our_content_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"someone": "else"}')
    refused(tmp_path, "no sweep has written")
    assert files(tmp_path) == {name: b'{"someone": "else"}'}


def test_links_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / f"{sample.good().slug}.html").write_text("mine")
    directory = tmp_path / "report"
    report(directory, [])
    (directory / "hosts").rmdir()
    (directory / "hosts").symlink_to(outside)
    refused(directory, "not part of a report")
    assert [path.read_text() for path in outside.iterdir()] == ["mine"]


@pytest.mark.root
def test_a_directory_of_another_account_is_refused(tmp_path: Path) -> None:
    need("root")
    os.chown(tmp_path, 65534, 65534)
    refused(tmp_path, "another account")


def test_the_last_finished_report_is_kept_until_the_new_one_is_finished(tmp_path: Path) -> None:
    report(tmp_path, [sample.good(), sample.bad()])
    before = files(tmp_path)
    with start(tmp_path) as writer:
        writer.write(sample.two())
        assert files(tmp_path / ".former") == before
        writer.finish("2026-11-24T17:50:20Z")
    assert not (tmp_path / ".former").exists()
    assert set(files(tmp_path)) == {
        "index.html", "results.jsonl", "summary.json", "failed.retry", "SHA256SUMS", f"hosts/{sample.two().slug}.html",
    }  # fmt: skip


def test_interrupted_sweeps_never_cost_the_last_finished_report(tmp_path: Path) -> None:
    report(tmp_path, [sample.good()])
    before = files(tmp_path)
    for result in (sample.two(), sample.bad()):
        with start(tmp_path) as writer:
            writer.write(result)
    assert files(tmp_path / ".former") == before
    assert not (tmp_path / "hosts" / f"{sample.two().slug}.html").exists()
    assert (tmp_path / "hosts" / f"{sample.bad().slug}.html").exists()


def test_an_interrupted_first_sweep_may_be_replaced(tmp_path: Path) -> None:
    start(tmp_path).close()
    with start(tmp_path) as writer:
        writer.write(sample.two())
    report(tmp_path, [sample.good()])
    assert f"hosts/{sample.two().slug}.html" not in files(tmp_path)


def test_a_directory_in_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with start(tmp_path) as writer:
        writer.write(sample.two())
        before = files(tmp_path)
        refused(tmp_path, "another sweep is writing its results here")
        assert files(tmp_path) == before
    start(tmp_path).close()


def test_what_a_dead_sweep_left_is_taken_away_but_for_what_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"SQLite format 3\0" + b"\0" * 52 + b"TMF1" + b"\0" * 28)
    (tmp_path / "ledger.db-wal").write_bytes(b"wal")
    (tmp_path / ".reserve").write_bytes(b"\0" * 16)
    (tmp_path / ".ledger.db.part").write_bytes(b"")
    with ReportWriter(tmp_path, lang="ko", guide=sample.guide()) as writer:
        writer.open(sample.facts(), keep=ledger_file.FILES)
        assert {"ledger.db", "ledger.db-wal"} <= set(files(tmp_path))
        assert not set(files(tmp_path)) & {".reserve", ".ledger.db.part"}
    start(tmp_path).close()
    assert set(files(tmp_path)) == {"results.jsonl.part"}


def test_a_finished_report_goes_aside_without_the_ledger_that_is_gone_on_with(tmp_path: Path) -> None:
    report(tmp_path, [sample.good()])
    (tmp_path / "ledger.db").write_bytes(b"x")
    with ReportWriter(tmp_path, lang="ko", guide=sample.guide()) as writer:
        writer.open(sample.facts(), keep=ledger_file.FILES)
        assert (tmp_path / "ledger.db").exists()
        assert "results.jsonl" in files(tmp_path / ".former")
