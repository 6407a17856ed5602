"""A client that opens channels to a flood and tells what that costs it, in a process that can be measured.

``python -m tests.hostile.holding PORT KNOWN_HOSTS KEY USER COUNT TRANSPORT`` prints one JSON object. With a ``COUNT``
of 0 one channel is read to its end, otherwise so many are opened and not read.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from tests.transport.reach import open_channel
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Channel, Limits

_LIMITS = Limits(total_s=60)
_STALL_S = 2.0


def _kib(field: str) -> int:
    return int(Path("/proc/self/status").read_text("ascii").partition(f"{field}:")[2].split()[0])


async def _measured(target: Target, known_hosts: Path, count: int) -> dict[str, object]:
    access = load_access([target], known_hosts=known_hosts)

    async def opened() -> Channel:
        return await open_channel(target, access, _LIMITS)

    first = await opened()  # what the first connection of a process costs is not what is asked
    await first.aclose()
    before = _kib("VmRSS")
    if count:
        channels = [await opened() for _ in range(count)]
        await asyncio.sleep(_STALL_S)
        after = _kib("VmRSS")
        await asyncio.gather(*(channel.aclose() for channel in channels))
        return {"mib": (after - before) / 1024}
    channel = await opened()
    began, read = time.monotonic(), 0
    try:
        while part := await channel.read():
            read += len(part)
    except TargetError as error:
        reason = error.reason
    else:
        reason = ""
    seconds = time.monotonic() - began
    await channel.aclose()
    return {"mib": (_kib("VmHWM") - before) / 1024, "read": read, "seconds": seconds, "reason": reason}


if __name__ == "__main__":
    _port, _known, _key, _user, _count, _way = sys.argv[1:]
    _target = Target(name="flood", address="127.0.0.1", port=int(_port), user=_user, key_files=(_key,), transport=_way)
    print(json.dumps(asyncio.run(_measured(_target, Path(_known), int(_count)))))  # noqa: T201
