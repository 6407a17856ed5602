"""Waiver files are read strictly: everything that is wrong, at its line, at once."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from tests.waiver.made import table, waivers
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.inventory import load
from tomcat_fleet.waiver import NO_WAIVERS, Waiver, read_waivers
from tomcat_fleet.waiver.review import review, unmatched

EXAMPLES = Path(__file__).parents[2] / "inventory"
TODAY = date(2026, 11, 23)
EVERYTHING = """\
\ufeff[[waiver]]
who = "보안팀"
why = \"\"\"
운영 중 변경이 어려워
다음 점검까지 수용합니다.\"\"\"
until = "2027-03-31"
items = ["WT-09", "WT-13"]
targets = ["web*", "서버-01"]
instances = ['/opt/\\xed\\x95*']
subjects = ["/manager"]
ticket = "SEC-1"
"""


def faults(directory: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        waivers(directory, text)
    assert {fault.file for fault in caught.value.faults} == {str(directory / "waivers.toml")}
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_every_key_is_read(tmp_path: Path) -> None:
    found = waivers(tmp_path, EVERYTHING)
    assert found.each == (
        Waiver(
            who="보안팀",
            why="운영 중 변경이 어려워 다음 점검까지 수용합니다. (SEC-1)",
            until=date(2027, 3, 31),
            items=("WT-09", "WT-13"),
            targets=("web*", "서버-01"),
            instances=(r"/opt/\xed\x95*",),
            subjects=("/manager",),
            source="waivers.toml:1",
            line=1,
        ),
    )
    path = tmp_path / "waivers.toml"
    assert found.files == ((str(path), hashlib.sha256(path.read_bytes()).hexdigest()),)


def test_a_file_whose_last_waiver_is_gone_is_fine(tmp_path: Path) -> None:
    assert waivers(tmp_path, "# none left\n").each == NO_WAIVERS.each == ()


def test_the_example_fits_the_example_inventory() -> None:
    found = read_waivers(EXAMPLES / "waivers.toml")
    targets = [target.name for target in load([EXAMPLES / "hosts.toml"]).targets]
    assert len(found.each) == 3
    assert [*review(found, TODAY), *unmatched(found, targets, ())] == []


def test_all_faults_come_at_once_with_their_lines(tmp_path: Path) -> None:
    text = 'waivers = 1\n[[waiver]]\nwho = " "\nwhy = 1\nuntill = 2027-01-01\nitems = [\n"WT-01",\n"WT-1"]\n'
    found = faults(tmp_path, text)
    assert [line for line, _ in found] == [1, 2, 2, 3, 4, 5, 8]
    said = " ".join(message for _, message in found)
    for part in ("did you mean 'waiver'", "without 'until'", "without 'targets'", "did you mean 'until'", "'WT-1'"):
        assert part in said


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("who", '""', "must say something"),
        ("who", '"a\\u202eb"', "U+202E"),
        ("why", "true", "must say something"),
        ("why", f'"{"x" * 2001}"', "longer than 2000"),
        ("ticket", '""', "must say something"),
        ("until", '"soon"', "must be a date"),
        ("until", '"20270331"', "must be a date"),
        ("until", '"2027-02-29"', "must be a date"),
        ("until", "2027-03-31T00:00:00", "must be a date"),
        ("until", "20270331", "must be a date"),
        ("items", "[]", "covers nothing"),
        ("items", '"WT-09"', "a list of texts"),
        ("items", "[9]", "a list of texts"),
        ("items", '["*"]', "unknown item '*'"),
        ("items", '["wt-09"]', "did you mean 'WT-09'"),
        ("items", '["WT-09", "WT-09"]', "twice"),
        ("targets", "[]", "covers nothing"),
        ("targets", '[""]', "is empty"),
        ("targets", '["web,db"]', "never matches"),
        ("targets", '["web1 "]', "never matches"),
        ("targets", '["web:&prod"]', "never matches"),
        ("targets", '["~web.*"]', "never matches"),
        ("targets", '["web[12"]', "never matches"),
        ("targets", '["web[9-1]"]', "never matches"),
        ("targets", '["web[01:12]"]', "no range of hosts"),
        ("instances", "[]", "every one is covered"),
        ("instances", '["opt/tomcat"]', "absolute path"),
        ("instances", '["/opt/tomcat/"]', "end in a slash"),
        ("subjects", '[""]', "is empty"),
        ("owner", '"a"', "unknown key"),
    ],
)
def test_a_wrong_value_is_refused(tmp_path: Path, key: str, value: str, said: str) -> None:
    ((line, message),) = faults(tmp_path, "# a comment\n" + table(**{key: "", "x": ""}) + f"{key} = {value}\n")
    assert line == (8 if key in {"ticket", "instances", "subjects", "owner"} else 7)
    assert said in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = "\n', 1),
        ("[waiver]\n", 1),
        ("\nwaiver = [1]\n", 2),
        ("waiver = 1\n", 1),
        (table() + "\n" + table(who='"another"'), 8),
        (f"a = {'[' * 100_000}", 0),
        (f"a = {'1' * 5000}", 0),
    ],
)
def test_another_shape_is_refused(tmp_path: Path, text: str, line: int) -> None:
    assert [found for found, _ in faults(tmp_path, text)][-1] == line


@pytest.mark.parametrize("raw", [None, b"who = '\xc0'"])
def test_what_cannot_be_read_is_a_fault(tmp_path: Path, raw: bytes | None) -> None:
    path = tmp_path / "waivers.toml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"waivers\.toml: (cannot be read|not UTF-8)"):
        read_waivers(path)


def test_what_is_doubtful_is_remarked_on(tmp_path: Path) -> None:
    found = waivers(
        tmp_path,
        table(until="2026-11-22"),
        table(until="2026-11-23"),
        table(until="2026-12-23", targets='["web*1"]'),
        table(until="2028-12-01", items='["WT-01"]', targets='["group", "nobody"]'),
        table(until="2026-12-24", items='["WT-02"]'),
    )
    said = [(remark.line, remark.key) for remark in review(found, TODAY)]
    assert said == [(1, "is_expired"), (7, "is_expiring"), (13, "is_expiring"), (13, "overlaps"), (19, "is_long")]
    lost = unmatched(found, ["web01"], {"group"})
    assert [(remark.line, remark.key) for remark in lost] == [(19, "group"), (19, "no_target")]
