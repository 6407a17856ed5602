"""References to secrets: commands, keyrings, systemd, private files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.terminal import command as command_line
from tests.cli.terminal import environment
from tests.need import need
from tests.transport.server import write_private
from tomcat_fleet.inventory.credential import SCHEMES
from tomcat_fleet.transport import credential
from tomcat_fleet.transport.credential import CredentialError, resolve, resolve_all
from tomcat_fleet.transport.reference import command
from tomcat_fleet.transport.secret import Secret

CANARY = "C4NARY-secret"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TIME_LIMIT_S", 1.0)


@pytest.fixture
def bin_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of own programs, on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir(mode=0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return directory


def program(directory: Path, name: str, script: str, mode: int = 0o755) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(reference: str) -> str:
    with pytest.raises(CredentialError) as caught:
        resolve(reference)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_every_scheme_of_the_inventory_is_served() -> None:
    assert {*credential._SOURCES, "vault"} == set(SCHEMES)


def test_a_batch_has_every_answer() -> None:
    references = ["env:HOME", "env:NO_SUCH_VARIABLE", CANARY, "env:HOME"]
    found = resolve_all(references)
    assert list(found) == references[:3]
    good, absent, value = found.values()
    assert isinstance(good, Secret)
    assert good.reveal() == os.environ["HOME"]
    assert str(absent) == "the environment variable NO_SUCH_VARIABLE is not set or is empty"
    assert isinstance(value, CredentialError)
    assert CANARY not in f"{value} {value!r}"


def test_what_cannot_be_sent_as_text_is_told_before_it_is_sent() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, "env:EUC_KR"],
        env={**os.environb, **{k.encode(): v.encode() for k, v in environment().items()}, b"EUC_KR": b"C4NARY\xba\xf1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ('["fault: what env: leads to is not UTF-8 text"]\n', "")


@pytest.mark.parametrize("reference", [f"{scheme}:" for scheme in SCHEMES] + ["cmd:  ", "nothing:x", "ENV:HOME", ""])
def test_what_is_no_reference_is_told_what_would_be(reference: str) -> None:
    assert refusal(reference).startswith("a secret is given by reference: env:NAME, file:PATH, cmd:PROGRAM, keyring:")


class TestCommand:
    @pytest.mark.parametrize(
        ("script", "arguments", "value"),
        [
            (f"echo {CANARY}", "", CANARY),
            (f"printf %s {CANARY}", "", CANARY),
            (f"printf '%s\\r\\n' {CANARY}", "", CANARY),
            ('printf "%s|" "$@"', "show 'prod web' \"a b\" $HOME ; id *", "show|prod web|a b|$HOME|;|id|*|"),
            ("echo 비밀번호", "", "비밀번호"),
            ("echo noise >&2; echo ' two blanks  '", "", " two blanks  "),
            ("cat; echo done", "", "done"),
            ("pwd", "", "/"),
        ],
    )
    def test_its_line_is_the_secret(
        self, script: str, arguments: str, value: str, bin_directory: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = program(bin_directory, "vault-of-ours", script)
        for name in (path, path.name):
            assert resolve(f"cmd:{name} {arguments}").reveal() == value
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            (f"echo {CANARY}; exit 3", "ended with exit status 3"),
            (f"echo {CANARY}; kill -9 $$", "ended with signal 9"),
            ("exit 0", "must hold exactly one line"),
            ("echo", "must hold exactly one line"),
            (f"echo {CANARY}; echo {CANARY}", "must hold exactly one line"),
            (f"printf '{CANARY}\\377'", "not UTF-8 text"),
            ("head -c 5000 /dev/zero", "printed more than 4096 bytes"),
            ("yes C4NARY-secret", "printed more than 4096 bytes"),
            (f"echo {CANARY}; sleep 60", "was not done within 1 s"),
            (f"echo {CANARY}; exec >&-; sleep 60", "was not done within 1 s"),
            ("trap '' TERM HUP INT; while :; do sleep 1; done", "was not done within 1 s"),
            (f"(sleep 60; echo {CANARY}) & exit 0", "was not done within 1 s"),
            ("printf C4NARY-; read line </dev/tty; echo $line; exit 4", "ended with exit status 4"),
        ],
    )
    def test_whatever_else_it_does_is_one_line_without_its_output(
        self, script: str, said: str, bin_directory: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = program(bin_directory, "broken", script)
        began = time.monotonic()
        assert refusal(f"cmd:{path} --token {CANARY}") == f"command {path}: {said}"
        assert time.monotonic() - began < 3
        assert capfd.readouterr() == ("", "")

    def test_nothing_of_it_is_left_running(self, bin_directory: Path, tmp_path: Path) -> None:
        noted = tmp_path / "pids"
        path = program(bin_directory, "family", f"sleep 97 & echo $! >{noted}; sleep 98 & echo $! >>{noted}; wait")
        assert "was not done" in refusal(f"cmd:{path}")
        pids = [int(line) for line in noted.read_text().split()]
        assert len(pids) == 2
        end = time.monotonic() + 5
        while any(map(alive, pids)) and time.monotonic() < end:
            time.sleep(0.02)
        assert not any(map(alive, pids))

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_it_ends_with_us(self, number: int, bin_directory: Path, tmp_path: Path) -> None:
        noted = tmp_path / "pid"
        program(bin_directory, "patient", f"echo $$ >{noted}.new; mv {noted}.new {noted}; exec sleep 96")
        hosts = tmp_path / "a.toml"
        hosts.write_text(f'[hosts.a]\npassword = "cmd:{bin_directory}/patient"\n')
        arguments = command_line("audit", "-i", hosts, "-o", tmp_path / "out")
        with subprocess.Popen(arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            end = time.monotonic() + 20
            while not noted.exists() and time.monotonic() < end:
                time.sleep(0.02)
            began = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (-number, b"", b"")
        assert time.monotonic() - began < 3
        while alive(int(noted.read_text())) and time.monotonic() - began < 10:
            time.sleep(0.02)  # it was told to go; when it is gone is the system's business
        assert not alive(int(noted.read_text()))

    @pytest.mark.root
    def test_one_that_cannot_be_killed_is_not_waited_for(self) -> None:
        """A program with root's rights, run by somebody else."""
        need("root")
        with TemporaryDirectory(dir="/var/tmp") as place:
            Path(place).chmod(0o755)
            sleeper = Path(place, "sleeper")
            shutil.copy(need("setpriv"), sleeper)
            sleeper.chmod(0o4755)
            prelude = (
                "import os, concurrent.futures.thread\n"
                "from tomcat_fleet.transport.credential import resolve_all\n"
                "from tomcat_fleet.transport.reference import command\n"
                "command.TIME_LIMIT_S = 0.5; os.setresuid(65534, 65534, 65534)\n"
            )
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", prelude + ASK, f"cmd:{sleeper} --reuid 0 sleep 6"],
                env=environment(PYTHONWARNINGS="ignore"), capture_output=True, text=True, check=True,
            )  # fmt: skip
            assert time.monotonic() - began < 5
        assert "was not done within 0.5 s" in done.stdout

    def test_it_gets_none_of_our_secrets(self, bin_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("WEB_PASSWORD", "VAULT_TOKEN", "AWS_SECRET_ACCESS_KEY", "OP_SERVICE_ACCOUNT_TOKEN"):
            monkeypatch.setenv(name, CANARY)
        monkeypatch.setenv("PASSWORD_STORE_DIR", "/srv/store")
        path = program(bin_directory, "shows", 'echo "$(cat /proc/self/environ | tr "\\0" " ") $(ls /proc/self/fd)"')
        listed = subprocess.run(["env", "-i", str(path)], capture_output=True, text=True, check=True).stdout
        assert listed  # that is how many descriptors it has by itself
        found = resolve_all(["env:WEB_PASSWORD", f"cmd:{path.parent}/one-line"])
        assert isinstance(found["env:WEB_PASSWORD"], Secret)
        program(bin_directory, "one-line", f'{path} | tr "\\n" " "')
        shown = resolve(f"cmd:{path.parent}/one-line").reveal()
        assert CANARY not in shown
        assert "PASSWORD_STORE_DIR=/srv/store" in shown
        assert f"HOME={os.environ['HOME']}" in shown

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("no-such-program-here", "command no-such-program-here: is not on PATH or cannot be run"),
            ("/nonexistent/program", "command /nonexistent/program: is not on PATH or cannot be run"),
            ("./program", "command ./program: an absolute path or a name on PATH is expected"),
            ("bin/program", "command bin/program: an absolute path or a name on PATH is expected"),
            ("/etc", "command /etc: is not on PATH or cannot be run"),
            ("pass 'web", "the command's quotes are not closed"),
            ("''", "command : is not on PATH or cannot be run"),
        ],
    )
    def test_what_is_no_program(self, line: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        program(tmp_path, "program", "echo x")
        assert refusal(f"cmd:{line}") == said

    @pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
    def test_a_program_that_others_may_change_is_not_run(self, mode: int, bin_directory: Path, tmp_path: Path) -> None:
        path = program(bin_directory, "open", f"touch {tmp_path}/ran; echo x", mode)
        link = bin_directory / "link"
        link.symlink_to(path)
        for name in (path, link):
            assert refusal(f"cmd:{name}") == f"command {name}: {path} can be written by others"
        path.chmod(0o755)
        bin_directory.chmod(0o777)
        assert refusal(f"cmd:{path}") == f"command {path}: {bin_directory} can be written by others"
        assert not (tmp_path / "ran").exists()

    @pytest.mark.root
    def test_nor_is_one_of_another_account(self, bin_directory: Path) -> None:
        need("root")
        path = program(bin_directory, "theirs", "echo x")
        os.chown(path, 12345, 0)
        assert refusal(f"cmd:{path}") == f"command {path}: {path} belongs to another account"

    def test_a_directory_on_path_without_a_root_does_not_count(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path, "ours-alone", "echo x")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
        assert "is not on PATH or cannot be run" in refusal("cmd:ours-alone")

    def test_a_file_that_the_kernel_does_not_run(self, bin_directory: Path) -> None:
        path = bin_directory / "data"
        path.write_bytes(b"\x7fELF-not")
        path.chmod(0o755)
        assert refusal(f"cmd:{path}") == f"command {path}: cannot be run: Exec format error"


def alive(pid: int) -> bool:
    with suppress(OSError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    return False


class TestSystemd:
    @pytest.fixture(autouse=True)
    def directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        place = tmp_path / "credentials"
        place.mkdir(mode=0o700)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))
        return place

    @pytest.mark.parametrize("mode", [0o400, 0o600])
    def test_a_credential_of_the_service(self, mode: int, directory: Path) -> None:
        write_private(directory / "web", f"{CANARY}\n").chmod(mode)
        assert resolve("systemd-creds:web").reveal() == CANARY

    @pytest.mark.root
    def test_the_bit_that_an_access_list_of_root_shows_as_is_no_fault(self, directory: Path) -> None:
        need("root")
        path = write_private(directory / "web", CANARY)
        path.chmod(0o440)
        assert resolve("systemd-creds:web").reveal() == CANARY
        os.chown(path, 12345, 0)
        assert "mode 0440 is open to others" in refusal("systemd-creds:web")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("none", "cannot be read: No such file or directory"),
            ("../web", "a name without / is expected"),
            ("/etc/shadow", "a name without / is expected"),
            ("..", "a name without / is expected"),
            ("open", "mode 0444 is open to others; chmod 600"),
            ("empty", "must hold exactly one line"),
        ],
    )
    def test_what_is_none(self, name: str, said: str, directory: Path) -> None:
        write_private(directory / "open", CANARY).chmod(0o444)
        write_private(directory / "empty", "")
        assert refusal(f"systemd-creds:{name}") == f"systemd credential {name}: {said}"

    def test_outside_a_service_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CREDENTIALS_DIRECTORY")
        assert "CREDENTIALS_DIRECTORY is not set" in refusal("systemd-creds:web")


class TestFile:
    def test_a_pipe_does_not_hold_the_sweep_up(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe", 0o600)
        assert refusal(f"file:{tmp_path}/pipe") == f"password file {tmp_path}/pipe: not a regular file"

    def test_a_home_that_is_none(self) -> None:
        assert refusal("file:~no-such-user-here/x") == (
            "password file ~no-such-user-here/x: there is no such home directory"
        )


BACKEND = '''
"""A keyring in a file, beside this module."""
import json
from pathlib import Path
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked

class FileKeyring(KeyringBackend):
    priority = 9

    def get_password(self, service, username):
        kept = json.loads(Path(__file__).with_name("kept.json").read_text("utf-8"))
        found = kept.get(f"{service} {username}")
        if found == "locked":
            raise KeyringLocked("C4NARY-secret")
        if found == "broken":
            raise KeyringError("C4NARY-secret")
        if found == "odd":
            raise RuntimeError("C4NARY-secret")
        return found

    def set_password(self, service, username, password):
        raise NotImplementedError

    def delete_password(self, service, username):
        raise NotImplementedError
'''
ASK = """
import json, sys
from tomcat_fleet.transport.credential import resolve_all
from tomcat_fleet.transport.secret import Secret
found = resolve_all(sys.argv[1:])
print(json.dumps([each.reveal() if isinstance(each, Secret) else f"fault: {each}" for each in found.values()]))
"""


class TestKeyring:
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> Path:
        (tmp_path / "file_keyring.py").write_text(BACKEND, encoding="utf-8")
        kept = {
            "tomcat-fleet audit": CANARY,
            "https://web01/manager audit": "C4NARY-of-a-service-with-slashes",
            "a locked": "locked",
            "a broken": "broken",
            "a odd": "odd",
            "a empty": "",
        }
        (tmp_path / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
        return tmp_path

    @staticmethod
    def ask(place: Path, *references: str, backend: str = "file_keyring.FileKeyring", prelude: str = "") -> list[str]:
        """What a process of its own finds, so that its choice of a backend stays its own."""
        done = subprocess.run(
            [sys.executable, "-c", prelude + ASK, *references],
            env=environment(
                PYTHON_KEYRING_BACKEND=backend, PYTHONPATH=f"{place}:{environment()['PYTHONPATH']}", HOME=str(place)
            ),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stderr == ""
        return list(json.loads(done.stdout))

    def test_what_the_keyring_says(self, place: Path) -> None:
        entries = [
            "tomcat-fleet/audit", "https://web01/manager/audit", "tomcat-fleet/none", "a/locked", "a/broken", "a/odd",
            "a/empty", "alone", "/user", "service/",
        ]  # fmt: skip
        assert self.ask(place, *(f"keyring:{entry}" for entry in entries)) == [
            CANARY,
            "C4NARY-of-a-service-with-slashes",
            "fault: keyring entry tomcat-fleet/none: the keyring has no such entry",
            "fault: keyring entry a/locked: the keyring is locked",
            "fault: keyring entry a/broken: the keyring failed: KeyringError",
            "fault: keyring entry a/odd: the keyring failed: RuntimeError",
            "fault: keyring entry a/empty: the keyring has no such entry",
            *(["fault: a keyring entry is given as keyring:SERVICE/USER"] * 3),
        ]

    def test_no_keyring_at_all(self, place: Path) -> None:
        assert self.ask(place, "keyring:a/b", backend="keyring.backends.fail.Keyring") == [
            "fault: keyring entry a/b: there is no keyring here that could be asked"
        ]

    def test_a_backend_that_does_not_exist(self, place: Path) -> None:
        (said,) = self.ask(place, "keyring:a/b", backend="no_such_module.Keyring")
        assert said.startswith("fault: keyring entry a/b: the keyring failed: ")

    def test_without_the_package_the_way_to_it_is_named(self, place: Path) -> None:
        assert self.ask(place, "keyring:a/b", prelude="import sys; sys.modules['keyring'] = None\n") == [
            "fault: a keyring needs the package keyring: pip install 'tomcat-fleet[keyring]'"
        ]
