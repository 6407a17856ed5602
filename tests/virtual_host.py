"""A described host that answers a collector's questions: the same records, the same ingest, no process."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from tomcat_fleet.collect import argument
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest, unanswered
from tomcat_fleet.collect.process import with_user_names
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import (
    SEARCH_LIMITS,
    Account,
    Evidence,
    HostFacts,
    Process,
    ProcessTable,
    Question,
    SearchKind,
    Verb,
)
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Target

KEY = b"fingerprint key of the tests....."
TODAY = date(2026, 11, 23)
MTIME = 1_780_000_000
_DIRECTORY_SEARCHES = {SearchKind.DIRECTORIES_740, SearchKind.DIRECTORIES_744}


@dataclass
class Node:
    """One object of the described file system."""

    kind: str  # file, directory, link, fifo
    mode: int
    uid: int
    gid: int
    data: bytes = b""
    target: str = ""
    members: Mapping[str, bytes] = field(default_factory=dict)
    mtime: int = MTIME
    denied: bool = False
    acl: bool = False
    cut: bool = False  # answers as a file over the collector's cap
    slow: bool = False  # the target's own time limit ends the reading
    package: tuple[str, str, str] | None = None


class VirtualHost:
    """Describe files, processes, accounts and units; ``evidence()`` is what a collector would have brought."""

    def __init__(self, *, os: str = "linux") -> None:
        self.nodes: dict[str, Node] = {"/": Node("directory", 0o755, 0, 0)}
        self.processes: list[Process] = []
        self.table_complete = True
        self.has_process_list = True
        self.accounts: dict[str, Account] = {}
        self.candidates: list[str] = []
        self.search_complete = True
        self.units: list[str] = []
        self.enabled: set[str] = set()
        self.host = HostFacts(os=os, hostname="virtual", release="Test Linux 1", clock="2026-11-23T12:00:00Z",
                              login_user="audit", login_uid=2000)  # fmt: skip
        self.account(0, "root")

    # -- describing ---------------------------------------------------------------------------------------------

    def directory(self, path: str, mode: int = 0o750, uid: int = 0, gid: int = 0) -> Node:
        """A directory; missing parents are made 0755 root."""
        return self._put(path, Node("directory", mode, uid, gid))

    def file(self, path: str, content: str | bytes = "", mode: int = 0o640, uid: int = 0, gid: int = 0) -> Node:
        """A regular file."""
        data = content.encode() if isinstance(content, str) else content
        return self._put(path, Node("file", mode, uid, gid, data))

    def archive(
        self, path: str, members: Mapping[str, str | bytes], mode: int = 0o640, uid: int = 0, gid: int = 0
    ) -> Node:
        """A jar or war."""
        made = {name: text.encode() if isinstance(text, str) else text for name, text in members.items()}
        return self._put(path, Node("file", mode, uid, gid, b"PK", members=made))

    def link(self, path: str, target: str, uid: int = 0) -> Node:
        """A symbolic link."""
        return self._put(path, Node("link", 0o777, uid, uid, target=target))

    def fifo(self, path: str) -> Node:
        """Something that is neither file nor directory."""
        return self._put(path, Node("fifo", 0o600, 0, 0))

    def deny(self, path: str) -> None:
        """Reading (and, for a directory, searching) is refused from now on."""
        self.nodes[path].denied = True

    def remove(self, path: str) -> None:
        """Delete an object and everything below it."""
        for name in [name for name in self.nodes if name == path or name.startswith(path + "/")]:
            del self.nodes[name]

    def own(self, path: str, uid: int, gid: int | None = None) -> None:
        """chown -R."""
        for name, node in self.nodes.items():
            if name == path or name.startswith(path + "/"):
                node.uid, node.gid = uid, uid if gid is None else gid

    def package(self, path: str, manager: str, name: str, version: str) -> None:
        """The package database says that ``path`` belongs to a package."""
        self.nodes[path].package = (manager, name, version)

    def account(
        self, uid: int, name: str, shell: str = "/usr/sbin/nologin", groups: tuple[str, ...] | None = None
    ) -> None:
        """An account of the host."""
        made = Account(uid=uid, name=name, gid=uid, shell=shell, groups=groups if groups is not None else (name,))
        self.accounts[name] = self.accounts[str(uid)] = made

    def process(self, pid: int, uid: int, argv: list[str], **more: object) -> None:
        """A running process."""
        words = argument.redacted([escape.to_bytes(word) for word in argv])
        self.processes.append(Process(pid=pid, uid=uid, user="", argv=words, ppid=more.pop("ppid", 1), **more))  # type: ignore[arg-type]

    def java(self, base: str, home: str | None = None, *, pid: int = 4000, uid: int = 998, extra: tuple[str, ...] = (),
             started: int | None = MTIME + 86_400, jars: tuple[str, ...] | None = None) -> None:  # fmt: skip
        """A JVM that runs the instance at ``base``."""
        home = home or base
        argv = ["/usr/lib/jvm/java-17/bin/java", f"-Djava.util.logging.config.file={base}/conf/logging.properties",
                "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager", *extra,
                "-classpath", f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar", f"-Dcatalina.base={base}",
                f"-Dcatalina.home={home}", f"-Djava.io.tmpdir={base}/temp",
                "org.apache.catalina.startup.Bootstrap", "start"]  # fmt: skip
        self.process(pid, uid, argv, exe="/usr/lib/jvm/java-17/bin/java", started=started, jars=jars)

    def candidate(self, base: str) -> None:
        """A base found by the search of the usual places."""
        self.candidates.append(base)

    def unit(self, path: str, text: str, *, enabled: bool = True) -> None:
        """A unit, init or defaults file."""
        self.file(path, text, mode=0o644)
        self.units.append(path)
        if enabled:
            self.enabled.add(posixpath.basename(path))

    # -- answering ----------------------------------------------------------------------------------------------

    def evidence(self, target: Target | None = None, settings: object | None = None) -> Evidence:
        """Evidence after the conversation has run dry."""
        from tomcat_fleet.tomcat.examine import Settings, examine  # noqa: PLC0415 - only this needs the model

        target = target or Target(name="virtual", address="192.0.2.1")
        made = settings if isinstance(settings, Settings) else Settings(policy=Policy(), today=TODAY)
        ingest = self._first(target)
        for _ in range(10):
            evidence = ingest.evidence()
            questions = unanswered(evidence, examine(evidence, target, made).wanted)
            if not questions:
                break
            for question in questions:
                self._answer(question, ingest)
        return ingest.evidence()

    def _first(self, target: Target) -> Ingest:
        ingest = Ingest(KEY, tuple(hint.base for hint in target.instances))
        ingest.host = self.host
        table = ProcessTable(processes=tuple(self.processes), complete=self.table_complete)
        accounts = {key: Known(value) for key, value in self.accounts.items()}
        ingest.processes = Known(with_user_names(table, accounts))  # type: ignore[arg-type]
        if not self.has_process_list:
            ingest.processes = Unknown(Gap.FAILED, "ps")
        ingest.found = tuple(sorted(self.candidates))
        ingest.places = Known(None) if self.search_complete else Unknown(Gap.DENIED, "usual places")
        ingest.units = tuple(sorted(self.units))
        ingest.enabled = frozenset(self.enabled)
        return ingest

    def _answer(self, question: Question, ingest: Ingest) -> None:
        if question.verb is Verb.ACCOUNT:
            ingest.accounts[question.path] = Known(self.accounts.get(question.path))
            return
        state, body = self._body(question)
        head = escape.to_bytes(question.path) + b"\0" + escape.to_bytes(question.detail) + b"\0"
        ingest.take(Record(question.verb.value, state, head + body))

    def _body(self, question: Question) -> tuple[str, bytes]:
        node, real = self._resolve(question.path)
        if node is None:
            return real, b""
        verbs = {
            Verb.STATUS: self._status,
            Verb.CONTENT: self._content,
            Verb.LISTING: self._listing,
            Verb.SEARCH: self._search,
            Verb.MEMBER: self._member,
            Verb.FRAGMENTS: self._fragments,
            Verb.PACKAGE: self._package,
        }
        return verbs[question.verb](question, node, real)

    def _status(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:
        own = self.nodes.get(self._parent_real(question.path))
        target = escape.to_bytes(own.target + "\n") if own is not None and own.kind == "link" else b""
        mark = b"+\n" if node.acl else b" \n"
        return "ok", b"\0".join([escape.to_bytes(real), target, self._row(node, question.path), mark])

    def _content(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:  # noqa: ARG002 - one signature
        if node.kind != "file":
            return "notfile", b""
        if node.denied:
            return "denied", b""
        ended = b"\x00124" if node.slow else b"\x000"
        return "ok", node.data if node.cut else node.data + ended

    def _member(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:  # noqa: ARG002 - one signature
        if node.denied:
            return "denied", b""
        if node.slow:
            return "ok", b"\x00124"
        data = node.members.get(question.detail)
        return "ok", b"\x003" if data is None else data + b"\x000"

    def _fragments(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:  # noqa: ARG002 - one signature
        """``members`` named ``WEB-INF/lib/x.jar!/META-INF/web-fragment.xml`` are inside a jar inside."""
        if node.denied:
            return "denied", b""
        if node.slow:
            return "ok", b"\x00124"
        inside = {name.partition("!/")[0]: data for name, data in node.members.items() if "!/" in name}
        body = b"".join(name.encode() + b"\0" + base64.b64encode(data) + b"\0" for name, data in inside.items())
        return "ok", body + b"\x000"

    def _listing(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:  # noqa: ARG002 - one signature
        if node.kind != "directory":
            return "notfile", b""
        if node.denied:
            return "denied", b""
        rows = [(name, child) for name, child in self._children(real)]
        text = b"".join(self._row(child, f"./{posixpath.basename(name)}") for name, child in rows)
        acls = [f"-rw-r-----+ 1 0 0 1 Nov 23 12:00 {posixpath.basename(name)}\n" for name, child in rows if child.acl]
        flags = "".join(acls).encode() + b"//acls:%d\n//rc:0\n" % len(acls)
        trailers = b"//rc:%d\n//total:%d\n" % (124 * node.slow, len(rows))
        return "ok", b"\0".join([escape.to_bytes(real), text + trailers, flags])

    def _search(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:
        if node.kind != "directory":
            return "notfile", b""
        if node.denied:
            return "denied", b""
        kind = SearchKind(question.detail)
        wanted = "directory" if kind in _DIRECTORY_SEARCHES else "file"
        below = [(name, child) for name, child in self.nodes.items() if name.startswith(real.rstrip("/") + "/")]
        failed = any((child.denied or child.slow) and child.kind == "directory" for _, child in below) or node.slow
        out: list[bytes] = []
        found = [(name, child) for name, child in sorted(below) if child.kind == wanted]
        links = [(name, child) for name, child in sorted(below) if child.kind == "link"]
        excess = [(name, child) for name, child in found if child.mode & 0o7777 & ~SEARCH_LIMITS[kind]]
        foreign = [(name, child) for name, child in found if child.uid and (name, child) not in excess]
        for tag, rows, cap in (("link", links, 200), ("excess", excess, 200), ("foreign", foreign, 40)):
            for name, child in rows[:cap]:
                out += [f"//{tag}\n".encode(), self._row(child, "./" + posixpath.relpath(name, real))]
        out += [f"//owner:{uid}:{sum(c.uid == uid for _, c in found)}\n".encode() for uid in {c.uid for _, c in found}]
        out += [f"//mode:{m:o}:{sum(c.mode == m for _, c in excess)}\n".encode() for m in {c.mode for _, c in excess}]
        out.append(f"//total:{len(found)}\n//excesses:{len(excess)}\n//links:{len(links)}\n".encode())
        out.append(b"//rc:1\n" if failed else b"//rc:0\n")
        acls = [f"-rw-r-----+ 1 0 0 1 Nov 23 12:00 {posixpath.basename(name)}\n" for name, child in found if child.acl]
        flags = "".join(acls).encode() + b"//acls:%d\n//rc:0\n" % len(acls)
        return "ok", b"\0".join([escape.to_bytes(real), b"".join(out), flags])

    def _package(self, question: Question, node: Node, real: str) -> tuple[str, bytes]:  # noqa: ARG002 - one signature
        owner = " ".join(node.package).encode() if node.package else b""
        return "ok", b"\0".join([escape.to_bytes(real), b"dpkg-query rpm", owner])

    # -- the file system ----------------------------------------------------------------------------------------

    def _put(self, path: str, node: Node) -> Node:
        parent = posixpath.dirname(path)
        if parent not in self.nodes:
            self.directory(parent, 0o755)
        self.nodes[path] = node
        return node

    def _children(self, real: str) -> Iterator[tuple[str, Node]]:
        for name, node in sorted(self.nodes.items()):
            if name != "/" and posixpath.dirname(name) == real:
                yield name, node

    def _parent_real(self, path: str) -> str:
        _, parent = self._resolve(posixpath.dirname(path))
        return posixpath.join(parent, posixpath.basename(path))

    def _resolve(self, path: str, depth: int = 0) -> tuple[Node | None, str]:
        """The node and its real path, or None and the record state that says why not."""
        at = "/"
        parts = [part for part in path.split("/") if part not in {"", "."}]
        while parts:
            part = parts.pop(0)
            if self.nodes[at].kind == "directory" and self.nodes[at].denied:
                return None, "denied"
            step = posixpath.dirname(at) if part == ".." else posixpath.join(at, part)
            node = self.nodes.get(step)
            if node is None:
                return None, "absent"
            if node.kind == "link":
                if depth > 20:
                    return None, "denied"
                return self._resolve("/".join([posixpath.join(at, node.target), *parts]), depth + 1)
            if parts and node.kind != "directory":
                return None, "absent"
            at = step
        return self.nodes[at], at

    def _row(self, node: Node, path: str) -> bytes:
        kind = {"file": "regular file", "directory": "directory", "link": "symbolic link"}.get(node.kind, "fifo")
        names = {account.uid: account.name for account in self.accounts.values()}
        who = f"{names.get(node.uid, 'UNKNOWN')}:{names.get(node.gid, 'UNKNOWN')}"
        size = len(node.data)
        row = f"//{kind}:{node.mode:o}:{node.uid}:{node.gid}:{size}:{node.mtime}:{who}:"
        return row.encode() + escape.to_bytes(path) + b"\n"
