"""The file and its keeping: who may read it, what is refused, older and newer ones, two writers, a sudden end."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from tests.history.nights import nights, sweep
from tests.history.postgresql import Server, server
from tests.history.test_rules import seen
from tests.thorough import THOROUGH
from tomcat_fleet import history
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.history.engine import connected
from tomcat_fleet.history.place import default_place, place_of
from tomcat_fleet.history.schema import HEAD, VERSION_TABLE, metadata

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def machine() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty one of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "h.db")
    return str(request.getfixturevalue("machine").database())


def raw(place: str, statement: str) -> None:
    found = place_of(place)
    engine = create_engine(found.url or f"sqlite:///{found.path}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_new_one_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "state/tomcat-fleet/history.db"
    before = os.umask(0)
    try:
        with history.open(path) as opened:
            opened.record(sweep(0), [seen("f")])
            opened.copy(tmp_path / "copy.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in (path, tmp_path / "copy.db"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with history.open(tmp_path / "copy.db") as copied:
        assert [one.status for one in copied.standings()] == ["fail"]
    with history.open(path) as opened, pytest.raises(ConfigError, match="cannot be made: File exists"):
        opened.copy(tmp_path / "copy.db")


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with history.open(tmp_path / "h.db") as opened:
        (tmp_path / "h.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
        with pytest.raises(ConfigError, match="is damaged"):
            opened.copy(tmp_path / "copy.db")
    assert [file.name for file in tmp_path.iterdir()] == ["h.db"]


def test_where_it_is_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib/audit")
    monkeypatch.delenv("TOMCAT_FLEET_HISTORY", raising=False)
    assert default_place() == "/var/lib/audit/tomcat-fleet/history.db"
    monkeypatch.setenv("TOMCAT_FLEET_HISTORY", "postgresql://db/fleet")
    assert default_place() == "postgresql://db/fleet"


def test_migrations_lead_to_the_tables_that_the_code_uses(place: str) -> None:
    config = Config()
    config.set_main_option("script_location", "tomcat_fleet.history:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    engine = connected(place_of(place), make=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        for view in (
            "v_verdicts",
            "v_open_findings",
            "v_new_failures",
            "v_hosts_not_seen",
            "v_trend",
            "v_same_evidence",
        ):
            connection.execute(text(f"SELECT * FROM {view}"))
    engine.dispose()


def test_ready_queries_are_answered(tmp_path: Path) -> None:
    ready = yaml.safe_load((ROOT / "docs/datasette.yaml").read_text("utf-8"))["databases"]["copy"]["queries"]
    with history.open(tmp_path / "h.db") as opened:
        for at, night in enumerate(("f", "p", "f", "u", "-")):
            opened.record(sweep(at), [seen(night), seen("f" if night == "-" else night, "web02")])
            if at == 2:
                opened.record(sweep(at, "by hand", 2), [seen("g", "web02")])
    with closing(sqlite3.connect(tmp_path / "h.db")) as connection:
        found = {name: connection.execute(query["sql"]).fetchall() for name, query in ready.items()}
    days = [sweep(at).day for at in range(5)]
    assert found["open_failures"] == [
        ("web01", "/opt/tomcat", "WT-01", "high", days[2], "unknown", days[2]),
        ("web02", "/opt/tomcat", "WT-01", "high", days[2], "fail", days[4]),
    ]
    # Not those of the first night, when nothing was known; once, although another reason was found the same day.
    assert [row[:2] for row in found["new_failures"]] == [(days[2], "web01"), (days[2], "web02")]
    assert found["hosts_not_seen"] == [("web01", "", "unreachable", days[4], days[3])]
    assert sorted((row[0], row[3]) for row in found["failures_by_day"]) == [
        (days[0], 2), (days[2], 1), (days[2], 2), (days[4], 1)]  # fmt: skip
    assert found["one_fault_on_many_hosts"] == []


def test_every_older_one_is_brought_up_to_date(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", "tomcat_fleet.history:migrations")
    revisions = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions[-1] == "0001"
    for revision in revisions:
        path = tmp_path / f"{revision}.db"
        history.open(path).close()
        with closing(sqlite3.connect(path)) as connection:  # as that version made it: emptied, and made anew up to it
            for kind, name in connection.execute(
                "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table')"
            ).fetchall():
                connection.execute(f"DROP {kind} {name}")
            connection.commit()
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as transaction:
            config.attributes["connection"] = transaction
            command.upgrade(config, revision)
        engine.dispose()
        with history.open(path) as opened:
            opened.record(sweep(0), [seen("f")])
            assert len(opened.open_failures()) == 1


def test_a_newer_one_is_refused(place: str) -> None:
    history.open(place).close()
    raw(place, f"UPDATE {VERSION_TABLE} SET version_num = '0999'")
    with pytest.raises(ConfigError, match="has format 0999, of a newer version of the tool") as refused:
        history.open(place)
    assert place_of(place).shown in str(refused.value)


def test_tables_of_others_are_left_alone(place: str, tmp_path: Path) -> None:
    raw(place, "CREATE TABLE orders (id INTEGER)")
    before = (tmp_path / "h.db").read_bytes() if place.startswith("/") else b""
    with pytest.raises(ConfigError, match="is not a history of tomcat-fleet"):
        history.open(place)
    assert not before or (tmp_path / "h.db").read_bytes() == before


@pytest.mark.parametrize(("given", "said"), [
    ("mysql://root:sesame@db/x", "a history is an SQLite file, or a URL that begins with postgresql://"),
    (":memory:", "a history is an SQLite file"),
    ("/nonexistent/dir/h.db/x", "cannot be opened"),
    ("/", "cannot be opened"),
    ("postgresql://audit:sesame@127.0.0.1:1/fleet", "postgresql://audit@127.0.0.1:1/fleet: cannot be used"),
    ("postgresql://audit:s%40sesame@127.0.0.1:port/fleet?password=sesame", "is no URL of a database"),
    ("postgresql://audit@127.0.0.1:1/fleet?password=sesame", "cannot be used"),
    ("postgresql://audit@127.0.0.1:1/fleet?sesame=1", "cannot be used"),
])  # fmt: skip
def test_what_cannot_be_opened_is_said_without_a_password(given: str, said: str) -> None:
    if given == "/nonexistent/dir/h.db/x" and os.geteuid() == 0:
        given = "/dev/null/h.db"
    with pytest.raises(ConfigError) as refused:
        history.open(given)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "sesame" not in str(refused.value) or "?sesame" in given
    if "://" in given and not given.startswith("mysql"):
        assert "sesame" not in repr(place_of(given))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    history.open(path).close()
    whole = path.read_bytes()
    for data in (b"notes", whole[:100], whole[:4096] + os.urandom(8192)):
        path.write_bytes(data)
        with (
            pytest.raises(ConfigError, match=r"h\.db: (is not a history|cannot be used)"),
            history.open(path) as opened,
        ):
            opened.record(sweep(0), [seen("f")])


def test_a_base_of_any_length_and_a_name_with_anything_in_it(place: str) -> None:
    odd = seen("f", "호스트 \u202e'; DROP TABLE host; --")
    base = "/srv/" + "\\xff" * 1000
    odd = replace(odd, zone="구역", instances=(replace(odd.instances[0], base=base),))
    with history.open(place) as opened:
        opened.record(sweep(0), [odd])
        opened.record(sweep(1), [odd])
        (failure,) = opened.open_failures()
        assert (failure.target, failure.base, failure.zone) == (odd.target, base, "구역")


WRITER = """
import sys
from dataclasses import replace
from tests.history.nights import hash_of, nights
from tomcat_fleet import history
place, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with history.open(place) as opened:
    print("open", flush=True)
    for at, (sweep, rows) in enumerate(nights(6, 60, 80)):
        if at < count:
            name = f"{sweep.sweep}-{first}"
            opened.record(replace(sweep, sweep=name), [one for one in rows if hash_of(one.target) % 2 == first])
print("done", flush=True)
"""


def writer(place: str, first: int) -> subprocess.Popen[str]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command_ = [sys.executable, "-c", WRITER, place, str(first), "6"]
    return subprocess.Popen(command_, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_processes_make_and_write_one_history(place: str) -> None:
    both = [writer(place, first) for first in (0, 1)]
    for process in both:
        out, _ = process.communicate(timeout=120)
        assert out == "open\ndone\n"
    with history.open(place) as opened:
        expected = {f"{one.sweep}-{first}" for one, _ in list(nights(6, 60, 80))[:6] for first in (0, 1)}
        assert {one.sweep for one, _ in opened.sweeps()} == expected
        for one, point in opened.sweeps():
            assert opened.has(one.sweep)
            assert point.targets > 0


HALF = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.history.nights import nights
from tomcat_fleet import history
place, limit = sys.argv[1], int(sys.argv[2])
(first, before), (second, after) = list(nights(2, 60, 80))
with history.open(place) as opened:
    opened.record(first, before)
    count = 0
    @event.listens_for(Engine, "before_cursor_execute")
    def _(*_):
        global count
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
    opened.record(second, after)
print(count)
"""


@pytest.mark.parametrize("statement", [5, 16] if THOROUGH else [16])
def test_an_end_in_the_middle_leaves_what_was_before(place: str, statement: int) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    half = [sys.executable, "-c", HALF, place, str(statement)]
    done = subprocess.run(half, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    (first, _), (second, after) = list(nights(2, 60, 80))
    with history.open(place) as opened:
        assert [one.sweep for one, _ in opened.sweeps()] == [first.sweep]
        assert all(one.confirmed == first.day for one in opened.standings())
        told = opened.record(second, after)
        assert not told.repeated
        assert told.changes is not None
