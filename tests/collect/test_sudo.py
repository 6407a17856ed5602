"""A sudo that refuses, hangs, lies or dies: what it was to read stays Unknown, what was read before it counts still."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import ShellChannel, shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Become, InstanceHint, Target

pytestmark = pytest.mark.root

NOBODY, OWNER = 65534, 998
ALLOWED = "nobody ALL=(root) NOPASSWD: /bin/sh -s\n"
FIRST = '[ "$(readlink /proc/self/fd/0)" = /dev/null ] && exit 0; shift 3\n'  # the question whether it is allowed
FAKES = {
    "says no in EUC-KR": r"printf '\301\337\264\334'; printf '\301\337\264\334\n' >&2; exit 1",
    "says no after it said yes": f"{FIRST}exit 1",
    "asks for a password": "printf '[sudo] password: ' >&2; read -r x; exit 1",
    "drops rights": 'shift 3; exec "$@"',
    "greets, and drops rights": f'{FIRST}echo welcome; printf "no line feed"; exec "$@"',
    "dies before the first frame": f"{FIRST}exec true",
    "dies in the middle of a line": f'{FIRST}"$@" | dd bs=1 count=300',
    "is killed": f"{FIRST}kill -9 $$",
    "hangs": f"{FIRST}exec sleep 8",
    "hangs in the middle": f'{FIRST}"$@" | {{ dd bs=1 count=300; exec sleep 8; }}',
}


@pytest.fixture
def place() -> Iterator[Path]:
    need("root")
    need("sudo")
    directory = Path(tempfile.mkdtemp(prefix="tf-sudo-", dir="/var/tmp"))
    directory.chmod(0o755)
    base = directory / "tomcat"
    (base / "conf").mkdir(parents=True)
    (base / "bin").mkdir()
    (base / "conf/server.xml").write_text("<Server><Service/></Server>\n")
    (base / "bin/setenv.sh").write_text("JAVA_OPTS=-Xmx1g\n")
    for path in (base, *base.rglob("*")):
        os.chown(path, OWNER, OWNER)
    (base / "conf").chmod(0o700)
    yield directory
    shutil.rmtree(directory)


class Impatient(ShellChannel):
    """Ends as a connection's deadline does, sooner."""

    late = False

    async def read(self) -> bytes:
        try:
            async with asyncio.timeout(3):
                return await super().read()
        except TimeoutError:
            self.late = True
            raise TargetError(Outcome.TIMEOUT, "idle: not done within 3 s") from None


def _argv(place: Path, rule: str, fake: str | None = None) -> list[str]:
    """``sh -s`` as nobody, in a mount namespace with ``rule`` alone in sudoers.d and maybe another sudo."""
    (place / "rules").mkdir()
    (place / "rules/audit").write_text(rule)
    (place / "rules/audit").chmod(0o440)
    inner = f"mount --bind '{place}/rules' /etc/sudoers.d"
    if fake is not None:
        (place / "sudo").write_text(fake)
        (place / "sudo").chmod(0o755)
        inner += f" && mount --bind {place}/sudo {need('sudo')}"
    drop = f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups /bin/sh -s"
    return [need("mount-namespaces"), "-m", "sh", "-c", f"{inner} && {drop}"]


async def _collect(place: Path, argv: list[str], *, late: bool = False) -> Collected:
    """``late``: whether it takes the deadline to notice."""
    base = place / "tomcat"
    target = Target(name="t", address="x", discover=False, instances=(InstanceHint(base=str(base)),), become=Become())
    questions = [Question(Verb.CONTENT, f"{base}/{name}") for name in ("conf/server.xml", "bin/setenv.sh")]
    async with shell(argv) as channel:
        impatient = Impatient(channel._process)
        collected = await collect(impatient, target, key=b"k" * 32, want=lambda _: questions)
    assert impatient.late is late
    return collected


def _refused(collected: Collected, place: Path) -> None:
    """The login account's evidence, and nothing that needs more rights."""
    assert (collected.method.become, collected.evidence.host.become) == (None, None)
    assert collected.evidence.host.become_denied
    answers = collected.evidence.answers
    denied = answers[Question(Verb.CONTENT, f"{place}/tomcat/conf/server.xml")]
    assert isinstance(denied, Unknown)
    assert denied.gap is Gap.DENIED
    assert isinstance(answers[Question(Verb.CONTENT, f"{place}/tomcat/bin/setenv.sh")], Known)
    assert isinstance(collected.evidence.processes, Known)


@pytest.mark.parametrize("name", FAKES)
async def test_a_sudo_that(name: str, place: Path) -> None:
    argv = _argv(place, "", f"#!/bin/sh\n{FAKES[name]}\n")
    _refused(await _collect(place, argv, late=name.startswith("hangs")), place)


@pytest.mark.parametrize(
    "rule",
    ["# nothing\n", f"Defaults requiretty\n{ALLOWED}", "nobody ALL=(root) /bin/sh -s\n",
     "nobody ALL=(root) NOPASSWD: /bin/cat\n", f"{ALLOWED}nobody ALL=(root) !/bin/sh\n",
     "nobody ALL=(bin) NOPASSWD: /bin/sh -s\n"],
    ids=["no rule", "requiretty", "password", "another command", "taken back", "another account"],
)  # fmt: skip
async def test_the_real_sudo_without_the_right_rule(rule: str, place: Path) -> None:
    _refused(await _collect(place, _argv(place, rule)), place)


async def test_no_sudo_at_all(place: Path) -> None:
    argv = _argv(place, "", "")
    (place / "sudo").chmod(0o644)
    _refused(await _collect(place, argv), place)


async def test_a_raised_stream_that_breaks_its_rules_ends_the_host(place: Path) -> None:
    fake = f'#!/bin/sh\n{FIRST}"$@" | sed -u "/ BEGIN /a welcome to root"\n'
    with pytest.raises(TargetError) as caught:
        await _collect(place, _argv(place, "", fake))
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    assert "broken" in caught.value.reason


async def test_a_sudo_of_the_accounts_own_is_not_used(place: Path) -> None:
    home = place / "home"
    (home / "bin").mkdir(parents=True)
    stolen = home / "stolen"
    stolen.touch()
    stolen.chmod(0o666)
    (home / "bin/sudo").write_text(f'#!/bin/sh\necho "$@" >>{stolen}; cat >>{stolen}\n')
    (home / "bin/sudo").chmod(0o755)
    line = f"PATH={home}/bin:$PATH; sudo() {{ {home}/bin/sudo; }}; export -f sudo; alias sudo={home}/bin/sudo"
    (home / "rc").write_text(f"echo read >>{home}/read; {line}\n")
    (home / "read").touch()
    (home / "read").chmod(0o666)
    *unshared, inner = _argv(place, ALLOWED)
    inner = inner.replace(
        "/bin/sh -s", f"env BASH_ENV={home}/rc PATH={home}/bin:/usr/bin:/bin {need('bash')} -c 'sh -s'"
    )
    collected = await _collect(place, [*unshared, inner])
    assert collected.method.become == "sudo -n -u root /bin/sh -s"
    assert isinstance(collected.evidence.answers[Question(Verb.CONTENT, f"{place}/tomcat/conf/server.xml")], Known)
    assert (home / "read").read_text() == "read\n"
    assert stolen.read_text() == ""
