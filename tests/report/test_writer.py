import hashlib
import json
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.report import sample
from tests.report.reading import files, report
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.result import SweepSummary, TargetResult
from tomcat_fleet.report.writer import ReportWriter


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def started(directory: Path) -> ReportWriter:
    writer = ReportWriter(directory, lang="ko", guide=sample.guide())
    writer.open(sample.facts())
    return writer


@pytest.mark.usefixtures("umask")
def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    report(tmp_path / "report", sample.fleet())
    os.umask(0o077)
    for path in [tmp_path / "report", *(tmp_path / "report").rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_the_files_are_those_promised(tmp_path: Path) -> None:
    results = sample.fleet()
    report(tmp_path, results)
    hosts = {f"hosts/{result.slug}.html" for result in results}
    assert set(files(tmp_path)) == {"index.html", "results.jsonl", "summary.json", "failed.retry", "SHA256SUMS", *hosts}


def test_sums_cover_every_file_in_the_gnu_format(tmp_path: Path) -> None:
    report(tmp_path, sample.fleet())
    found = files(tmp_path)
    sums = found.pop("SHA256SUMS").decode()
    assert sums == "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items()))


def test_results_come_back_as_they_were_sorted_by_name(tmp_path: Path) -> None:
    results = sample.fleet()
    report(tmp_path, results)
    lines = (tmp_path / "results.jsonl").read_bytes().splitlines()
    back = [msgspec.json.decode(line, type=TargetResult) for line in lines]
    assert back == sorted(results, key=lambda result: result.target)


def test_summary_counts_instances(tmp_path: Path) -> None:
    summary = report(tmp_path, [sample.good(), sample.bad(), sample.two(), sample.unreachable(), sample.absent()])
    assert msgspec.json.decode((tmp_path / "summary.json").read_bytes(), type=SweepSummary) == summary
    assert (summary.targets, summary.instances, summary.complete) == (5, 4, False)
    assert summary.items["WT-08"] == {"pass": 2, "fail": 2, "manual": 0, "not_applicable": 0, "unknown": 0, "error": 0}
    assert {outcome: count for outcome, count in summary.outcomes.items() if count} == {
        "audited": 2, "partial": 1, "no_tomcat": 1, "unreachable": 1,
    }  # fmt: skip
    assert sum(summary.statuses.values()) == 4 * 13
    passed, failed = summary.statuses["pass"], summary.statuses["fail"]  # type: ignore[index]
    assert summary.score == round(100 * passed / (passed + failed), 1)
    assert summary.severities["high"]["fail"] == 10  # type: ignore[index]


def test_a_sweep_is_complete_only_when_every_host_is(tmp_path: Path) -> None:
    assert report(tmp_path / "a", [sample.good(), sample.absent()]).complete
    assert not report(tmp_path / "b", [sample.good(), sample.bad()]).complete
    assert report(tmp_path / "c", [sample.absent()]).score is None


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_same_results_in_any_order_give_the_same_bytes(tmp_path: Path, lang: str) -> None:
    results = [*sample.fleet(), *map(sample.hostile, sample.HOSTILE)]
    report(tmp_path / "a", results, lang)
    random.Random(7).shuffle(results)
    report(tmp_path / "b", results, lang)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_until_the_end_results_are_in_the_part_file(tmp_path: Path) -> None:
    with started(tmp_path) as writer:
        writer.write(sample.good())
        assert json.loads((tmp_path / "results.jsonl.part").read_text("utf-8"))["target"] == "web01"
        assert not (tmp_path / "results.jsonl").exists()
        assert not (tmp_path / "index.html").exists()
        assert (tmp_path / "hosts" / f"{sample.good().slug}.html").exists()


@pytest.mark.parametrize("slug", ["../evil-00000000", "evil", "a/b-00000000", "..-00000000", ""])
def test_a_slug_that_is_not_ours_is_refused(tmp_path: Path, slug: str) -> None:
    with started(tmp_path / "report") as writer, pytest.raises(ValueError, match="slug"):
        writer.write(sample.target("x", slug=slug))
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_host_is_written_once(tmp_path: Path) -> None:
    with started(tmp_path) as writer:
        writer.write(sample.good())
        with pytest.raises(ValueError, match="slug"):
            writer.write(sample.good())


def test_nothing_is_written_before_it_is_open_or_after_it_is_closed(tmp_path: Path) -> None:
    writer = ReportWriter(tmp_path, lang="ko", guide=sample.guide())
    with pytest.raises(ValueError, match="not open"):
        writer.write(sample.good())
    with pytest.raises(ValueError, match="not open"):
        writer.finish("2026-11-23T17:50:20Z")


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    directory = tmp_path / "report"
    with started(directory) as writer:
        for name in (f"{sample.good().slug}.html", f".{sample.good().slug}.html.part"):
            (directory / "hosts" / name).symlink_to(victim)
        (directory / ".index.html.part").symlink_to(victim)
        writer.write(sample.good())
        writer.finish("2026-11-23T17:50:20Z")
    assert victim.read_text() == "untouched"
    assert not any(path.is_symlink() for path in directory.rglob("*"))


def test_a_failing_page_leaves_no_file_and_no_half_line(tmp_path: Path) -> None:
    with started(tmp_path) as writer:
        writer.write(sample.good())
        (tmp_path / "hosts" / f"{sample.bad().slug}.html").mkdir()
        with pytest.raises(IsADirectoryError):
            writer.write(sample.bad())
        (tmp_path / "hosts" / f"{sample.bad().slug}.html").rmdir()
        writer.write(sample.bad())
        writer.finish("2026-11-23T17:50:20Z")
    assert not list(tmp_path.rglob("*.part"))
    lines = (tmp_path / "results.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["target"] for line in lines] == ["web01", "web02.dmz.example"]


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    with started(tmp_path) as writer:
        writer.write(sample.good())
        before = (tmp_path / "results.jsonl.part").read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
        try:
            with pytest.raises(OSError, match="large"):
                writer.write(sample.bad())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "results.jsonl.part").read_bytes() == before
        writer.write(sample.bad())
        writer.finish("2026-11-23T17:50:20Z")
    assert len((tmp_path / "results.jsonl").read_bytes().splitlines()) == 2


def test_unknown_language_or_template_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="language"):
        ReportWriter(tmp_path, lang="fr", guide=sample.guide())
    with pytest.raises(ConfigError, match="not a directory"):
        ReportWriter(tmp_path, lang="ko", guide=sample.guide(), template_dir=tmp_path / "none")


def test_a_template_of_the_operator_replaces_ours(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "style.css").write_text("body { color: red; }")
    with ReportWriter(tmp_path / "r", lang="ko", guide=sample.guide(), template_dir=own) as writer:
        writer.open(sample.facts())
        writer.write(sample.good())
        writer.finish("2026-11-23T17:50:20Z")
    page = (tmp_path / "r" / "hosts" / f"{sample.good().slug}.html").read_text("utf-8")
    assert "<style>body { color: red; }</style>" in page
    assert sample.TITLES["WT-01"][1] in page


def test_a_broken_template_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "host.html.j2").write_text("line one\n{% if %}\n")
    with pytest.raises(ConfigError) as caught:
        ReportWriter(tmp_path / "r", lang="ko", guide=sample.guide(), template_dir=tmp_path)
    (fault,) = caught.value.faults
    assert fault.file.endswith("host.html.j2")
    assert fault.line == 2
