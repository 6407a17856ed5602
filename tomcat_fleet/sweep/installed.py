"""The tables of releases and advisories that sweeps use: the newer of bundled and installed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.report.folder import Folder
from tomcat_fleet.tomcat.json_place import Places, places
from tomcat_fleet.tomcat.table import AdvisoryTable, ReleaseTable, Tables, bundled, origin, tables
from tomcat_fleet.tomcat.table_check import LIMIT, Table, read_table
from tomcat_fleet.tomcat.table_update import misfits, objections

KINDS = ("advisories", "releases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A table read from a file, good by itself."""

    kind: str  # advisories, releases
    path: Path
    raw: bytes
    table: Table

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return hashlib.sha256(self.raw).hexdigest()


def data_directory(environ: Mapping[str, str]) -> Path:
    """Where this user's tables are kept. A relative XDG_DATA_HOME is void, as its specification says."""
    home = Path(environ.get("XDG_DATA_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".local" / "share") / "tomcat-fleet"


def tables_in_use(directory: Path, today: date) -> Tables:
    """Of each table the newer one, the installed one when both are of a day.

    Raises ConfigError for an installed table that cannot be read or is damaged, also when the bundled one is newer:
    somebody meant it to count.
    """
    paths = [path for path in (directory / f"{kind}.json" for kind in KINDS) if os.path.lexists(path)]
    installed = {update.kind: update for update in _read(paths, today, named=True)}
    own = bundled()
    advisories, releases, origins = own.advisories, own.releases, dict(own.origins)
    for kind, update in installed.items():
        table = update.table
        if table.date < origins[kind].date:
            continue
        origins[kind] = origin(update.raw, table.date, str(update.path))
        if isinstance(table, AdvisoryTable):
            advisories = table
        else:
            releases = table
    return tables(advisories, releases, origins) if origins != own.origins else own


def read_updates(given: Sequence[Path], in_use: Tables, today: date, *, force: bool) -> tuple[Update, ...]:
    """Tables of the files and directories ``given``, fit to be installed.

    Raises ConfigError with every fault of every file. ``force`` allows a table that is older than the one in use or
    lacks rows of it, never one that is wrong in itself.
    """
    updates = _read(_files(given), today, named=False)
    faults = [
        Fault(str(one.path), 0, f"a second {one.kind} table")
        for index, one in enumerate(updates)
        if one.kind in {other.kind for other in updates[:index]}
    ]
    new = {one.kind: one for one in updates}
    for one in () if force else new.values():
        at = _places(one)
        faults += [
            Fault(str(one.path), at.near(path), f"{text} (--force)") for path, text in objections(one.table, in_use)
        ]
    faults += _misfits(new, in_use)
    if faults:
        raise ConfigError(faults)
    return updates


def install(updates: Sequence[Update], directory: Path) -> None:
    """Put the tables where sweeps find them, mode 0600, each whole or not at all. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Folder.at(directory)
    try:
        for update in updates:
            folder.publish(f"{update.kind}.json", update.raw)
        folder.sync()
    finally:
        folder.close()


def _misfits(new: Mapping[str, Update], in_use: Tables) -> list[Fault]:
    tables_ = {kind: update.table for kind, update in new.items()}
    advisories = tables_.get("advisories", in_use.advisories)
    releases = tables_.get("releases", in_use.releases)
    assert isinstance(advisories, AdvisoryTable)
    assert isinstance(releases, ReleaseTable)
    found = list(misfits(advisories, releases))
    if not found or not new:
        return []
    if "advisories" not in new:  # the file at hand is the releases table
        return [Fault(str(new["releases"].path), 0, f"does not fit the advisories in use: {text}") for _, text in found]
    at = _places(new["advisories"])
    return [Fault(str(new["advisories"].path), at.near(path), text) for path, text in found]


def _places(update: Update) -> Places:
    return places(update.raw.decode("utf-8"))


def _files(given: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    faults = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [path / f"{kind}.json" for kind in KINDS if os.path.lexists(path / f"{kind}.json")]
        faults += [] if inside else [Fault(str(path), 0, "holds neither advisories.json nor releases.json")]
        found += inside
    if faults:
        raise ConfigError(faults)
    return found


def _read(paths: Sequence[Path], today: date, *, named: bool) -> tuple[Update, ...]:
    """Tables of files; ``named`` ones must be of the kind that their name says."""
    found, faults = [], []
    for path in paths:
        raw = _bytes(path)
        table = raw if isinstance(raw, Fault) else read_table(raw, str(path), today)
        if isinstance(raw, Fault) or isinstance(table, Fault):
            faults += [raw] if isinstance(raw, Fault) else []
        elif isinstance(table, list):
            faults += table
        else:
            kind = KINDS[isinstance(table, ReleaseTable)]
            faults += [Fault(str(path), 1, f"holds the {kind} table")] if named and path.stem != kind else []
            found.append(Update(kind=kind, path=path, raw=raw, table=table))
    if faults:
        raise ConfigError(faults)
    return tuple(found)


def _bytes(path: Path) -> bytes | Fault:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Fault(str(path), 0, "not a regular file")
            return file.read(LIMIT + 1)
    except OSError as error:
        return Fault(str(path), 0, f"cannot be read: {error.strerror}")
