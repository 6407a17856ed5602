"""What is installed is what was tested: the wheel carries templates, words, tables and the collector."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.alone import alone

ROOT = Path(__file__).resolve().parents[2]
RENDER = """
import sys, msgspec
from pathlib import Path
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.writer import ReportWriter
import tomcat_fleet
out = Path(sys.argv[1])
with ReportWriter(out, lang=sys.argv[2]) as writer:
    first = True
    for line in Path(sys.argv[3]).read_bytes().splitlines():
        result = msgspec.json.decode(line, type=TargetResult)
        if first:
            writer.open(SweepFacts(sweep=result.sweep, started=result.started, tool="x", guide="x",
                                   advisories_date="2026-09-23", policy={}, inventory_sha256={}, limit=None))
            first = False
        writer.write(result)
    writer.finish("2026-11-23T18:00:00Z")
print(Path(tomcat_fleet.__file__).parent)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built by the project's own backend."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as an installer would, far from the checkout."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def _run(site: Path, *arguments: str) -> str:
    # -P and the path keep the checkout out: what is not in the wheel is not found.
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "HOME": str(site)}
    command = [sys.executable, "-P", *arguments]
    done = subprocess.run(command, cwd=site, env=env, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for source in (*ROOT.glob("tomcat_fleet/**/*.toml"), *ROOT.glob("tomcat_fleet/**/*.json")):
        assert str(source.relative_to(ROOT)) in names
    assert "tomcat_fleet/collect/posix.sh" in names
    assert "tomcat_fleet/py.typed" in names
    for template in ROOT.joinpath("templates").iterdir():
        assert f"tomcat_fleet/_templates/{template.name}" in names
    assert not [name for name in names if name.startswith(("tests/", "inventory/"))]


def test_the_source_archive_holds_what_its_documents_lead_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        assert str(document.relative_to(ROOT)) in names
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text("utf-8")):
            target = (document.parent / link).resolve()
            below = [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]
            assert {str(path.relative_to(ROOT)) for path in below} <= names, link
    for source in (*ROOT.glob("templates/*"), *ROOT.glob("tomcat_fleet/**/*.toml"), *ROOT.glob("tomcat_fleet/**/*.sh")):
        assert str(source.relative_to(ROOT)) in names


@pytest.fixture(scope="module")
def results(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the installed command found on the demo's hosts; results hold both languages."""
    demo = tmp_path_factory.mktemp("demo") / "report"
    with alone():
        _run(installed, "-m", "tomcat_fleet", "demo", "-o", str(demo), "--lang", "en")
    _run(installed, "-m", "tomcat_fleet", "history", "add", str(demo), "--history", str(demo.parent / "h.db"))
    return demo / "results.jsonl"


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_installed_wheel_renders_the_same_reports(
    installed: Path, results: Path, tmp_path: Path, lang: str
) -> None:
    where = _run(installed, "-c", RENDER, str(tmp_path / "wheel"), lang, str(results)).strip()
    assert where == str(installed / "tomcat_fleet")
    assert _run(ROOT, "-c", RENDER, str(tmp_path / "tree"), lang, str(results)).strip() == str(ROOT / "tomcat_fleet")
    assert _digests(tmp_path / "wheel") == _digests(tmp_path / "tree")


def _digests(directory: Path) -> dict[str, str]:
    pages = sorted(path for path in directory.rglob("*") if path.is_file())
    assert len(pages) > 10
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in pages}
