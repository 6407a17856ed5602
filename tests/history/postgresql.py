"""A PostgreSQL server of one's own: on a socket in a temporary directory, gone with it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import create_engine, text

from tests.need import absent, need


class Server:
    """Databases on request."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._count = 0

    def url(self, database: str = "postgres", account: str = "audit") -> str:
        return f"postgresql+psycopg://{account}@/{database}?host={self._socket}"

    def database(self) -> str:
        """The URL of an empty one."""
        self._count += 1
        name = f"fleet{self._count}"
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)


@contextmanager
def server() -> Iterator[Server]:
    """Start it, for an account without rights; skips by name where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = found[-1] if found else Path(absent("postgresql"))
    place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    prefix: list[str] = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
        prefix = [need("setpriv"), f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    data, log = place / "data", place / "log"

    def run(program: str, *arguments: str) -> None:
        # A file: the server keeps the descriptors of pg_ctl, and a pipe would never end.
        with (place / "output").open("ab") as output:
            once(output, program, *arguments)

    def once(output: BinaryIO, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*prefix, programs / program, *arguments],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (place / "output").read_text() + (log.read_text() if log.exists() else "")

    try:
        run("initdb", "-D", str(data), "-U", "audit", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
        options = f"-k {place} -c listen_addresses= -c fsync=off -c max_connections=20 -c autovacuum_naptime=600"
        run("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
        try:
            yield Server(place)
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(place)
