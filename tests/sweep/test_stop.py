"""Signals and deadlines."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from tomcat_fleet.sweep.clock import now, stamp, sweep_id
from tomcat_fleet.sweep.stop import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_asks_for_a_stop(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    stop, said = Stop(), asyncio.Event()
    with stop.listening(said.set, said.clear):
        assert not stop.requested
        os.kill(os.getpid(), number)
        await asyncio.wait_for(said.wait(), 5)
        assert stop.number == number
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


WAITING = """
import asyncio, os
from tomcat_fleet.sweep.stop import Stop

async def main():
    with Stop().listening(lambda: os.write(1, b"first\\n"), lambda: os.write(1, b"last\\n")):
        os.write(1, b"ready\\n")
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_a_process_that_waits(first: signal.Signals, second: signal.Signals) -> None:
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(first)
        assert process.stdout.readline() == b"first\n"
        process.send_signal(second)
        said = process.communicate(timeout=30)
    assert (process.returncode, *said) == (128 + second, b"last\n", b"")


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
