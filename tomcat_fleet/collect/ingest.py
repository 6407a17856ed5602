"""Records become evidence. Raw bytes live only here: what leaves is redacted, escaped and typed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tomcat_fleet.collect import fragment, marker, password, process, redact, row
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import (
    Account,
    Answer,
    Candidate,
    CandidateOrigin,
    Content,
    Evidence,
    FileStatus,
    HostFacts,
    Package,
    ProcessTable,
    Question,
    Search,
    SearchKind,
    Verb,
)
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown

CONTENT_CAP = 4 * 1024 * 1024
LISTING_CAP = 5000
LINK_CAP = 200
MARKUP_CAP = 300_000  # "<" in the different files of a target: 44 kinds of conf/web.xml, two seconds of parsing
_REMEMBERED = 256 * 1024  # bytes up to which a text is parsed once however often it comes

_STATES = {
    "denied": Gap.DENIED,
    "unsafe": Gap.UNSAFE_LINK,
    "notfile": Gap.NOT_REGULAR,
    "notool": Gap.NO_TOOL,
}
_ASKED = {verb.value: verb for verb in Verb}


class _MalformedError(ValueError):
    """A record whose payload does not have the shape its verb demands."""


@dataclass
class Ingest:
    """Evidence under construction. ``key`` is the sweep's fingerprint key; ``bases`` are the inventory's."""

    key: bytes = field(repr=False)
    bases: tuple[str, ...] = ()
    host: HostFacts = field(default_factory=lambda: HostFacts(os="unknown"))
    processes: Fact[ProcessTable] = field(default_factory=lambda: Unknown(Gap.NOT_COLLECTED, "processes"))
    accounts: dict[str, Fact[Account | None]] = field(default_factory=dict)
    places: Fact[None] = field(default_factory=lambda: Unknown(Gap.NOT_COLLECTED, "places"))
    found: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    enabled: frozenset[str] = frozenset()
    answers: dict[Question, Answer] = field(default_factory=dict)
    _raw_processes: list[list[bytes]] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)  # records that came and are no answers
    _effort: password.Effort = field(default_factory=password.Effort)
    _markup: int = MARKUP_CAP  # what is left of it
    _met: set[int] = field(default_factory=set)  # hashes of texts that cost nothing a second time

    def copy(self) -> Ingest:
        """Another one that goes on from here, with no process half told."""
        return replace(self, accounts=dict(self.accounts), answers=dict(self.answers), _raw_processes=[])

    def evidence(self) -> Evidence:
        """Everything so far."""
        candidates = [Candidate(path=path, origin=CandidateOrigin.INVENTORY) for path in self.bases]
        candidates += [Candidate(path=path, origin=CandidateOrigin.SEARCH) for path in self.found]
        return Evidence(
            host=self.host,
            processes=self.processes,
            accounts=dict(self.accounts),
            candidates=tuple(candidates),
            search_complete=self.places,
            units=self.units,
            enabled_units=self.enabled,
            answers=dict(self.answers),
        )

    def first_round_is_whole(self, *, discover: bool) -> None:
        """Raise ``EvidenceError`` when a record is missing that every first round has: it would read as absence."""
        wanted = {"host", "processes", "units", *(("places",) if discover else ())}
        missing = sorted(wanted - self._told)
        if missing:
            raise EvidenceError(f"no {missing[0]} record")

    def take(self, record: Record) -> None:
        """Turn one record into evidence. A record of the wrong shape makes its question Unknown, never absent."""
        verb = _ASKED.get(record.verb)
        if verb is None:
            self._take_other(record)
            return
        parts = record.payload.split(b"\0", 2)
        if len(parts) != 3 or not parts[0]:
            raise EvidenceError(f"a {record.verb} record does not say what it is about")
        path, detail, body = escape.from_bytes(parts[0]), escape.from_bytes(parts[1]), parts[2]
        question = Question(verb, path, detail)
        if verb is Verb.ACCOUNT:
            self.accounts[path] = self._guarded(question, self._account, body)
        else:
            self._keep(question, self._answer(question, record.state, body))

    def _keep(self, question: Question, answer: Any) -> None:
        former = self.answers.get(question)
        # A raised shell may know more than the login account did, and never less.
        if former is None or isinstance(former, Unknown) or isinstance(answer, Known):
            self.answers[question] = answer

    def _answer(self, question: Question, state: str, body: bytes) -> Any:
        if state != "ok" and body:
            return Unknown(Gap.MALFORMED, question.path)
        if state == "absent":
            return Known(None)
        if state in _STATES:
            return Unknown(_STATES[state], question.path)
        if state != "ok":
            return Unknown(Gap.FAILED, question.path)
        readers: dict[Verb, Callable[[Question, bytes], Any]] = {
            Verb.STATUS: self._status,
            Verb.CONTENT: self._content,
            Verb.MEMBER: self._content,
            Verb.LISTING: self._listing,
            Verb.SEARCH: self._search,
            Verb.PACKAGE: self._package,
            Verb.FRAGMENTS: lambda asked, raw: fragment.parse(asked.path, raw, self.key),
        }
        return self._guarded(question, readers[question.verb], body)

    def _guarded(self, question: Question, reader: Callable[[Question, bytes], Any], body: bytes) -> Any:
        try:
            return reader(question, body)
        except EvidenceError as exc:
            return Unknown(Gap.MALFORMED, question.path, str(exc))
        except (ValueError, LookupError):
            return Unknown(Gap.FAILED, question.path)

    def _status(self, question: Question, body: bytes) -> Fact[FileStatus | None]:
        real, link, rows, acl = _parts(body, 4)
        real_path = escape.from_bytes(real)
        target = escape.from_bytes(link.removesuffix(b"\n")) if link else None
        found = row.parse(rows).rows
        if not found:
            if target is None:
                return Unknown(Gap.DENIED, question.path)
            return Unknown(Gap.MISSING, question.path, f"link to {target}")
        if not real_path:
            return Unknown(Gap.FAILED, question.path, "its real path cannot be told")
        if not acl:
            return Unknown(Gap.FAILED, question.path, "whether it has an ACL cannot be told")
        marked = marker.of_one(acl)
        if real_path != question.path:
            self._keep(Question(Verb.STATUS, real_path), Known(found[0][1].status(real_path, real_path, acl=marked)))
        return Known(found[0][1].status(question.path, real_path, acl=marked, target=target))

    def _content(self, question: Question, body: bytes) -> Fact[Content | None]:
        raw, mark, code = body.rpartition(b"\0")
        if not mark or len(raw) > CONTENT_CAP:
            return Unknown(Gap.TRUNCATED, question.path)
        if question.verb is Verb.MEMBER and code == b"3":
            return Known(None)
        if code != b"0":
            return Unknown(Gap.FAILED, question.path)
        name = question.path if question.verb is Verb.CONTENT else f"{question.path}!/{question.detail}"
        self._weigh(raw)
        content = redact.content(name, raw, self.key, self._effort)
        if not content.redacted and len(raw) <= _REMEMBERED:
            self._met.add(hash(raw))
        return Known(content)

    def _weigh(self, raw: bytes) -> None:
        """Raise ``EvidenceError`` for more markup than a target may bring: nobody else is served while it is parsed."""
        if hash(raw) not in self._met:
            self._markup -= raw.count(b"<")
        if self._markup < 0:
            raise EvidenceError("more markup than can be read")

    def _listing(self, question: Question, body: bytes) -> Fact[tuple[str, ...] | None]:
        real, rows, acls = _parts(body, 3)
        real_path = escape.from_bytes(real)
        found = row.parse(rows)
        flags = row.parse(acls)
        # A listing of ACL markers that failed or was cut short is not the absence of ACLs.
        if found.trailers.get("rc") != ["0"] or flags.trailers.get("rc") != ["0"]:
            return Unknown(Gap.FAILED, question.path, "not every entry could be read")
        if found.number("total") != len(found.rows):
            return Unknown(Gap.TRUNCATED, question.path, f"{found.number('total')} entries")
        mark = marker.marks(acls, flags, [entry.name.removeprefix("./") for _, entry in found.rows])
        for _, entry in found.rows:
            name = entry.name.removeprefix("./")
            if not entry.link:
                acl = mark(name)
                path = posixpath.join(question.path, name)
                real_name = posixpath.join(real_path, name)
                for shown in {path, real_name}:
                    self._keep(Question(Verb.STATUS, shown), Known(entry.status(shown, real_name, acl=acl)))
        names = Known(tuple(sorted(entry.name.removeprefix("./") for _, entry in found.rows)))
        self._keep(question._replace(path=real_path), names)
        return names

    def _search(self, question: Question, body: bytes) -> Fact[Search | None]:
        real, rows, acls = _parts(body, 3)
        root = escape.from_bytes(real) or question.path
        found = row.parse(rows)
        flags = row.parse(acls)
        if found.trailers.get("rc") != ["0"] or flags.trailers.get("rc") != ["0"]:
            return Unknown(Gap.FAILED, question.path, "not everything below could be read")
        if found.number("links") > LINK_CAP:
            return Unknown(Gap.TRUNCATED, question.path, f"{found.number('links')} links")
        owners = _counts(found.trailers.get("owner", ()), 10)
        modes = _counts(found.trailers.get("mode", ()), 8)
        total, excesses = found.number("total"), found.number("excesses")
        if sum(owners.values()) != total or sum(modes.values()) != excesses:
            return Unknown(Gap.FAILED, question.path, "the counts do not add up")
        tagged = [(tag, entry.status(p, p)) for tag, entry in found.rows for p in (row.below(root, entry.name),)]
        answer = Known(
            Search(
                root=root,
                kind=SearchKind(question.detail),
                total=total,
                excess_total=excesses,
                excess_modes=modes,
                excess=tuple(status for tag, status in tagged if tag == "excess"),
                owners=owners,
                foreign=tuple(status for tag, status in tagged if tag == "foreign" or (tag == "excess" and status.uid)),
                acls=marker.paths(acls, flags) or (root,) if marker.possible(flags) else (),
                links=tuple(status.path for tag, status in tagged if tag == "link"),
            )
        )
        self._keep(question._replace(path=root), answer)
        return answer

    def _package(self, question: Question, body: bytes) -> Fact[Package | None]:
        real, managers, line = _parts(body, 3)
        if real and escape.from_bytes(real) != question.path:
            self._keep(question._replace(path=escape.from_bytes(real)), self._owner_package(question, managers, line))
        return self._owner_package(question, managers, line)

    def _owner_package(self, question: Question, managers: bytes, line: bytes) -> Fact[Package | None]:
        if not managers.strip():
            if self.host.os == "linux":
                return Known(None)
            return Unknown(Gap.NO_TOOL, question.path)
        words = [escape.from_bytes(word) for word in line.split()]
        if words == ["?"]:
            return Unknown(Gap.FAILED, question.path, "package database")
        return Known(Package(manager=words[0], name=words[1], version=words[2])) if len(words) == 3 else Known(None)

    def _account(self, question: Question, body: bytes) -> Fact[Account | None]:
        code, line, groups, told = _parts(body, 4)
        if code == b"2":
            return Known(None)
        if code != b"0" or told != b"0":
            return Unknown(Gap.FAILED, f"account {question.path}")
        name, _, uid, gid, _, _, shell = (escape.from_bytes(word) for word in line.split(b":", 6))
        names = tuple(escape.from_bytes(word) for word in groups.split())
        account = Account(uid=int(uid), name=name, gid=int(gid), shell=shell, groups=names)
        self.accounts.setdefault(name, Known(account))
        self.accounts.setdefault(uid, Known(account))
        return Known(account)

    def _take_other(self, record: Record) -> None:
        if record.verb == "process":
            self._raw_processes.append(record.payload.split(b"\0", 8))
            return
        readers: dict[str, Callable[[list[bytes]], None]] = {
            "host": self._host,
            "processes": self._table,
            "units": self._units,
            "places": self._places,
        }
        reader = readers.get(record.verb)
        if reader is None or record.state != "ok":
            raise EvidenceError(f"unknown record {escape.one_line(record.verb, 40)}")
        self._told.add(record.verb)
        try:
            reader(record.payload.split(b"\0"))
        except (ValueError, LookupError) as exc:
            raise EvidenceError(f"a {record.verb} record is malformed") from exc

    def _host(self, parts: list[bytes]) -> None:
        system, kernel, name, clock, user, uid, tools, release = (escape.from_bytes(p.strip()) for p in parts)
        self.host = HostFacts(
            os=system.lower(),
            kernel=kernel,
            hostname=name,
            clock=clock,
            login_user=user,
            login_uid=int(uid),
            release=release,
            tools=tuple(tools.split()),
        )

    def _table(self, parts: list[bytes]) -> None:
        if parts[0] == b"proc":
            _, complete, ticks, boot, seen = parts
            if sorted(raw[0] for raw in self._raw_processes) != sorted(seen.split()):
                raise ValueError(seen)  # a process is missing, told twice or told too late
            read = [process.from_proc(raw, ticks, boot) for raw in self._raw_processes]
            self._raw_processes = []
            alive = tuple(found for found in read if found is not None)
            self.processes = Known(ProcessTable(processes=alive, complete=complete == b"1"))
            return
        _, lines, count = parts
        if not count.strip().isdigit() or int(count) < 2:
            self.processes = Unknown(Gap.FAILED, "ps")
            return
        rows = tuple(process.from_ps(line) for line in lines.split(b"\n") if line.strip())
        self.processes = Known(ProcessTable(processes=rows, complete=True))

    def _units(self, parts: list[bytes]) -> None:
        files, enabled = parts
        self.units = tuple(sorted({escape.from_bytes(line) for line in files.split(b"\n") if line}))
        self.enabled = frozenset(escape.from_bytes(line) for line in enabled.split(b"\n") if line)

    def _places(self, parts: list[bytes]) -> None:
        (block,) = parts
        found: list[str] = []
        at, open_places, results, unread = "/", 0, set[bytes](), False
        for item in row.split(block):
            entry = row.one(item)
            if entry is not None:
                conf = row.below(at, entry.name).removesuffix("/server.xml")  # or a link called conf
                found.append(posixpath.dirname(conf))
            elif item.startswith(b"//at:"):
                at, open_places = escape.from_bytes(item[5:].strip(b"\n")), open_places + 1
            elif item.startswith(b"//rc:"):
                open_places = max(0, open_places - 1)
                results.add(item.strip()[len(b"//rc:") :])
            else:
                unread = True
        self.found = tuple(dict.fromkeys(sorted(found)))
        self.places = Known(None)
        if open_places or not results:
            self.places = Unknown(Gap.TRUNCATED, "usual places")
        elif unread:
            self.places = Unknown(Gap.FAILED, "usual places", "the name of a find cannot be told")
        elif results - {b"0"}:
            late = b"124" in results  # timeout(1)
            self.places = Unknown(Gap.TRUNCATED if late else Gap.DENIED, "usual places", "time limit" if late else "")


def _counts(values: Iterable[str], base: int) -> dict[int, int]:
    """``number:count`` trailers; numbers that differ only in leading zeros are one."""
    counts: dict[int, int] = {}
    for number, _, count in (value.partition(":") for value in values):
        counts[int(number, base)] = counts.get(int(number, base), 0) + int(count)
    return counts


def _parts(body: bytes, count: int) -> list[bytes]:
    parts = body.split(b"\0")
    if len(parts) != count:
        raise _MalformedError(len(parts))
    return parts


def unanswered(evidence: Evidence, questions: Iterable[Question]) -> list[Question]:
    """Those of ``questions`` that evidence has no answer to, in a stable order."""
    return sorted(
        question
        for question in set(questions)
        if question not in evidence.answers
        and not (question.verb is Verb.ACCOUNT and question.path in evidence.accounts)
    )


def denied(evidence: Evidence) -> list[Question]:
    """Questions that more rights might answer."""
    hopeful = {Gap.DENIED, Gap.FAILED}
    return sorted(
        question
        for question, answer in evidence.answers.items()
        if isinstance(answer, Unknown) and answer.gap in hopeful and question.verb in _RAISABLE
    )


_RAISABLE = frozenset({Verb.STATUS, Verb.CONTENT, Verb.LISTING, Verb.SEARCH, Verb.MEMBER, Verb.FRAGMENTS})
