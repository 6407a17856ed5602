"""One conversation of a fake host: what the client asks, and the frames in which the host answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random

import asyncssh

from tests.property.stream import answered
from tests.soak.layout import described, opening, sound
from tomcat_fleet.collect.frame import END_OF_PAYLOAD, Record
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Question, Verb

Process = asyncssh.SSHServerProcess[bytes]
_NONCE = re.compile(rb"TF_NONCE=([0-9a-f]{32})\n")
_LAST_LINE = b"\ntf_main\n"
_OCTAL = re.compile(rb"\\0([0-7]{3})")


class GoneError(Exception):
    """The client has closed its side."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be said in one round; ``told`` records came before."""

    nonce: str
    records: tuple[Record, ...]
    told: int = 0

    def mark(self, text: str) -> bytes:
        """One frame line."""
        return f"\n@{self.nonce} {text}\n".encode()

    def parts(self) -> list[bytes]:
        """BEGIN or nothing, the records, END: what a sound host sends is all of it."""
        begin = self.mark("BEGIN 1 base64 2000 0") if not self.told else b""
        numbered = enumerate(self.records, self.told + 1)
        return [begin, *(self.record(number, record) for number, record in numbered), self.end()]

    def record(self, number: int, record: Record) -> bytes:
        """One whole record."""
        head = self.mark(f"{number} {record.verb} {record.state}")
        return head + encoded(record.payload + END_OF_PAYLOAD) + self.mark(f"{number} .")

    def end(self, count: int | None = None) -> bytes:
        """The END of the round."""
        return self.mark(f"END {self.told + len(self.records) if count is None else count}")

    def having(self, records: Sequence[Record]) -> Round:
        """The same round with other records."""
        return replace(self, records=tuple(records))


@lru_cache(maxsize=4096)
def encoded(payload: bytes) -> bytes:
    """A payload on the wire."""
    return base64.encodebytes(payload)


@dataclass
class Talk:
    """The host's side of one channel. ``eager`` hosts send in the first round what others are asked for later."""

    process: Process
    layout: str
    eager: bool
    rng: Random
    hostname: str = ""
    clock: str = ""
    nonce: str = ""
    told: int = 0
    rounds: int = 0
    _heard: bytearray = field(default_factory=bytearray)

    async def next_round(self) -> Round:
        """Hear what is wanted and say what a sound host would answer. Raises ``GoneError`` when nothing is."""
        records = await self._opening() if not self.rounds else await self._answers()
        self.rounds += 1
        return Round(self.nonce, records, self.told)

    async def send(self, data: bytes) -> None:
        """Bytes on standard output, when the client takes them."""
        self.process.stdout.write(data)
        await self.process.stdout.drain()

    async def say(self, now: Round) -> None:
        """A whole sound round."""
        await self.send(b"".join(now.parts()))
        self.told += len(now.records)

    async def be_sound(self) -> None:
        """Answer until the client has enough."""
        while True:
            await self.say(await self.next_round())

    async def _opening(self) -> tuple[Record, ...]:
        script = await self._until(_LAST_LINE)
        found = _NONCE.search(script)
        assert found
        self.nonce = found[1].decode()
        rounds = sound(self.layout).rounds if self.eager else (opening(self.layout),)
        records = [record for part in rounds for record in part]
        return tuple(self._own(record) for record in records)

    def _own(self, record: Record) -> Record:
        """The host record with this host's name and clock."""
        if record.verb != "host":
            return record
        parts = record.payload.split(b"\0")
        parts[2] = self.hostname.encode() or parts[2]
        parts[3] = self.clock.encode()
        return replace(record, payload=b"\0".join(parts))

    async def _answers(self) -> tuple[Record, ...]:
        lines = (await self._until(b". - -\n")).splitlines()[:-1]
        return tuple(_answer(self.layout, line) for line in lines)

    async def _until(self, last: bytes) -> bytes:
        while last not in self._heard:
            data = await self.process.stdin.read(65536)
            if not data:
                raise GoneError
            self._heard += data
        at = self._heard.index(last) + len(last)
        said = bytes(self._heard[:at])
        del self._heard[:at]
        return said


@lru_cache(maxsize=20_000)
def _answer(layout: str, line: bytes) -> Record:
    verb, detail, path = line.split(b" ")
    question = Question(Verb(verb.decode()), _plain(path), "" if detail == b"-" else _plain(detail))
    return answered(described(layout), question)


def _plain(word: bytes) -> str:
    return escape.from_bytes(_OCTAL.sub(lambda found: bytes([int(found[1], 8)]), word))
