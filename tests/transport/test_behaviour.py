"""What every transport with a real shell does alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.sshd import Sshd
from tests.transport.reach import CARRIERS, QUICK, access_for, open_channel
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Channel, Limits

Opener = Callable[[Limits], AbstractAsyncContextManager[Channel]]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(params=["local", *(pytest.param(name, marks=pytest.mark.sshd) for name in CARRIERS)])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    @asynccontextmanager
    async def local(limits: Limits) -> AsyncIterator[Channel]:
        target = Target(name="here", address="127.0.0.1", transport="local")
        channel = await open_channel(target, load_access([target]), limits)
        try:
            yield channel
        finally:
            await channel.aclose()

    @asynccontextmanager
    async def openssh(limits: Limits) -> AsyncIterator[Channel]:
        server: Sshd = request.getfixturevalue("sshd")
        target = Target(
            name="web01",
            address="127.0.0.1",
            port=server.port,
            user=server.account,
            key_files=(str(server.user_key_file),),
            transport=request.param,
        )
        channel = await open_channel(target, access_for(target, tmp_path, server.known_hosts_line()), limits)
        try:
            yield channel
        finally:
            await channel.aclose()

    return local if request.param == "local" else openssh


async def drain(channel: Channel) -> bytes:
    data = b""
    while part := await channel.read():
        data += part
    return data


async def until(channel: Channel, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        part = await channel.read()
        assert part, data
        data += part
    return data


async def write_on(channel: Channel) -> None:
    """Write until it is noticed that nobody reads."""
    for _ in range(20):
        await channel.write(b"echo again\n")
        await asyncio.sleep(0.02)


async def ended(channel: Channel) -> str:
    """How the shell ended: told a moment after its last byte."""
    for _ in range(200):
        if channel.ending():
            break
        await asyncio.sleep(0.01)
    return channel.ending()


async def test_a_script_on_standard_input_is_run_and_its_bytes_come_back(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"printf 'a\\000b\\377\\306\\305\\n'\nexit 0\n")
        assert await drain(channel) == b"a\0b\xff\xc6\xc5\n"


async def test_rounds_follow_each_other_on_one_shell(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"kept=yes; echo one END1\n")
        assert await until(channel, b"END1\n") == b"one END1\n"
        await channel.write(b"echo $kept END2\n")
        assert await until(channel, b"END2\n") == b"yes END2\n"


async def test_the_end_of_input_ends_the_shell(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"echo on\n")
        await channel.end_input()
        assert await drain(channel) == b"on\n"


async def test_how_the_shell_ended_is_told(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        assert channel.ending() == ""
        await channel.write(b"exit 7\n")
        assert await drain(channel) == b""
        assert await ended(channel) == "exit status 7"


async def test_a_killed_shell_is_told_from_one_that_exits(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"kill -KILL $$\n")
        assert await drain(channel) == b""
        # sshd runs it through the login shell, and dash stays around what it runs and tells the signal as a status.
        assert await ended(channel) in {"signal KILL", "exit status 137"}


async def test_standard_error_is_kept_apart_capped_and_escaped(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"printf '\\033[31mbad\\377\\ncafe' >&2; echo out; exit\n")
        assert await drain(channel) == b"out\n"
        await ended(channel)
        assert channel.stderr() == "\\x1b[31mbad\\xff cafe"


async def test_much_output_on_both_streams_does_not_block(opener: Opener) -> None:
    script = b"i=0; while [ $i -lt 300 ]; do printf '%01000d' 0 >&2; printf '%01000d' 0; i=$((i+1)); done; exit\n"
    async with opener(QUICK) as channel:
        await channel.write(script)
        await asyncio.sleep(0.2)
        assert len(await drain(channel)) == 300_000
        assert len(channel.stderr().encode()) == 512


async def test_a_long_script_arrives_whole(opener: Opener) -> None:
    filler = b"# " + b"x" * 97 + b"\n"
    async with opener(QUICK) as channel:
        await channel.write(filler * 10_000 + b"echo done; exit\n")
        assert await drain(channel) == b"done\n"


async def test_the_cap_of_standard_output_holds(opener: Opener) -> None:
    async with opener(Limits(stdout_bytes=100_000, total_s=20)) as channel:
        await channel.write(b"while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n")
        with pytest.raises(TargetError, match="standard output exceeds 100000 bytes") as caught:
            await drain(channel)
        assert caught.value.outcome is Outcome.COLLECTOR_FAILED
        with pytest.raises(TargetError, match="standard output exceeds"):
            await channel.write(b"more\n")


async def test_exactly_the_cap_is_allowed(opener: Opener) -> None:
    async with opener(Limits(stdout_bytes=1000, total_s=20)) as channel:
        await channel.write(b"printf '%01000d' 0; exit\n")
        assert await drain(channel) == b"0" * 1000


async def test_waiting_ends_at_the_idle_deadline(opener: Opener) -> None:
    began = time.monotonic()
    async with opener(Limits(idle_s=0.3, total_s=20)) as channel:
        await channel.write(b"sleep 3\n")
        with pytest.raises(TargetError, match=r"idle: not done within 0\.3 s") as caught:
            await channel.read()
    assert caught.value.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 3


async def test_writing_to_a_shell_that_left_is_a_collector_failure(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.write(b"echo sorry >&2; exit 3\n")
        await drain(channel)
        await ended(channel)
        with pytest.raises(TargetError) as caught:
            await write_on(channel)
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    assert caught.value.reason == "the shell closed its input; exit status 3; sorry"


async def test_reading_after_closing_is_the_end(opener: Opener) -> None:
    async with opener(QUICK) as channel:
        await channel.aclose()
        assert await channel.read() == b""
        await channel.end_input()
        with pytest.raises(TargetError):
            await channel.write(b"echo\n")
