"""The target full of secrets behind real SSH servers, the auditor's own secrets, and runs of the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tests.cli.terminal import command, environment
from tests.need import need
from tests.secrets import planted
from tests.secrets.planted import Canaries
from tests.secrets.spy import Spy
from tests.sshd import Sshd

UNITS = Path("/etc/systemd/system")
_MOUNT = 'mount --bind "$1" /etc/systemd/system && shift && exec "$@"'
AUDITOR = "password of the environment"


@dataclass
class Run:
    """One run of the command: what it said, what could be seen of it."""

    code: int
    out: str
    err: str
    spy: Spy
    directory: Path


@dataclass
class Scene:
    """Everything in place. The operator's own secrets lie in ``operator``; the command writes to ``auditor`` alone."""

    canaries: Canaries
    operator: Path
    auditor: Path
    units: Path
    bases: list[str]
    inventory: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    agent: Mapping[str, str] = field(default_factory=dict)

    def popen(self, name: str, text: str, *options: str | Path, local: bool = False) -> subprocess.Popen[str]:
        """Start an audit of the inventory ``text`` under a umask that hides nothing."""
        inventory = self.operator / f"{name}.toml"
        inventory.write_text(text, "utf-8")
        where = [need("mount-namespaces"), "-m", "sh", "-c", _MOUNT, "sh", str(self.units)] if local else []
        arguments = ["audit", "-vvv", "-i", inventory, "-o", self.auditor / name, "--lang", "en", *options]
        return subprocess.Popen(
            [*where, *command(*arguments)],
            cwd=self.auditor,
            env=environment(
                HOME=str(self.auditor / "home"),
                TMPDIR=str(self.auditor / "tmp"),
                AUDIT_PW=self.canaries[AUDITOR],
                PYTHONDONTWRITEBYTECODE="1",
                PYTHONWARNINGS="default",
                **self.agent,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=0,
        )

    def run(self, name: str, text: str, *options: str | Path, local: bool = False) -> Run:
        """The same to its end, watched."""
        process = self.popen(name, text, *options, local=local)
        with Spy(process.pid, self.auditor / name) as spy:
            out, err = process.communicate(timeout=180)
        return self.ended(name, process, out, err, spy)

    def ended(self, name: str, process: subprocess.Popen[str], out: str, err: str, spy: Spy) -> Run:
        """Keep what is known of a run."""
        self.runs[name] = Run(process.returncode, out, err, spy, self.auditor / name)
        return self.runs[name]

    def result(self, name: str, target: str) -> dict[str, object]:
        """The line of ``target`` in a run's results."""
        lines = (self.auditor / name / "results.jsonl").read_text("utf-8").splitlines()
        (found,) = [row for row in map(json.loads, lines) if row["target"] == target]
        return dict(found)


@contextmanager
def scene(scratch: Path, operator: Path, auditor: Path) -> Iterator[Scene]:
    """Set up below three directories; the first can be walked into by every account."""
    made = Canaries()
    bases = planted.tree(scratch, made)
    planted.units(scratch / "units", bases[0], made)
    for name in ("home", "tmp"):
        (auditor / name).mkdir(mode=0o700)
    whole = Scene(canaries=made, operator=operator, auditor=auditor, units=scratch / "units", bases=bases)
    with ExitStack() as stack:
        stack.enter_context(planted.processes(scratch, bases[0], made))
        sshd = stack.enter_context(_sshd(operator / "sshd", whole.units, "PasswordAuthentication yes"))
        tracing = f"ForceCommand sh -xc 'DB_PASSWORD={made['trace of a login script']}; sleep 1; exit 3'"
        trace = stack.enter_context(_sshd(operator / "trace", whole.units, tracing))
        port, line = stack.enter_context(_password_server(made))
        whole.agent = stack.enter_context(_agent(operator, sshd, made))
        lines = (sshd.known_hosts_line(), trace.known_hosts_line(), line)
        (operator / "known_hosts").write_text("".join(f"{each}\n" for each in lines))
        _private(operator / "password", made["password file"] + "\n")
        whole.inventory = _inventory(whole, sshd, trace, port)
        yield whole


def _sshd(directory: Path, units: Path, option: str) -> Sshd:
    directory.mkdir()
    made = Sshd(directory, options=(option,))
    wrapper = directory / "sshd"
    wrapper.write_text(f"#!/bin/sh\nexec unshare -m sh -c '{_MOUNT}' sh {units} {made.program} \"$@\"\n")
    wrapper.chmod(0o755)
    made.program = str(wrapper)
    return made


@contextmanager
def _password_server(made: Canaries) -> Iterator[tuple[int, str]]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    given = json.dumps({"password": made["password file"], "host_key": key.export_private_key().decode()})
    script = Path(__file__).with_name("password_server.py")
    with subprocess.Popen([sys.executable, script], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(given + "\n")
        process.stdin.flush()
        try:
            port = int(process.stdout.readline())
            yield port, f"[127.0.0.1]:{port} {key.export_public_key().decode().strip()}"
        finally:
            process.kill()


@contextmanager
def _agent(operator: Path, sshd: Sshd, made: Canaries) -> Iterator[dict[str, str]]:
    """An agent that holds a key which lies encrypted on the disk."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    file = operator / "encrypted"
    _private(file, key.export_private_key(passphrase=made["key passphrase"]).decode())
    with (sshd.directory / "authorized_keys").open("ab") as keys:
        keys.write(b"\n" + key.export_public_key())
    ask = operator / "ask"
    ask.write_text(f"#!/bin/sh\necho '{made['key passphrase']}'\n")
    ask.chmod(0o700)
    socket = operator / "agent"
    with subprocess.Popen([need("ssh-agent"), "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as process:
        try:
            kept = {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(socket)}
            env = {**kept, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
            for _ in range(100):
                if subprocess.run(["ssh-add", str(file)], env=env, capture_output=True, check=False).returncode == 0:
                    break
            else:
                raise AssertionError("the agent does not take the key")
            yield {"SSH_AUTH_SOCK": str(socket)}
        finally:
            process.terminate()


def _inventory(whole: Scene, sshd: Sshd, trace: Sshd, password_port: int) -> str:
    head = f'address = "127.0.0.1"\nuser = "{sshd.account}"\ntomcat_discover = false\ntomcat_bases = '
    bases = json.dumps(whole.bases[:1])
    key = f'key_files = ["{sshd.user_key_file}"]'
    hosts = {
        "full": (bases, sshd.port, key),
        "twin": (bases, sshd.port, key),
        "parser": (json.dumps(whole.bases[1:]), sshd.port, key),
        "trace": (bases, trace.port, f'key_files = ["{trace.user_key_file}"]'),
        "refused": (bases, sshd.port, 'password = "env:AUDIT_PW"'),
        "taken": (bases, password_port, f'password = "file:{whole.operator / "password"}"'),
        "agent": (bases, sshd.port, "use_agent = true"),
    }
    return "".join(
        f"[hosts.{name}]\n{head}{listed}\nport = {port}\n{login}\n\n" for name, (listed, port, login) in hosts.items()
    )


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
