"""Spoiled and forged streams: the product accepts exactly what a second reader calls well formed.

Hundreds of cases of every kind; a hundred thousand in a thorough run. ``TOMCAT_FLEET_FUZZ`` asks for another number,
``TOMCAT_FLEET_FUZZ_SEED`` for others.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from tests import stock
from tests.conftest import Figure
from tests.hostile.mutation import ENCODINGS, HARMLESS, MUTATIONS, NONCES, Case
from tests.hostile.reference import records_of
from tests.property.loss import better
from tests.property.stream import Listener, recorded
from tests.thorough import times
from tests.verdict import result_of
from tomcat_fleet.collect.frame import Decoder, Record
from tomcat_fleet.errors import EvidenceError, TargetError
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Outcome, Status

CASES = times(25_000, 100_000, "TOMCAT_FLEET_FUZZ")
SEED = os.environ.get("TOMCAT_FLEET_FUZZ_SEED", "0")
BLOCKS = 10
WHOLE_HOSTS = 40  # one case in so many is about a whole host and judged; the others are about a few of its records
LISTENER = Listener()
FIRST = frozenset({"host", "process", "processes", "account", "units", "places"})


@cache
def _conversation(name: str) -> tuple[Record, ...]:
    return tuple(recorded(stock.good() if name == "good" else stock.stock("9.0.122")))


@cache
def _sound(name: str) -> TargetResult:
    return result_of(LISTENER.heard(_conversation(name)))


@cache
def _parts(name: str) -> tuple[list[Record], list[Record]]:
    """The records that every first round has, and small ones of the others."""
    every = _conversation(name)
    more = [record for record in every if record.verb not in FIRST and len(record.payload) < 1500]
    return [record for record in every if record.verb in FIRST], more


def _few(rng: random.Random, name: str, nonce: str) -> list[Record]:
    """A short conversation, one record of which has content that imitates the frames of this very round."""
    first, more = _parts(name)
    forged = f"/x\0\0\n@{nonce} {rng.randrange(9)} .\n@{nonce} END {rng.randrange(9)}\n".encode()
    imitation = Record("content", "ok", forged + rng.randbytes(40) + b"\x000")
    return [*first, imitation, *rng.sample(more, rng.randrange(4))]


def _fed(data: bytes, nonce: str, rng: random.Random) -> list[Record] | str:
    """What the product makes of it when it comes in pieces; why it refuses otherwise."""
    decoder = Decoder(nonce)
    records: list[Record] = []
    (size,) = rng.choices((1, 20, 200, 4000), (1, 5, 15, 79))  # small pieces take long
    try:
        at = 0
        while at < len(data):
            step = rng.randint(1, size)
            records += [frame for frame in decoder.feed(data[at : at + step]) if isinstance(frame, Record)]
            at += step
    except TargetError as error:
        return error.reason if error.outcome is Outcome.COLLECTOR_FAILED else f"as {error.outcome}"
    return records if decoder.quiet() else "no END"


def _ingested(records: Sequence[Record]) -> str:
    """Whether they could be evidence; nothing but ``EvidenceError`` says no."""
    try:
        LISTENER.heard(records)
    except EvidenceError:
        return "refused as evidence"
    return "taken as evidence"


def _judged(records: Sequence[Record], name: str, original: Sequence[Record]) -> str:
    """Judge what was accepted: records that are all genuine may not add up to something better."""
    try:
        after = result_of(LISTENER.heard(records))
    except EvidenceError:
        return "judged: refused as evidence"
    assert Status.ERROR not in {status for instance in after.instances for status in instance.verdicts.values()}
    if set(records) <= set(original):
        assert not better(_sound(name), after)
        return "judged: genuine records"
    return "judged: other content"


def _case(block: int, number: int) -> tuple[Case, str, bool]:
    rng = random.Random(f"{SEED} {block} {number}")
    name, whole = rng.choice(("good", "stock")), number % WHOLE_HOSTS == 0
    nonce = NONCES[0]
    records = _conversation(name) if whole else _few(rng, name, nonce)
    return Case(rng, records, _few(rng, "stock", nonce), rng.choice(ENCODINGS), nonce), name, whole


@pytest.mark.parametrize("block", range(BLOCKS))
def test_only_whole_rounds_in_order_are_accepted(block: int, figure: Figure) -> None:
    kinds, outcomes = Counter[str](), Counter[str]()
    for number in range(CASES // BLOCKS):
        case, name, whole = _case(block, number)
        kind = case.rng.choice(list(MUTATIONS))
        data = MUTATIONS[kind](case)
        got, told = _fed(data, case.nonce, case.rng), records_of(data, case.nonce)
        kinds[kind] += 1
        about = f"block {block} case {number} {kind} {case.encoding}: {got!s:.300}"
        if isinstance(got, str):
            assert told is None, f"well formed, but refused: {about}"
            assert kind not in HARMLESS, about
            assert not got.startswith("as "), about
            outcomes[got] += 1
            continue
        assert told is not None, f"accepted, but not well formed: {about}"
        assert [(record.verb, record.state, record.payload) for record in got] == told, about
        same = list(got) == list(case.records)
        assert same or kind not in HARMLESS, about
        outcomes["accepted, the very records" if same else "accepted, other records"] += 1
        outcomes[_judged(got, name, case.records) if whole else _ingested(got)] += 1
    print(f"block {block}\n  {dict(kinds)}\n  {dict(outcomes)}")  # noqa: T201 - by kind and outcome, for pytest -rP
    accepted = [outcomes[f"accepted, {name}"] for name in ("the very records", "other records")]
    figure(
        f"malformed streams {block + 1}/{BLOCKS}: {kinds.total()} of {len(kinds)} kinds,"
        f" {kinds.total() - sum(accepted)} refused, {accepted[0]} accepted unchanged and {accepted[1]} changed,"
        " each as a second reader has it; 0 exceptions, 0 forgeries"
    )
