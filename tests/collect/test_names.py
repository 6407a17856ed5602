"""Awkward file names from a real tree through the whole pipeline: into the results, and into pages, as text."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect import nasty
from tests.need import need
from tests.plant import plant
from tests.report import sample
from tests.report.reading import files
from tests.shell_channel import shell
from tests.stock import good
from tests.verdict import result_of
from tests.virtual_host import TODAY
from tomcat_fleet.collect.session import collect
from tomcat_fleet.guide import book
from tomcat_fleet.model import escape
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.report.writer import ReportWriter
from tomcat_fleet.tomcat.examine import Settings, examine

pytestmark = pytest.mark.root

NAMES = [b"-rf", b"quo'te\"", b"dollar$HOME", b"new\nline", b"two\n\nlines", b"tab\t", b"back\\slash", b"star*",
         nasty.KOREAN, "한글.jsp".encode(), b"esc\x1b]0;x\x07", b"\xff\xfe", "\u202egnp.exe".encode(), b"\r",
         b"\x9b31m", b"<script>alert(1)<", b"{{ 7*7 }}", b"=1+1", "\ufeff\u200b".encode(), b"</td><td>"]  # fmt: skip


@pytest.fixture
def base() -> Iterator[Path]:
    need("root")
    directory = Path(tempfile.mkdtemp(prefix="tf-names-", dir="/var/tmp"))
    plant(good(base=f"{directory}/tomcat", uid=65534, running=False), f"{directory}/tomcat")
    for number, name in enumerate(NAMES):
        # one directory for each, so that none is cut off by the number of rows that are shown
        below = directory / "tomcat/webapps" / f"app{number}"
        below.mkdir()
        path = below / os.fsdecode(name.replace(b"/", b"\\"))
        path.touch()
        path.chmod(0o666)
    yield directory / "tomcat"
    shutil.rmtree(directory)


async def test_no_name_breaks_a_report_or_hides_in_it(base: Path, tmp_path: Path) -> None:
    hint = InstanceHint(base=str(base), was_accounts=("nobody",))
    target = Target(name="virtual", address="192.0.2.1", discover=False, instances=(hint,))
    settings = Settings(policy=Policy(), today=TODAY)
    async with shell(["/bin/sh", "-s"]) as channel:
        collected = await collect(channel, target, key=b"k" * 32, want=lambda e: examine(e, target, settings).wanted)
    result = result_of(collected.evidence, target=target)
    names = [escape.from_bytes(name.replace(b"/", b"\\")) for name in NAMES]
    for lang in ("ko", "en"):
        with ReportWriter(tmp_path / lang, lang=lang, guide=book.load()) as writer:
            writer.open(sample.facts())
            writer.write(result)
            writer.finish("2026-11-23T17:50:20Z")
        written = {path: data.decode("utf-8") for path, data in files(tmp_path / lang).items()}
        hidden = {char for text in written.values() for char in text if not (char.isprintable() or char in "\n\t")}
        assert hidden == set()
        kept = json.dumps(json.loads(written["results.jsonl"]), ensure_ascii=False)
        assert [name for name in names if json.dumps(name, ensure_ascii=False)[1:-1] not in kept] == []
        assert "<script>alert" not in written[f"hosts/{result.slug}.html"]
        assert written[f"hosts/{result.slug}.html"].count("&lt;script&gt;alert") > 0
