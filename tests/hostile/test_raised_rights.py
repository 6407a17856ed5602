"""A shell with more rights speaks only where it was asked to, and says so."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from tests import stock
from tests.hostile.mutation import NONCES, stream
from tests.property.stream import recorded
from tests.verdict import TARGET
from tests.virtual_host import KEY, TODAY
from tomcat_fleet.collect.frame import END_OF_PAYLOAD
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Become, Target
from tomcat_fleet.tomcat.examine import Settings, examine
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel

SETTINGS = Settings(policy=Policy(), today=TODAY)
RAISING = replace(TARGET, become=Become(method="sudo"))


def first_round() -> tuple[bytes, int]:
    """A host that refuses one file to the login account, and how many records it sends."""
    records = recorded(stock.good())
    at = next(
        number for number, record in enumerate(records) if record.payload.startswith(b"/opt/tomcat/conf/web.xml\0")
    )
    refused = replace(records[at], state="denied", payload=b"/opt/tomcat/conf/web.xml\0\0")
    records[at] = refused
    return stream(records, NONCES[0]).replace(NONCES[0].encode(), TOKEN), len(records)


def answer(count: int, *lines: str) -> bytes:
    """A round of frames, ``{0}`` and ``{1}`` standing for the next record's number and the one after."""
    token = TOKEN.decode()
    return "".join(f"\n@{token} {line.format(count + 1, count + 2)}\n" for line in lines).encode()


WORD = f"{{0}} raise {{state}}\n{base64.b64encode(END_OF_PAYLOAD).decode()}\n"


def collected(target: Target, *rounds: bytes) -> Collected:
    def want(evidence: object) -> object:
        return examine(evidence, target, SETTINGS).wanted  # type: ignore[arg-type]

    return asyncio.run(collect(ReplayChannel(rounds), target, key=KEY, want=want))  # type: ignore[arg-type]


def word(state: str) -> tuple[str, str]:
    return WORD.replace("{state}", state).rstrip("\n"), "{0} ."


DENIED = (*word("denied"), "END {0}")
ALLOWED = (*word("ok"), "BEGIN 1 base64 0 {0}", "END {0}")
WRONG = {
    "no word of it": (("END {count}",), "no word of more rights"),
    "allowed, and no BEGIN": ((*word("ok"), "END {0}"), "a malformed BEGIN"),
    "denied, and a BEGIN": ((*word("denied"), "BEGIN 1 base64 0 {0}", "END {0}"), "a record is missing, repeated"),
    "BEGIN without a word": (("BEGIN 1 base64 0 {count}", "END {count}"), "a record is missing, repeated"),
    "said twice": ((*word("denied"), WORD.replace("{state}", "ok").replace("{0}", "{1}").rstrip("\n"), "{1} .",
                    "BEGIN 1 base64 0 {1}", "END {1}"), "more rights, and nobody asked"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_rise_that_is_not_told_as_it_should_be_is_refused(case: str) -> None:
    lines, reason = WRONG[case]
    first, count = first_round()
    second = answer(count, *(line.replace("{count}", str(count)) for line in lines))
    with pytest.raises(TargetError, match=reason) as caught:
        collected(RAISING, first, second, b"")
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED


def test_a_rise_that_is_denied_is_told() -> None:
    first, count = first_round()
    assert collected(RAISING, first, answer(count, *DENIED)).evidence.host.become_denied


def test_nobody_rises_unasked() -> None:
    first, count = first_round()
    head, _, _ = first.rpartition(b"\n@")
    with pytest.raises(TargetError, match="more rights, and nobody asked"):
        collected(TARGET, head + answer(count, *ALLOWED))
