"""OpenSSH's server on a free loopback port, with keys and configuration of its own."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

import asyncssh

from tests.need import need

_START_S = 10.0


class Sshd:
    """Started by ``with``. ``directory`` takes its keys, its configuration and its log."""

    def __init__(
        self,
        directory: Path,
        options: Iterable[str] = (),
        key_type: str = "ssh-ed25519",
        listen: str = "127.0.0.1",
    ) -> None:
        self.program = need("sshd")
        self.directory = directory
        self.options = tuple(options)
        self.listen = listen
        self.account = getpass.getuser()
        self.port = 0
        self.host_key = asyncssh.generate_private_key(key_type)
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key_file = directory / "user_key"
        self.known_hosts_file = directory / "known_hosts"
        self._log_file = directory / "sshd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = 0  # where the log of the present process begins

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Write the files and start; returns when it listens. A second time it has the same port and keys."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.port = self.port or _free_port()
        if not self.known_hosts_file.exists():
            self._write_keys()
        config = self._write_config()
        self._begun = len(self.log()) if self._log_file.exists() else 0
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_listening()

    def stop(self) -> None:
        """End it; harmless when it has ended."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def crash(self) -> None:
        """End it and every connection that it serves, as a machine does that is switched off."""
        below = _below(self.pid)
        self.stop()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Process id of the listening server."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What it logged so far."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def wait_for_log(self, text: str, seconds: float = 5.0) -> str:
        """The log once it holds ``text``, or after ``seconds``: sshd writes about a closed link when it notices."""
        end = time.monotonic() + seconds
        while text not in self.log() and time.monotonic() < end:
            time.sleep(0.02)
        return self.log()

    def known_hosts_line(self) -> str:
        """The entry that makes this server known."""
        return f"[127.0.0.1]:{self.port} {self.host_key.export_public_key().decode().strip()}"

    def _write_keys(self) -> None:
        self._write("host_key", self.host_key.export_private_key())
        self._write("user_key", self.user_key.export_private_key())
        self._write("authorized_keys", self.user_key.export_public_key())
        self._write("known_hosts", f"{self.known_hosts_line()}\n".encode())

    def _write_config(self) -> Path:
        lines = [
            *self.options,
            f"Port {self.port}",
            f"ListenAddress {self.listen}",
            f"HostKey {self.directory / 'host_key'}",
            f"AuthorizedKeysFile {self.directory / 'authorized_keys'}",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            # The last one counts, unlike with other options.
            next((line for line in self.options if line.startswith("MaxStartups ")), "MaxStartups 200"),
            "LogLevel VERBOSE",
        ]
        return self._write("sshd_config", "\n".join([*lines, ""]).encode())

    def _write(self, name: str, content: bytes) -> Path:
        path = self.directory / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    def _wait_until_listening(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_S
        while "Server listening" not in self.log()[self._begun :]:
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"sshd did not start:\n{self.log()}")
            time.sleep(0.01)


def _below(pid: int) -> list[int]:
    """Every process that ``pid`` started, and those that these started."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split())
    return found[1:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
