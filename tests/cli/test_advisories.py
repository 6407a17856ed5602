"""``advisories`` from the outside, and what installed tables do to a sweep."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import asyncssh
import pytest

from tests.cli.terminal import fleet, inventory, silence, touched
from tests.tomcat.tables import advisories, text

_DATA = Path(__file__).parents[2] / "tomcat_fleet/tomcat/data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *arguments: str | Path, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return fleet("advisories", *arguments, XDG_DATA_HOME=str(data), TOMCAT_FLEET_LANG=lang)


def newer(path: Path, day: str = "2026-10-20") -> Path:
    """The bundled advisories as of a later day."""
    table = json.loads((_DATA / "advisories.json").read_text("utf-8")) | {"date": day}
    path.write_bytes(text(table))
    return path


def test_show_names_both_tables_and_every_branch(data: Path) -> None:
    done = run(data, "show")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row[:2] for row in rows if row and row[0] in {"advisories", "releases"}] == [
        ["advisories", "2026-09-23"],
        ["releases", "2026-09-23"],
    ]
    assert ["9.0", "supported", "2027-03-31", "9.0.122", "121", "152"] in rows
    assert ["4.1", "ended", "-", "4.1.40", "1", "33"] in rows
    assert len([row for row in rows if len(row) == 6 and row[1] in {"supported", "ended"}]) == 10
    assert "240 advisories" in done.stdout


def test_the_age_is_held_against_the_profile(data: Path, tmp_path: Path) -> None:
    for days, said in ((1, "passes of WT-13 become reviews"), (40_000, "the profile allows 40000")):
        profile = inventory(tmp_path / "p.toml", f"advisories_max_age_days = {days}\n")
        assert said in run(data, "show", "--profile", profile).stdout


def test_what_affects_a_version(data: Path) -> None:
    shown = run(data, "show", "9.0.50").stdout
    assert "Advisories 76: 0 critical" in shown
    (row,) = [line for line in shown.splitlines() if "CVE-2025-24813" in line]
    assert row.split()[1:3] == ["important", "9.0.99"]
    assert "9.0.122" in shown
    assert "Advisories 0:" in run(data, "show", "9.0.122").stdout
    assert "end of life" in run(data, "show", "8.5.100").stdout
    assert "none" in run(data, "show", "8.5.100").stdout
    assert "10.1.0-M5" in run(data, "show", "10.1.0-M5").stdout


def test_one_advisory(data: Path) -> None:
    shown = run(data, "show", "cve-2026-78383").stdout
    assert ["9.0", "important", "9.0.0-M1", "(assumed)", "9.0.121", "9.0.122"] in [
        line.split() for line in shown.splitlines()
    ]


def test_korean_is_spoken(data: Path) -> None:
    assert "지원 종료일" in run(data, "show", lang="ko").stdout
    assert "수정 릴리스" in run(data, "show", "9.0.50", lang="ko").stdout


@pytest.mark.parametrize("what", ["9.0", "tomcat", "CVE-1999-0001", "9.0.62.redhat-00011", "9.0.98 (Debian)"])
def test_what_is_neither_is_an_operator_error(data: Path, what: str) -> None:
    done = run(data, "show", what)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr


def test_update_installs_and_show_tells_it(data: Path, tmp_path: Path) -> None:
    done = run(data, "update", newer(tmp_path / "any-name.json"))
    assert (done.returncode, done.stderr) == (0, "")
    path = data / "tomcat-fleet/advisories.json"
    assert path.stat().st_mode & 0o777 == 0o600
    (row,) = [line for line in run(data, "show").stdout.splitlines() if line.startswith("advisories ")]
    assert "2026-10-20" in row
    assert str(path) in row


def test_a_refused_update_changes_nothing(data: Path, tmp_path: Path) -> None:
    run(data, "update", newer(tmp_path / "a.json"))
    before = (data / "tomcat-fleet/advisories.json").read_bytes()
    older = newer(tmp_path / "b.json", "2026-10-19")
    done = run(data, "update", older)
    assert done.returncode == 2
    assert f"{older}:3: " in done.stderr
    assert (data / "tomcat-fleet/advisories.json").read_bytes() == before
    assert run(data, "update", "--force", older).returncode == 0
    assert (data / "tomcat-fleet/advisories.json").read_bytes() == older.read_bytes()


def test_a_forced_table_that_the_bundled_one_beats_is_said_to_lie_idle(data: Path, tmp_path: Path) -> None:
    done = run(data, "update", "--force", newer(tmp_path / "a.json", "2026-09-23"))
    assert (done.returncode, done.stderr) == (0, "")
    old = tmp_path / "old.json"
    old.write_bytes(text(advisories(date="2026-09-22") | {"advisories": [_row()]}))
    done = run(data, "update", "--force", old)
    assert done.returncode == 0
    assert "2026-09-23" in done.stderr


def _row() -> dict[str, object]:
    return advisories()["advisories"][0] | {"date_public": None, "fixed_in": {"10.1": None}}


def test_damage_stops_a_sweep_before_the_first_connection(data: Path, tmp_path: Path) -> None:
    key = tmp_path / "id"
    key.touch(mode=0o600)
    key.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    (tmp_path / "known_hosts").write_text("")
    damaged = data / "tomcat-fleet/advisories.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(newer(tmp_path / "a.json").read_bytes()[:-100])
    with silence() as server:
        host = f'[hosts.a]\naddress = "127.0.0.1"\nport = {server.getsockname()[1]}\nuser = "audit"\nkey_filess = []\n'
        hosts = inventory(tmp_path / "a.toml", host)
        options = ["-o", tmp_path / "out", "--key", key, "--known-hosts", tmp_path / "known_hosts"]
        done = fleet("audit", "-i", hosts, *options, XDG_DATA_HOME=str(data))
        assert not touched(server)
    assert done.returncode == 2
    assert [line.rpartition(": ")[0].split(":")[0] for line in done.stderr.splitlines()] == [str(hosts), str(damaged)]
    assert not (tmp_path / "out").exists()
    assert run(data, "show").returncode == 2
    assert run(data, "update", tmp_path / "a.json").returncode == 0  # a good table takes the damaged one's place
    assert run(data, "show").returncode == 0


def test_a_sweep_says_which_tables_it_used(data: Path, tmp_path: Path) -> None:
    run(data, "update", newer(tmp_path / "a.json"))
    hosts = inventory(
        tmp_path / "a.toml",
        '[hosts.here]\ntransport = "local"\ntomcat_bases = "/nonexistent"\ntomcat_discover = false\n',
    )
    out = tmp_path / "out"
    fleet("audit", "-i", hosts, "-o", out, XDG_DATA_HOME=str(data))
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    used = summary["tables"]
    assert used["advisories"]["source"] == str(data / "tomcat-fleet/advisories.json")
    assert used["advisories"]["date"] == "2026-10-20"
    assert (used["releases"]["source"], summary["advisories_date"]) == ("bundled", "2026-09-23")
    for table in used.values():
        assert table["sha256"] in (out / "index.html").read_text("utf-8")
