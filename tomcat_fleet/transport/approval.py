"""Reviewed host keys become trusted: merged into known_hosts, in which nothing else changes."""

from __future__ import annotations

import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from filelock import FileLock, Timeout

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.transport.enrolment import Pending, State, key_text, standing
from tomcat_fleet.transport.host_name import hash_name
from tomcat_fleet.transport.known_hosts import Entry, KnownHosts, parse_known_hosts

_PRIVATE = 0o600
_LOCK_S = 10.0
_SALT_BYTES = 20
_HOSTS = re.compile(rb"^(\s*)(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A key that was not taken, and the place of the line that stands against it."""

    pending: Pending
    state: State
    line: int = 0  # of known_hosts: a pattern, which only a person can change


@dataclass(slots=True, kw_only=True)
class Approval:
    """What became of the keys of a pending file."""

    added: list[Pending] = field(default_factory=list)
    known: list[Pending] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    removed: list[tuple[str, asyncssh.SSHKey]] = field(default_factory=list)  # name, the key it had


def approve(pending: Sequence[Pending], path: Path, *, hashed: bool = False, replace: bool = False) -> Approval:
    """Add the keys of ``pending`` to the file and return what became of each; raises ``ConfigError``.

    A key that others are known instead of is taken only with ``replace``, which removes those and keeps the former
    file as ``<file>.old``; a revoked key is never taken. ``hashed`` hides host names, as does a file whose names are
    all hidden already.
    """
    file = Path(os.path.realpath(path.expanduser()))
    try:
        _check_kind(file, path)
        with _alone(file):
            former = _content(file)
            known = parse_known_hosts(former.content, str(path))
            merge = _Merge(known, replace=replace)
            for name, keys in _by_name(pending).items():
                merge.take(name, keys)
            if merge.result.added:
                content = merge.content(former.content, hashed=hashed or _is_hashed(known))
                _replace(file, former, content, backup=bool(merge.result.removed))
            return merge.result
    except OSError as error:
        raise ConfigError([Fault(str(path), 0, f"cannot be written: {error.strerror}")]) from None


def _check_kind(file: Path, path: Path) -> None:
    """Refuse devices and pipes: root would put a file in the place of /dev/null."""
    if file.exists() and not file.is_file():
        raise ConfigError([Fault(str(path), 0, "is not a regular file")])


def _by_name(pending: Iterable[Pending]) -> dict[str, list[Pending]]:
    found: defaultdict[str, list[Pending]] = defaultdict(list)
    for one in pending:
        if all(one.key != other.key for other in found[one.name]):
            found[one.name].append(one)
    return found


def _is_hashed(known: KnownHosts) -> bool:
    names = [entry for entry in known.entries if not entry.marker]
    return bool(names) and all(entry.hashed for entry in names)


class _Merge:
    """Which lines are added to one file, and which names leave which lines of it."""

    def __init__(self, known: KnownHosts, *, replace: bool) -> None:
        self.result = Approval()
        self._known = known
        self._may_replace = replace
        self._leaving: defaultdict[int, set[str]] = defaultdict(set)  # line -> names

    def take(self, name: str, pending: list[Pending]) -> None:
        """Sort the keys that one machine offered by what becomes of them."""
        offered = [one.key for one in pending]
        states = standing(self._known, name, offered)
        former = [entry for entry in self._known.under(name) if not entry.marker and entry.key not in offered]
        pattern = next((entry.line for entry in former if not _can_lose(entry, name)), 0)
        replaced = self._may_replace and not pattern
        for one, state in zip(pending, states, strict=True):
            if state is State.KNOWN:
                self.result.known.append(one)
            elif state is State.NEW or (state is State.CHANGED and replaced):
                self.result.added.append(one)
            else:
                line = pattern if state is State.CHANGED else 0
                self.result.refused.append(Refusal(pending=one, state=state, line=line))
        if replaced and State.CHANGED in states:
            for entry in former:
                self._leaving[entry.line].add(name)
                self.result.removed.append((name, entry.key))

    def content(self, former: bytes, *, hashed: bool) -> bytes:
        """The new file: the lines of the former one as they are, then what is added."""
        lines = former.split(b"\n")
        kept = [self._line(number, line) for number, line in enumerate(lines, 1)]
        text = b"\n".join(line for line in kept if line is not None)
        if text and not text.endswith(b"\n"):
            text += b"\n"
        return text + "".join(f"{line}\n" for line in self._added(hashed=hashed)).encode("ascii")

    def _line(self, number: int, line: bytes) -> bytes | None:
        """A line without the names that leave it; none when no name is left."""
        leaving = self._leaving.get(number)
        found = _HOSTS.match(line) if leaving else None
        if leaving is None or found is None:
            return line
        hosts = found[2].decode("utf-8", "replace")
        left = [] if hosts.startswith("|") else [name for name in hosts.split(",") if name.lower() not in leaving]
        return found[1] + ",".join(left).encode() + line[found.end() :] if left else None

    def _added(self, *, hashed: bool) -> Iterator[str]:
        salts: defaultdict[str, bytes] = defaultdict(lambda: os.urandom(_SALT_BYTES))
        for one in self.result.added:
            # One salt for all keys of a name: a sweep then hashes once to find them.
            yield f"{hash_name(one.name, salts[one.name]) if hashed else one.name} {key_text(one.key)}"


def _can_lose(entry: Entry, name: str) -> bool:
    """Whether ``name`` can be taken out of its line without a change for other machines."""
    return entry.hashed or (name in entry.hosts.lower().split(",") and not set("*?!") & set(entry.hosts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Former:
    content: bytes = b""
    state: os.stat_result | None = None


def _content(file: Path) -> _Former:
    try:
        with file.open("rb") as stream:
            return _Former(state=os.fstat(stream.fileno()), content=stream.read())
    except FileNotFoundError:
        return _Former()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep a second approval of the same file out."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(f"{file}.lock", mode=_PRIVATE)
    try:
        lock.acquire(timeout=_LOCK_S)
    except Timeout:
        raise ConfigError([Fault(str(file), 0, "another approval is under way; try again")]) from None
    try:
        yield
    finally:
        lock.release()


def _replace(file: Path, former: _Former, content: bytes, *, backup: bool) -> None:
    if backup:
        _write(Path(f"{file}.old"), former, former.content)
    # ssh(1) adds to the file as well, and takes no lock.
    now = _content(file)
    if now.content != former.content:
        raise ConfigError([Fault(str(file), 0, "was changed by another program meanwhile; try again")])
    _write(file, former, content)


def _write(file: Path, former: _Former, content: bytes) -> None:
    """Put a file in place as a whole, with the mode and the owner that the former one had."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if former.state is not None:
                if os.geteuid() == 0:
                    os.fchown(descriptor, former.state.st_uid, former.state.st_gid)
                os.fchmod(descriptor, former.state.st_mode & 0o777)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        Path(temporary).replace(file)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def write_private(file: Path, content: bytes) -> None:
    """Put a file in place as a whole, for this account alone; raises ``OSError``."""
    _write(file, _Former(), content)
