"""An SSH server per demo host, in this process, on loopback, for one key made for this run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import asyncssh

from tomcat_fleet.demo.account import switch
from tomcat_fleet.demo.trees.tree import Owner

_LAST = 9  # 127.0.0.1 … 127.0.0.9
_CHUNK = 64 * 1024
_GRACE_S = 5.0
_GONE = (OSError, asyncssh.Error)


def address(number: int) -> str:
    """Loopback address of the n-th host; 127.0.0.1 alone where the system has no other."""
    wanted = f"127.0.0.{number % _LAST + 1}"
    with socket.socket() as probe:
        try:
            probe.bind((wanted, 0))
        except OSError:
            return "127.0.0.1"
    return wanted


@contextlib.contextmanager
def closed_port(host: str) -> Iterator[int]:
    """A port of ``host`` that refuses connections for as long as this lasts: bound, never listened on."""
    with socket.socket() as keeper:
        keeper.bind((host, 0))
        yield keeper.getsockname()[1]


@contextlib.asynccontextmanager
async def serving(
    host: str, *, host_key: asyncssh.SSHKey, user_key: asyncssh.SSHKey, account: Owner
) -> AsyncIterator[int]:
    """The port of a server that runs what it is asked to with the rights of ``account``."""
    shells: set[asyncio.subprocess.Process] = set()

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _shell(process, account, shells)

    server = await asyncssh.listen(
        host,
        0,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(user_key.export_public_key().decode()),
        process_factory=handle,
        encoding=None,
        line_editor=False,
        x11_forwarding=False,
        agent_forwarding=False,
        server_factory=_Server,
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):  # since 3.12 this waits for every connection
            async with asyncio.timeout(_GRACE_S):
                await server.wait_closed()
        for shell in tuple(shells):
            _kill(shell)
            await shell.wait()


class _Server(asyncssh.SSHServer):
    """Keys only."""

    def password_auth_supported(self) -> bool:
        """No passwords."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """No questions either."""
        return False


async def _shell(
    process: asyncssh.SSHServerProcess[bytes], account: Owner, shells: set[asyncio.subprocess.Process]
) -> None:
    """Run the client's command as sshd would: by a shell, in the account's environment and nothing of ours."""
    command = process.command
    if command is None:
        process.exit(1)
        return
    identity = switch(account)
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd="/", env={"PATH": "/usr/bin:/bin", "USER": account.name, "LOGNAME": account.name, "HOME": "/"},
        start_new_session=True, user=identity.user, group=identity.group, extra_groups=identity.extra_groups,
    )  # fmt: skip
    shells.add(shell)
    assert shell.stdin is not None
    assert shell.stdout is not None
    assert shell.stderr is not None
    feeding = asyncio.create_task(_feed(process.stdin, shell.stdin))
    try:
        await asyncio.gather(_pour(shell.stdout, process.stdout), _pour(shell.stderr, process.stderr))
        status = await shell.wait()
        process.exit(status if status >= 0 else 128 - status)
    finally:
        feeding.cancel()
        _kill(shell)
        shells.discard(shell)


async def _feed(source: asyncssh.SSHReader[bytes], sink: asyncio.StreamWriter) -> None:
    """The client's bytes to the shell, until either has enough."""
    with contextlib.suppress(*_GONE):
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _pour(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    """The shell's bytes to the client; what a client that has left would not take is dropped."""
    while data := await source.read(_CHUNK):
        with contextlib.suppress(*_GONE):
            sink.write(data)
            await sink.drain()


def _kill(shell: asyncio.subprocess.Process) -> None:
    """End the shell and its children; it may have ended already without the loop knowing yet."""
    if shell.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
