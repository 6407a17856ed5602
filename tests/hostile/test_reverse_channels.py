"""A target that opens channels back to the auditor gets none, and the audit goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tests.transport.agent import empty_agent
from tests.transport.conftest import carrier
from tests.transport.reach import QUICK, access_for, open_channel, target_of
from tests.transport.server import REVERSE_CHANNELS, serve

__all__ = ["carrier"]  # a fixture


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    with empty_agent(tmp_path) as path:
        yield path


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize("with_agent", [False, True])
async def test_every_kind_is_refused(
    tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch, *, with_agent: bool
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    monkeypatch.setenv("DISPLAY", "127.0.0.1:10")
    async with serve() as server:
        async with asyncssh.connect_agent(agent) as client:
            await client.add_keys([server.user_key])
        target = target_of(server, "reverse", tmp_path)
        target = replace(target, key_files=(), use_agent=True) if with_agent else target
        channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), QUICK)
        await channel.write(b"echo hello\n")
        assert await channel.read() == b"hello\n"
        await channel.aclose()
    assert set(server.reversed) == set(REVERSE_CHANNELS)
    assert {kind for kind, said in server.reversed.items() if not said.startswith("refused: ")} == set()
    # The client asked for nothing that a server could lean on: one session, no forwarding, no terminal, no variable.
    assert server.forwards == []
    assert (server.commands, server.terminals, server.environments) == (["sh -s"], [None], [{}])
