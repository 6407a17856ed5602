"""Profile files are read strictly, with every fault at its line."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model.policy import ManagerRequired, Policy
from tomcat_fleet.sweep.fact import policy_text
from tomcat_fleet.sweep.profile import load_profile

EVERYTHING = """\
dir_group_execute = "ignore"
owner_root = "fail"
password_classes = 4
password_scope = "admin"
default_accounts = ["tomcat", "관리자"]
error_codes = [404, 500]
manager_networks = ["10.1.0.0/16", "2001:db8::/32"]
upload_dirs = ["/srv/upload"]
advisories_max_age_days = 30

[manager_required]
who = "platform team"
why = "nightly deployment"
until = 2027-03-31
"""


def load(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "profile.toml"
    path.write_text(text, "utf-8")
    return load_profile(path)


def faults(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert {fault.file for fault in caught.value.faults} == {str(tmp_path / "profile.toml")}
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_every_key_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, EVERYTHING) == Policy(
        dir_group_execute="ignore",
        owner_root="fail",
        password_classes=4,
        password_scope="admin",
        default_accounts=("tomcat", "관리자"),
        error_codes=(404, 500),
        manager_required=ManagerRequired(who="platform team", why="nightly deployment", until="2027-03-31"),
        manager_networks=("10.1.0.0/16", "2001:db8::/32"),
        upload_dirs=("/srv/upload",),
        advisories_max_age_days=30,
    )


def test_an_empty_profile_is_the_guide_to_the_letter(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing\n") == Policy()


def test_all_faults_come_at_once_with_their_lines(tmp_path: Path) -> None:
    found = faults(
        tmp_path, 'owner_roots = "fail"\n\npassword_classes = 5\nerror_codes = [404, 20]\nupload_dirs = "/srv"\n'
    )
    assert [line for line, _ in found] == [1, 3, 4, 5]
    assert "did you mean 'owner_root'" in found[0][1]
    assert "20" in found[2][1]


@pytest.mark.parametrize(
    "line",
    [
        'dir_group_execute = "sometimes"',
        "owner_root = true",
        "password_classes = true",
        "password_classes = 3.0",
        "default_accounts = [1]",
        'default_accounts = [" "]',
        "error_codes = [true]",
        'manager_networks = ["10.1.0.1/16"]',
        "manager_networks = [167837696]",
        'manager_networks = ["10.1"]',
        'upload_dirs = ["upload"]',
        "advisories_max_age_days = 0",
        "advisories_max_age_days = true",
        'manager_required = "yes"',
        'manager_required = { who = "a", why = "b" }',
        'manager_required = { who = "a", why = "b", until = "soon" }',
        'manager_required = { who = "a", why = "", until = "2027-03-31" }',
        'manager_required = { who = "a", why = "b", until = 2027-03-31T00:00:00Z }',
    ],
)
def test_a_wrong_value_is_refused(tmp_path: Path, line: str) -> None:
    assert [number for number, _ in faults(tmp_path, f"# a comment\n{line}\n")] == [2]


@pytest.mark.parametrize(("text", "line"), [('a = 1\nb = "\n', 2), ("a = 1\na = 2\n", 2), ("[x\n", 1)])
def test_what_is_not_toml_is_said_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert [number for number, _ in faults(tmp_path, text)] == [line]


def test_a_missing_file_and_other_encodings_are_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_profile(tmp_path / "absent.toml")
    (tmp_path / "profile.toml").write_bytes("default_accounts = ['관리자']".encode("euc-kr"))
    with pytest.raises(ConfigError):
        load_profile(tmp_path / "profile.toml")


def test_every_policy_value_is_printed() -> None:
    printed = policy_text(Policy(manager_required=ManagerRequired(who="a", why="b", until="2027-03-31")))
    assert list(printed) == [field.name for field in fields(Policy)]
    assert printed["error_codes"] == "400, 401, 403, 404, 500"
    assert printed["manager_required"] == "a; b; 2027-03-31"
    assert printed["manager_networks"] == ""
