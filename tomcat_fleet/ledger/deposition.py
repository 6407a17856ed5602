"""One target's turn as records: everything that its result follows from, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.ledger.opening import kept
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import (
    Account,
    Answer,
    Candidate,
    Content,
    Evidence,
    FileStatus,
    HostFacts,
    Package,
    ProcessTable,
    Question,
    Search,
    Verb,
)
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposition:
    """What was collected from one target, of whom, and when."""

    target: Target
    slug: str
    started: str
    duration_s: float
    collected: Collected


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    slug: str
    started: str
    duration_s: float


class _Record(msgspec.Struct, omit_defaults=True, frozen=True, forbid_unknown_fields=True):
    kind: str
    key: tuple[str, ...] = ()
    known: Any = msgspec.UNSET
    unknown: Unknown | msgspec.UnsetType = msgspec.UNSET


_ANSWERS: Final[Mapping[str, Any]] = {
    Verb.STATUS: FileStatus | None,
    Verb.CONTENT: Content | None,
    Verb.MEMBER: Content | None,
    Verb.LISTING: tuple[str, ...] | None,
    Verb.SEARCH: Search | None,
    Verb.FRAGMENTS: tuple[Content, ...] | None,
    Verb.PACKAGE: Package | None,
}
_SINGLE: Final[Mapping[str, Any]] = {
    "target": Target,
    "turn": _Turn,
    "method": MethodResult,
    "host": HostFacts,
    "processes": ProcessTable,
    "search": None,
    "candidates": tuple[Candidate, ...],
    "units": tuple[str, ...],
    "enabled units": frozenset[str],
}
_ACCOUNT, _ANSWER = "account", "answer"


def records(deposition: Deposition) -> Iterator[bytes]:
    """Lines of JSON, the same for the same deposition."""
    evidence = deposition.collected.evidence
    turn = _Turn(slug=deposition.slug, started=deposition.started, duration_s=deposition.duration_s)
    yield _line("target", Known(kept(deposition.target)))
    yield _line("turn", Known(turn))
    yield _line("method", Known(deposition.collected.method))
    yield _line("host", Known(evidence.host))
    yield _line("processes", evidence.processes)
    yield _line("search", evidence.search_complete)
    yield _line("candidates", Known(evidence.candidates))
    yield _line("units", Known(evidence.units))
    yield _line("enabled units", Known(evidence.enabled_units))
    for name, account in evidence.accounts.items():
        yield _line(_ACCOUNT, account, name)
    for question, answer in evidence.answers.items():
        yield _line(_ANSWER, answer, *question)


def read(lines: Iterable[bytes]) -> Deposition:
    """The deposition that ``records`` wrote, but for what ``kept`` left out. Raises EvidenceError."""
    single: dict[str, Fact[Any]] = {}
    accounts: dict[str, Fact[Account | None]] = {}
    answers: dict[Question, Answer] = {}
    try:
        for line in lines:
            record = msgspec.json.decode(line, type=_Record)
            if record.kind == _ANSWER:
                verb, path, detail = record.key
                answers[Question(Verb(verb), path, detail)] = _fact(record, _ANSWERS[verb])
            elif record.kind == _ACCOUNT:
                accounts[record.key[0]] = _fact(record, Account | None)
            else:
                single[record.kind] = _fact(record, _SINGLE[record.kind])
        return _deposition(single, accounts, answers)
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, AttributeError):
        raise EvidenceError("is not what this version of the tool writes") from None


def _deposition(
    single: Mapping[str, Fact[Any]], accounts: Mapping[str, Fact[Account | None]], answers: Mapping[Question, Answer]
) -> Deposition:
    value = {kind: fact.value for kind, fact in single.items() if isinstance(fact, Known)}
    turn = value["turn"]
    evidence = Evidence(
        host=value["host"],
        processes=single["processes"],
        accounts=accounts,
        candidates=value["candidates"],
        search_complete=single["search"],
        units=value["units"],
        enabled_units=value["enabled units"],
        answers=answers,
    )
    return Deposition(
        target=value["target"],
        slug=turn.slug,
        started=turn.started,
        duration_s=turn.duration_s,
        collected=Collected(evidence=evidence, method=value["method"]),
    )


def _line(kind: str, fact: Fact[Any], *key: str) -> bytes:
    if isinstance(fact, Unknown):
        record = _Record(kind=kind, key=key, unknown=fact)
    else:
        record = _Record(kind=kind, key=key, known=fact.value)
    # Sets have no order of their own, and a hash needs one.
    return msgspec.json.encode(msgspec.to_builtins(record, str_keys=True, order="deterministic"))


def _fact(record: _Record, kind: Any) -> Fact[Any]:
    if isinstance(record.unknown, Unknown):
        return record.unknown
    if record.known is msgspec.UNSET:
        raise ValueError(record.kind)
    return Known(msgspec.convert(record.known, kind, str_keys=True))
