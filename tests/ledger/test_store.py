"""The ledger on disk: one final row per target, private, and refused when it is not one."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tomcat_fleet.errors import ConfigError, EvidenceError
from tomcat_fleet.ledger.chain import chained
from tomcat_fleet.ledger.opening import Opening, decoded, encoded, fingerprint
from tomcat_fleet.ledger.store import Entry, Ledger
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.model.target import Become, Target
from tomcat_fleet.tomcat.table import bundled

TARGETS = tuple(Target(name=name, address="192.0.2.1") for name in ("web01", "web02", "웹03"))
OPENING = Opening(
    sweep="20261123T175014Z-0001",
    started="2026-11-23T17:50:14Z",
    today=date(2026, 11, 23),
    tool="0.0",
    collector="posix",
    limit="web*",
    inventory_sha256={"/etc/fleet.toml": "00"},
    policy=Policy(manager_required=ManagerRequired(who="a", why="b", until="2027-01-01"), error_codes=(404,)),
    advisories=bundled().advisories,
    releases=bundled().releases,
    origins=dict(bundled().origins),
)
EVIDENCE = chained([b'{"kind":"host"}'])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path, OPENING, TARGETS) as made:
        yield made


def test_how_a_sweep_was_begun_comes_back(ledger: Ledger) -> None:
    assert ledger.opening() == OPENING
    assert decoded(encoded(OPENING)) == OPENING
    assert ledger.opening().tables.branches == bundled().branches


def test_a_row_comes_back_in_another_process_of_time(ledger: Ledger, tmp_path: Path) -> None:
    ledger.acknowledge(Entry(target="웹03", line=b'{"a": 1}', evidence=EVIDENCE))
    ledger.acknowledge(Entry(target="web01", line=b"{}", evidence=None))
    with Ledger.reopen(tmp_path) as other:  # the first is not closed: a process that died would not have
        assert other.done() == {"웹03", "web01"}
        assert other.entry("웹03") == Entry(target="웹03", line=b'{"a": 1}', evidence=EVIDENCE)
        assert other.entry("web01").evidence is None
        with pytest.raises(KeyError):
            other.entry("web02")
        assert set(other.targets()) == {target.name for target in TARGETS}


@pytest.mark.parametrize("name", ["web01", "stranger"])
def test_a_target_has_one_row_and_a_stranger_none(ledger: Ledger, name: str) -> None:
    ledger.acknowledge(Entry(target="web01", line=b"first", evidence=None))
    with pytest.raises(ValueError, match="not a target without a result"):
        ledger.acknowledge(Entry(target=name, line=b"second", evidence=None))
    assert ledger.entry("web01").line == b"first"
    assert ledger.done() == {"web01"}


def test_its_files_are_private_under_any_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        with Ledger.create(tmp_path, OPENING, TARGETS) as made:
            made.acknowledge(Entry(target="web01", line=b"x", evidence=EVIDENCE))
            found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(former)
    assert set(found) == {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
    assert set(found.values()) == {0o600}


def test_settled_it_is_one_file(ledger: Ledger, tmp_path: Path) -> None:
    ledger.acknowledge(Entry(target="web01", line=b"x", evidence=EVIDENCE))
    ledger.settle()
    ledger.close()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]
    with Ledger.resume(tmp_path, "2026-11-23T18:00:00Z") as again:
        assert again.runs() == 2
        again.acknowledge(Entry(target="web02", line=b"y", evidence=None))
        assert again.done() == {"web01", "web02"}


def test_somebody_who_reads_does_not_make_it_fail(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.reopen(tmp_path) as reader:
        assert reader.done() == frozenset()
        raw = sqlite3.connect(tmp_path / "ledger.db")
        raw.execute("BEGIN")
        raw.execute("SELECT * FROM result").fetchall()  # and holds on to what it has read
        ledger.acknowledge(Entry(target="web01", line=b"x", evidence=EVIDENCE))
        assert not ledger.settle()
        raw.close()
    assert ledger.settle()
    assert ledger.done() == {"web01"}


def test_nothing_is_written_over(ledger: Ledger, tmp_path: Path) -> None:
    del ledger
    with pytest.raises(FileExistsError):
        Ledger.create(tmp_path, OPENING, TARGETS)


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        Ledger.create(tmp_path, OPENING, TARGETS)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0", b"x" * 4096])
def test_what_is_no_ledger_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ledger.db").write_bytes(content)
    with pytest.raises(ConfigError, match=r"ledger\.db"):
        Ledger.reopen(tmp_path)


def test_another_database_and_another_format_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    ledger.settle()
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.db") as raw:
        raw.execute("PRAGMA user_version = 9")
    raw.close()
    with pytest.raises(ConfigError, match="has format 9"):
        Ledger.reopen(tmp_path)
    (tmp_path / "other").mkdir()
    with sqlite3.connect(tmp_path / "other" / "ledger.db") as raw:
        raw.execute("CREATE TABLE a (b)")
    raw.close()
    with pytest.raises(ConfigError, match="is not a ledger"):
        Ledger.reopen(tmp_path / "other")


def test_a_line_that_cannot_be_unpacked_is_damage(ledger: Ledger, tmp_path: Path) -> None:
    ledger.acknowledge(Entry(target="web01", line=b"x", evidence=EVIDENCE))
    ledger.settle()
    with sqlite3.connect(tmp_path / "ledger.db") as raw:
        raw.execute("UPDATE result SET line = x'00'")
    raw.close()
    with pytest.raises(EvidenceError, match="cannot be unpacked"):
        ledger.entry("web01")


def test_a_fingerprint_is_of_where_and_what_not_of_how_to_log_in() -> None:
    target = Target(name="web01", address="192.0.2.1", user="a", key_files=("k",), variables={"x": "y"})
    same = Target(name="web01", address="192.0.2.1", user="b", use_agent=True)
    assert fingerprint(target) == fingerprint(same)
    others = [
        Target(name="web01", address="192.0.2.2"),
        Target(name="web01", address="192.0.2.1", port=23),
        Target(name="web01", address="192.0.2.1", become=Become()),
        Target(name="web01", address="192.0.2.1", discover=False),
        Target(name="web01", address="192.0.2.1", was_accounts=("tomcat",)),
    ]
    assert len({fingerprint(each) for each in (target, *others)}) == 6
