"""Escalation through the real sudo, with a sudoers directory of our own in a mount namespace."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model import escape
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import Become, InstanceHint, Target

pytestmark = pytest.mark.root

NOBODY = 65534
OWNER = 998
ALLOWED = "nobody ALL=(root) NOPASSWD: /bin/sh -s\n"


@pytest.fixture
def place() -> Iterator[Path]:
    need("root")
    need("sudo")
    directory = Path(tempfile.mkdtemp(prefix="tf-raise-", dir="/var/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def base(place: Path) -> Path:
    """A base that only its owner may read."""
    root = place / "tomcat"
    (root / "conf").mkdir(parents=True)
    (root / "conf/server.xml").write_text("<Server><Service/></Server>\n")
    (root / "conf/web.xml").symlink_to("/etc/shadow")
    (root / "conf/context.xml").symlink_to("server.xml")
    for path in [root, *root.rglob("*")]:
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    (root / "conf").chmod(0o700)
    return root


def _argv(place: Path, rule: str) -> list[str]:
    """``sh -s`` as nobody, in a mount namespace whose sudoers.d holds ``rule`` alone."""
    rules = place / "sudoers.d"
    rules.mkdir(exist_ok=True)
    (rules / "audit").write_text(rule)
    (rules / "audit").chmod(0o440)
    inner = f"mount --bind '{rules}' /etc/sudoers.d && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"
    return [need("mount-namespaces"), "-m", "sh", "-c", f"{inner} /bin/sh -s"]


async def _collect(argv: list[str], base: Path, become: Become | None = None) -> Collected:
    hint = InstanceHint(base=str(base))
    target = Target(name="t", address="x", discover=False, instances=(hint,), become=become)
    questions = [Question(Verb.CONTENT, f"{base}/conf/{name}.xml") for name in ("server", "web", "context", "none")]
    async with shell(argv) as channel:
        return await collect(channel, target, key=b"k" * 32, want=lambda _: questions)


def _content(collected: Collected, base: Path, name: str) -> object:
    return collected.evidence.answers[Question(Verb.CONTENT, escape.from_text(f"{base}/conf/{name}.xml"))]


async def test_with_the_rule_what_was_denied_is_read(place: Path, base: Path) -> None:
    collected = await _collect(_argv(place, ALLOWED), base, Become())
    assert (collected.method.become, collected.evidence.host.become) == ("sudo -n -u root /bin/sh -s", "sudo")
    server = _content(collected, base, "server")
    assert isinstance(server, Known)
    assert _content(collected, base, "none") == Known(None)


async def test_with_raised_rights_a_planted_link_is_not_followed(place: Path, base: Path) -> None:
    collected = await _collect(_argv(place, ALLOWED), base, Become())
    planted = _content(collected, base, "web")
    assert isinstance(planted, Unknown)
    assert planted.gap is Gap.UNSAFE_LINK
    assert "root:" not in repr(collected)
    assert isinstance(_content(collected, base, "context"), Known), "a link to the owner's own file is honest"


@pytest.fixture
def holder(base: Path) -> Iterator[int]:
    """A process of the owner that has a jar open."""
    (base / "conf").chmod(0o755)
    jar = base / "catalina.jar"
    jar.write_bytes(b"PK")
    argv = ["/bin/sh", "-c", 'exec 5<"$1"; echo; read -r x', "java", jar, "-Dcatalina.base=/nowhere"]
    with subprocess.Popen(argv, user=OWNER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


@pytest.mark.parametrize("become", [None, Become()], ids=["not-allowed", "allowed"])
async def test_what_another_account_has_open_is_seen_with_raised_rights_only(
    become: Become | None, place: Path, base: Path, holder: int
) -> None:
    hint = InstanceHint(base=str(base))
    target = Target(name="t", address="x", discover=False, instances=(hint,), become=become)
    async with shell(_argv(place, ALLOWED)) as channel:
        collected = await collect(channel, target, key=b"k" * 32, want=lambda _: [])
    processes = collected.evidence.processes
    assert isinstance(processes, Known)
    (jars,) = [one.jars for one in processes.value.processes if one.pid == holder]
    assert jars == ((f"{base}/catalina.jar",) if become else None)


async def test_without_the_rule_denied_stays_denied(place: Path, base: Path) -> None:
    collected = await _collect(_argv(place, "# nothing\n"), base, Become())
    assert collected.method.become is None
    assert collected.evidence.host.become_denied
    for name in ("server", "none"):
        answer = _content(collected, base, name)
        assert isinstance(answer, Unknown)
        assert answer.gap is Gap.DENIED


async def test_without_permission_of_the_inventory_sudo_is_never_asked(place: Path, base: Path) -> None:
    collected = await _collect(_argv(place, ALLOWED), base)
    assert collected.method.become is None
    assert not collected.evidence.host.become_denied
    assert isinstance(_content(collected, base, "server"), Unknown)
