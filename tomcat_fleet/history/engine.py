"""Connections to a history: opened, brought up to date, and everything that may go wrong with them as ConfigError."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, column, create_engine, event, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.history.place import Place
from tomcat_fleet.history.schema import APPLICATION, HEAD, VERSION_TABLE
from tomcat_fleet.model.escape import printable

PATIENCE_S: Final = 60  # for another writer; a night of 100,000 instances takes a few seconds


def connected(place: Place, *, make: bool) -> Engine:
    """An engine for ``place``, its schema made or brought up to date. Raises ConfigError."""
    if place.path is not None:
        if not make and not os.path.lexists(place.path):
            raise ConfigError([Fault(place.shown, 0, "there is no history yet; 'tomcat-fleet history add' makes one")])
        _make(place.path)
    with refused(place):
        engine = _sqlite(place.path) if place.path is not None else _postgresql(place)
        try:
            _upgrade(engine, place)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextlib.contextmanager
def refused(place: Place) -> Iterator[None]:
    """Turn what a database complains about into a ConfigError that names the place, and no password."""
    try:
        yield
    except DBAPIError as error:
        raise ConfigError([Fault(place.shown, 0, _said(error))]) from None
    except (SQLAlchemyError, ArgumentError, NoSuchModuleError) as error:
        raise ConfigError([Fault(place.shown, 0, f"cannot be used: {type(error).__name__}")]) from None


def vacuumed(engine: Engine, into: Path | None = None) -> None:
    """Give free space of an SQLite file back, or write all of it to the empty file ``into``."""
    try:
        with contextlib.closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            if into is None:
                cursor.execute("VACUUM")
            else:
                cursor.execute("VACUUM INTO ?", (str(into.absolute()),))
    except sqlite3.Error as error:
        raise DBAPIError.instance("VACUUM", None, error, sqlite3.Error) from None


def _said(error: DBAPIError) -> str:
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"another process has been writing to it for {PATIENCE_S} seconds; try again later"
    if getattr(cause, "sqlstate", None) == "55P03":  # lock_not_available
        return f"another process has been writing to it for {PATIENCE_S} seconds; try again later"
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return "is not a history of tomcat-fleet, or is damaged"
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return f"cannot be used: {printable(lines[0] if lines else type(cause).__name__)}"


def _make(path: Path) -> None:
    """An SQLite file for nobody but this account, should there be none; nothing is done to a file that is not ours."""
    shown = printable(str(path))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise ConfigError([Fault(shown, 0, f"cannot be opened: {error.strerror}")]) from None
    if not head:
        try:
            with contextlib.closing(_connection(path)) as connection:
                connection.execute(f"PRAGMA application_id = {APPLICATION}")  # before anything else is in it
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.Error as error:
            raise ConfigError([Fault(shown, 0, f"cannot be written: {printable(str(error))}")]) from None
    elif not head.startswith(b"SQLite format 3\0") or head[68:72] != APPLICATION.to_bytes(4, "big"):
        raise ConfigError([Fault(shown, 0, "is not a history of tomcat-fleet")])


def _connection(path: Path) -> sqlite3.Connection:
    place = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(place, uri=True, timeout=PATIENCE_S, isolation_level=None)
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "trusted_schema = OFF", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _sqlite(path: Path) -> Engine:
    # No pool: a connection lives as long as a call, so that a copy of the file is whole in between.
    engine = create_engine("sqlite+pysqlite://", creator=lambda: _connection(path), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # the driver's own would leave changes of the schema outside

    return engine


def _postgresql(place: Place) -> Engine:
    try:
        url = make_url(place.url)
    except (ArgumentError, ValueError):
        raise ConfigError([Fault(place.shown, 0, "is no URL of a database")]) from None
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ImportError:
        raise ConfigError(
            [Fault(place.shown, 0, "needs the driver psycopg: pip install 'tomcat-fleet[postgresql]'")]
        ) from None

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE_S}s'")
        connection.commit()

    return engine


def _upgrade(engine: Engine, place: Place) -> None:
    with engine.connect() as connection:
        present = _revision(connection, place)
    if present == HEAD:
        return
    from alembic import command  # noqa: PLC0415  most openings need no migration
    from alembic.config import Config  # noqa: PLC0415  same
    from alembic.script import ScriptDirectory  # noqa: PLC0415  same

    config = Config()
    config.set_main_option("script_location", "tomcat_fleet.history:migrations")
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        _lock(connection)
        present = _revision(connection, place)  # somebody else may have been first
        if present is not None and present not in known:
            newer = f"has format {printable(present, 40)}, of a newer version of the tool; this one reads {HEAD}"
            raise ConfigError([Fault(place.shown, 0, newer)])
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    """One process at a time makes or changes the schema."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")  # a write, and so the writers' lock
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": APPLICATION})


def _revision(connection: Connection, place: Place) -> str | None:
    """The revision of the schema; None for an empty database. Raises ConfigError when it holds something else."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if tables:
            raise ConfigError(
                [Fault(place.shown, 0, "is not a history of tomcat-fleet: it has tables of something else")]
            )
        return None
    found: str | None = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return found
