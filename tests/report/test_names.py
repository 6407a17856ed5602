"""Names of hosts: refused with file and line, or the name of one file of their own inside the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.corpus import CORPUS, HEAVY
from tests.report.shape import HIDDEN
from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import load
from tomcat_fleet.report.slug import is_slug, slug
from tomcat_fleet.report.writer import ReportWriter

NAMES = (
    "../../etc/cron.d/x",
    "a/b",
    "/etc/passwd",
    "nul\x00byte",
    "n" * 300,
    "-rf",
    "CON",
    "con.txt",
    "aux",
    "LPT1",
    ".",
    "..",
    "...",
    "line\nbreak",
    "index",
    "index.html",
    "INDEX",
    "summary.json",
    "관리서버-01",
    "server\u202excod.exe",
    "\u2066web\u2069",
    "ro\u200bot",
    "trailing.",
    "trailing ",
    " leading",
    "%2e%2e%2f%2e%2e%2f",
    "%00",
    "~root",
    "$(id)",
    "`id`",
    "a\\b",
    "C:\\Windows\\x",
    "\\\\server\\share",
    "web01",
    "WEB01",
    "wEb01",
    "web01.html",
    "..%c0%af",
    ".former",
    ".index.html.part",
    "hosts",
    "a:b",
    "a|b",
    "a*b?",
    "=1+1",
    "{{ 7*7 }}",
    "\ud800",
    "web\u3164",
    "ｗｅｂ０１",
    "",
)


def _toml(name: str) -> str:
    return f'[hosts.{json.dumps(name)}]\naddress = "192.0.2.1"\n'


def _yaml(name: str) -> str:
    return f"all:\n  hosts:\n    {json.dumps(name)}:\n      ansible_host: 192.0.2.1\n"


def _ini(name: str) -> str:
    return f"[web]\n{name} ansible_host=192.0.2.1\n"


FORMATS: dict[str, Callable[[str], str]] = {"toml": _toml, "yml": _yaml, "ini": _ini}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_is_refused_with_its_place_or_is_a_file_of_its_own(tmp_path: Path, kind: str) -> None:
    accepted: set[str] = set()
    refused: dict[str, tuple[Path, InventoryError]] = {}
    for number, name in enumerate(NAMES):
        path = tmp_path / f"{number}.{kind}"
        path.write_bytes(FORMATS[kind](name).encode("utf-8", "surrogatepass"))
        try:
            accepted |= {target.name for target in load([path]).targets}
        except InventoryError as error:
            refused[name] = (path, error)
    for name, (path, error) in refused.items():
        assert {fault.file for fault in error.faults} == {str(path)}, name
        assert not HIDDEN.search(str(error)), name
    print(f"{kind}: {len(refused)} of {len(NAMES)} names refused")  # noqa: T201  the figures
    _each_has_one_file(tmp_path / "report", accepted)
    assert not {"../../etc/cron.d/x", "a/b", "nul\x00byte", "-rf", ".", "..", "line\nbreak"} & accepted
    assert {"web01", "WEB01", "관리서버-01", "index", "CON"} <= accepted


def test_names_that_no_inventory_lets_through_cannot_leave_the_report_either(tmp_path: Path) -> None:
    _each_has_one_file(tmp_path / "report", {*NAMES, *(one.text for one in CORPUS if len(one.text) < HEAVY)})


def _each_has_one_file(directory: Path, names: set[str]) -> None:
    slugs = {slug(name).casefold() for name in names}
    assert len(slugs) == len(names)
    assert all(is_slug(one) for one in slugs)
    before = sorted(directory.parent.iterdir())
    with ReportWriter(directory, lang="ko", guide=sample.guide(), formats={"csv", "xlsx"}) as writer:
        writer.open(sample.facts())
        for name in names:
            writer.write(sample.target(name, (sample.instance(sample.good_findings()),)))
        writer.finish("2026-11-23T17:50:20Z")
    assert sorted(directory.parent.iterdir()) == [*before, directory]
    made = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    fixed = {"index.html", "results.jsonl", "results.csv", "results.xlsx", "summary.json", "failed.retry", "SHA256SUMS"}
    assert made == fixed | {f"hosts/{one}.html" for one in slugs}
    assert all(len(path.name) < 120 and path.name.isascii() for path in directory.rglob("*"))
