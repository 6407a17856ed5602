"""An SSH server for one password, which it reads from its standard input with its host key; prints its port."""

from __future__ import annotations

import asyncio
import json
import sys

import asyncssh

GIVEN = json.loads(sys.stdin.readline())


class Server(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        del username
        return bool(password == GIVEN["password"])


async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh", "-s", stdin=-1, stdout=-1, stderr=-1, env={"PATH": "/bin:/usr/bin"}
    )
    await process.redirect(stdin=shell.stdin, stdout=shell.stdout, stderr=shell.stderr)
    process.exit(await shell.wait())


async def main() -> None:
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[asyncssh.import_private_key(GIVEN["host_key"])],
        process_factory=handle, encoding=None, line_editor=False,
    )  # fmt: skip
    sys.stdout.write(f"{server.get_port()}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main())
