"""Jars made to fill a disk, a memory or a day: an answer or Unknown in bounded time and bytes, by every extractor."""

from __future__ import annotations

import resource
import shutil
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.collect.cell import ENVIRONMENT
from tests.collect.toolset import Workshop, workshop
from tests.need import need
from tests.shell_channel import shell
from tests.thorough import times
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.evidence import Content, Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target

pytestmark = pytest.mark.root

INFO = "org/apache/catalina/util/ServerInfo.properties"
TEXT = "server.number=10.1.60.0\n"
EXTRACTORS = {"unzip": "gnu", "python3": "openssl", "bsdtar": "ls", "busybox": "busybox"}  # by the set of tools
HUGE, MANY = 100 << 20, times(70_000, 200_000)  # more than the 65,535 of the old format
PATIENCE_S = 60


def _bomb(path: Path) -> None:
    """A member of 100 MiB in 100 kB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(INFO, "w") as member:
        for _ in range(HUGE >> 20):
            member.write(bytes(1 << 20))


def _lying(path: Path) -> None:
    """A member of 100 MiB that says it has 25 bytes."""
    _bomb(path)
    raw = bytearray(path.read_bytes())
    raw = raw.replace(struct.pack("<I", HUGE), struct.pack("<I", len(TEXT)))
    path.write_bytes(raw)


def _crowded(path: Path) -> None:
    """So many members, the one that counts last."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(MANY):
            archive.writestr(zipfile.ZipInfo(f"x/{number}"), b"")
        archive.writestr(INFO, TEXT)


def _escaping(path: Path) -> None:
    """Members whose names lead elsewhere, one of them twice."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("/etc/evil", "../../evil", INFO):
            archive.writestr(name, TEXT)


def _nested(path: Path) -> None:
    """A jar of 100 MiB inside a packed application."""
    inner = path.with_suffix(".jar")
    _bomb(inner)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("WEB-INF/lib/a.jar", "w") as member:
        member.write(inner.read_bytes())
        for _ in range(HUGE >> 20):
            member.write(bytes(1 << 20))


MADE: dict[str, Callable[[Path], None]] = {
    "bomb.jar": _bomb, "lying.jar": _lying, "crowded.jar": _crowded, "escaping.jar": _escaping, "nested.war": _nested
}  # fmt: skip


@pytest.fixture(scope="module")
def bombs() -> Iterator[Workshop]:
    for what in ("root", "mount-namespaces", "busybox", "bsdtar", "unzip", "posh", "fish", "rc", "tcsh", "bsd-csh"):
        need(what)
    place = Path(tempfile.mkdtemp(prefix="tf-bomb-", dir="/var/tmp"))
    place.chmod(0o755)
    (place / "base").mkdir()
    for name, make in MADE.items():
        make(place / "base" / name)
    yield workshop(place)
    shutil.rmtree(place)


async def _ask(bombs: Workshop, tools: str, question: Question) -> object:
    """The answer; fails when it takes too long, too much memory of ours, or leaves a file behind."""
    base = bombs.place / "base"
    before, memory = sorted(base.iterdir()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base="/nowhere"),))
    async with shell(bombs.argv("dash", tools, "dash"), env=ENVIRONMENT) as channel:
        collected = await collect(channel, target, key=b"k" * 32, want=lambda _: [question])
    assert time.monotonic() - begun < PATIENCE_S
    assert collected.method.bytes_in < 16 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 128 << 10
    assert sorted(base.iterdir()) == before
    return collected.evidence.answers[question]


@pytest.mark.parametrize("extractor", EXTRACTORS)
@pytest.mark.parametrize("name", ["bomb.jar", "lying.jar", "crowded.jar", "escaping.jar"])
async def test_a_member(name: str, extractor: str, bombs: Workshop) -> None:
    answer = await _ask(bombs, EXTRACTORS[extractor], Question(Verb.MEMBER, str(bombs.place / "base" / name), INFO))
    if name in {"bomb.jar", "lying.jar"}:
        assert isinstance(answer, Unknown)
        assert answer.gap in {Gap.TRUNCATED, Gap.FAILED}
    else:
        assert isinstance(answer, Known)
        assert isinstance(answer.value, Content)
        assert answer.value.text == TEXT


@pytest.mark.parametrize("extractor", EXTRACTORS)
async def test_a_packed_application(extractor: str, bombs: Workshop) -> None:
    answer = await _ask(bombs, EXTRACTORS[extractor], Question(Verb.FRAGMENTS, str(bombs.place / "base/nested.war")))
    assert isinstance(answer, Unknown)
    assert answer.gap in {Gap.FAILED, Gap.NO_TOOL}
