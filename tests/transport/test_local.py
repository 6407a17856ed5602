"""The shell on this machine."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
from pathlib import Path

import pytest

from tests.transport.reach import QUICK, open_channel
from tests.transport.test_behaviour import drain, until
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Channel

HERE = Target(name="here", address="127.0.0.1", transport="local")


async def opened() -> Channel:
    return await open_channel(HERE, load_access([HERE]), QUICK)


async def test_nothing_of_the_operators_environment_reaches_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "C4NARY")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    channel = await opened()
    await channel.write(b"env; exit\n")
    names = {line.partition(b"=")[0] for line in (await drain(channel)).splitlines()}
    await channel.aclose()
    assert names - {b"PWD", b"OLDPWD", b"SHLVL", b"_"} == {b"PATH", b"HOME", b"USER", b"LOGNAME"}


async def test_closing_kills_what_the_shell_started(tmp_path: Path) -> None:
    channel = await opened()
    await channel.write(
        f"(trap '' TERM HUP; echo $$ > {tmp_path}/pid; while :; do sleep 0.05; done) & echo up\n".encode()
    )
    await until(channel, b"up\n")
    await channel.write(b"sh -c 'echo $PPID; exec sleep 60' &\necho; ps -o pid= -o pgid= -p $$\n")
    await asyncio.sleep(0.2)
    group = int((await channel.read()).split()[-1])
    await channel.aclose()
    for _ in range(100):
        if not alive(group):
            break
        await asyncio.sleep(0.02)
    assert not alive(group)


async def test_a_shell_that_left_a_child_behind_does_not_leave_it_running() -> None:
    channel = await opened()
    await channel.write(b"sleep 60 & echo $!; exit\n")
    child = int((await channel.read()).strip())
    await channel.aclose()
    for _ in range(100):
        if not running(child):
            break
        await asyncio.sleep(0.02)
    assert not running(child)


async def test_the_link_names_account_and_transport() -> None:
    channel = await opened()
    await channel.aclose()
    link = channel.link
    assert (link.transport, link.address, link.account, link.host_key, link.jump) == (
        "local", "127.0.0.1", getpass.getuser(), "", None,
    )  # fmt: skip


def alive(group: int) -> bool:
    try:
        os.killpg(group, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return any(
        fields[4] == str(group) and fields[2] != "Z"
        for stat in Path("/proc").glob("[0-9]*/stat")
        if (fields := _fields(stat))
    )


def _fields(stat: Path) -> list[str]:
    try:
        # The name in brackets may hold blanks; what matters follows it.
        text = stat.read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return ["pid", "name", *text.rpartition(")")[2].split()]


def running(process: int) -> bool:
    fields = _fields(Path(f"/proc/{process}/stat"))
    return bool(fields) and fields[2] != "Z"
