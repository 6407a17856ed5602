"""Nothing is written on a target: every system call of the collector under shells that keep here-documents in files."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collect import nasty
from tests.collect.cell import ENVIRONMENT
from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.evidence import Question, SearchKind, Verb
from tomcat_fleet.model.target import InstanceHint, Target

pytestmark = [pytest.mark.root, pytest.mark.strace]

SHELLS = {"dash": "dash", "bash": "bash", "mksh": "mksh", "ksh93": "ksh93", "yash": "yash", "zsh": "zsh"}
SHELLS |= {"ash": "busybox sh", "posh": "posh"}
_CHANGING = re.compile(
    r"(?:O_CREAT|O_TRUNC|O_APPEND|O_WRONLY|O_RDWR)|\b(?:creat|mkdir|mkdirat|mknod|mknodat|rename|renameat2?|link|linkat"
    r"|symlink|symlinkat|unlink|unlinkat|rmdir|truncate|f?chmod\w*|f?chown\w*|lchown|utime\w*|setxattr|removexattr)\("
)
_NO_FILE = re.compile(r'"/dev/(?:null|tty)"|<(?:socket|pipe):')


def _changes(log: Path) -> list[str]:
    lines = log.read_text("utf-8", "replace").splitlines()
    assert len(lines) > 20
    return [line for line in lines if _CHANGING.search(line) and not _NO_FILE.search(line)]


def _traced(log: Path, command: str) -> list[str]:
    calls = "trace=file,fchmod,fchown,ftruncate,fsetxattr"
    return [need("strace"), "-f", "-y", "-qq", "-o", str(log), "-e", calls, "-e", "signal=none", *shlex.split(command)]


@pytest.mark.parametrize("name", ["mksh", "zsh", "posh", "ksh93"])
def test_a_here_document_would_be_seen(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    need(SHELLS[name])
    script = "cat <<X >/dev/null\n" + "y\n" * 70_000 + "X\n" + "ls /\n" * 5
    subprocess.run(_traced(log, SHELLS[name]), input=script.encode(), stdout=subprocess.DEVNULL, check=True)
    assert _changes(log) != []


@pytest.mark.parametrize("name", SHELLS)
async def test_nothing_is_written(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    need(SHELLS[name].partition(" ")[0])
    base = tmp_path / "base"
    nasty.plant(base)
    app, jar = f"{base}/webapps/app", f"{base}/lib/catalina.jar"
    questions = [
        Question(Verb.LISTING, app),
        Question(Verb.CONTENT, f"{app}/big"),
        Question(Verb.STATUS, f"{app}/link"),
        Question(Verb.SEARCH, f"{base}/webapps", SearchKind.SOURCE_FILES.value),
        Question(Verb.MEMBER, jar, "META-INF/MANIFEST.MF"),
        Question(Verb.FRAGMENTS, f"{base}/webapps/shop.war"),
        Question(Verb.PACKAGE, jar),
        Question(Verb.ACCOUNT, "nobody"),
    ]
    target = Target(name="t", address="local", instances=(InstanceHint(base=str(base)),))
    log = tmp_path / "log"
    line = SHELLS[name] if name == "posh" else f"{SHELLS[name]} -s"  # posh does not know it
    async with shell(_traced(log, line), env=ENVIRONMENT) as channel:
        evidence = (await collect(channel, target, key=b"k" * 32, want=lambda _: questions)).evidence
    assert set(questions[:-1]) <= evidence.answers.keys()
    changes = _changes(log)
    if name == "ksh93":
        changes = _without_its_own(changes)
    record_property("figure", f"{name}: {len(changes)} files created or changed on the target")
    assert changes == []


def _without_its_own(changes: list[str]) -> list[str]:
    """Changes but for those of ``$(…)`` in ksh93 itself: a file in memory, without a name before anything is in it."""
    made = [found[1] for line in changes if (found := re.search(r'openat\(.*"(/dev/shm/sf[^"]*)", .*O_EXCL', line))]
    gone = [found[1] for line in changes if (found := re.search(r'unlink\("(/dev/shm/sf[^"]*)"', line))]
    assert sorted(made) == sorted(gone)
    return [line for line in changes if "/dev/shm/sf" not in line]
