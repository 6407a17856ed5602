"""The ledger of one sweep: an SQLite database beside its reports.

A result is acknowledged when its transaction is on disk (write-ahead log, synchronous FULL): neither the end of the
process nor that of the machine takes it back. At most one result per target can be in it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from tomcat_fleet.errors import ConfigError, EvidenceError, Fault
from tomcat_fleet.ledger.chain import Chained
from tomcat_fleet.ledger.opening import UNREADABLE, Opening, decoded, encoded, fingerprint, kept
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.ledger_file import APPLICATION, HEAD, NAME, is_ledger
from tomcat_fleet.model.target import Target

_VERSION = 1
_DAMAGE = (sqlite3.Error, UnicodeDecodeError)  # a damaged schema may come as either
_NUMBERS = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_BUSY: errno.EAGAIN}
_SCHEMA = """
CREATE TABLE opening (facts BLOB NOT NULL);
CREATE TABLE run (started TEXT NOT NULL);  -- one row, and one more for each time the sweep was gone on with
CREATE TABLE target (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, facts BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE result (
  target TEXT PRIMARY KEY REFERENCES target (name),
  line BLOB NOT NULL,      -- the line of results.jsonl, zlib
  head TEXT NOT NULL,      -- last link of the evidence's chain; empty without evidence
  evidence BLOB NOT NULL   -- see chain.py; empty without evidence
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One target's final row. ``line`` has no line feed; ``evidence`` is None for a target that was not reached."""

    target: str
    line: bytes
    evidence: Chained | None


class Ledger:
    """An open ledger. ``with`` closes it. Every method raises OSError when the disk fails or is full."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def create(cls, directory: Path, opening: Opening, targets: Iterable[Target]) -> Self:
        """A new ledger in ``directory`` for ``targets``. Raises OSError."""
        part, path = directory / f".{NAME}.part", directory / NAME
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), NAME)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        with _as_os_errors(), closing(_connected(part)) as connection:
            connection.execute("PRAGMA journal_mode = MEMORY").fetchone()
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            with connection as transaction:
                transaction.executescript(f"BEGIN; {_SCHEMA}")  # begun here, for a script ends what came before
                transaction.execute("INSERT INTO opening VALUES (?)", (encoded(opening),))
                transaction.execute("INSERT INTO run VALUES (?)", (opening.started,))
                transaction.executemany("INSERT INTO target VALUES (?, ?, ?)", map(_row, targets))
        part.rename(path)  # whole or not there
        return cls._for_writing(path)

    @classmethod
    def resume(cls, directory: Path, started: str) -> Self:
        """The ledger of a sweep in ``directory``, to go on with. Raises ConfigError as ``reopen`` does, OSError."""
        cls.reopen(directory).close()
        ledger = cls._for_writing(directory / NAME)
        ledger.begin(started)
        return ledger

    @classmethod
    def reopen(cls, directory: Path) -> Self:
        """The ledger of a sweep in ``directory``, to read. Raises ConfigError when there is none that can be read."""
        path = directory / NAME
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
        except OSError as error:
            raise _refusal(path, f"cannot be read: {error.strerror}") from None
        if not is_ledger(head):
            raise _refusal(path, "is not a ledger")
        try:
            connection = _connected(path, "ro")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except _DAMAGE as error:
            raise _refusal(path, f"is damaged: {printable(str(error))}") from None
        if version != _VERSION:
            connection.close()
            raise _refusal(path, f"has format {version}; this version of the tool reads format {_VERSION}")
        return cls(connection, path)

    @classmethod
    def _for_writing(cls, path: Path) -> Self:
        with _as_os_errors():
            connection = _connected(path)
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        return cls(connection, path)

    def opening(self) -> Opening:
        """What the sweep was begun with. Raises ConfigError when it cannot be read."""
        try:
            (raw,) = self._connection.execute("SELECT facts FROM opening").fetchone()
            return decoded(raw)
        except (sqlite3.Error, TypeError, *UNREADABLE):
            raise _refusal(self._path, "does not say how its sweep was begun") from None

    def begin(self, started: str) -> None:
        """Note that the sweep is gone on with."""
        with _as_os_errors(), self._connection as transaction:
            transaction.execute("INSERT INTO run VALUES (?)", (started,))

    def runs(self) -> int:
        """How often the sweep was begun or gone on with. Raises ConfigError when the ledger is damaged."""
        return len(self._all("SELECT started FROM run"))

    def targets(self) -> dict[str, str]:
        """Name -> fingerprint of every target of the sweep. Raises ConfigError when the ledger is damaged."""
        return {str(name): str(mark) for name, mark in self._all("SELECT name, fingerprint FROM target ORDER BY name")}

    def target(self, name: str) -> Target:
        """What the ledger keeps of a target. Raises EvidenceError, KeyError."""
        (facts,) = self._one("SELECT facts FROM target WHERE name = ?", name, bytes)
        try:
            return msgspec.json.decode(facts, type=Target)
        except UNREADABLE:
            raise EvidenceError("cannot be read from the ledger") from None

    def acknowledge(self, entry: Entry) -> None:
        """Make the final row of a target durable. Raises ValueError when it has one, or is not of this sweep."""
        evidence = entry.evidence or Chained(head="", data=b"")
        row = (entry.target, zlib.compress(entry.line, 1), evidence.head, evidence.data)
        try:
            with _as_os_errors(), self._connection as transaction:
                transaction.execute("INSERT INTO result VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise ValueError(f"not a target without a result: {entry.target}") from None

    def done(self) -> frozenset[str]:
        """Targets that have their final row. Raises ConfigError when the ledger is damaged."""
        return frozenset(str(name) for (name,) in self._all("SELECT target FROM result"))

    def entry(self, target: str) -> Entry:
        """The final row of ``target``. Raises EvidenceError when it is damaged, KeyError when there is none."""
        packed, head, data = self._one(
            "SELECT line, head, evidence FROM result WHERE target = ?", target, bytes, str, bytes
        )
        try:
            line = zlib.decompress(packed)
        except zlib.error:
            raise EvidenceError("its result cannot be unpacked") from None
        return Entry(target=target, line=line, evidence=Chained(head=head, data=data) if head or data else None)

    def settle(self) -> bool:
        """Put everything into the one file, so that it may be copied and hashed; False while somebody reads it."""
        try:
            with _as_os_errors():
                self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give it back."""
        self._connection.close()

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query).fetchall()
        except _DAMAGE as error:
            raise _refusal(self._path, f"is damaged: {printable(str(error))}") from None

    def _one(self, query: str, name: str, *kinds: type) -> tuple[Any, ...]:
        try:
            row: tuple[Any, ...] | None = self._connection.execute(query, (name,)).fetchone()
        except _DAMAGE:
            raise EvidenceError("cannot be read from the ledger") from None
        if row is None:
            raise KeyError(name)
        if not all(map(isinstance, row, kinds)):
            raise EvidenceError("has a row of another kind in the ledger")
        return row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _row(target: Target) -> tuple[str, str, bytes]:
    return target.name, fingerprint(target), msgspec.json.encode(kept(target))


def _connected(path: Path, mode: str = "rw") -> sqlite3.Connection:
    place = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(place, uri=True, isolation_level="IMMEDIATE", timeout=1)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        number = _NUMBERS.get(getattr(error, "sqlite_errorcode", -1), errno.EIO)
        raise OSError(number, f"{os.strerror(number)} ({error})", NAME) from None


def _refusal(path: Path, message: str) -> ConfigError:
    return ConfigError([Fault(str(path), 0, message)])
