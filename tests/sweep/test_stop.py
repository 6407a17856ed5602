"""Signals and deadlines."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tomcat_fleet.sweep.clock import now, stamp, sweep_id
from tomcat_fleet.sweep.stop import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_asks_for_a_stop_and_the_second_has_its_own_effect(number: signal.Signals) -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop, said = Stop(), asyncio.Event()
    with stop.listening(said.set):
        assert not stop.requested
        os.kill(os.getpid(), number)
        await asyncio.wait_for(said.wait(), 5)
        assert stop.number == number
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_stop_ends_open_deadlines_and_later_ones() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_later(0.05, stop.request)
    with pytest.raises(TimeoutError):
        async with stop.deadline(60):
            await asyncio.sleep(30)
    with pytest.raises(TimeoutError):
        async with stop.deadline(60):
            await asyncio.sleep(30)


async def test_a_deadline_that_is_met_is_forgotten() -> None:
    stop = Stop()
    async with stop.deadline(60):
        await asyncio.sleep(0)
    stop.request(signal.SIGTERM)
    assert stop.number == 15


async def test_a_pause_ends_with_a_stop() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_later(0.05, stop.request)
    async with asyncio.timeout(5):
        await stop.sleep(60)


def test_sweep_ids_sort_by_time_and_differ() -> None:
    moment = now()
    ids = {sweep_id(moment) for _ in range(50)}
    assert len(ids) > 40
    assert all(each.startswith(stamp(moment).translate({45: None, 58: None}) + "-") for each in ids)
