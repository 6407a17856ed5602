"""Streams spoiled on purpose: kinds of damage and of forgery, each a function of a generator of random numbers."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tomcat_fleet.collect.frame import END_OF_PAYLOAD, Record

NONCES = ("0123456789abcdef0123456789abcdef", "f0e1d2c3b4a5968778695a4b3c2d1e0f")
ENCODINGS = ("base64", "openssl", "hex")


def _encoded(payload: bytes, encoding: str) -> bytes:
    if encoding == "hex":
        rows = (payload[at : at + 16] for at in range(0, len(payload), 16))
        return b"".join(b" " + row.hex(" ").encode() + b"\n" for row in rows)
    width = 48 if encoding == "openssl" else 57
    rows = (payload[at : at + width] for at in range(0, len(payload), width))
    return b"".join(base64.b64encode(row) + b"\n" for row in rows)


def stream(records: Iterable[Record], nonce: str, encoding: str = "base64") -> bytes:
    """One whole round, as a collector with this encoder writes it."""
    mark = f"@{nonce} ".encode()
    out = [b"\n" + mark + f"BEGIN 1 {encoding} 2000 0\n".encode()]
    number = 0
    for number, record in enumerate(records, 1):
        out += [b"\n", mark, f"{number} {record.verb} {record.state}\n".encode()]
        out += [_encoded(record.payload + END_OF_PAYLOAD, encoding), b"\n", mark, b"%d .\n" % number]
    return b"".join([*out, b"\n", mark, b"END %d\n" % number])


@dataclass
class Case:
    """What a mutation starts from: the records of a host and those of another one."""

    rng: random.Random
    records: Sequence[Record]
    strangers: Sequence[Record]
    encoding: str
    nonce: str = NONCES[0]

    @cached_property
    def whole(self) -> bytes:
        """The stream as it should be."""
        return stream(self.records, self.nonce, self.encoding)

    @property
    def other(self) -> bytes:
        """The other host, in a conversation of its own."""
        return stream(self.strangers, NONCES[1], self.encoding)

    @property
    def again(self) -> bytes:
        """The other host, had it known our nonce."""
        return stream(self.strangers, self.nonce, self.encoding)

    @property
    def mark(self) -> bytes:
        """What begins a frame."""
        return f"@{self.nonce} ".encode()


def _at(case: Case, of: bytes | None = None) -> int:
    return case.rng.randrange(len(case.whole if of is None else of) + 1)


def _flipped(case: Case) -> bytes:
    data = bytearray(case.whole)
    for _ in range(case.rng.choice((1, 1, 1, 2, 5))):
        data[case.rng.randrange(len(data))] ^= 1 << case.rng.randrange(8)
    return bytes(data)


def _overwritten(case: Case) -> bytes:
    data = bytearray(case.whole)
    at = case.rng.randrange(len(data))
    data[at : at + case.rng.randrange(1, 40)] = case.rng.randbytes(case.rng.randrange(40))
    return bytes(data)


def _cut(case: Case) -> bytes:
    return case.whole[: _at(case)]


def _headless(case: Case) -> bytes:
    return case.whole[_at(case) :]


def _hole(case: Case) -> bytes:
    at = _at(case)
    return case.whole[:at] + case.whole[at + case.rng.choice((1, 2, 4, 77, 300)) :]


def _inserted(case: Case) -> bytes:
    at = _at(case)
    what = case.rng.choice(
        (b"\0", b"\n", b"\r\n", b" ", b"\t", b"\x0b", b"\x1b]0;t\x07", b"=", b"@", case.rng.randbytes(9))
    )
    return case.whole[:at] + what * case.rng.choice((1, 1, 3)) + case.whole[at:]


def _lines(case: Case) -> list[bytes]:
    return case.whole.split(b"\n")


def _line_dropped(case: Case) -> bytes:
    lines = _lines(case)
    del lines[case.rng.randrange(len(lines))]
    return b"\n".join(lines)


def _line_doubled(case: Case) -> bytes:
    lines = _lines(case)
    at = case.rng.randrange(len(lines))
    lines.insert(case.rng.choice((at, case.rng.randrange(len(lines)))), lines[at])
    return b"\n".join(lines)


def _lines_swapped(case: Case) -> bytes:
    lines = _lines(case)
    one, two = case.rng.randrange(len(lines)), case.rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _blocks(case: Case) -> list[bytes]:
    """BEGIN, each record, END."""
    return re.split(rb"\n(?=@\w+ (?:\d+ [a-z]+ |END))", case.whole)


def _record_dropped(case: Case) -> bytes:
    blocks = _blocks(case)
    del blocks[case.rng.randrange(len(blocks))]
    return b"\n".join(blocks)


def _record_doubled(case: Case) -> bytes:
    blocks = _blocks(case)
    at = case.rng.randrange(len(blocks))
    blocks.insert(case.rng.randrange(len(blocks)), blocks[at])
    return b"\n".join(blocks)


def _records_swapped(case: Case) -> bytes:
    blocks = _blocks(case)
    one, two = case.rng.randrange(len(blocks)), case.rng.randrange(len(blocks))
    blocks[one], blocks[two] = blocks[two], blocks[one]
    return b"\n".join(blocks)


def _spliced_lines(case: Case) -> bytes:
    mine, theirs = _lines(case), case.other.split(b"\n")
    at, to = case.rng.randrange(len(mine)), case.rng.randrange(len(theirs))
    return b"\n".join([*mine[:at], *theirs[to:]])


def _spliced_bytes(case: Case) -> bytes:
    return case.whole[: _at(case)] + case.other[_at(case, case.other) :]


def _replayed_inside(case: Case) -> bytes:
    lines = _lines(case)
    at = case.rng.randrange(len(lines))
    return b"\n".join([*lines[:at], *case.other.split(b"\n"), *lines[at:]])


def _spliced_with_our_nonce(case: Case) -> bytes:
    """What only the target's root could send: both halves are genuine."""
    mine, theirs = _lines(case), case.again.split(b"\n")
    at = case.rng.randrange(min(len(mine), len(theirs)))
    return b"\n".join([*mine[:at], *theirs[at:]])


def _forged(nonce: str, rng: random.Random, count: int) -> bytes:
    mark = f"@{nonce} ".encode()
    number = rng.choice((0, 1, rng.randrange(count + 2), count, count + 1, 10**30))
    return mark + rng.choice(
        (
            b"END %d" % number,
            b"%d ." % number,
            b"%d content ok" % number,
            b"%d raise ok" % number,
            b"BEGIN 1 base64 0 %d" % number,
            b"BEGIN 1 hex 0 %d" % number,
            b"BEGIN 1 base64 " + b"9" * 5000 + b" 0",
            b"",
            b"END",
        )
    )


def _forged_with(nonce: Callable[[Case], str]) -> Callable[[Case], bytes]:
    def mutate(case: Case) -> bytes:
        lines = _lines(case)
        for _ in range(case.rng.choice((1, 1, 2, 4))):
            lines.insert(case.rng.randrange(len(lines)), _forged(nonce(case), case.rng, len(case.records)))
        return b"\n".join(lines)

    return mutate


def _early_end(case: Case) -> bytes:
    at = _at(case)
    return case.whole[:at] + b"\n" + case.mark + b"END %d\n" % case.rng.randrange(len(case.records) + 1)


def _numbers_changed(case: Case) -> bytes:
    frames = list(re.finditer(rb"(?m)^@\w+ (?:END |BEGIN 1 \w+ \d+ )?(\d+)", case.whole))
    found = case.rng.choice(frames)
    now = b"%d" % case.rng.choice((0, 1, int(found[1]) + 1, max(0, int(found[1]) - 1), 10**40))
    now = case.rng.choice((now, b"-" + now, b"0" + now, b"+" + now, "٣".encode()))
    return case.whole[: found.start(1)] + now + case.whole[found.end(1) :]


def _encoding_changed(case: Case) -> bytes:
    name = case.rng.choice((*ENCODINGS, "rot13", "", "BASE64", "hex hex"))
    return case.whole.replace(f"BEGIN 1 {case.encoding}".encode(), f"BEGIN 1 {name}".encode(), 1)


def _one_payload_encoded_otherwise(case: Case) -> bytes:
    record = case.rng.choice(case.records)
    mine, theirs = (
        _encoded(record.payload + END_OF_PAYLOAD, each) for each in (case.encoding, case.rng.choice(ENCODINGS))
    )
    return case.whole.replace(mine, theirs, 1)


def _case_changed(case: Case) -> bytes:
    lines = _lines(case)
    at = case.rng.randrange(len(lines))
    lines[at] = case.rng.choice((lines[at].lower, lines[at].upper, lines[at].swapcase))()
    return b"\n".join(lines)


def _line_too_long(case: Case) -> bytes:
    lines = _lines(case)
    at = case.rng.randrange(1, len(lines))
    lines[at] += case.rng.choice((b"A", b" ", b"\r", b"00")) * 8200
    return b"\n".join(lines)


def _spaced(case: Case) -> bytes:
    lines = _lines(case)
    at = case.rng.randrange(len(lines))
    lines[at] = case.rng.choice((b" " + lines[at], lines[at] + b" \t", lines[at].replace(b" ", b"  ")))
    return b"\n".join(lines)


def _twice(case: Case) -> bytes:
    return case.whole + case.rng.choice((case.whole, case.other, case.again, b"stray", b"\0", b"stray\n"))


def _noise(case: Case) -> bytes:
    return case.rng.randbytes(case.rng.randrange(400)).replace(b"@", b"_") + case.rng.choice(
        (b"\n", b"", b"\x1b]0;t\x07")
    )


def _payloads_spoiled(case: Case) -> bytes:
    """Frames that agree around content that makes no sense."""
    records = list(case.records)
    for _ in range(case.rng.choice((1, 1, 3))):
        at = case.rng.randrange(len(records))
        records[at] = replace(records[at], payload=_nonsense(records[at].payload, case.rng))
    return stream(records, case.nonce, case.encoding)


def _nonsense(payload: bytes, rng: random.Random) -> bytes:
    data = bytearray(payload)
    at = rng.randrange(len(data) + 1)
    much = rng.choice((1, 1, 2, 8, 50))
    match rng.randrange(6):
        case 0:
            data[at:at] = rng.choice(
                (b"\0", b"\n", b"//", b":", b"\xff", b"9" * 30, b"-1", b"\0\0\0", b"<!--", "²".encode())
            )
        case 1:
            data[at : at + much] = rng.randbytes(much)
        case 2:
            del data[at : at + much]
        case 3:
            data = bytearray(rng.randbytes(rng.randrange(60)))
        case 4:
            fields = data.split(b"\0")
            rng.shuffle(fields)
            data = bytearray(b"\0".join(fields))
        case _:
            numbers = list(re.finditer(rb"\d+", data))
            if numbers:
                found = rng.choice(numbers)
                data[found.start() : found.end()] = rng.choice(
                    (b"", b"0", b"-1", b"9" * 25, b"9" * 5000, b"0x1", b"1e9", b"nan")
                )
    return bytes(data)


def _headers_changed(case: Case) -> bytes:
    records = list(case.records)
    at = case.rng.randrange(len(records))
    verbs = ("host", "process", "processes", "units", "places", "raise", "account", "content", "listing", "status",
             "search", "member", "package", "fragments", "no-such")  # fmt: skip
    if case.rng.random() < 0.5:
        records[at] = replace(records[at], verb=case.rng.choice(verbs))
    else:
        records[at] = replace(records[at], state=case.rng.choice(("ok", "absent", "denied", "failed", "unsafe", "no")))
    return stream(records, case.nonce, case.encoding)


def _untouched(case: Case) -> bytes:
    return case.whole


def _after_noise(case: Case) -> bytes:
    return _noise(case) + case.whole.removeprefix(b"\n")


def _with_crlf(case: Case) -> bytes:
    return case.whole.replace(b"\n", case.rng.choice((b"\r\n", b"\r\r\n", b"\n\n")))


HARMLESS: dict[str, Callable[[Case], bytes]] = {
    "untouched": _untouched,
    "after noise": _after_noise,
    "other line ends": _with_crlf,
}
HARMFUL: dict[str, Callable[[Case], bytes]] = {
    "bits flipped": _flipped,
    "bytes overwritten": _overwritten,
    "cut": _cut,
    "head lost": _headless,
    "hole": _hole,
    "bytes inserted": _inserted,
    "line dropped": _line_dropped,
    "line doubled": _line_doubled,
    "lines swapped": _lines_swapped,
    "record dropped": _record_dropped,
    "record doubled": _record_doubled,
    "records swapped": _records_swapped,
    "spliced at lines": _spliced_lines,
    "spliced at bytes": _spliced_bytes,
    "another conversation inside": _replayed_inside,
    "spliced under our nonce": _spliced_with_our_nonce,
    "frames under a guessed nonce": _forged_with(lambda _: NONCES[1]),
    "frames under our nonce": _forged_with(lambda case: case.nonce),
    "early end": _early_end,
    "numbers changed": _numbers_changed,
    "encoding changed": _encoding_changed,
    "one payload in another encoding": _one_payload_encoded_otherwise,
    "letters' case changed": _case_changed,
    "line too long": _line_too_long,
    "spaces": _spaced,
    "more after the end": _twice,
    "payloads spoiled": _payloads_spoiled,
    "headers changed": _headers_changed,
}
MUTATIONS = {**HARMLESS, **HARMFUL}
