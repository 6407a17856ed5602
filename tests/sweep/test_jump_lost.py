"""A way that breaks while rights are raised: everything is asked anew, unless a password may have been typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile.test_password_words import ASKED, DENIED, PASSWORD, said
from tests.hostile.test_raised_rights import RAISING, first_round
from tests.secrets.hunt import Hunt
from tests.sweep import scene
from tomcat_fleet.model.target import Become, Target
from tomcat_fleet.sweep.again import verify
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.replay import ReplayChannel
from tomcat_fleet.transport.secret import Secret
from tomcat_fleet.transport.tether import JumpLostError


@pytest.mark.parametrize("times", [0, 1])
async def test_a_password_is_typed_once_however_often_the_way_breaks(times: int, tmp_path: Path) -> None:
    first, count = first_round()
    broken = [said(count, DENIED), said(count + 1, ASKED, end=False)] * times
    channels: list[ReplayChannel] = []

    async def open_(target: Target, access: Access, limits: Limits) -> Channel:
        del target, access, limits
        rounds = [first, said(count, DENIED)] if channels else [first, *broken, JumpLostError("gate")]
        channels.append(ReplayChannel(rounds))
        return channels[-1]

    become = Become(password="env:SUDO_PW" if times else None)
    access = Access(account="tester", passwords={"env:SUDO_PW": Secret(PASSWORD)})
    await run(scene.plan(tmp_path / "out", (replace(RAISING, become=become),), open_, access=access), lambda _: None)
    (line,) = scene.lines(tmp_path / "out")
    assert line["outcome"] == "partial"
    assert len(channels) == 2 - times
    assert sum(bytes(channel.written).count(PASSWORD.encode()) for channel in channels) == times
    hunt = Hunt({"password": PASSWORD, "where it is found": "SUDO_PW"})
    hunt.files(tmp_path / "out")
    assert (hunt.found, hunt.seen > 3, verify(tmp_path / "out").faults) == ([], True, ())
