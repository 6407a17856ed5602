"""The thirteen ways to fail on the way to a host, in order: each is told by outcome and reason, in both languages.

What may pass by itself is tried again, before anything was said that authenticates; the rest never is.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.hostile.actor import BROKEN
from tests.hostile.swept import passes, swept, targets_of
from tests.transport.raw import ANSWERS, Reader, Writer
from tests.transport.server import raw_server, serve
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.channel import Limits

LIMITS = Limits(connect_s=1.5, login_s=4, idle_s=6, total_s=12, retries=2)
PHASES = {
    "name": ("unreachable", "connect: encoding with 'idna' codec failed"),
    "refused port": ("unreachable", "connect: [Errno 111] "),
    "no route": ("unreachable", "connect: [Errno 101] "),
    "silent port": ("timeout", "connect: not done within 1.5 s"),
    "key exchange": ("ssh_failed", "key exchange: "),
    "host key": ("hostkey_unknown", "the server offers ssh-ed25519 SHA256:"),
    "login": ("auth_failed", "the server refused refused: offered key SHA256:"),
    "session": ("collector_failed", "no session was opened: "),
    "exec": ("collector_failed", "the shell was refused: "),
    "no BEGIN": ("collector_failed", "the shell "),
    "mid-stream": ("collector_failed", "the evidence stream ended inside a record: exit status 0"),
    "no END": ("collector_failed", "the evidence stream has no END: exit status 0"),
    "exit status": ("collector_failed", "the evidence stream has no END: exit status 3"),
}
USERS = {
    "login": "refused",
    "session": "no-session",
    "exec": "no-exec",
    "no BEGIN": "exit-at-once",
    "mid-stream": "mid-record",
    "no END": "end-missing",
    "exit status": "exit-3",
}


@contextmanager
def refusing() -> Iterator[int]:
    """A port that is taken and never listened on."""
    with socket.socket() as keeper:
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


@contextmanager
def full() -> Iterator[int]:
    """A port whose queue is full: further connections are left unanswered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()


async def test_every_phase_is_told_from_every_other(tmp_path: Path) -> None:
    tried = 0

    async def broken_exchange(reader: Reader, writer: Writer) -> None:
        nonlocal tried
        tried += 1
        await ANSWERS["garbage"](reader, writer)

    async with serve(behaviours=BROKEN) as server, serve() as stranger, raw_server(broken_exchange) as garbage:
        with refusing() as refused, full() as silent:
            (model,) = targets_of(server, tmp_path, ["refused"])
            odd = {
                "name": replace(model, address="web..example"),
                "refused port": replace(model, port=refused),
                "no route": replace(model, address="127.255.255.255"),  # TCP knows no broadcast
                "silent port": replace(model, port=silent),
                "key exchange": replace(model, port=garbage),
                "host key": replace(model, port=stranger.port),
            }
            targets = [replace(odd.get(phase, model), name=phase, user=USERS.get(phase, "hello")) for phase in PHASES]
            lines = await swept(targets, tmp_path, server.known_hosts_line(), limits=LIMITS)
    for phase, (outcome, reason) in PHASES.items():
        assert lines[phase]["outcome"] == outcome, lines[phase]
        assert lines[phase]["outcome_reason"].startswith(reason), lines[phase]["outcome_reason"]
        assert (lines[phase]["instances"], passes(lines[phase])) == ([], [])
    told = {phase: (line["outcome"], line["outcome_reason"]) for phase, line in lines.items()}
    assert len(set(told.values())) == len(PHASES)
    for outcome, reason in told.values():
        assert re.search("[가-힣]", said(reason).ko), (outcome, reason)
    # Nothing after the connection is tried twice, least of all a login.
    assert tried == 1
    assert stranger.connections == 1
    assert stranger.authentications == []
    assert sorted(server.authentications) == sorted(USERS.values())
    assert server.connections == len(USERS)


async def test_a_port_that_opens_meanwhile_is_reached(tmp_path: Path) -> None:
    with socket.socket() as keeper:
        keeper.bind(("127.0.0.1", 0))
        port = keeper.getsockname()[1]
        async with serve() as server:

            async def through(reader: Reader, writer: Writer) -> None:
                onward = await asyncio.open_connection("127.0.0.1", server.port)
                await asyncio.gather(_copy(reader, onward[1]), _copy(onward[0], writer))

            async def open_later() -> asyncio.Server:
                await asyncio.sleep(0.1)
                keeper.listen()
                keeper.setblocking(False)
                return await asyncio.start_server(through, sock=keeper)

            opening = asyncio.create_task(open_later())
            (target,) = targets_of(server, tmp_path, ["refused"])
            known = server.known_hosts_line().replace(str(server.port), str(port))
            lines = await swept([replace(target, port=port)], tmp_path, known, limits=LIMITS)
            listener = await opening
            listener.close()
            await asyncio.sleep(0)
    assert lines["refused"]["outcome"] == "auth_failed"
    assert server.authentications == ["refused"]


async def _copy(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def test_a_wrong_password_is_sent_once_whatever_the_retries(tmp_path: Path) -> None:
    async with serve() as server:
        target = Target(
            name="locked", address="127.0.0.1", port=server.port, user="password", password=f"file:{tmp_path}/secret"
        )
        (tmp_path / "secret").write_text("not this one\n", "utf-8")
        (tmp_path / "secret").chmod(0o600)
        lines = await swept([target], tmp_path, server.known_hosts_line(), limits=replace(LIMITS, retries=5))
    assert lines["locked"]["outcome"] == "auth_failed"
    assert server.passwords == ["not this one"]
    assert "not this one" not in str(lines)
