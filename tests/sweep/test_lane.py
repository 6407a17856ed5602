"""Targets come in order, each once, and never more at a time over one jump host or in one subnet than allowed."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.lane import Lanes, subnet

ADDRESSES = st.sampled_from(
    ["192.0.2.1", "192.0.2.77", "198.51.100.1", "2001:db8::1", "2001:db8:0:1::1", "web.example.com"]
)
JUMPS = st.sampled_from([None, "a", "ops@a:2222", "a,b", "b"])


@pytest.mark.parametrize(
    ("address", "expected"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:0:1::9", "2001:db8:0:1::/64"), ("web.example.com", None), ("", None)],
)
def test_subnet(address: str, expected: str | None) -> None:
    assert subnet(address) == expected


@given(
    ways=st.lists(st.tuples(ADDRESSES, JUMPS), max_size=40),
    per_jump=st.integers(0, 3),
    per_subnet=st.integers(0, 3),
    workers=st.integers(1, 12),
    pauses=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_each_target_goes_once_and_no_way_is_crowded(
    ways: list[tuple[str, str | None]], per_jump: int, per_subnet: int, workers: int, pauses: object
) -> None:
    fleet = [Target(name=str(n), address=address, jump=jump) for n, (address, jump) in enumerate(ways)]
    jumps: Counter[str] = Counter()
    subnets: Counter[tuple[str | None, str | None]] = Counter()
    seen: list[str] = []

    async def worker(lanes: Lanes) -> None:
        while (target := await lanes.next()) is not None:
            seen.append(target.name)
            nearest = (target.jump or "").split(",")[0].removeprefix("ops@").removesuffix(":2222")
            segment = (target.jump, subnet(target.address))
            jumps[nearest] += 1
            subnets[segment] += 1
            assert not per_jump or not nearest or jumps[nearest] <= per_jump
            assert not per_subnet or segment[1] is None or subnets[segment] <= per_subnet
            for _ in range(pauses.randint(0, 3)):  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            jumps[nearest] -= 1
            subnets[segment] -= 1
            lanes.done(target)

    async def work() -> None:
        lanes = Lanes(fleet, per_jump=per_jump, per_subnet=per_subnet)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(worker(lanes))

    asyncio.run(work())
    assert sorted(seen) == sorted(target.name for target in fleet)


async def test_a_crowded_jump_host_does_not_hold_up_the_others() -> None:
    behind = [Target(name=f"behind{n}", address="192.0.2.1", jump="a") for n in range(5)]
    free = Target(name="free", address="192.0.2.2")
    lanes = Lanes([*behind, free], per_jump=2, per_subnet=0)
    handed = [await lanes.next() for _ in range(3)]
    assert [target.name for target in handed if target] == ["behind0", "behind1", "free"]
    waiting = asyncio.create_task(lanes.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    lanes.done(behind[0])
    assert await waiting is behind[2]


async def test_described_jump_hosts_count_by_the_machine_that_carries_them() -> None:
    jumps = {
        "gate": Target(name="gate", address="192.0.2.9"),
        "inner": Target(name="inner", address="10.0.0.5", jump="ops@gate"),
        "round": Target(name="round", address="10.0.0.6", jump="round"),
    }
    ways = ["gate", "inner", "192.0.2.9:2222", "inner,other", "round"]
    fleet = [Target(name=way, address="198.51.100.1", jump=way) for way in ways]
    lanes = Lanes(fleet, per_jump=1, per_subnet=0, jumps=jumps)
    first = await lanes.next()
    second = await lanes.next()
    assert [target and target.name for target in (first, second)] == ["gate", "round"]
    waiting = asyncio.create_task(lanes.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert first
    lanes.done(first)
    assert await waiting is fleet[1]
