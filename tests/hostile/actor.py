"""Shells that know the nonce and speak a recorded stream: honestly, or up to a point, or with something added."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from functools import cache

from tests import stock
from tests.hostile.mutation import NONCES, stream
from tests.property.stream import recorded
from tests.transport.server import Behaviour, Process
from tomcat_fleet.collect.frame import Record

_NONCE = re.compile(rb"TF_NONCE=([0-9a-f]{32})")
_TOLD = NONCES[1]  # stands for the conversation's nonce in prepared streams
LINE = b"QUJD" * 19 + b"\n"
BEGIN = f"\n@{_TOLD} BEGIN 1 base64 2000 0\n".encode()
RECORD = f"@{_TOLD} 1 content ok\n".encode()


@cache
def honest() -> bytes:
    """What a collector sends of a sound host, in one round."""
    return stream(recorded(stock.good()), _TOLD)


async def nonce_of(process: Process) -> bytes:
    """Read the script until it tells the nonce."""
    read = b""
    while not (found := _NONCE.search(read)):
        part = await process.stdin.read(65536)
        if not part:
            raise asyncio.IncompleteReadError(read, None)
        read += part
    return found[1]


async def say(process: Process, data: bytes) -> None:
    """Send ``data`` under the conversation's nonce."""
    process.stdout.write(data.replace(_TOLD.encode(), await nonce_of(process)))
    await process.stdout.drain()


def _until(mark: bytes, more: int = 0) -> bytes:
    whole = honest()
    return whole[: whole.index(mark) + more]


def inside_a_record() -> bytes:
    """Cut in the middle of the payload of the fifth record."""
    return _until(b" 5 .", -200)


def between_records() -> bytes:
    """Cut after the fifth record."""
    return _until(b" 5 .", 5)


def _stays(data: Callable[[], bytes]) -> Behaviour:
    async def behave(process: Process) -> None:
        await say(process, data())
        await process.wait_closed()

    return behave


def _exits(data: Callable[[], bytes], status: int) -> Behaviour:
    async def behave(process: Process) -> None:
        if data():
            await say(process, data())
        process.exit(status)

    return behave


async def _killed(process: Process) -> None:
    await say(process, inside_a_record())
    process.exit_with_signal("KILL", msg="\x1b[2Jgone")


async def _no_status(process: Process) -> None:
    await say(process, inside_a_record())
    process.stdout.write_eof()
    process.channel.close()


async def _close_without_eof(process: Process) -> None:
    await say(process, between_records())
    process.channel.close()


async def _eof_and_hang(process: Process) -> None:
    await say(process, between_records())
    process.stdout.write_eof()
    await process.wait_closed()


async def _late_status(process: Process) -> None:
    await say(process, between_records())
    process.stdout.write_eof()
    await asyncio.sleep(0.3)
    process.exit(4)


async def _aborted(process: Process) -> None:
    await say(process, inside_a_record())
    await asyncio.sleep(0.05)
    process.channel.get_connection().abort()


def _endless(first: bytes, blocks: Callable[[], Iterator[bytes]]) -> Behaviour:
    """Floods under the right nonce."""

    async def behave(process: Process) -> None:
        nonce = await nonce_of(process)
        process.stdout.write(first.replace(_TOLD.encode(), nonce))
        for block in blocks():
            process.stdout.write(block.replace(_TOLD.encode(), nonce))
            await process.stdout.drain()

    return behave


def _records() -> Iterator[bytes]:
    """Whole records without end, each the content of another file."""
    text = b"# " + b"x" * 60 + b"\n"
    for number in itertools.count(1):
        record = Record("content", "ok", b"/f%d\0\0" % number + text * 500 + b"\x000")
        _, begun, framed = stream([record], _TOLD).partition(b"\n\n@")
        yield (begun + framed[: framed.rindex(b"\n@")]).replace(b" 1 ", b" %d " % number)


async def _trickle(process: Process) -> None:
    """A genuine stream, so slowly that it never ends."""
    nonce = await nonce_of(process)
    for at in itertools.count():
        process.stdout.write(honest().replace(_TOLD.encode(), nonce)[at : at + 1])
        await asyncio.sleep(0.05)


HONEST: dict[str, Behaviour] = {
    "good": _stays(honest),
    "good-noise": _stays(lambda: "환영합니다\n\x1b]0;title\x07".encode() + honest()[1:]),
}
BROKEN: dict[str, Behaviour] = {
    "exit-at-once": _exits(lambda: b"", 0),
    "mid-record": _exits(inside_a_record, 0),
    "end-missing": _exits(between_records, 0),
    "late-status": _late_status,
    "exit-3": _exits(between_records, 3),
    "killed": _killed,
    "no-exit-status": _no_status,
    "close-without-eof": _close_without_eof,
    "eof-without-close": _eof_and_hang,
    "tcp-abort": _aborted,
    "two-ends": _stays(lambda: honest() + honest()[honest().rindex(b"\n@") :]),
    "more-after-end": _stays(lambda: honest() + b"stray\n"),
    "another-nonce": _stays(lambda: honest().replace(_TOLD.encode(), b"0" * 32)),
    "raise-unasked": _stays(lambda: honest().replace(b" 2 process ok", b" 2 raise ok", 1)),
}
FLOODS: dict[str, Behaviour] = {
    "payload-flood": _endless(BEGIN + RECORD, lambda: itertools.repeat(LINE * 400)),
    "line-flood": _endless(BEGIN + RECORD, lambda: itertools.repeat(b"A" * 32768)),
    "frame-flood": _endless(BEGIN, lambda: itertools.repeat(BEGIN * 400)),
    "record-flood": _endless(BEGIN, _records),
    "blank-flood": _endless(BEGIN + RECORD, lambda: itertools.repeat(b" \n" * 16384)),
}
SLOW: dict[str, Behaviour] = {"trickle": _trickle}
EVERY: dict[str, Behaviour] = {**HONEST, **BROKEN, **FLOODS, **SLOW}
