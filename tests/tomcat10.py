"""Debian's Tomcat 10.1 started for real, with a CATALINA_BASE of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.need import need

HOME = Path("/usr/share/tomcat10")
_START_S = 60.0


class Tomcat10:
    """Started by ``with``; ``base`` is an empty directory that becomes its CATALINA_BASE."""

    def __init__(self, base: Path, account: str) -> None:
        need("tomcat10")
        need("java")
        self.base = base
        self.account = pwd.getpwnam(account)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._build()

    def _build(self) -> None:
        for name in ("conf/Catalina/localhost", "webapps/ROOT/WEB-INF", "logs", "temp", "work", "bin", "lib"):
            (self.base / name).mkdir(parents=True)
        for path in Path("/etc/tomcat10").iterdir():
            if path.is_file():
                shutil.copyfile(path, self.base / "conf" / path.name)
        server = self.base / "conf/server.xml"
        text = (
            server.read_text("utf-8").replace('port="8005"', 'port="-1"').replace('port="8080"', f'port="{self.port}"')
        )
        server.write_text(text, "utf-8")
        (self.base / "webapps/ROOT/index.html").write_text("<p>it works</p>\n")
        (self.base / "webapps/ROOT/WEB-INF/web.xml").write_text("<web-app/>\n")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text of a configuration file; the text must be there."""
        path = self.base / "conf" / name
        text = path.read_text("utf-8")
        assert old in text, f"{name} lacks {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def permit(self, directories: int, files: int, conf: int) -> None:
        """Give everything to the account, with these modes."""
        for path in [self.base, *self.base.rglob("*")]:
            below_conf = path.is_relative_to(self.base / "conf")
            mode = directories if path.is_dir() else conf if below_conf else files
            path.chmod(mode)
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def __enter__(self) -> Self:
        env = {
            "PATH": os.environ["PATH"],
            "CATALINA_HOME": str(HOME),
            "CATALINA_BASE": str(self.base),
            "JAVA_OPTS": "-Xmx96m -XX:TieredStopAtLevel=1",
        }
        self._process = subprocess.Popen(
            ["/bin/sh", str(HOME / "bin/catalina.sh"), "run"],
            env=env,
            cwd="/",
            user=self.account.pw_uid,
            group=self.account.pw_gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()  # catalina.sh run has become the JVM
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def get(self, path: str = "/") -> int:
        """HTTP status of a request from this machine."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    def _wait(self) -> None:
        end = time.monotonic() + _START_S
        while True:
            try:
                if self.get() == 200:
                    return
            except OSError:
                pass
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise RuntimeError("Tomcat did not start")
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
