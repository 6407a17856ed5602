"""Shells that flood, stall, break off or refuse: bounded in bytes and seconds, and never mistaken for an answer."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.transport.reach import QUICK, reach
from tests.transport.server import serve
from tests.transport.test_behaviour import drain, ended
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.channel import Limits

pytestmark = pytest.mark.usefixtures("carrier")


async def fault_of_reading(user: str, directory: Path, limits: Limits) -> tuple[TargetError, bytes, float]:
    """The error that ends the reading, what was read before it, and the seconds it took."""
    began = time.monotonic()
    read = b""
    async with serve() as server, reach(server, user, directory, limits) as channel:
        try:
            while True:
                part = await channel.read()
                assert part, "the stream ended without a fault"
                read += part
        except TargetError as error:
            return error, read, time.monotonic() - began


async def test_a_flood_ends_at_the_cap_of_standard_output(tmp_path: Path) -> None:
    limits = Limits(stdout_bytes=4 * 1024 * 1024, total_s=20)
    error, read, seconds = await fault_of_reading("flood", tmp_path, limits)
    assert error.outcome is Outcome.COLLECTOR_FAILED
    assert error.reason == "standard output exceeds 4194304 bytes"
    assert len(read) <= 4 * 1024 * 1024
    assert seconds < 5


async def test_a_flood_of_standard_error_ends_too(tmp_path: Path) -> None:
    limits = Limits(total_s=20)
    async with serve() as server, reach(server, "errflood", tmp_path, limits) as channel:
        with pytest.raises(TargetError, match="standard error exceeds 4194304 bytes"):
            await channel.read()
        assert len(channel.stderr().encode()) == 512


async def test_an_unread_flood_is_held_back(tmp_path: Path) -> None:
    async with serve() as server, reach(server, "flood", tmp_path, Limits(total_s=20)) as channel:
        await asyncio.sleep(0.5)
        assert len(await channel.read()) <= 2 * Limits().window


@pytest.mark.parametrize("user", ["silent", "eof-and-hang"])
async def test_closing_never_waits_for_the_peer(user: str, tmp_path: Path) -> None:
    async with serve() as server, reach(server, user, tmp_path, QUICK) as channel:
        began = time.monotonic()
        await channel.aclose()
        await channel.aclose()
        assert time.monotonic() - began < 1


async def test_silence_ends_at_the_idle_deadline(tmp_path: Path) -> None:
    error, read, seconds = await fault_of_reading("silent", tmp_path, Limits(idle_s=0.3, total_s=20))
    assert (error.outcome, error.reason, read) == (Outcome.TIMEOUT, "idle: not done within 0.3 s", b"")
    assert seconds < 2


async def test_one_byte_at_a_time_ends_at_the_total_deadline(tmp_path: Path) -> None:
    error, read, seconds = await fault_of_reading("slow", tmp_path, Limits(idle_s=0.5, total_s=1))
    assert (error.outcome, error.reason) == (Outcome.TIMEOUT, "total: not done within 1 s")
    assert read.strip(b".") == b""
    assert seconds < 2.5


async def test_a_shell_that_does_not_read_ends_at_the_write_deadline(tmp_path: Path) -> None:
    async with serve() as server, reach(server, "deaf", tmp_path, Limits(idle_s=0.3, total_s=20)) as channel:
        with pytest.raises(TargetError, match=r"write: not done within 0\.3 s") as caught:
            await channel.write(b"#" * 16 * 1024 * 1024)
    assert caught.value.outcome is Outcome.TIMEOUT


async def test_a_broken_link_is_a_fault_after_what_arrived(tmp_path: Path) -> None:
    error, read, _ = await fault_of_reading("aborted", tmp_path, QUICK)
    assert (error.outcome, read) == (Outcome.COLLECTOR_FAILED, b"half a record")
    assert error.reason.startswith("the connection broke: ")


@pytest.mark.parametrize(
    ("user", "said", "ending"),
    [
        ("no-status", b"half a record", ""),
        ("eof-and-hang", b"half a record", ""),
        ("signalled", b"half a record", "signal KILL"),
        ("no-login", b"This account is currently not available.\n", "exit status 1"),
    ],
)
async def test_an_early_end_gives_what_was_said_and_how_it_ended(
    user: str, said: bytes, ending: str, tmp_path: Path
) -> None:
    async with serve() as server, reach(server, user, tmp_path, QUICK) as channel:
        assert await drain(channel) == said
        assert (await ended(channel) if ending else channel.ending()) == ending


async def test_writing_to_a_shell_that_left_says_how_it_left(tmp_path: Path) -> None:
    async with serve() as server, reach(server, "no-login", tmp_path, QUICK) as channel:
        await drain(channel)
        await ended(channel)
        with pytest.raises(TargetError) as caught:
            await channel.write(b"echo\n")
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    assert caught.value.reason == "the shell closed its input; exit status 1"
