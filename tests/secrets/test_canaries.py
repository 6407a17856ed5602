"""No secret leaves a target or the auditor: real SSH, real processes, the command as an operator runs it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alone import alone
from tests.cli.terminal import fleet, silence
from tests.need import need
from tests.secrets.hunt import Hunt
from tests.secrets.scene import AUDITOR, UNITS, Run, Scene, scene
from tests.secrets.spy import Spy

pytestmark = [pytest.mark.sshd, pytest.mark.root]

NAME = "file name"
LEAST = 14  # places, as the threat model asks
SSH = ("full", "twin", "parser", "trace", "refused", "taken", "agent")
READ = ("conf/server.xml", "conf/tomcat-users.xml", "conf/context.xml", "conf/catalina.properties", "bin/setenv.sh",
        "webapps/ROOT/WEB-INF/web.xml", "webapps/shop.war!/WEB-INF/web.xml")  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    for what in ("root", "sshd", "mount-namespaces", "ssh-agent", "unzip"):
        need(what)
    if not UNITS.is_dir():
        pytest.skip("not on this machine: a systemd directory")
    scratch = Path(tempfile.mkdtemp(prefix="tf-secrets-", dir="/var/tmp"))
    scratch.chmod(0o755)
    operator, auditor = (tmp_path_factory.mktemp(name) for name in ("operator", "auditor"))
    try:
        with alone(), scene(scratch, operator, auditor) as made:
            yield made
    finally:
        shutil.rmtree(scratch)


@pytest.fixture(scope="module")
def ssh(planted: Scene) -> Run:
    return planted.run("ssh", planted.inventory, "--known-hosts", planted.operator / "known_hosts")


@pytest.fixture(scope="module")
def local(planted: Scene) -> Run:
    return planted.run("local", planted.inventory, "--transport", "local", local=True)


def _cut_short(planted: Scene, name: str, number: int) -> Run:
    """A run that a signal ends while one host keeps it waiting and the others have their results."""
    with silence() as server:
        waiting = f'[hosts.silent]\naddress = "127.0.0.1"\nport = {server.getsockname()[1]}\nuser = "x"\n'
        text = planted.inventory + waiting + 'password = "env:AUDIT_PW"\n'
        process = planted.popen(name, text, "--known-hosts", planted.operator / "known_hosts")
        with Spy(process.pid, planted.auditor / name) as spy:
            assert process.stderr is not None
            said = _until(process, len(SSH))
            process.send_signal(number)
            out, err = process.communicate(timeout=120)
        return planted.ended(name, process, out, said + err, spy)


def _until(process: subprocess.Popen[str], finished: int) -> str:
    """What it says until so many targets have their results."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if sum(f"info: {name} " in said for name in SSH) == finished:
            return said
    raise AssertionError(said)


@pytest.fixture(scope="module")
def interrupted(planted: Scene) -> Run:
    return _cut_short(planted, "interrupted", signal.SIGTERM)


@pytest.fixture(scope="module")
def killed(planted: Scene) -> Run:
    return _cut_short(planted, "killed", signal.SIGKILL)


def _reached(row: dict[str, Any], planted: Scene) -> None:
    base = planted.bases[0]
    assert row["outcome"] in {"audited", "partial"}, row["outcome_reason"]
    assert {f"{base}/{name}" for name in READ} <= set(row["method"]["files"])
    assert str(UNITS / "tomcat-canary.service") in row["method"]["files"]
    (instance,) = row["instances"]
    assert instance["running"] is True  # its process was read
    assert [one["account"] for one in instance["passwords"]] == ["ops"]


def test_everything_that_holds_a_secret_was_read(planted: Scene, ssh: Run, local: Run) -> None:
    assert ssh.code == local.code == 3, ssh.err
    for run, name in (("ssh", "full"), ("ssh", "twin"), ("ssh", "taken"), ("ssh", "agent"), ("local", "full")):
        row = planted.result(run, name)
        if name == "taken":  # a server that sees the units of the machine itself
            assert row["outcome"] in {"audited", "partial"}
        else:
            _reached(row, planted)
    assert planted.result("ssh", "refused")["outcome"] == "auth_failed"
    assert planted.result("ssh", "trace")["outcome"] == "collector_failed"
    assert "DB_PASSWORD=[redacted]" in str(planted.result("ssh", "trace")["outcome_reason"])
    for run in ("ssh", "local"):
        parser = planted.result(run, "parser")
        assert {gap["gap"] for gap in parser["gaps"]} >= {"malformed"}  # type: ignore[attr-defined]
    assert len(planted.canaries) >= LEAST


def test_interrupted_runs_end_as_they_should(planted: Scene, interrupted: Run, killed: Run) -> None:
    assert interrupted.code == 143
    assert planted.result("interrupted", "full")["outcome"] in {"audited", "partial"}
    assert planted.result("interrupted", "silent")["outcome"] == "not_run"
    assert killed.code == -signal.SIGKILL
    assert not (killed.directory / "index.html").exists()
    assert list((killed.directory / "hosts").iterdir())


def test_no_secret_is_found_anywhere(
    planted: Scene,
    ssh: Run,
    local: Run,
    interrupted: Run,
    killed: Run,
    record_property: Callable[[str, object], None],
) -> None:
    hunt = Hunt({name: secret for name, secret in planted.canaries.items() if name != NAME})
    hunt.files(planted.auditor)
    for name, run in planted.runs.items():
        hunt.data(run.out.encode(), f"stdout of {name}")
        hunt.data(run.err.encode(), f"stderr of {name}")
    assert hunt.found == []
    assert {"ssh", "local", "interrupted", "killed"} <= set(planted.runs)
    assert all(run.directory.is_dir() for run in (ssh, local, interrupted, killed))
    record_property("figure", f"0 of {len(planted.canaries) - 1} canaries in {hunt.seen} files and streams")


def test_the_hunt_reads_the_ledger(planted: Scene, ssh: Run, killed: Run) -> None:
    """A file's name is evidence and no secret: it lies in the ledger, and is found there, also after kill -9."""
    for run in (ssh, killed):
        hunt = Hunt({NAME: planted.canaries[NAME]})
        hunt.files(run.directory)
        assert any("ledger.db" in place for _, place, _ in hunt.found)


def test_no_secret_is_seen_in_the_process_table(
    planted: Scene, ssh: Run, local: Run, interrupted: Run, record_property: Callable[[str, object], None]
) -> None:
    own = Hunt({name: secret for name, secret in planted.canaries.items() if name != AUDITOR})
    others = Hunt({name: secret for name, secret in planted.canaries.items() if name != NAME})
    for run in (ssh, local, interrupted):
        assert run.spy.looks > 10
        assert run.spy.own
        for arguments, variables in run.spy.own:
            own.data(arguments + variables, "the command")
        commands = {arguments for arguments, _ in run.spy.own}
        for arguments, variables in run.spy.others:
            if arguments in commands or arguments.startswith(b"mount\0"):
                continue  # a fork that has not become another program yet; the namespace being made ready
            others.data(arguments + variables, f"a child: {arguments!r}")
            assert b"AUDIT_PW" not in variables, arguments
            assert b"SSH_AUTH_SOCK" not in variables, arguments
    assert own.found == others.found == []
    assert local.spy.others  # the shell of the local transport and what it started
    seen = len(local.spy.others) + len(ssh.spy.others)
    record_property("figure", f"0 of {len(planted.canaries) - 1} canaries in {seen} argument lists of children")


def test_files_are_private_under_any_umask_while_they_are_written(
    ssh: Run, local: Run, interrupted: Run, killed: Run, record_property: Callable[[str, object], None]
) -> None:
    paths = 0
    for run in (ssh, local, interrupted, killed):
        assert run.spy.open == set()
        after = [run.directory, *run.directory.rglob("*")]
        assert [path for path in after if path.lstat().st_mode & 0o077] == []
        paths += len(run.spy.paths | set(map(str, after)))
    assert any(path.endswith(".part") for path in ssh.spy.paths)  # it was looked at while it was being written
    record_property("figure", f"0 of {paths} paths open to others, umask 000")


def test_equal_passwords_are_known_within_one_sweep_only(planted: Scene, ssh: Run, local: Run) -> None:
    del ssh, local

    def fingerprint(run: str, target: str) -> str:
        return str(planted.result(run, target)["instances"][0]["passwords"][0]["fingerprint"])  # type: ignore[index]

    assert fingerprint("ssh", "full") == fingerprint("ssh", "twin")
    assert fingerprint("ssh", "full") != fingerprint("local", "full")


def test_the_log_tells_why_a_login_failed(planted: Scene, ssh: Run) -> None:
    for said in (
        "info: full: connecting to 127.0.0.1 port",
        f"debug: full: offers {planted.operator}/sshd/user_key, ssh-ed25519 SHA256:",
        "debug: refused: offers 0 keys of files, a password, too",
        "debug: agent: offers 0 keys of files, 1 keys of the agent, no password",
        "Auth failed for user",
        "info: refused auth_failed ",
        "info: full partial " if "info: full partial " in ssh.err else "info: full audited ",
    ):
        assert said in ssh.err, said
    assert "pktid=" not in ssh.err  # which every packet that asyncssh dumps has
    assert ssh.out.count("\n") < 60
    assert "info:" not in ssh.out


MISTAKES = {
    "a password in the inventory": 'password = "{secret}"',
    "a password with a scheme that does not exist": 'password = "plain:{secret}"',
    "a password as a key file": 'key_files = ["{secret}"]\nansible_password = "{secret}"',
    "a password for escalation": 'ansible_become_password = "{secret}"\npassword = "env:AUDIT_PW"',
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("verb", ["audit", "lint", "list"])
def test_a_password_written_by_mistake_is_not_repeated(mistake: str, verb: str, tmp_path: Path) -> None:
    secret = "C4misplaced9f3a7e2b"
    text = MISTAKES[mistake].format(secret=secret)
    path = tmp_path / "hosts.toml"
    path.write_text(f'[hosts.a]\naddress = "127.0.0.1"\nport = 1\n{text}\n')
    arguments = ["audit", "-vv", "-o", tmp_path / "out"] if verb == "audit" else ["inventory", verb]
    done = fleet(*arguments, "-i", path, HOME=str(tmp_path), AUDIT_PW="x")
    hunt = Hunt({"secret": secret})
    hunt.data((done.stdout + done.stderr).encode(), "what it says")
    if (tmp_path / "out").exists():
        hunt.files(tmp_path / "out")
    allowed = "key_files" in text  # a path is repeated, that it cannot be read has to be said
    assert hunt.found == [] or allowed


def test_an_encrypted_key_is_refused_without_its_passphrase(planted: Scene) -> None:
    run = planted.run(
        "encrypted", '[hosts.a]\naddress = "127.0.0.1"\nport = 1\n', "--key", planted.operator / "encrypted"
    )
    assert run.code == 2
    assert "encrypted; set key_passphrase" in run.err
    hunt = Hunt(planted.canaries)
    hunt.data((run.out + run.err).encode(), "what it says")
    assert hunt.found == []
