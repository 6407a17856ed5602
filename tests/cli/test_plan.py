"""The plan: true to what an audit does, and connected to nothing."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.terminal import fleet, inventory, silence, touched
from tests.need import need
from tomcat_fleet.cli import drop_in
from tomcat_fleet.cli.planned import planned
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.evaluate.gap import listed
from tomcat_fleet.model import escalation, escape
from tomcat_fleet.model.evidence import HostFacts, Question, Verb
from tomcat_fleet.model.fact import Gap, Unknown
from tomcat_fleet.model.target import Become, InstanceHint, Target
from tomcat_fleet.transport.access import Access

FLEET = """
[groups.web]
hosts = ["web[01:20]"]
[groups.web.vars]
user = "audit"
jump = "ops@bastion:2222,10.0.0.9"
key_files = ["/keys/audit"]
become = true
ssh_profile = "legacy-2012"
tomcat_bases = "/opt/tomcat,/srv/tomcat/아주-긴-이름의-인스턴스-디렉터리/shop"
[hosts.db01]
address = "2001:db8::13"
user = "svc@REALM"
password = "env:DB_LOGIN"
become = { method = "doas", user = "tomcat" }
tomcat_discover = false
tomcat_bases = "/opt/db"
[hosts.old]
become = { method = "su", user = "was" }
[hosts.here]
transport = "local"
"""
WEB = Target(name="web01", address="192.0.2.1", user="audit", become=Become())


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("width", [80, 140])
def test_it_fits_the_terminal_and_leaves_rules_whole(width: int, lang: str, tmp_path: Path) -> None:
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", FLEET), "--lang", lang, COLUMNS=str(width))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    rules = [line for line in lines if line.startswith(("#", "audit", "Defaults", "permit"))]
    assert max(cell_len(line) for line in lines if line not in rules) <= width
    assert "audit ALL=(root) NOPASSWD: /bin/sh -s" in rules
    assert "Defaults:audit !requiretty" in rules
    assert 'permit nopass "svc@REALM" as tomcat cmd /bin/sh args -s' in rules
    assert "# su was -c '/bin/sh -s'" in rules


def test_what_hosts_have_in_common_is_said_once(tmp_path: Path) -> None:
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", FLEET), "--lang", "en", COLUMNS="140")
    words = " ".join(done.stdout.split())
    for said in ("1. bastion:2222 as ops", "2. 10.0.0.9:22 as", "ssh_profile legacy-2012", "read from env:DB_LOGIN",
                 "sudo -n -u root /bin/sh -s", "doas -n -u tomcat /bin/sh -s", "(20 hosts)", "this machine itself",
                 "none: what may not be read stays unknown", "off: only the instances"):  # fmt: skip
        assert words.count(said) == 1, said
    assert all(f"web{number:02d}:22" in words for number in range(1, 21))
    assert "[2001:db8::13]:22" in words
    assert words.count("/etc/passwd") == 1


def test_nothing_is_connected_to_and_no_secret_is_looked_up(tmp_path: Path) -> None:
    with silence() as server:
        port = server.getsockname()[1]
        text = (
            f'[hosts.a]\naddress = "127.0.0.1"\nport = {port}\njump = "127.0.0.1:{port}"\npassword = "env:NOT_SET"\n'
            f'[hosts.b]\naddress = "127.0.0.1"\nport = {port}\npassword = "file:/nonexistent/password"\n'
        )
        done = fleet("plan", "-i", inventory(tmp_path / "a.toml", text), "--lang", "en")
        assert not touched(server)
    assert done.returncode == 0
    assert "env:NOT_SET" in done.stdout


def test_the_environment_stays_out_of_it(tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", '[hosts.a]\npassword = "env:LOGIN_PW"\n')
    for shape in ("text", "json"):
        assert "C4NARY" not in fleet("plan", "-i", path, "--format", shape, LOGIN_PW="C4NARY-value").stdout


def test_faults_end_it_as_they_end_an_audit(tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", '[hosts.a]\nprot = 1\n[hosts.b]\nssh_profile = "ancient"\n')
    done = fleet("plan", "-i", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:2" in done.stderr
    done = fleet("plan", "-i", inventory(tmp_path / "b.toml", "[hosts.a]\n"), "--limit", "none")
    assert (done.returncode, done.stdout) == (2, "")


def test_as_json_it_is_whole(tmp_path: Path) -> None:
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", FLEET), "--limit", "web07", "--format", "json")
    document = json.loads(done.stdout)
    (host,) = document["hosts"]
    assert (host["name"], host["stop"]["port"], host["manner"]["command"]) == ("web07", 22, "sh -s")
    assert [stop["address"] for stop in host["manner"]["route"]] == ["bastion", "10.0.0.9"]
    assert host["manner"]["rights"]["rule"] == "audit ALL=(root) NOPASSWD: /bin/sh -s"
    assert any(row["what"] == "processes" for row in document["reach"]["paths"])


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_file_for_sudo_alone_is_one_that_visudo_takes(lang: str, tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", FLEET)
    done = fleet("plan", "-i", path, "--limit", "web", "--format", "sudoers", "--lang", lang)
    file = tmp_path / "drop-in"
    file.write_text(done.stdout, "utf-8")
    subprocess.run([need("visudo"), "-c", "-f", file], check=True, capture_output=True)
    rules = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert rules == ["Defaults:audit !requiretty", "audit ALL=(root) NOPASSWD: /bin/sh -s"]


def test_the_file_for_doas_alone(tmp_path: Path) -> None:
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", FLEET), "--format", "doas")
    file = tmp_path / "doas.conf"
    file.write_text(done.stdout, "utf-8")
    subprocess.run([need("doas"), "-C", file], check=True, capture_output=True)
    assert done.stdout.splitlines()[-1] == 'permit nopass "svc@REALM" as tomcat cmd /bin/sh args -s'


def test_no_host_is_given_the_rules_of_another(tmp_path: Path) -> None:
    text = '[hosts.a]\nuser = "x"\nbecome = true\n[hosts.b]\nuser = "y"\nbecome = true\n'
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", text), "--format", "sudoers")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--limit: x as root on a; y as root on b" in done.stderr
    done = fleet("plan", "-i", inventory(tmp_path / "b.toml", "[hosts.a]\n"), "--format", "sudoers")
    assert (done.returncode, done.stdout) == (2, "")


def test_on_this_machine_the_rule_is_for_whoever_runs_it_whatever_the_environment_says(tmp_path: Path) -> None:
    path = inventory(tmp_path / "a.toml", '[hosts.here]\ntransport = "local"\nbecome = true\n')
    own = pwd.getpwuid(os.geteuid()).pw_name
    printed = fleet("plan", "-i", path, "--format", "sudoers", LOGNAME="somebody").stdout
    assert printed.splitlines()[-1] == f"{own} ALL=(root) NOPASSWD: /bin/sh -s"


def test_one_file_for_hosts_with_other_passwords_names_every_reference(tmp_path: Path) -> None:
    text = "".join(
        f'[hosts.{name}]\nuser = "audit"\nbecome = {{ {password} }}\n'
        for name, password in {"a": "", "b": 'password = "env:B_PW"', "c": 'password = "env:C_PW"'}.items()
    )
    done = fleet("plan", "-i", inventory(tmp_path / "a.toml", text), "--format", "sudoers", "--lang", "en")
    assert "# Hosts: a, b, c\n" in done.stdout
    assert "# With the password from env:B_PW, env:C_PW this is enough:\n" in done.stdout


ODD = [
    "#1001", "#12x", "#١", "DOMAIN\\user", "tom cat", "%wheel", "%#0", "+net", "a@REALM", "ALL", "Defaults", "sudoedit",
    "한글", "a\\", "a,b", "!x", "-x", '"x"', "a)", "@include /x", "/bin/sh", "x ALL=(ALL) NOPASSWD: ALL",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("lang", list(Lang))
def test_odd_names_do_not_break_out_of_the_file(name: str, lang: Lang, tmp_path: Path) -> None:
    target = replace(
        WEB, name="web\n%evil ALL=(ALL) ALL\\", user=name, become=Become(user=name, password="cmd:a\nb ALL")
    )
    ((rights, names),) = drop_in.wanted(planned([target], {})).items()
    lines = list(drop_in.lines(rights, names, speaker(lang)))
    assert len([line for line in lines if not line.startswith("# ")]) == 2
    file = tmp_path / "drop-in"
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    subprocess.run([need("visudo"), "-c", "-f", file], check=True, capture_output=True)
    read = json.loads(subprocess.run([need("cvtsudoers"), "-f", "json", file], check=True, capture_output=True).stdout)
    (spec,), (commands,) = read["User_Specs"], read["User_Specs"][0]["Cmnd_Specs"]
    who = [{"userid": 1001}] if name == "#1001" else [{"username": name}]
    assert (spec["User_List"], commands["runasusers"]) == (who, who)
    assert commands["Commands"] == [{"command": "/bin/sh -s"}]
    assert [default["Binding"] for default in read["Defaults"]] == [who]


def test_a_name_that_sudoers_cannot_hold_is_named() -> None:
    hosts = planned([replace(WEB, user="new\nline")], {})
    ((rights, names),) = drop_in.wanted(hosts).items()
    lines = list(drop_in.lines(rights, names, speaker(Lang.EN)))
    assert all(line.startswith("# ") for line in lines)
    assert "no way to write the name new line" in lines[-1]
    with pytest.raises(ConfigError, match="no way to write"):
        drop_in.only(hosts, "sudo")


def test_a_password_for_sudo_is_told_by_its_reference() -> None:
    (host,) = planned([replace(WEB, become=Become(password="env:SUDO_PW"))], {})
    assert host.manner.rights is not None
    assert (host.manner.rights.prompt, host.manner.rights.password) == (
        "sudo -S -k -p PROMPT -u root /bin/sh -s",
        "env:SUDO_PW",
    )
    lines = list(drop_in.lines(host.manner.rights, ["a"], speaker(Lang.EN)))
    assert "#     audit ALL=(root) /bin/sh -s" in lines
    (host,) = planned([replace(WEB, become=Become(method="doas", password="env:SUDO_PW"))], {})
    assert host.manner.rights is not None
    assert host.manner.rights.prompt is None


def test_jump_hosts_that_are_described_are_taken_as_they_are_described() -> None:
    near = Target(name="near", address="192.0.2.9", port=2222, user="ops", key_files=("/keys/near",))
    far = Target(name="far", address="192.0.2.8", jump="near:2222", password="env:FAR")
    (host,) = planned([replace(WEB, jump="far,last", password="env:WEB")], {"near": near, "far": far})
    stops = [(str(stop), stop.login.key_files, stop.login.password) for stop in host.manner.route]
    assert stops == [
        ("192.0.2.9:2222", ("/keys/near",), None),
        ("192.0.2.8:22", (), "env:FAR"),
        ("last:22", (), None),
    ]
    (circle,) = planned([replace(WEB, jump="a")], {"a": replace(far, jump="a")})
    assert len(circle.manner.route) == 2


@pytest.mark.parametrize("name", ["audit", "svc@REALM", "tom cat", "한글"])
@pytest.mark.parametrize("method", escalation.METHODS)
def test_the_report_names_the_line_of_the_plan(method: str, name: str) -> None:
    target = replace(WEB, user=name, become=Become(method=method, user="owner"))
    question = Question(Verb.CONTENT, "/opt/tomcat/conf/server.xml")
    evidence = replace(
        Ingest(key=b"k").evidence(),
        host=HostFacts(os="linux", login_user=escape.from_text(name), login_uid=1001, become_denied=True),
        answers={question: Unknown(Gap.DENIED, question.path)},
    )
    (gap,) = [found for found in listed(evidence, target) if found.source == question.path]
    (host,) = planned([target], {})
    assert host.manner.rights is not None
    assert gap.help == host.manner.rights.rule


def test_a_login_that_no_rule_can_name_is_named_by_its_uid() -> None:
    question = Question(Verb.CONTENT, "/x")
    host = HostFacts(os="linux", login_user=escape.from_text("a\nb\u202e"), login_uid=1001)
    answers = {question: Unknown(Gap.DENIED, question.path)}
    evidence = replace(Ingest(key=b"k").evidence(), host=host, answers=answers)
    (gap,) = [found for found in listed(evidence, replace(WEB, user=None)) if found.source == "/x"]
    assert gap.help == "#1001 ALL=(root) NOPASSWD: /bin/sh -s"


@pytest.mark.parametrize(
    "jump", ["far,last", "near", "ops@near:22", "me@other:2022,near", "far,near", "[2001:db8::1]:22"]
)
def test_the_way_is_the_one_that_an_audit_takes(jump: str) -> None:
    near = Target(name="near", address="192.0.2.9", port=2222, user="ops", ssh_profile="legacy-2012")
    far = Target(name="far", address="192.0.2.8", jump="near", host_key_alias="far.example")
    target = replace(WEB, jump=jump)
    access = Access(account=getpass.getuser(), jumps={"near": near, "far": far})
    (host,) = planned([target], access.jumps)
    taken = [
        (way.address, way.port, way.login.account, way.profile, way.host_key_alias) for way in access.route(target)
    ]
    assert taken == [
        (stop.address, stop.port, stop.login.account, stop.login.profile, stop.host_key_alias)
        for stop in host.manner.route
    ]


def test_homes_that_differ_are_shown() -> None:
    hint = InstanceHint(base="/srv/shop", home="/opt/tomcat", was_accounts=("was",))
    (host,) = planned([replace(WEB, instances=(hint,))], {})
    assert host.instances == (("/srv/shop", "/opt/tomcat"),)
    assert host.manner.was_accounts == ("was",)
