"""The file in which scanned host keys wait for review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncssh

from tomcat_fleet.cli.word import Say
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import escape
from tomcat_fleet.sweep.clock import stamp
from tomcat_fleet.transport.enrolment import State, kept_instead, pending_line, size, standing
from tomcat_fleet.transport.known_hosts import KnownHosts
from tomcat_fleet.transport.scan import Scanned

_NAMED = 5  # of the hosts that share a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one machine answered, beside what is known of it."""

    name: str  # in known_hosts
    labels: tuple[str, ...]
    keys: tuple[tuple[asyncssh.SSHKey, State], ...] = ()
    former: tuple[asyncssh.SSHKey, ...] = ()  # known under its name and not offered
    same: tuple[str, ...] = ()  # some of the other machines that answered with one of its keys
    fault: TargetError | None = None


def answers(found: Sequence[Scanned], known: KnownHosts) -> list[Answer]:
    """Return what was found, compared with ``known`` and with one another."""
    holders: defaultdict[bytes, list[str]] = defaultdict(list)
    for one in found:
        for key in one.keys:
            holders[key.public_data].append(one.place.name)
    return [_answer(one, known, holders) for one in found]


def _answer(one: Scanned, known: KnownHosts, holders: dict[bytes, list[str]]) -> Answer:
    name = one.place.name
    # Few of each list are looked at: ten thousand clones would otherwise name one another a hundred million times.
    near = dict.fromkeys(other for key in one.keys for other in holders[key.public_data][: _NAMED + 2] if other != name)
    return Answer(
        name=name,
        labels=tuple(map(escape.one_line, one.place.labels)),
        keys=tuple(zip(one.keys, standing(known, name, one.keys), strict=True)),
        former=tuple(kept_instead(known, name, one.keys)) if one.keys else (),
        same=tuple(near),
        fault=one.fault,
    )


def groups(found: Iterable[Answer]) -> list[tuple[str, ...]]:
    """Return the machines that share a key, each such group once: clones of an image, or one machine of many names."""
    holders: defaultdict[bytes, dict[str, None]] = defaultdict(dict)
    for answer in found:
        for key, _ in answer.keys:
            holders[key.public_data][answer.name] = None
    return list(dict.fromkeys(tuple(names) for names in holders.values() if len(names) > 1))


def named(hosts: Sequence[str]) -> str:
    """Return the first few of ``hosts``."""
    return ", ".join([*hosts[:_NAMED], *(["…"] if len(hosts) > _NAMED else [])])


def review(found: Iterable[Answer], say: Say, moment: datetime, file: str) -> str:
    """Return the file's text: every key as a line of known_hosts, below what is to be compared."""
    lines = [f"# {line}" for line in say("known_hosts.heading", time=stamp(moment), path=file).splitlines()]
    for answer in found:
        lines += ["", *_block(answer, say)]
    return "\n".join([*lines, ""])


def _block(answer: Answer, say: Say) -> Iterator[str]:
    yield f"# {', '.join(answer.labels)} ({answer.name})"
    if answer.fault:
        yield f"#   {say('known_hosts.unreached')}: {answer.fault.reason}"
    if answer.same:
        yield f"#   {say('known_hosts.same', others=named(answer.same))}"
    changed = any(state is State.CHANGED for _, state in answer.keys)
    for key in answer.former if changed else ():
        yield f"#   {say('known_hosts.former')}: {mark(key)}"
    for key, state in answer.keys:
        word = "kept" if state is State.KNOWN else str(state)
        yield f"#   {say(f'known_hosts.{word}')}: {mark(key)}"
        yield f"#     {key.get_fingerprint('md5')}"
        yield pending_line(answer.name, key, answer.labels)


def mark(key: asyncssh.SSHKey) -> str:
    """Return a key's size, fingerprint and type."""
    return f"{size(key)} {key.get_fingerprint()} {key.get_algorithm()}"
