"""Long work of several targets, and what the event loop gets to do in between."""

from __future__ import annotations

import asyncio
import time

import pytest

from tomcat_fleet.collect.pace import Pace


def _busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def _several(pace: Pace, seconds: float) -> list[str]:
    """What happened, in order, when three targets have something to do at once and a deadline passes meanwhile."""
    said: list[str] = []

    async def work(name: str) -> None:
        async with pace:
            said.append(name)
            _busy(seconds)

    async with asyncio.TaskGroup() as group:
        for name in ("first", "second", "third"):
            group.create_task(work(name))
        asyncio.get_running_loop().call_later(0.001, said.append, "deadline")
    return said


async def test_a_deadline_that_passes_during_long_work_is_seen_before_the_next() -> None:
    assert await _several(Pace(long_s=0.01), 0.02) == ["first", "deadline", "second", "third"]


async def test_short_work_waits_for_nobody() -> None:
    assert (await _several(Pace(long_s=60), 0.005))[:3] == ["first", "second", "third"]


async def test_a_piece_that_fails_makes_room_for_the_next() -> None:
    pace = Pace(long_s=0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with pace:
                1 / 0  # noqa: B018
    async with pace:
        return
