"""The conversation with one collector: a first round, then whatever the model of Tomcat still wants to know."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import replace

from tomcat_fleet.collect import ingest, process, script
from tomcat_fleet.collect.budget import Budget, Share
from tomcat_fleet.collect.frame import Decoder
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.pace import Pace
from tomcat_fleet.collect.raising import Rise, raise_rights
from tomcat_fleet.collect.talk import Talk
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence, Question, contents_of
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport.channel import Channel
from tomcat_fleet.transport.secret import Secret

MAX_ROUNDS = 8
MAX_QUESTIONS = 5000  # per round; a target that makes us ask more is not an honest one

Want = Callable[[Evidence], Collection[Question]]


async def collect(
    channel: Channel,
    target: Target,
    *,
    key: bytes,
    want: Want,
    share: Share | None = None,
    pace: Pace | None = None,
    become_password: Secret | None = None,
) -> Collected:
    """Evidence of ``target`` over ``channel``, as much as ``share`` has room for, at ``pace``.

    ``want`` names, for the evidence so far, the questions that remain; they are asked on the same channel until
    nothing is wanted. When the inventory allows escalation, questions that were refused are asked again with raised
    rights; ``become_password`` answers the prompt when that is refused without it. ``pace`` is that of all targets
    under way. Raises ``TargetError``; whatever could not be read is Unknown in the evidence.
    """
    nonce = secrets.token_hex(16)
    bases = tuple(hint.base for hint in target.instances)
    share = share or Share(Budget(concurrency=1))
    talk = Talk(channel, Ingest(key, bases), Decoder(nonce), share, pace or Pace())
    await talk.send(script.opening(target, nonce))
    talk.heard_everything(target)
    await _ask_all(talk, want)
    rise = Rise()
    if target.become is not None and _needs_more(talk.ingest.evidence()):
        rise = await raise_rights(talk, target.become, become_password, lambda: _ask_again(talk, target, want))
    return _collected(talk, target, rise)


async def _ask_all(talk: Talk, want: Want) -> None:
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


async def _ask_again(talk: Talk, target: Target, want: Want) -> None:
    evidence = talk.ingest.evidence()
    again = ["processes"] if target.discover or target.instances else []
    again += ["places"] if _undiscovered(evidence) else []
    await talk.send(script.repeating(again) + script.asking(ingest.denied(evidence)))
    await _ask_all(talk, want)


def _collected(talk: Talk, target: Target, rise: Rise) -> Collected:
    become = target.become
    host = replace(
        talk.ingest.host,
        become=become.method if become and rise.how else None,
        become_denied=bool(rise.reason),
        become_reason=rise.reason,
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
        become=rise.how,
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
