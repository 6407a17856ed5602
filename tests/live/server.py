"""One JVM with one CATALINA_BASE, started for real and asked over HTTP from addresses of our choice."""

from __future__ import annotations

import base64
import http.client
import random
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.live.release import Release
from tests.need import need

# Tomcat 7 and 8.5 start on Java 17 as they are: what catalina.sh opens with --add-opens serves leak prevention only.
_OPTIONS = ("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx96m", "-Djava.awt.headless=true")
_START_S = 60.0
CLAIMED = "X-Claimed-Address"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: str


class Server:
    """Started by ``with``. ``up`` tells whether it still runs once it has started or given up."""

    def __init__(self, release: Release, base: Path, ports: Sequence[int], options: Sequence[str] = ()) -> None:
        self.release = release
        self.base = base
        self.ports = tuple(ports)
        self.options = tuple(options)
        self.up = False
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        home = self.release.home
        (self.base / "temp").mkdir(exist_ok=True)
        command = [
            need("java"),
            *_OPTIONS,
            *self.options,
            f"-Dcatalina.base={self.base}",
            f"-Dcatalina.home={home}",
            f"-Djava.io.tmpdir={self.base}/temp",
            "-classpath",
            f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar",
            "org.apache.catalina.startup.Bootstrap",
            "start",
        ]
        with (self.base / "console.txt").open("wb") as console:
            self._process = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.kill()  # nothing of it is needed any more, and an orderly end takes seconds
        self._process.wait(20)

    def console(self) -> str:
        """What the server said."""
        return (self.base / "console.txt").read_text("utf-8", "replace")

    def ask(
        self,
        port: int,
        host: str,
        path: str,
        *,
        source: str = "127.0.0.1",
        claimed: str | None = None,
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """GET ``path`` of virtual host ``host`` from the loopback address ``source``, or as if from ``claimed``."""
        to = "::1" if ":" in source else "127.0.0.1"
        headers = {"Host": f"{host}:{port}", "Connection": "close"}
        if claimed:
            headers[CLAIMED] = claimed
        if login:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        connection = http.client.HTTPConnection(to, port, timeout=30, source_address=(source, 0))
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def _wait(self) -> None:
        """Until every port is open: connectors are started last, after all applications are deployed."""
        assert self._process is not None
        end = time.monotonic() + _START_S
        waiting = list(self.ports)
        while waiting and time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(5)
                if probe.connect_ex(("127.0.0.1", waiting[0])) == 0:
                    waiting.pop(0)
                    continue
            time.sleep(0.05)
        self.up = not waiting
        if waiting and self._process.poll() is None:
            self.__exit__()
            raise RuntimeError(f"Tomcat {self.release.number} did not start:\n{self.console()}")


def is_local(address: str) -> bool:
    """Whether this machine can send from ``address``."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, outside the range that clients are given theirs from."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            if len(found) < count and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found
