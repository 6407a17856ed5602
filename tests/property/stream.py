"""What a collector would send of a described host, record by record, and what comes of it when it is heard."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.verdict import TARGET, result_of
from tests.virtual_host import KEY, TODAY, VirtualHost
from tomcat_fleet.collect.frame import END_OF_PAYLOAD, Decoder, Record
from tomcat_fleet.collect.ingest import Ingest, unanswered
from tomcat_fleet.errors import EvidenceError, TargetError
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Account, Evidence, Process, Question, Verb
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Settings, examine

NONCE = "0123456789abcdef0123456789abcdef"
MARK = f"@{NONCE} ".encode()
_BOOT = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens: the target as the inventory has it."""

    target: Target = TARGET

    def heard(self, records: Iterable[Record]) -> Evidence:
        """Evidence made of records. Raises ``EvidenceError`` when they cannot be those of a whole conversation."""
        ingest = Ingest(KEY, tuple(hint.base for hint in self.target.instances))
        for record in records:
            ingest.take(record)
        ingest.first_round_is_whole(discover=self.target.discover)
        return ingest.evidence()

    def judged(self, stream: bytes) -> TargetResult | None:
        """What a sweep says after this stream; None when it refuses the host as ``collector_failed``."""
        try:
            return result_of(self.heard(decoded(stream)), target=self.target)
        except EvidenceError:
            return None
        except TargetError as exc:
            if exc.outcome is not Outcome.COLLECTOR_FAILED:
                raise
            return None


def recorded(host: VirtualHost) -> list[Record]:
    """Every record of a whole conversation about the host, in the order in which they come."""
    records = first_round(host)
    for _ in range(10):
        evidence = Listener().heard(records)
        questions = unanswered(evidence, examine(evidence, TARGET, Settings(policy=Policy(), today=TODAY)).wanted)
        if not questions:
            return records
        records += [answered(host, question) for question in questions]
    raise AssertionError("never satisfied")


def framed(records: Sequence[Record], *, numbers: Sequence[int] = (), count: int | None = None) -> bytes:
    """The stream of one round. ``numbers`` and ``count`` are what the frames say instead of what is true."""
    out = [b"\n" + MARK + b"BEGIN 1 base64 2000 0\n"]
    for number, record in zip(numbers or range(1, len(records) + 1), records, strict=True):
        head = f"{number} {record.verb} {record.state}\n".encode()
        out += [b"\n", MARK, head, base64.encodebytes(record.payload + END_OF_PAYLOAD), b"\n", MARK, b"%d .\n" % number]
    out += [b"\n", MARK, b"END %d\n" % (len(records) if count is None else count)]
    return b"".join(out)


def decoded(stream: bytes) -> list[Record]:
    """The records of a stream. Raises ``TargetError`` when it is broken or does not come to its end."""
    decoder = Decoder(NONCE)
    records = [frame for frame in decoder.feed(stream) if isinstance(frame, Record)]
    if not decoder.quiet():
        raise TargetError(Outcome.COLLECTOR_FAILED, "the evidence stream ended early")
    return records


# -- the records of the first round -------------------------------------------------------------------------------


def _record(verb: str, *parts: str | bytes) -> Record:
    return Record(verb, "ok", b"\0".join(p if isinstance(p, bytes) else escape.to_bytes(p) for p in parts))


def first_round(host: VirtualHost) -> list[Record]:
    """What comes before any question is asked."""
    facts = host.host
    system = _record("host", "Linux", "6.1", facts.hostname, facts.clock, "audit", "2000", "stat=gnu", facts.release)
    uids = dict.fromkeys(str(process.uid) for process in host.processes)
    accounts = [answered(host, Question(Verb.ACCOUNT, uid)) for uid in uids]
    contents = [answered(host, Question(Verb.CONTENT, path)) for path in sorted(host.units)]
    return [system, *_table(host), *accounts, _units(host), *contents, _places(host)]


def _table(host: VirtualHost) -> list[Record]:
    if not host.has_process_list:
        return [_record("processes", "ps", "", "0")]
    rows = [_process(process) for process in host.processes]
    pids = "".join(f" {process.pid}" for process in host.processes)
    return [*rows, _record("processes", "proc", str(int(host.table_complete)), "100", f"{_BOOT}\n", pids)]


def _process(process: Process) -> Record:
    uids = "\t".join([str(process.uid)] * 4)
    status = f"Name:\tjava\nPid:\t{process.pid}\nPPid:\t{process.ppid}\nUid:\t{uids}\nNSpid:\t{process.pid}\n"
    ticks = ((process.started or _BOOT) - _BOOT) * 100
    stat = f"{process.pid} (java) S {process.ppid} " + "0 " * 17 + f"{ticks} 0"
    links = [f"{link}\n" if link else "" for link in (process.exe, process.cwd, process.root)]
    options = "".join(f"{name}={shlex.join(words)}\n" for name, words in _options(process) if words)
    options += "//read\n" * process.environment_known
    argv = b"\0".join(escape.to_bytes(word) for word in process.argv)
    jars = "" if process.jars is None else "\n" + "".join(f"0 -> {jar}\n" for jar in process.jars)
    argv += b"\0" * process.argv_complete
    return _record("process", str(process.pid), status, stat, *links, jars, options, argv)


def _options(process: Process) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("JAVA_TOOL_OPTIONS", process.options_before), ("_JAVA_OPTIONS", process.options_after)


def _units(host: VirtualHost) -> Record:
    files, enabled = ("".join(f"{name}\n" for name in sorted(names)) for names in (host.units, host.enabled))
    return _record("units", files.rstrip("\n"), enabled)


def _places(host: VirtualHost) -> Record:
    names = [f"{base}/conf" for base in host.candidates]  # a link called conf, or the file in it
    names = [name if host.nodes[name].kind == "link" else f"{name}/server.xml" for name in names]
    rows = [host._row(host.nodes[name], f".{name}") for name in names]
    return _record("places", b"//at:/\n" + b"".join(rows) + (b"//rc:0\n" if host.search_complete else b"//rc:1\n"))


def answered(host: VirtualHost, question: Question) -> Record:
    """What the host says to one question."""
    if question.verb is Verb.ACCOUNT:
        return _account(question.path, host.accounts.get(question.path))
    state, body = host._body(question)
    head = escape.to_bytes(question.path) + b"\0" + escape.to_bytes(question.detail) + b"\0"
    return Record(question.verb.value, state, head + body)


def _account(key: str, found: Account | None) -> Record:
    if found is None:
        return _record("account", key, "", "2", "", "", "1")
    line = f"{found.name}:x:{found.uid}:{found.gid}::/home/{found.name}:{found.shell}"
    return _record("account", key, "", "0", line, " ".join(found.groups), "0")
