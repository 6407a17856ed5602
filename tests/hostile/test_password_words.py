"""What a target may say about a password, word by word: nothing makes the auditor send it but the question it asked."""

from __future__ import annotations

import asyncio
import base64

import pytest

from tests.hostile.test_raised_rights import RAISING, first_round
from tests.virtual_host import KEY, TODAY
from tomcat_fleet.collect.frame import END_OF_PAYLOAD
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Settings, examine
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel
from tomcat_fleet.transport.secret import Secret
from tomcat_fleet.transport.tether import JumpLostError

PASSWORD = "Zk7-C4NARY-4Q"
SETTINGS = Settings(policy=Policy(), today=TODAY)
ASKED, AGAIN, OVER, LATE, NONE = ((f"password {state}", b"") for state in ("asked", "again", "over", "late", "none"))
DENIED = ("raise denied", b"")


def said(count: int, *words: tuple[str, bytes], end: bool = True) -> bytes:
    """Records that follow ``count`` others, and the END of their round."""
    token, out = TOKEN.decode(), []
    for number, (head, payload) in enumerate(words, count + 1):
        encoded = base64.b64encode(payload + END_OF_PAYLOAD).decode()
        out.append(f"\n@{token} {number} {head}\n{encoded}\n\n@{token} {number} .\n")
    return "".join([*out, f"\n@{token} END {count + len(words)}\n" if end else ""]).encode()


def talked(
    *rounds: bytes | TargetError, target: Target = RAISING, password: str | None = PASSWORD
) -> tuple[Collected, bytes]:
    """What comes of it, and everything that was sent."""
    channel = ReplayChannel(rounds, stderr="stderr says \x1b[2J")

    def want(evidence: Evidence) -> object:
        return examine(evidence, target, SETTINGS).wanted

    secret = None if password is None else Secret(password)
    try:
        collected = asyncio.run(collect(channel, target, key=KEY, want=want, become_password=secret))  # type: ignore[arg-type]
    except TargetError as error:
        error.add_note(channel.written.decode())
        raise
    return collected, bytes(channel.written)


FINE = {
    "no such program": ((NONE,), (), "no program of that name that belongs to root and has its rights"),
    "it leaves": ((OVER,), (), "it ended without asking for the password"),
    "it waits": ((LATE,), (), "it did not ask for the password in time"),
    "it refuses": ((ASKED,), (AGAIN,), "the password was refused"),
    "it leaves after": ((ASKED,), (OVER,), "it ended after the password"),
    "it does not wait": ((ASKED, AGAIN), None, "it asked for the password and did not wait for it"),
    "it ends": ((ASKED,), None, "the shell ended on the way"),
}


@pytest.mark.parametrize("case", FINE)
def test_a_refusal_is_told_and_costs_nothing_else(case: str) -> None:
    before, after, reason = FINE[case]
    first, count = first_round()
    rounds = [first, said(count, DENIED), said(count + 1, *before, end=before != (ASKED,))]
    rounds += [said(count + 2, *after)] if after else [b""]
    collected, written = talked(*rounds)
    assert (collected.evidence.host.become_reason, collected.method.become) == (reason, None)
    asked = before == (ASKED,)
    assert written.count(PASSWORD.encode()) == int(asked)
    assert "stderr says" not in repr(collected.evidence.host)


FORGED = {
    "asked before anybody asked": lambda count: [said(count, DENIED, ASKED)],
    "asked in place of the word about rights": lambda count: [said(count, ASKED)],
    "asked twice": lambda count: [said(count, DENIED), said(count + 1, ASKED, end=False), said(count + 2, ASKED)],
    "an unknown word": lambda count: [said(count, DENIED), said(count + 1, ("password yes", b""))],
    "evidence first": lambda count: [said(count, DENIED), said(count + 1, ("content ok", b"/x\0\0y\0" + b"0"), ASKED)],
    "denied": lambda count: [said(count, DENIED), said(count + 1, DENIED)],
    "rights, and uids that are none": lambda count: [
        said(count, DENIED), said(count + 1, ("raise ok", b"0'; touch /x; '"), end=False)],
    "rights, and uids that are no text": lambda count: [
        said(count, DENIED), said(count + 1, ("raise ok", b"\xff"), end=False)],
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_word_ends_the_host(case: str) -> None:
    first, count = first_round()
    with pytest.raises(TargetError, match="evidence stream broken") as caught:
        talked(first, *FORGED[case](count))
    assert caught.value.outcome is Outcome.COLLECTOR_FAILED
    (written,) = caught.value.__notes__
    assert PASSWORD not in caught.value.reason
    assert written.count(PASSWORD) == (1 if case == "asked twice" else 0)
    assert "touch /x" not in written


def test_the_first_round_cannot_ask() -> None:
    first, count = first_round()
    head, _, _ = first.rpartition(b"\n@")
    with pytest.raises(TargetError, match="nobody asked") as caught:
        talked(head + said(count, ASKED))
    assert PASSWORD not in caught.value.__notes__[0]


def test_without_a_password_none_is_asked_for() -> None:
    first, count = first_round()
    collected, written = talked(first, said(count, DENIED), password=None)
    assert collected.evidence.host.become_reason == "refused without a password"
    assert b"\npassword " not in written


CUT = "the way there broke after it was asked for the password, which is not sent a second time"


@pytest.mark.parametrize("prompts", [0, 1], ids=["before its prompt", "after its prompt"])
def test_where_a_password_may_be_on_its_way_a_lost_jump_host_is_the_end_of_it(prompts: int) -> None:
    first, count = first_round()
    prompt = [said(count + 1, ASKED, end=False)] * prompts
    collected, written = talked(first, said(count, DENIED), *prompt, JumpLostError("gate"))
    assert (collected.evidence.host.become_reason, collected.method.become) == (CUT, None)
    assert written.count(PASSWORD.encode()) == prompts


def test_before_a_password_is_asked_for_a_lost_jump_host_is_no_word_about_rights() -> None:
    first, _ = first_round()
    with pytest.raises(JumpLostError):
        talked(first, JumpLostError("gate"))
