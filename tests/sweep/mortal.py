"""A program whose children run one sweep each, to be killed: what a sweep loads is loaded once, for all lives.

python -m tests.sweep.mortal OUTPUT TARGETS
stdin   one line per life
stdout  the child's process id, then, when it has ended, ``ended STATUS``
acks    OUTPUT.acks: "LIFE TARGET" as soon as the sweep has said that the target is done
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import stock
from tests.property.stream import NONCE, framed, recorded
from tests.sweep.scene import plan, targets
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import ledger_file
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.event import Event, Finished
from tomcat_fleet.sweep.plan import SweepPlan
from tomcat_fleet.sweep.resume import resumed
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits, Link
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel

_PAUSES = 3


def main() -> None:
    output, count = Path(sys.argv[1]), int(sys.argv[2])
    streams = [framed(recorded(stock.named(name))).replace(NONCE.encode(), TOKEN) for name in ("good", "stock-9.0.122")]
    with TemporaryDirectory() as place:
        _live(Path(place, "out"), 2, 0, streams)
    for life, _ in enumerate(sys.stdin):
        child = os.fork()
        if child == 0:
            os._exit(_live(output, count, life, streams))
        os.write(1, f"{child}\n".encode())
        os.write(1, f"ended {os.waitpid(child, 0)[1]}\n".encode())


def _live(output: Path, count: int, life: int, streams: list[bytes]) -> int:
    async def open_(target: Target, access: Access, limits: Limits) -> Channel:
        del access, limits
        number = int(target.name[3:])
        for _ in range(number % _PAUSES):
            await asyncio.sleep(0.001)
        if number % 4 == 0:
            raise TargetError(Outcome.UNREACHABLE, f"in life {life}")
        link = Link(transport="replay", address=f"in life {life}", account="replay")
        return ReplayChannel([streams[number % 2]], link=link)

    fleet = tuple(replace(target, zone=f"zone {number % 5}") for number, target in enumerate(targets(count)))
    with Path(f"{output}.acks").open("a") as acks:

        def said(event: Event) -> None:
            if isinstance(event, Finished) and not event.before:
                acks.write(f"{life} {event.target}\n")
                acks.flush()

        asyncio.run(run(_plan(output, fleet, open_), said))
    return 0


def _plan(output: Path, fleet: tuple[Target, ...], open_: object) -> SweepPlan:
    fresh = plan(output, fleet, open_)  # type: ignore[arg-type]  # one of our own
    return resumed(fresh, None) if (output / ledger_file.NAME).exists() else fresh


if __name__ == "__main__":
    main()
