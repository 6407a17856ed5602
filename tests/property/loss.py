"""Damage done to one record of a stream, and what it must not lead to."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.property.sound import CORROBORATING, verdicts
from tests.thorough import THOROUGH
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.model import escape
from tomcat_fleet.model.result import EvidenceRow, TargetResult
from tomcat_fleet.model.status import COMPLETE, WORST_FIRST, Status

STATES = ("ok", "absent", "denied", "failed")
HARMLESS = frozenset({"one byte short"})  # where that is a line feed


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged stream; ``lost`` when the record's content is not there any more."""

    how: str
    records: tuple[Record, ...]
    lost: bool


def _noise(payload: bytes) -> bytes:
    return random.Random(payload).randbytes(len(payload))


PAYLOADS: dict[str, Callable[[bytes], bytes]] = {
    "halved": lambda payload: payload[: len(payload) // 2],
    "one byte short": lambda payload: payload[:-1],
    "emptied": lambda payload: b"",  # noqa: ARG005 - one signature
    "flipped": lambda payload: bytes(byte ^ 0xA5 for byte in payload),
    "noise": _noise,
}


def damages(records: Sequence[Record], at: int) -> Iterator[Damage]:
    """Every damage to record number ``at`` in frames that agree: a target that really lost it sends this."""
    record, front, back = records[at], tuple(records[:at]), tuple(records[at + 1 :])
    yield Damage("dropped", (*front, *back), lost=True)
    for how, spoil in PAYLOADS.items():
        yield Damage(how, (*front, replace(record, payload=spoil(record.payload)), *back), lost=how not in HARMLESS)
    for state in STATES:
        if state != record.state:
            yield Damage(f"state {state}", (*front, replace(record, state=state), *back), lost=record.state == "ok")
    yield Damage("repeated", (*front, record, record, *back), lost=False)
    if back:
        yield Damage("swapped", (*front, back[0], record, *back[1:]), lost=False)


def damages_in_turn(records: Sequence[Record], at: int, turn: int) -> Iterator[Damage]:
    """The loss of the record and a third of the other damages, others at the next record and with the next ``turn``.

    All of them in a thorough run.
    """
    return (
        damage
        for number, damage in enumerate(damages(records, at))
        if THOROUGH or not number or (at + number + turn) % 3 == 0
    )


def better(before: TargetResult, after: TargetResult) -> dict[tuple[str, str], str]:
    """Verdicts that damage improved to anything but unknown, and instances of which nothing is left to see."""
    out: dict[tuple[str, str], str] = {}
    now = verdicts(after)
    for key, old in verdicts(before).items():
        new = now.get(key)
        if new is None:
            if after.outcome in COMPLETE:
                out[key] = f"{old} -> not found, {after.outcome}"
        elif new is Status.ERROR or (new is not Status.UNKNOWN and WORST_FIRST.index(new) > WORST_FIRST.index(old)):
            out[key] = f"{old} -> {new}"
    return out


def stale(record: Record, before: TargetResult, after: TargetResult) -> list[tuple[str, str]]:
    """Items that pass still although what they rested on was in the record."""
    now = verdicts(after)
    return [
        (instance.base, one.item)
        for instance in before.instances
        for one in instance.findings
        if one.status is Status.PASS and now.get((instance.base, one.item)) is Status.PASS
        for row in one.evidence
        if _shown(record, row)
    ]


def _shown(record: Record, row: EvidenceRow) -> bool:
    path, detail = (escape.from_bytes(part) for part in (*record.payload.split(b"\0", 2), b"", b"")[:2])
    name = f"{path}!/{detail}" if record.verb == "member" else path
    if name.endswith(CORROBORATING):
        return False
    if record.verb in {"content", "member"}:
        return row.kind == "file" and row.source == name and row.line is not None
    return record.verb == "search" and row.source == f"find {path}"
