"""What is said to one collector and heard of it, round by round."""

from __future__ import annotations

from dataclasses import dataclass, field

from tomcat_fleet.collect.budget import Share
from tomcat_fleet.collect.frame import Begin, Decoder, End, Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.pace import Pace
from tomcat_fleet.errors import EvidenceError, TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Channel

_WORDS = frozenset({"raise", "password"})  # records about the shell's rights; all others are evidence


@dataclass
class Talk:
    """The state of one conversation."""

    channel: Channel
    ingest: Ingest
    decoder: Decoder
    share: Share
    pace: Pace
    rounds: int = 0
    bytes_in: int = 0
    begun: list[int] = field(default_factory=list)  # uids of the shells that spoke
    awaited: frozenset[str] = frozenset()  # words that may come, and nothing else
    words: list[Record] = field(default_factory=list)  # those that came and were not taken
    confidential: bool = False  # what the target says beside its frames is not repeated
    violated: bool = False  # the stream broke its own rules: nothing of it counts

    async def send(self, data: bytes) -> None:
        """Send questions and read until the END of their round."""
        if self.rounds:
            self.decoder.next_round()
        await self._write(data)
        await self.until_end()

    async def _write(self, data: bytes) -> None:
        try:
            await self.channel.write(data)
        except TargetError as error:
            if error.outcome is Outcome.COLLECTOR_FAILED and not self.begun:
                await self.until_end()  # a shell that is no shell says why, and leaves before it has heard us
            raise

    async def until_end(self) -> None:
        """Read what is left of a round."""
        self.rounds += 1
        while not self.decoder.quiet():
            await self._read()

    async def next_word(self) -> Record:
        """The next word about rights, read when none has come yet."""
        while not self.words:
            if self.decoder.quiet():
                raise self.broken("no word of more rights")
            await self._read()
        return self.words.pop(0)

    async def _read(self) -> None:
        data = await self.channel.read()
        if not data:
            raise TargetError(Outcome.COLLECTOR_FAILED, self._silence())
        self.bytes_in += len(data)
        async with self.pace:
            self._take_all(data)
        self.share.holds(self.decoder.size)

    def broken(self, what: str) -> TargetError:
        """The error of a stream that breaks its rules; nothing of the target counts any more."""
        self.violated = True
        return TargetError(Outcome.COLLECTOR_FAILED, f"evidence stream broken: {what}")

    def _take_all(self, data: bytes) -> None:
        try:
            for frame in self.decoder.feed(data):
                self._take(frame)
        except TargetError:
            self.violated = True
            raise

    def _take(self, frame: Begin | Record | End) -> None:
        if isinstance(frame, Begin):
            self.begun.append(frame.uid)
        elif isinstance(frame, Record) and frame.verb in _WORDS:
            if frame.verb not in self.awaited:
                raise self.broken("more rights, and nobody asked")
            self.words.append(frame)
            if frame.state != "asked":
                self.awaited = frozenset()
        elif isinstance(frame, Record):
            if self.awaited:
                raise self.broken("evidence, and nobody asked")
            try:
                self.ingest.take(frame)
            except EvidenceError as exc:
                raise self.broken(str(exc)) from exc

    def heard_everything(self, target: Target) -> None:
        """Refuse a first round that lacks one of its records."""
        try:
            self.ingest.first_round_is_whole(discover=target.discover)
        except EvidenceError as exc:
            raise self.broken(str(exc)) from exc

    def _silence(self) -> str:
        if not self.begun:
            what = "the shell did not run the collector"
        elif self.decoder.inside_record():
            what = "the evidence stream ended inside a record"
        else:
            what = "the evidence stream has no END"
        noise = failure.said(self.decoder.noise())
        said = () if self.confidential else (self.channel.ending(), self.channel.stderr(), noise)
        return failure.line(what, "; ".join(part for part in said if part))
