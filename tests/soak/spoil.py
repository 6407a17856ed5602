"""What happens to one round of frames on its way: pure functions of the round and a seeded random source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

from tests.property.loss import STATES
from tests.soak.talk import Round, encoded
from tomcat_fleet.collect.frame import END_OF_PAYLOAD, Record

Spoil: TypeAlias = Callable[[Round, Random], bytes]
Loss: TypeAlias = Callable[[Sequence[Record], int, Random], list[Record]]
_ASKED = frozenset({"status", "content", "listing", "search", "member", "fragments", "package"})
FOREIGN = "0123456789abcdef" * 2  # a nonce that is nobody's


# -- frames that disagree with each other: nothing of the host may be believed ------------------------------------


def _at(now: Round, rng: Random) -> int:
    return rng.randrange(len(now.records)) + 1  # in the list of parts, where the first is BEGIN


def without_end(now: Round, _: Random) -> bytes:
    return b"".join(now.parts()[:-1])


def end_miscounts(now: Round, rng: Random) -> bytes:
    return b"".join([*now.parts()[:-1], now.end(now.told + len(now.records) + rng.choice((-1, 1, 40)))])


def record_missing(now: Round, rng: Random) -> bytes:
    parts = now.parts()
    del parts[_at(now, rng)]
    return b"".join(parts)


def record_twice(now: Round, rng: Random) -> bytes:
    parts, at = now.parts(), _at(now, rng)
    return b"".join([*parts[:at], parts[at], *parts[at:]])


def records_out_of_order(now: Round, rng: Random) -> bytes:
    parts, at = now.parts(), rng.randrange(1, max(2, len(now.records)))
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return b"".join(parts)


def cut_in_record(now: Round, rng: Random) -> bytes:
    parts, at = now.parts(), _at(now, rng)
    return b"".join(parts[:at]) + parts[at][: len(parts[at]) // 2]


def payload_cut(now: Round, rng: Random) -> bytes:
    """The encoder died: the frames are whole, the payload lacks its end mark."""
    parts, at = now.parts(), _at(now, rng)
    record, number = now.records[at - 1], now.told + at
    body = (record.payload + END_OF_PAYLOAD)[: -rng.randint(1, 12)]
    parts[at] = now.mark(f"{number} {record.verb} {record.state}") + encoded(body) + now.mark(f"{number} .")
    return b"".join(parts)


def payload_undecodable(now: Round, rng: Random) -> bytes:
    parts, at = now.parts(), _at(now, rng)
    lines = parts[at].split(b"\n")
    lines[2] = b"\xff\x1b]0;*" + lines[2][6:]
    parts[at] = b"\n".join(lines)
    return b"".join(parts)


def foreign_nonce(now: Round, _: Random) -> bytes:
    return b"".join(replace(now, nonce=FOREIGN).parts())


def foreign_frame(now: Round, rng: Random) -> bytes:
    parts, at = now.parts(), _at(now, rng)
    forged = replace(now, nonce=FOREIGN).record(now.told + at, Record("status", "absent", b"/\0\0"))
    return b"".join([*parts[:at], forged, *parts[at:]])


def unknown_verb(now: Round, rng: Random) -> bytes:
    at = rng.randrange(len(now.records))
    strange = Record("\x1b[31mverb", "ok", b"/\0\0")
    return b"".join(now.having([*now.records[:at], strange, *now.records[at:]]).parts())


def process_untold(now: Round, _: Random) -> bytes:
    """The table names a process that no record describes."""
    kept = [replace(r, payload=r.payload + b" 4711") if r.verb == "processes" else r for r in now.records]
    return b"".join(now.having(kept).parts())


def end_twice(now: Round, _: Random) -> bytes:
    return b"".join([*now.parts(), now.end()])


def text_after_end(now: Round, _: Random) -> bytes:
    return b"".join([*now.parts(), b"\nlogout \x1b[2J\n"])


# -- frames that agree: what a host sends that really lost the record ----------------------------------------------


def lost(records: Sequence[Record], at: int, _: Random) -> list[Record]:
    return [*records[:at], *records[at + 1 :]]


def repeated(records: Sequence[Record], at: int, _: Random) -> list[Record]:
    return [*records[: at + 1], *records[at:]]


def swapped(records: Sequence[Record], at: int, _: Random) -> list[Record]:
    other = (at + 1) % len(records)
    out = list(records)
    out[at], out[other] = out[other], out[at]
    return out


def corrupted(records: Sequence[Record], at: int, rng: Random) -> list[Record]:
    return _with(records, at, payload=bytes(byte ^ rng.randint(1, 255) for byte in records[at].payload))


def halved(records: Sequence[Record], at: int, _: Random) -> list[Record]:
    return _with(records, at, payload=records[at].payload[: len(records[at].payload) // 2])


def other_state(records: Sequence[Record], at: int, rng: Random) -> list[Record]:
    return _with(records, at, state=rng.choice([state for state in STATES if state != records[at].state]))


def all_denied(records: Sequence[Record], _: int, __: Random) -> list[Record]:
    return [_refused(record, "denied") for record in records]


def all_failed(records: Sequence[Record], _: int, __: Random) -> list[Record]:
    return [_refused(record, "failed") for record in records]


def some_denied(records: Sequence[Record], _: int, rng: Random) -> list[Record]:
    return [_refused(record, "denied") if rng.random() < 0.25 else record for record in records]


def some_failed(records: Sequence[Record], _: int, rng: Random) -> list[Record]:
    return [_refused(record, "failed") if rng.random() < 0.25 else record for record in records]


def _with(records: Sequence[Record], at: int, **changes: object) -> list[Record]:
    return [*records[:at], replace(records[at], **changes), *records[at + 1 :]]  # type: ignore[arg-type]


def _refused(record: Record, state: str) -> Record:
    """As a collector sends it that was not let in anywhere."""
    path, detail, *_ = (*record.payload.split(b"\0", 2), b"", b"")
    if record.verb in _ASKED:
        return Record(record.verb, state, path + b"\0" + detail + b"\0")
    if record.verb == "account":
        return replace(record, payload=b"\0".join([path, b"", b"1", b"", b"", b"1"]))
    if record.verb == "places":
        return replace(record, payload=b"//at:/\n//rc:1\n")
    return record


def victim(records: Sequence[Record], rng: Random) -> int:
    """Which record it hits: the first thing that is drawn, so that a judge who has the seed can tell."""
    return rng.randrange(len(records))
