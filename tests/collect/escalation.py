"""A base that the login account may not read, behind programs that raise rights: real ones and fakes."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.need import need
from tests.shell_channel import ShellChannel, shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import Become, InstanceHint, Target
from tomcat_fleet.transport.secret import Secret

NOBODY, OWNER = 65534, 998


class Heard(ShellChannel):
    """Keeps what was sent and received."""

    def __init__(self, channel: ShellChannel, edits: Mapping[bytes, bytes]) -> None:
        super().__init__(channel._process)
        self.edits = edits
        self.sent: list[bytes] = []
        self.received = b""

    async def write(self, data: bytes) -> None:
        self.sent.append(data)
        for old, new in self.edits.items():
            data = data.replace(old, new)
        await super().write(data)

    async def read(self) -> bytes:
        data = await super().read()
        self.received += data
        return data


@dataclass
class Scene:
    """``binds`` are files of ours over files of the machine, inside a mount namespace only."""

    place: Path
    binds: dict[str, str] = field(default_factory=dict)  # path of the machine -> ours
    channel: Heard | None = None
    noted: str = ""  # what was in ``note`` as the collecting ended
    login: str = "/bin/sh -s"  # what the account is given
    edits: dict[bytes, bytes] = field(default_factory=dict)  # of the collector on its way
    first: str = "true"  # done before everything, as root

    @property
    def base(self) -> Path:
        return self.place / "tomcat"

    def over(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put a file with ``text`` over ``path`` of the machine, which exists."""
        ours = self.place / f"over{path.replace('/', '-')}"
        ours.write_text(text)
        ours.chmod(mode)
        self.binds[path] = str(ours)

    @property
    def note(self) -> Path:
        """A file that every account may write to."""
        path = self.place / "note"
        if not path.exists():
            path.touch()
            path.chmod(0o666)
        return path

    def impatient(self) -> None:
        """A second is enough for a program that raises rights."""
        self.edits[b"TF_PATIENCE=20"] = b"TF_PATIENCE=1"

    def rules(self, text: str) -> None:
        """``text`` alone in sudoers.d."""
        (self.place / "rules").mkdir(exist_ok=True)
        (self.place / "rules/audit").write_text(text)
        (self.place / "rules/audit").chmod(0o440)
        self.binds["/etc/sudoers.d"] = str(self.place / "rules")

    def program(self, name: str, script: str, mode: int = 0o755) -> None:
        """A program of root's in /usr/local/bin, alone there, or over the real one."""
        real = shutil.which(name, path="/usr/bin:/bin")
        if real:
            self.over(os.path.realpath(real), f"#!/bin/sh\n{script}\n", mode)
            return
        directory = self.place / "programs"
        directory.mkdir(exist_ok=True)
        (directory / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / name).chmod(mode)
        self.binds["/usr/local/bin"] = str(directory)

    def argv(self, uid: int = NOBODY) -> list[str]:
        """The login's shell as ``uid``; root's may not read what is others'."""
        binds = "".join(
            f"mount --bind {shlex.quote(ours)} {shlex.quote(path)} && " for path, ours in self.binds.items()
        )
        squashed = "--inh-caps=-all --bounding-set=-dac_override,-dac_read_search"
        drop = f"exec setpriv {squashed if uid == 0 else f'--reuid {uid} --regid {uid} --clear-groups'} {self.login}"
        return [need("mount-namespaces"), "-m", "sh", "-c", f"{binds}{self.first} && {drop}"]

    async def collected(self, become: Become, password: str | None = None, uid: int = NOBODY) -> Collected:
        """What comes of it over a channel whose bytes are kept."""
        target = Target(
            name="t", address="x", discover=False, instances=(InstanceHint(base=str(self.base)),), become=become
        )
        secret = None if password is None else Secret(password)
        async with shell(self.argv(uid), env={"PATH": "/usr/bin:/bin"}) as channel:
            self.channel = Heard(channel, self.edits)
            collected = await collect(
                self.channel, target, key=b"k" * 32, want=lambda _: [*self.questions()], become_password=secret
            )
            self.noted = self.note.read_text() if self.note.exists() else ""
        return collected

    def questions(self) -> Iterator[Question]:
        yield from (Question(Verb.CONTENT, f"{self.base}/{name}") for name in ("conf/server.xml", "bin/setenv.sh"))

    def refused(self, collected: Collected) -> str:
        """The reason; the login account's evidence is there, and nothing that needs more rights."""
        host = collected.evidence.host
        assert (collected.method.become, host.become, host.become_denied) == (None, None, True)
        denied, plain = (collected.evidence.answers[question] for question in self.questions())
        assert isinstance(denied, Unknown)
        assert denied.gap is Gap.DENIED
        assert isinstance(plain, Known)
        assert isinstance(collected.evidence.processes, Known)
        return host.become_reason

    def raised(self, collected: Collected) -> str:
        """How; all was read."""
        host = collected.evidence.host
        assert (host.become is not None, host.become_denied, host.become_reason) == (True, False, "")
        assert all(isinstance(collected.evidence.answers[question], Known) for question in self.questions())
        assert collected.method.become is not None
        return collected.method.become


@contextmanager
def scene(files: Mapping[str, str] | None = None) -> Iterator[Scene]:
    """A base below a directory that everybody may enter, its conf for its owner alone."""
    need("root")
    directory = Path(tempfile.mkdtemp(prefix="tf-rights-", dir="/var/tmp"))
    directory.chmod(0o755)
    base = directory / "tomcat"
    for name, text in (files or {"conf/server.xml": "<Server><Service/></Server>\n", "bin/setenv.sh": "X=1\n"}).items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(text)
    for path in (base, *base.rglob("*")):
        os.chown(path, OWNER, OWNER)
    (base / "conf").chmod(0o700)
    yield Scene(directory)
    shutil.rmtree(directory)
