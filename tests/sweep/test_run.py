"""Every target has exactly one result, whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
import resource
from pathlib import Path

import pytest

from tests.sweep.scene import lines, outcomes, plan, targets
from tomcat_fleet.errors import ConfigError, DiskError, TargetError
from tomcat_fleet.ledger.store import Ledger
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.sweep.event import Done, Event, Finished, Started
from tomcat_fleet.sweep.run import run
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.local import open_local
from tomcat_fleet.transport.replay import ReplayChannel

SECRET = f"C4{chr(78)}ARY"  # never whole in a source line, which tracebacks show
FAULTS = [
    Outcome.UNREACHABLE,
    Outcome.SSH_FAILED,
    Outcome.HOSTKEY_UNKNOWN,
    Outcome.HOSTKEY_CHANGED,
    Outcome.AUTH_FAILED,
    Outcome.JUMP_FAILED,
    Outcome.COLLECTOR_FAILED,
]


async def refuse(target: Target, access: Access, limits: Limits) -> Channel:
    del access, limits
    raise TargetError(FAULTS[int(target.name[3:]) % len(FAULTS)], "said so")


async def never(target: Target, access: Access, limits: Limits) -> Channel:
    raise AssertionError((target, access, limits))


async def hang(target: Target, access: Access, limits: Limits) -> Channel:
    del target, access, limits
    await asyncio.get_running_loop().create_future()
    raise AssertionError


class Audience:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def finished(self) -> list[Finished]:
        return [event for event in self.events if isinstance(event, Finished)]


async def test_each_fault_becomes_its_own_outcome(tmp_path: Path) -> None:
    audience = Audience()
    summary = await run(plan(tmp_path / "out", targets(21), refuse), audience)
    found = outcomes(tmp_path / "out")
    assert found == {target.name: FAULTS[number % 7].value for number, target in enumerate(targets(21))}
    assert summary.targets == 21
    assert not summary.complete
    assert all(summary.outcomes[fault] == 3 for fault in FAULTS)
    assert all(line["verdicts"] == {} and line["outcome_reason"] == "said so" for line in lines(tmp_path / "out"))
    assert isinstance(audience.events[0], Started)
    assert isinstance(audience.events[-1], Done)
    assert audience.events[-1].index == tmp_path / "out" / "index.html"
    assert {event.target for event in audience.finished()} == set(found)
    assert {event.worst for event in audience.finished()} == {None}


async def test_a_hanging_target_times_out_and_the_others_do_not_wait(tmp_path: Path) -> None:
    async def sometimes(target: Target, access: Access, limits: Limits) -> Channel:
        return await (hang if target.name == "web00000" else refuse)(target, access, limits)

    audience = Audience()
    await run(plan(tmp_path / "out", targets(40), sometimes, limits=Limits(total_s=0.5), concurrency=2), audience)
    assert outcomes(tmp_path / "out")["web00000"] == "timeout"
    assert audience.finished()[-1].target == "web00000"


@pytest.mark.parametrize("stage", ["open", "read", "close"])
async def test_a_defect_of_ours_costs_one_target_and_tells_no_secret(
    tmp_path: Path, stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(ReplayChannel):
        async def read(self) -> bytes:
            if stage == "read":
                raise KeyError(SECRET)
            raise TargetError(Outcome.COLLECTOR_FAILED, "nothing here")

        async def aclose(self) -> None:
            if stage == "close":
                raise ValueError(SECRET)

    async def breaking(target: Target, access: Access, limits: Limits) -> Channel:
        if target.name != "web00001":
            return await refuse(target, access, limits)
        if stage == "open":
            raise OSError(5, SECRET)
        return Broken([])

    with caplog.at_level(logging.ERROR):
        await run(plan(tmp_path / "out", targets(3), breaking), Audience())
    rows = {line["target"]: line for line in lines(tmp_path / "out")}
    assert [rows[name]["outcome"] for name in sorted(rows)] == ["unreachable", "collector_failed", "hostkey_unknown"]
    assert rows["web00001"]["outcome_reason"] == "internal"
    assert "test_run.py" in caplog.text
    assert SECRET not in caplog.text
    assert not any(SECRET.encode() in path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())


async def test_a_stop_leaves_one_result_for_everyone(tmp_path: Path) -> None:
    stop = Stop()
    closed: list[str] = []
    reading: list[str] = []

    class Waiting(ReplayChannel):
        def __init__(self, name: str) -> None:
            super().__init__([])
            self.name = name

        async def read(self) -> bytes:
            reading.append(self.name)
            if len(reading) == 8:  # every worker hangs, so the ten before are done
                stop.request()
            await asyncio.get_running_loop().create_future()
            raise AssertionError

        async def aclose(self) -> None:
            closed.append(self.name)

    async def waiting(target: Target, access: Access, limits: Limits) -> Channel:
        if target.name < "web00010":
            return await refuse(target, access, limits)
        return Waiting(target.name)

    async with asyncio.timeout(60):
        summary = await run(plan(tmp_path / "out", targets(300), waiting), Audience(), stop)
    found = outcomes(tmp_path / "out")
    assert len(found) == 300
    assert all(found[f"web{number:05}"] == "not_run" for number in range(10, 300))
    assert summary.outcomes[Outcome.NOT_RUN] == 290
    assert "not_run" not in {found[f"web{number:05}"] for number in range(10)}
    assert sorted(closed) == [f"web{number:05}" for number in range(10, 18)]
    assert (tmp_path / "out" / "index.html").exists()


async def test_a_stop_before_the_start_connects_to_nothing(tmp_path: Path) -> None:
    stop = Stop()
    stop.request()

    await run(plan(tmp_path / "out", targets(5), never), Audience(), stop)
    assert set(outcomes(tmp_path / "out").values()) == {"not_run"}


async def test_no_more_targets_are_under_way_than_allowed(tmp_path: Path) -> None:
    under_way: set[str] = set()
    most = 0

    async def counting(target: Target, access: Access, limits: Limits) -> Channel:
        nonlocal most
        under_way.add(target.name)
        most = max(most, len(under_way))
        await asyncio.sleep(0.001)
        under_way.discard(target.name)
        return await refuse(target, access, limits)

    await run(plan(tmp_path / "out", targets(100), counting, concurrency=7), Audience())
    assert most == 7


async def test_targets_over_one_jump_host_are_limited(tmp_path: Path) -> None:
    fleet = tuple(Target(name=f"web{number:05}", address="192.0.2.1", jump="192.0.2.9") for number in range(40))
    under_way = most = 0

    async def counting(target: Target, access: Access, limits: Limits) -> Channel:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return await refuse(target, access, limits)

    await run(plan(tmp_path / "out", fleet, counting, concurrency=20, per_jump=3), Audience())
    assert most == 3


async def test_connections_begin_one_after_another(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def noting(target: Target, access: Access, limits: Limits) -> Channel:
        begun.append(loop.time())
        await asyncio.sleep(0.5)
        return await refuse(target, access, limits)

    await run(plan(tmp_path / "out", targets(5), noting, ramp_s=0.05), Audience())
    assert begun[4] - begun[0] >= 0.19


async def test_a_machine_without_the_named_base_is_judged(tmp_path: Path) -> None:
    async def local(target: Target, access: Access, limits: Limits) -> Channel:
        del access
        return await open_local(target, limits)

    absent = Target(
        name="web00000",
        address="localhost",
        discover=False,
        instances=(InstanceHint(base=str(tmp_path / "absent")),),
        was_accounts=("daemon",),
    )
    audience = Audience()
    await run(plan(tmp_path / "out", (absent,), local), audience)
    (line,) = lines(tmp_path / "out")
    assert line["outcome"] in {"partial", "no_tomcat"}
    assert line["host"]["os"] == "linux"
    assert line["method"]["transport"] == "local"


async def test_output_that_is_not_ours_is_refused_before_anything_happens(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(ConfigError):
        await run(plan(tmp_path, targets(1), never), Audience())
    assert (tmp_path / "thesis.txt").read_text() == "mine"


async def test_a_disk_that_fails_ends_the_sweep_and_keeps_what_it_has(tmp_path: Path) -> None:
    attempts = 0

    async def failing(target: Target, access: Access, limits: Limits) -> Channel:
        nonlocal attempts
        attempts += 1
        if attempts == 20:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        return await refuse(target, access, limits)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(DiskError, match="19 of 100 results are kept"):
            await run(plan(tmp_path / "out", targets(100), failing, concurrency=1), Audience())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with Ledger.reopen(tmp_path / "out") as ledger:
        assert ledger.done() == {f"web{number:05}" for number in range(19)}
    assert attempts == 20
