"""Tables of this user's data directory: which one counts, what may replace it, what stops a sweep."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tomcat.tables import advisories, advisory, branch, release, releases, text
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.sweep.installed import data_directory, install, read_updates, tables_in_use
from tomcat_fleet.tomcat.table import Tables, bundled, origin, tables
from tomcat_fleet.tomcat.table_check import read_table

TODAY = date(2026, 11, 23)


def put(directory: Path, **by_name: dict[str, Any]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, table in by_name.items():
        (directory / f"{name}.json").write_bytes(text(table))
    return directory


def small(date_: str = "2026-10-15") -> Tables:
    """Two tables in use that hold next to nothing."""
    rows, lines = text(advisories(date=date_)), text(releases(date=date_))
    found = [read_table(raw, "t", TODAY) for raw in (rows, lines)]
    origins = {"advisories": origin(rows, date_, "x"), "releases": origin(lines, date_, "x")}
    return tables(found[0], found[1], origins)  # type: ignore[arg-type]


def refused(given: list[Path], in_use: Tables, *, force: bool = False) -> str:
    with pytest.raises(ConfigError) as error:
        read_updates(given, in_use, TODAY, force=force)
    return str(error.value)


def test_nothing_installed_means_the_bundled_tables(tmp_path: Path) -> None:
    assert tables_in_use(tmp_path / "none", TODAY) is bundled()
    assert tables_in_use(tmp_path, TODAY) is bundled()


@pytest.mark.parametrize(
    ("dates", "installed"),
    [
        (("2026-11-01", "2026-11-02"), {"advisories", "releases"}),
        (("2026-11-01", "2026-09-22"), {"advisories"}),
        (("2026-09-22", "2026-11-01"), {"releases"}),
        (("2026-09-23", "2026-09-22"), {"advisories"}),  # of one day: what was put there on purpose
        (("2025-01-01", "2025-01-01"), set()),
    ],
)
def test_the_newer_of_each_table_counts(tmp_path: Path, dates: tuple[str, str], installed: set[str]) -> None:
    rows = advisories(advisory("CVE-2026-99001", "10.1.0", "10.1.60", None) | {"date_public": None}, date=dates[0])
    put(tmp_path, advisories=rows, releases=releases(date=dates[1]))
    found = tables_in_use(tmp_path, TODAY)
    assert {name for name, one in found.origins.items() if one.place != "bundled"} == installed
    for name in installed:
        path = tmp_path / f"{name}.json"
        one = found.origins[name]
        assert (one.place, one.sha256) == (str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    assert ("CVE-2026-99001" in {row.cve for row in found.advisories.advisories}) == ("advisories" in installed)
    assert (len(found.branches) == 1) == ("releases" in installed)
    assert found.date == min(one.date for one in found.origins.values())


def test_damage_is_an_error_also_when_the_bundled_table_is_newer(tmp_path: Path) -> None:
    put(tmp_path, advisories=advisories(date="2020-01-01"), releases={"schema": "x"})
    with pytest.raises(ConfigError) as error:
        tables_in_use(tmp_path, TODAY)
    files = {fault.file: fault.line for fault in error.value.faults}
    assert set(files) == {str(tmp_path / "advisories.json"), str(tmp_path / "releases.json")}
    assert all(files.values())


def _swapped(path: Path) -> None:
    path.write_bytes(text(releases()))


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _empty(path: Path) -> None:
    path.touch()


ODD = {"swapped": _swapped, "fifo": os.mkfifo, "directory": os.mkdir, "dangling": _dangling, "empty": _empty}


@pytest.mark.parametrize("name", ODD)
def test_whatever_stands_in_the_place_of_a_table_is_not_overlooked(tmp_path: Path, name: str) -> None:
    ODD[name](tmp_path / "advisories.json")
    with pytest.raises(ConfigError, match=r"advisories\.json"):
        tables_in_use(tmp_path, TODAY)


def test_an_update_is_installed_whole_private_and_used(tmp_path: Path) -> None:
    given = put(tmp_path / "new", advisories=advisories(), releases=releases())
    directory = tmp_path / "data" / "tomcat-fleet"
    install(read_updates([given], small(), TODAY, force=False), directory)
    assert sorted(path.name for path in directory.iterdir()) == ["advisories.json", "releases.json"]
    for path in directory.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes() == (given / path.name).read_bytes()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert tables_in_use(directory, TODAY).date == "2026-11-01"


def test_an_update_that_cannot_be_written_leaves_the_former_table(tmp_path: Path) -> None:
    updates = read_updates([put(tmp_path / "new", advisories=advisories())], small(), TODAY, force=False)
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "advisories.json").mkdir()  # a name that no file can take
    with pytest.raises(OSError, match="advisories"):
        install(updates, directory)
    assert [path.name for path in directory.iterdir()] == ["advisories.json"]


def test_older_or_poorer_tables_need_force(tmp_path: Path) -> None:
    rows = put(
        tmp_path / "a", advisories=advisories(advisory("CVE-2026-99009", "10.1.1", "10.1.2", None), date="2026-10-14")
    )
    said = refused([rows], small())
    assert "older than the table in use (2026-10-15)" in said
    assert "lacks 1 that the table in use has: CVE-2026-99001" in said
    lines = put(tmp_path / "r", releases=releases(branch("10.1", release("10.1.61"), latest="10.1.61")))
    assert "lacks 1 that the table in use has: 10.1 10.1.60" in refused([lines], small())
    assert read_updates([rows, lines], small(), TODAY, force=True)


def test_force_never_accepts_a_wrong_table(tmp_path: Path) -> None:
    wrong = put(tmp_path, advisories=advisories(advisory("CVE-2026-99001", "10.1.9", "10.1.2", None)))
    assert "runs backwards" in refused([wrong], small(), force=True)


def test_advisories_must_fit_the_releases(tmp_path: Path) -> None:
    newer = put(tmp_path / "a", advisories=advisories(advisory("CVE-2026-99001", "10.1.0", "10.1.61", "10.1.62")))
    said = refused([newer], small())
    assert "fixed in 10.1.62, newer than 10.1.61" in said
    assert "give a newer releases table too" in said
    more = [release("10.1.60"), release("10.1.61"), release("10.1.62")]
    put(tmp_path / "a", releases=releases(branch("10.1", *more, latest="10.1.62")))
    assert len(read_updates([newer], small(), TODAY, force=False)) == 2
    more[2:] = [release("10.1.62", released=False), release("10.1.63")]
    put(tmp_path / "a", releases=releases(branch("10.1", *more, latest="10.1.63")))
    assert "fixed in 10.1.62, which was never released" in refused([newer], small())


def test_every_fault_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    one = put(tmp_path / "a", advisories=advisories(date="2026-02-30"))
    other = put(tmp_path / "b", releases=releases(branch("10.1", release("9.0.1"), latest="9.0.1")))
    said = refused([one, other, tmp_path / "missing.json"], small())
    for part in ("2026-02-30 is no day", "9.0.1 is not of this branch", "missing.json: cannot be read"):
        assert part in said


def test_two_tables_of_a_kind_and_an_empty_directory_are_refused(tmp_path: Path) -> None:
    one, other = put(tmp_path / "a", advisories=advisories()), put(tmp_path / "b", advisories=advisories())
    assert "a second advisories table" in refused([one, other], small())
    (tmp_path / "c").mkdir()
    assert "neither advisories.json nor releases.json" in refused([tmp_path / "c"], small())


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_DATA_HOME": "/data"}, Path("/data/tomcat-fleet")),
        ({"XDG_DATA_HOME": "data"}, Path.home() / ".local/share/tomcat-fleet"),
        ({"XDG_DATA_HOME": ""}, Path.home() / ".local/share/tomcat-fleet"),
        ({}, Path.home() / ".local/share/tomcat-fleet"),
    ],
)
def test_the_data_directory_is_where_users_keep_data(environ: dict[str, str], expected: Path) -> None:
    assert data_directory(environ) == expected
