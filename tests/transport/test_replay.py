"""Recorded conversations."""

from __future__ import annotations

import pytest

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.transport.channel import Channel
from tomcat_fleet.transport.replay import ReplayChannel

NONCE = b"0123456789abcdef0123456789abcdef"


async def test_rounds_answer_what_was_written_with_its_nonce() -> None:
    channel = ReplayChannel([b"BEGIN @NONCE@\n", b"END @NONCE@\n"])
    await channel.write(b"main() {\n  TF_NONCE=" + NONCE[:10])
    await channel.write(NONCE[10:] + b"\n}\n")
    assert await channel.read() == b"BEGIN " + NONCE + b"\n"
    await channel.write(b"more\n")
    assert await channel.read() == b"END " + NONCE + b"\n"
    await channel.write(b"bye\n")
    assert channel.ending() == ""
    assert await channel.read() == b""
    assert channel.ending() == "exit status 0"
    assert channel.written.endswith(b"}\nmore\nbye\n")


async def test_a_callable_sees_the_question() -> None:
    channel = ReplayChannel(lambda asked: asked.upper() if asked != b"quit" else None)
    for question, answer in ((b"one", b"ONE"), (b"two", b"TWO"), (b"quit", b"")):
        await channel.write(question)
        assert await channel.read() == answer


async def test_answers_come_in_pieces_of_the_wanted_size() -> None:
    channel = ReplayChannel([b"abcde"], chunk=2)
    await channel.write(b"?")
    assert [await channel.read() for _ in range(3)] == [b"ab", b"cd", b"e"]


async def test_waiting_without_asking_is_the_timeout_it_would_be() -> None:
    channel = ReplayChannel([b"one", b"two"])
    await channel.write(b"?")
    await channel.read()
    with pytest.raises(TargetError, match="timeout: idle"):
        await channel.read()


async def test_a_recorded_fault_comes_in_its_turn() -> None:
    channel: Channel = ReplayChannel([b"one", TargetError(Outcome.COLLECTOR_FAILED, "broke")])
    await channel.write(b"?")
    assert await channel.read() == b"one"
    await channel.write(b"?")
    with pytest.raises(TargetError, match="broke"):
        await channel.read()


async def test_a_closed_recording_refuses() -> None:
    channel = ReplayChannel([b"one"], stderr="sorry")
    await channel.end_input()
    await channel.aclose()
    assert channel.closed
    assert channel.stderr() == "sorry"
    assert channel.link.transport == "replay"
    with pytest.raises(TargetError):
        await channel.write(b"?")
