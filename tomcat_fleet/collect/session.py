"""The conversation with one collector: a first round, then whatever the model of Tomcat still wants to know."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from tomcat_fleet.collect import ingest, process, script
from tomcat_fleet.collect.budget import Budget, Share
from tomcat_fleet.collect.frame import Begin, Decoder, End, Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.pace import Pace
from tomcat_fleet.errors import EvidenceError, TargetError
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence, Question, contents_of
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Channel

MAX_ROUNDS = 8
MAX_QUESTIONS = 5000  # per round; a target that makes us ask more is not an honest one
_READ_SECONDS = 60  # the target's own time limit for one search

Want = Callable[[Evidence], Collection[Question]]


@dataclass
class _Conversation:
    channel: Channel
    ingest: Ingest
    decoder: Decoder
    share: Share
    pace: Pace
    rounds: int = 0
    bytes_in: int = 0
    uid: int = -1
    begun: list[int] = field(default_factory=list)
    raising: bool = False  # more rights were asked for
    denied_raise: bool = False
    violated: bool = False  # the stream broke its own rules: nothing of it counts

    async def send(self, data: bytes) -> None:
        """Send questions and read until the END of their round."""
        if self.rounds:
            self.decoder.next_round()
        await self.channel.write(data)
        await self.until_end()

    async def until_end(self) -> None:
        """Read one whole round."""
        self.rounds += 1
        while True:
            data = await self.channel.read()
            if not data:
                raise TargetError(Outcome.COLLECTOR_FAILED, self._silence())
            self.bytes_in += len(data)
            async with self.pace:
                self._take_all(data)
            self.share.holds(self.decoder.size)
            if self.decoder.quiet():
                return

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
        elif isinstance(frame, Record) and frame.verb == "raise":
            if not self.raising:
                raise TargetError(Outcome.COLLECTOR_FAILED, "evidence stream broken: more rights, and nobody asked")
            self.raising = False
            self.denied_raise = frame.state != "ok"
        elif isinstance(frame, Record):
            try:
                self.ingest.take(frame)
            except EvidenceError as exc:
                raise TargetError(Outcome.COLLECTOR_FAILED, f"evidence stream broken: {exc}") from exc

    def heard_everything(self, target: Target) -> None:
        """Refuse a first round that lacks one of its records."""
        try:
            self.ingest.first_round_is_whole(discover=target.discover)
        except EvidenceError as exc:
            raise TargetError(Outcome.COLLECTOR_FAILED, f"evidence stream broken: {exc}") from exc

    def _silence(self) -> str:
        if not self.begun:
            what = "the shell did not run the collector"
        elif self.decoder.inside_record():
            what = "the evidence stream ended inside a record"
        else:
            what = "the evidence stream has no END"
        said = (self.channel.ending(), self.channel.stderr())
        return failure.line(what, "; ".join(part for part in said if part))


async def collect(
    channel: Channel,
    target: Target,
    *,
    key: bytes,
    want: Want,
    share: Share | None = None,
    pace: Pace | None = None,
) -> Collected:
    """Evidence of ``target`` over ``channel``, as much as ``share`` has room for, at ``pace``.

    ``want`` names, for the evidence so far, the questions that remain; they are asked on the same channel until
    nothing is wanted. When the inventory allows escalation, questions that were refused are asked again with raised
    rights. ``pace`` is that of all targets under way. Raises ``TargetError``; whatever could not be read is Unknown in
    the evidence.
    """
    nonce = secrets.token_hex(16)
    bases = tuple(hint.base for hint in target.instances)
    share = share or Share(Budget(concurrency=1))
    talk = _Conversation(channel, Ingest(key, bases), Decoder(nonce), share, pace or Pace())
    await talk.send(script.opening(target, nonce, seconds=_READ_SECONDS))
    talk.heard_everything(target)
    await _ask_all(talk, want)
    raised = None
    if target.become is not None and _needs_more(talk.ingest.evidence()):
        raised = await _raise(talk, target, want)
    return _collected(talk, target, raised)


async def _ask_all(talk: _Conversation, want: Want) -> None:
    asked: set[Question] = set()
    for _ in range(MAX_ROUNDS):
        async with talk.pace:
            evidence = talk.ingest.evidence()
            questions = [q for q in ingest.unanswered(evidence, want(evidence)) if q not in asked]
        if not questions:
            return
        questions = questions[:MAX_QUESTIONS]
        asked.update(questions)
        await talk.send(script.asking(questions))


def _needs_more(evidence: Evidence) -> bool:
    table = evidence.processes
    hidden = isinstance(table, Unknown) or not table.value.complete
    return hidden or bool(ingest.denied(evidence)) or _undiscovered(evidence)


def _undiscovered(evidence: Evidence) -> bool:
    return isinstance(evidence.search_complete, Unknown) and evidence.search_complete.gap.value == "denied"


async def _raise(talk: _Conversation, target: Target, want: Want) -> str | None:
    """How it was raised; None when it was not. A raised shell that dies takes with it only what it brought."""
    become = target.become
    if become is None:
        return None
    talk.raising = True
    before = talk.ingest.copy()
    try:
        await talk.send(script.raising(become.method, become.user))
        _refuse_silence_about_it(talk)
        if not talk.denied_raise:
            await _ask_again(talk, target, want)
    except TargetError:
        if talk.violated:
            raise
        talk.ingest, talk.denied_raise = before, True
    if talk.denied_raise:
        return None
    return f"{become.method} -n -u {become.user}"


def _refuse_silence_about_it(talk: _Conversation) -> None:
    if talk.raising:
        talk.violated = True
        raise TargetError(Outcome.COLLECTOR_FAILED, "evidence stream broken: no word of more rights")


async def _ask_again(talk: _Conversation, target: Target, want: Want) -> None:
    evidence = talk.ingest.evidence()
    again = ["processes"] if target.discover or target.instances else []
    again += ["places"] if _undiscovered(evidence) else []
    await talk.send(script.repeating(again) + script.asking(ingest.denied(evidence)))
    await _ask_all(talk, want)
    talk.denied_raise = talk.begun[-1] == talk.begun[0] != 0  # it ran, with the rights of the login account


def _collected(talk: _Conversation, target: Target, raised: str | None) -> Collected:
    become = target.become
    host = replace(
        talk.ingest.host,
        become=become.method if become and raised else None,
        become_denied=talk.denied_raise,
        collector=script.version(),
    )
    evidence = replace(talk.ingest.evidence(), host=host)
    if isinstance(evidence.processes, Known):
        named = process.with_user_names(evidence.processes.value, talk.ingest.accounts)
        evidence = replace(evidence, processes=Known(named))
    link = talk.channel.link
    method = MethodResult(
        transport=link.transport,
        account=link.account,
        address=link.address,
        host_key=link.host_key,
        profile=link.profile,
        algorithms=link.algorithms,
        jump=link.jump,
        become=raised,
        collector=script.version(),
        rounds=talk.rounds,
        bytes_in=talk.bytes_in,
        records=talk.decoder.count,
        stream_sha256=talk.decoder.digest,
        files=_hashes(evidence),
    )
    return Collected(evidence=evidence, method=method)


def _hashes(evidence: Evidence) -> dict[str, str]:
    contents = [content for answer in evidence.answers.values() for content in contents_of(answer)]
    return {content.path: content.sha256 for content in sorted(contents, key=lambda content: content.path)}
