"""Hostile servers in a process of their own, so that they cannot hold up the client that is tested.

``python -m tests.hostile.fleet DIRECTORY`` writes keys and ``ready.json`` there, serves until its standard input ends,
and then writes ``seen.json``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tests.cli.terminal import environment
from tests.hostile.actor import EVERY
from tests.transport.raw import ANSWERS
from tests.transport.server import raw_server, serve, write_private

_START_S = 60


@dataclass(kw_only=True)
class Fleet:
    """Running servers: one that obeys the user name, one for every way to answer before the login."""

    directory: Path
    port: int = 0
    raw: dict[str, int] = field(default_factory=dict)  # port of every answer before the login
    seen: dict[str, dict[str, int]] = field(default_factory=dict)  # once it has ended: logins and commands by user

    @property
    def options(self) -> list[str]:
        """What the command has to be told to trust and to log in."""
        return ["--known-hosts", str(self.directory / "known_hosts"), "--key", str(self.directory / "user_key")]

    def host(self, name: str, user: str) -> str:
        """An inventory's entry for a host behaving as ``user``."""
        port = self.raw.get(user, self.port)
        return f'[hosts."{name}"]\naddress = "127.0.0.1"\nport = {port}\nuser = "{user}"\n\n'


@contextmanager
def fleet(directory: Path) -> Iterator[Fleet]:
    """Hostile servers for the duration of the block."""
    directory.mkdir(exist_ok=True)
    ready = directory / "ready.json"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.fleet", str(directory)], env=environment(), stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        until = time.monotonic() + _START_S
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        found = Fleet(directory=directory, **json.loads(ready.read_text("utf-8")))
        try:
            yield found
        finally:
            process.stdin.close()
            try:
                process.wait(20)
            finally:
                process.kill()
    found.seen = json.loads((directory / "seen.json").read_text("utf-8"))


async def _serve(directory: Path) -> None:
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    write_private(directory / "user_key", user_key.export_private_key())
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(user_key=user_key, behaviours=EVERY))
        raw = {name: await stack.enter_async_context(raw_server(answer)) for name, answer in ANSWERS.items()}
        (directory / "known_hosts").write_text(f"{server.known_hosts_line()}\n", "utf-8")
        _write(directory / "ready.json", {"port": server.port, "raw": raw})
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        seen = {"logins": Counter(server.authentications), "commands": Counter(map(str, server.commands))}
        _write(directory / "seen.json", seen)
        # Handlers that flood or wait have no end of their own.
        sys.stdout.flush()
        raise SystemExit(0)


def _write(path: Path, value: object) -> None:
    whole = path.with_suffix(".tmp")
    whole.write_text(json.dumps(value), "utf-8")
    whole.rename(path)


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # clients that left are what this is about
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_serve(Path(sys.argv[1])))
