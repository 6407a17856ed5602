"""Rules name exactly the account they are meant for, whatever it is called: sudo's and doas's parsers judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.need import need
from tomcat_fleet.model import escalation

NAMES = ["audit", "#1001", "DOMAIN\\user", "dom\\xavier", "tom cat", "%wheel", "+net", "a@REALM.KR", "ALL", "ORACLE",
         "Ops", "a!", "!a", "a=b", "a:b", "a,b", "(x)", 'q"t', "it's", "#foo", "#12a", "한글 계정", "x\\x41", "-d",
         "a*", "$m", "Defaults", "User_Alias", "Runas_Alias", "A1_B", "a#b", "~x", "a;b", "a&b", "host$", ":group",
         "permit", "as", "@include", "a\\"]  # fmt: skip
INEXPRESSIBLE = ["", "a\nb", "tab\tbed", "nul\0", "esc\x1b", "half\ud800", "line\u2028", "bidi\u202e"]


@pytest.mark.parametrize("name", NAMES)
def test_sudo_reads_the_name_that_was_meant(name: str, tmp_path: Path) -> None:
    lines = [escalation.defaults(name), escalation.rule("sudo", name, name)]
    drop_in = tmp_path / "drop-in"
    drop_in.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    subprocess.run([need("visudo"), "-c", "-f", drop_in], check=True, capture_output=True)
    read = json.loads(
        subprocess.run([need("cvtsudoers"), "-f", "json", drop_in], check=True, capture_output=True).stdout
    )
    meant = [{"userid": 1001}] if name == "#1001" else [{"username": name}]
    (spec,) = read["User_Specs"]
    (commands,) = spec["Cmnd_Specs"]
    (default,) = read["Defaults"]
    assert (spec["User_List"], commands["runasusers"], default["Binding"]) == (meant, meant, meant)
    assert commands["Commands"] == [{"command": "/bin/sh -s"}]
    assert commands["Options"] == [{"authenticate": False}]
    assert default["Options"] == [{"requiretty": False}]


@pytest.mark.parametrize("name", [name for name in NAMES if name != ":group"])
def test_doas_reads_the_name_that_was_meant(name: str, tmp_path: Path) -> None:
    doas = need("doas")
    conf = tmp_path / "doas.conf"
    line = escalation.rule("doas", name, "root")
    conf.write_text(f"{line}\n", "utf-8")
    subprocess.run([doas, "-C", conf], check=True, capture_output=True)
    assert line is not None
    assert line.startswith("permit nopass ")


@pytest.mark.parametrize("name", INEXPRESSIBLE)
def test_a_name_that_no_rule_can_hold_makes_no_rule(name: str) -> None:
    assert escalation.defaults(name) is None
    for method in ("sudo", "doas"):
        assert escalation.rule(method, name, "root") is None
        assert escalation.rule(method, "audit", name) is None
    assert escalation.rule("doas", ":group", "root") is None


def test_other_programs_have_their_rules_elsewhere() -> None:
    assert escalation.rule("su", "audit", "root") == "su root -c '/bin/sh -s'"
    assert escalation.rule("pbrun", "audit", "tomcat") == "pbrun -u tomcat /bin/sh -s"
    assert escalation.rule("dzdo", "audit", "root") == "dzdo -n -u root /bin/sh -s"
