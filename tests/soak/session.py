"""What a shell does that is not a sound collector's. Every behaviour is sound up to the round in which it is due."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tests.soak import port
from tests.soak.spoil import FOREIGN, Loss, Spoil, victim
from tests.soak.talk import Round, Talk
from tomcat_fleet.collect.frame import Record

Session: TypeAlias = Callable[[Talk, int], Awaitable[None]]
Ending: TypeAlias = Callable[[Talk], Awaitable[None]]
_LINE = b"QUFB" * 19 + b"\n"
NOISE = b"\x1b]0;motd\x07\x1b[31mLast login: \xc7\xd1\xb1\xdb\xe2\x80\xae <script>\r\n" + f"@{FOREIGN} END 0\n".encode()


async def _due(talk: Talk, at: int) -> Round:
    for _ in range(at):
        await talk.say(await talk.next_round())
    return await talk.next_round()


# -- endings -------------------------------------------------------------------------------------------------------


async def leave(talk: Talk) -> None:
    talk.process.exit(0)


async def leave_with_3(talk: Talk) -> None:
    talk.process.exit(3)


async def be_killed(talk: Talk) -> None:
    talk.process.exit_with_signal("KILL", msg="\x1b[2Jgone")


async def hang(talk: Talk) -> None:
    await talk.process.wait_closed()


async def close_output_only(talk: Talk) -> None:
    talk.process.stdout.write_eof()
    await talk.process.wait_closed()


async def reset(talk: Talk) -> None:
    connection = talk.process.channel.get_connection()
    port.abort(connection.get_extra_info("socket"))
    connection.abort()


# -- made of parts -------------------------------------------------------------------------------------------------


def spoiling(spoil: Spoil, ending: Ending = leave) -> Session:
    """Send one round spoiled, then end."""

    async def session(talk: Talk, at: int) -> None:
        now = await _due(talk, at)
        await talk.send(spoil(now, talk.rng))
        await ending(talk)

    return session


def losing(loss: Loss, *, always: bool = False) -> Session:
    """Lose evidence in one round, or in every one, and go on as if nothing were: the frames agree."""

    async def session(talk: Talk, at: int) -> None:
        for number in itertools.count():
            now = await talk.next_round()
            if always or number == at:
                now = now.having(loss(now.records, victim(now.records, talk.rng), talk.rng))
            await talk.say(now)

    return session


def after_round(ending: Ending) -> Session:
    """End after a whole round."""

    async def session(talk: Talk, at: int) -> None:
        await talk.say(await _due(talk, at))
        await ending(talk)

    return session


def before_output(ending: Ending, noise: bytes = b"") -> Session:
    """Run no collector."""

    async def session(talk: Talk, _: int) -> None:
        await talk.send(noise)
        await ending(talk)

    return session


# -- behaviours of their own ---------------------------------------------------------------------------------------


async def sound(talk: Talk, _: int) -> None:
    await talk.be_sound()


async def noisy_login(talk: Talk, _: int) -> None:
    """Start-up files print, markup and frames of another conversation included."""
    await talk.send(NOISE)
    talk.process.stderr.write(b"bash: warning: \x1b[31msetlocale\n" * 50)
    await talk.be_sound()


async def noise_flood(talk: Talk, _: int) -> None:
    while True:
        await talk.send(NOISE * 400)


async def begin_then_hang(talk: Talk, at: int) -> None:
    now = await _due(talk, at)
    await talk.send(now.parts()[0])
    await hang(talk)


async def output_flood(talk: Talk, at: int) -> None:
    """A record without end."""
    now = await _due(talk, at)
    await talk.send(now.parts()[0] + now.mark(f"{now.told + 1} content ok"))
    while True:
        await talk.send(_LINE * 400)


async def line_flood(talk: Talk, at: int) -> None:
    """A line without end."""
    now = await _due(talk, at)
    await talk.send(now.parts()[0] + now.mark(f"{now.told + 1} content ok"))
    while True:
        await talk.send(b"A" * 32768)


async def record_flood(talk: Talk, at: int) -> None:
    """Sound records of files that nobody asked about, without end."""
    now = await _due(talk, at)
    await talk.send(now.parts()[0])
    for number in itertools.count(now.told + 1):
        text = f"/srv/{number}/web.xml\0\0" + "<web-app/>\n" * 600 + "\x000"
        await talk.send(now.record(number, Record("content", "ok", text.encode())))


async def error_flood(talk: Talk, _: int) -> None:
    while True:
        talk.process.stderr.write(b"E\x1b[2J" * 8192)
        await talk.process.stderr.drain()


async def drip(talk: Talk, at: int) -> None:
    """A byte now and then: never idle, never done."""
    now = await _due(talk, at)
    whole = b"".join(now.parts())
    for byte in whole:
        await talk.send(bytes([byte]))
        await asyncio.sleep(0.25)


async def deaf(talk: Talk, _: int) -> None:
    """Reads nothing, so that the script never arrives."""
    talk.process.channel.pause_reading()
    await hang(talk)
