"""Promises of ``load`` that no case file can state: hashes, secrets, size, any text at all."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.thorough import times
from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import load

_SECRET = "C4NARY-7f3a"
_SECONDS = 15.0  # of processor time; three or four are needed


def test_every_file_read_is_named_with_its_hash(tmp_path: Path) -> None:
    hosts, variables = tmp_path / "hosts", tmp_path / "group_vars" / "all.yml"
    variables.parent.mkdir()
    hosts.write_bytes("\ufeffweb1\r\n".encode())
    variables.write_bytes(b"zone: dmz\n")
    files = load([hosts]).files
    assert files == {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in (hosts, variables)}


def test_a_file_name_in_another_code_page_can_be_stored(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xc7\xd1\xb1\xdb.toml"))
    path.write_text("[hosts.web1]\n", "utf-8")
    inventory = load([path])
    shown = f"{tmp_path}/\\xc7\u0471\\xdb.toml"
    assert (list(inventory.files), inventory.targets[0].source) == ([shown], f"{shown}:1")


def test_no_inventory_is_an_error() -> None:
    with pytest.raises(InventoryError, match="no inventory was named"):
        load([])


def test_home_directory_in_key_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/audit")
    (tmp_path / "hosts").write_text("a ansible_ssh_private_key_file=~/.ssh/id\n", "utf-8")
    assert load([tmp_path / "hosts"]).targets[0].key_files == ("/home/audit/.ssh/id",)


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_bytes("web1\n# 주석\n".encode("cp949"))
    with pytest.raises(InventoryError, match=r"hosts:2: is not UTF-8 text"):
        load([tmp_path / "hosts"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts", f"a ansible_password={_SECRET}\n"),
        ("hosts", f'a ansible_password="{_SECRET}\n'),
        ("hosts", f"a ansible_become_pass='{_SECRET} {_SECRET}' {_SECRET}-x\n"),
        ("hosts", f"a\n[all:vars]\nansible_ssh_pass: {_SECRET}\nansible_ssh_pass={_SECRET}\n"),
        ("hosts", f"a ansible_port=x ansible_ssh_common_args='-o ProxyCommand=\"sshpass -p {_SECRET} ssh g\"'\n"),
        (
            "hosts.yml",
            f"all:\n  hosts:\n    a:\n      ansible_password: {_SECRET}\n      ansible_sudo_pass: [{_SECRET}]\n",
        ),
        ("hosts.yml", f"all:\n  hosts:\n    a: {{ansible_password: '{_SECRET}\n"),
        ("hosts", f"[web]\na\nansible_password={_SECRET}\n"),
        ("hosts", f"web1 ansible_password= {_SECRET}\n"),
        ("hosts", f"[web:children]\nansible_password={_SECRET}\n"),
        ("hosts.yml", f"all:\n  hosts:\n    a:\n      ansible_password: !{_SECRET}\n"),
        ("hosts.yml", f"all:\n  hosts:\n    a:\n      ansible_password: *{_SECRET}\n"),
        ("hosts.toml", f'[hosts.a]\npassword = "{_SECRET}"\n'),
        ("hosts.toml", f'[hosts.a]\npassword = "{_SECRET}\n'),
        ("hosts.toml", f'[hosts.a]\npasword = "{_SECRET}"\n'),
        ("hosts.toml", f'[hosts.a]\nbecome = {{ password = "{_SECRET}" }}\n'),
        ("hosts.toml", f'[hosts.a]\nkey_passphrase = "{_SECRET}"\n[jumps.g]\npassword = "{_SECRET}"\n'),
        ("hosts.json", f'{{"_meta": {{"hostvars": {{"a": {{"ansible_password": "{_SECRET}"}}}}}}, "w": ["a"]}}'),
        ("hosts.json", f'{{"w": ["a"], "ansible_password": "{_SECRET}"}}'),
        ("hosts.json", f'{{"w": ["a"], "ansible_password": {_SECRET}}}'),
        ("hosts.csv", f"hostname,비밀번호\na,{_SECRET}\n"),
        ("hosts.csv", f"hostname,DB Password\na,{_SECRET}\n"),
        ("hosts.csv", f"hostname,pw\na,env:{_SECRET}\n,{_SECRET}\n"),
        ("hosts.csv", f'hostname,password\na,"{_SECRET}\n'),
        ("hosts.csv", f"hostname\na,{_SECRET}\n"),
        ("hosts.txt", f"a ansible_password={_SECRET} x\n"),
        ("ssh_config", f"Host a\n  ProxyCommand sshpass -p {_SECRET} ssh gate -W %h:%p\n"),
        ("ssh_config", f"Host a\n  ProxyCommand ssh -W %h:%p -o ProxyCommand='{_SECRET}' g\n"),
        ("ssh_config", f'Match host a exec "{_SECRET}"\n  Port 1\nHost a\n'),
    ],
)
def test_no_message_repeats_a_secret(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InventoryError) as raised:
        load([path])
    assert raised.value.faults
    assert _SECRET not in str(raised.value)


def test_variables_that_look_secret_are_hidden(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text(f"a db_password={_SECRET} api_token={_SECRET} keystore=/k\n", "utf-8")
    target = load([path]).targets[0]
    assert dict(target.variables) == {"db_password": "(hidden)", "api_token": "(hidden)", "keystore": "/k"}


def test_links_among_variable_files_are_followed_once(tmp_path: Path) -> None:
    shared, web = tmp_path / "shared", tmp_path / "group_vars" / "web"
    shared.mkdir()
    web.mkdir(parents=True)
    (shared / "zone.yml").write_text("zone: dmz\n", "utf-8")
    (web / "shared").symlink_to(shared)
    (shared / "again").symlink_to(web)
    (tmp_path / "hosts").write_text("[web]\na\n", "utf-8")
    assert load([tmp_path / "hosts"]).targets[0].zone == "dmz"


@pytest.mark.parametrize("kind", ["range", "list"])
def test_a_hundred_thousand_hosts(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "hosts"
    body = "web[000001:100000]\n"
    if kind == "list":
        body = "".join(
            f"web{n:06} ansible_host=10.{n >> 16}.{n >> 8 & 255}.{n & 255} ansible_user=audit\n"
            for n in range(1, 100_001)
        )
    path.write_text(f"[web]\n{body}[web:vars]\nzone=dmz\n[prod:children]\nweb\n", "utf-8")
    started = time.process_time()
    targets = load([path], "prod:!web000001").targets
    assert time.process_time() - started < _SECONDS
    assert len(targets) == 99_999
    assert (targets[-1].name, targets[-1].zone, targets[-1].groups) == ("web100000", "dmz", ("prod", "web"))


def test_groups_nested_a_thousand_deep(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    chain = "".join(f"[g{n}:children]\ng{n + 1}\n[g{n}:vars]\nzone=z{n}\n" for n in range(2000))
    path.write_text(f"{chain}[g2000]\nh\n", "utf-8")
    target = load([path], "g0").targets[0]
    assert (target.zone, len(target.groups)) == ("z1999", 2001)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts.yml", "[" * 50_000),
        ("hosts.yml", "{a: " * 50_000),
        ("hosts.yml", "- " * 50_000),
        ("hosts.yml", f"a: {{hosts: {{h: {{x: {'[' * 200 + ']' * 200}}}}}}}\n"),
        ("hosts.toml", "a=" + "[" * 50_000),
    ],
)
def test_bottomless_files_are_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InventoryError) as raised:
        load([path])
    assert len(raised.value.faults) == 1


def test_aliases_that_multiply_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    path.write_text("web:\n  hosts: {h: }\n  vars:\n" + "".join(f"    {row}\n" for row in rows), "utf-8")
    assert load([path]).targets[0].variables["a39"] == "(9 entries)"


_PIECES = st.sampled_from(
    ["[web]", "[web:vars]", "[a:children]", "web", "web[1:3]", "[", "]", ":", "=", "\n", "\n", " ", "#", '"', "'", "-",
     "a: ", "{", "}", "hosts:", "vars:", "[hosts.a]", "[[x]]", "port = 1", "ansible_port=2", "{{ x }}", "&a ", "*a",
     "é", "!vault ", "---\n", "\t", "\\", '"""', "<<: ", "~", "0", "[groups.g]", "[jumps.j]", "Host ", "Match ",
     "host ", "ProxyJump ", "ProxyCommand ssh -W %h:%p ", "IdentityFile ", "%h", "hostname", "ip", "port", ",", ";",
     "@", '"hosts": ', '"_meta"', '{"w": ["a"]', "null", 'jump = "a"\n']
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=times(200, 600),
    deadline=None,
)
@given(
    ending=st.sampled_from(["", ".toml", ".yml", ".json", ".csv", ".tsv", ".ssh_config", ".list", ".txt"]),
    pieces=st.lists(_PIECES, max_size=14),
)
def test_any_text_is_an_inventory_or_faults_with_lines(tmp_path: Path, ending: str, pieces: list[str]) -> None:
    path = tmp_path / f"fuzzed{ending}"
    text = "".join(pieces)
    path.write_text(text, "utf-8")
    try:
        inventory = load([path])
    except InventoryError as error:
        assert error.faults  # noqa: PT017
        lines = text.count("\n") + 1
        assert all(fault.file == str(path) and 0 <= fault.line <= lines + 1 for fault in error.faults)  # noqa: PT017
    else:
        assert inventory.targets
        assert len({target.name for target in inventory.targets}) == len(inventory.targets)


def test_a_key_that_is_not_there_is_passed_over_as_ssh_does(tmp_path: Path) -> None:
    here, config = tmp_path / "here", tmp_path / "ssh_config"
    here.write_text("", "utf-8")
    config.write_text(
        f"Host a\n  IdentityFile {tmp_path}/gone\n  IdentityFile {here}\nHost b\n  IdentityFile /gone\n", "utf-8"
    )
    inventory = load([config])
    assert [target.key_files for target in inventory.targets] == [(str(here),), ("/gone",)]
    assert [str(warning) for warning in inventory.warnings] == [
        f"{config}:2: the key '{tmp_path}/gone' does not exist and is passed over, as ssh does"
    ]


def test_the_environment_in_the_path_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host a\n  User ops\n  Port 2222\n  IdentityFile ${KEYS}/%r_%n_%p_%%\n", "utf-8")
    monkeypatch.setenv("KEYS", "/k")
    assert load([config]).targets[0].key_files == ("/k/ops_a_2222_%",)
    monkeypatch.delenv("KEYS")
    with pytest.raises(InventoryError, match=r"ssh_config:4: IdentityFile of 'a': the environment has no 'KEYS'"):
        load([config])


def test_a_file_named_config_below_dot_ssh(tmp_path: Path) -> None:
    config = tmp_path / ".ssh" / "config"
    config.parent.mkdir()
    config.write_text("ServerAliveInterval 30\nHost a\n", "utf-8")
    assert [target.name for target in load([config]).targets] == ["a"]


def test_included_files_are_looked_for_below_dot_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".ssh" / "config.d"
    folder.mkdir(parents=True)
    (folder / "b.conf").write_text("Host b\n", "utf-8")
    (folder / "old.conf").mkdir()  # ssh takes no notice of it
    (folder / "a.conf").write_text("Host a\n  IdentityFile ~/key\n", "utf-8")
    config = tmp_path / "ssh_config"
    config.write_text("Include config.d/*.conf nothing/*\nHost *\n  Include ~/.ssh/config.d/a.conf\n", "utf-8")
    inventory = load([config])
    assert [(target.name, target.key_files) for target in inventory.targets] == [
        ("a", (f"{tmp_path}/key",)),
        ("b", ()),
    ]
    assert set(inventory.files) == {str(config), str(folder / "a.conf"), str(folder / "b.conf")}


def test_files_that_include_one_another_without_end(tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(f"Host a\nInclude {config} {config}\nInclude {config}\n", "utf-8")
    started = time.process_time()
    with pytest.raises(InventoryError) as raised:
        load([config])
    assert [str(fault) for fault in raised.value.faults] == [
        f"{config}:2: ssh_config: files include one another more than 16 deep"
    ]
    assert time.process_time() - started < _SECONDS


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"], ids=["xlsx", "xls"])
@pytest.mark.parametrize("name", ["hosts.xlsx", "hosts.csv"])
def test_a_workbook_is_called_one(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InventoryError, match="is an Excel workbook or an archive; save the list as CSV"):
        load([tmp_path / name])


def test_a_jump_host_that_is_a_target_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("a jump=gate\ngate ansible_user='{{ who }}'\n", "utf-8")
    with pytest.raises(InventoryError, match=r"hosts:2: ansible_user of 'gate': is a template"):
        load([path])


def test_keys_that_come_twice_in_every_host(tmp_path: Path) -> None:
    path = tmp_path / "hosts.json"
    hosts = [f"web{number}" for number in range(20_000)]
    said = ", ".join(f'"{name}": {{"zone": "a", "zone": "b"}}' for name in hosts)
    path.write_text(f'{{"_meta": {{"hostvars": {{{said}}}}}, "web": {json.dumps(hosts)}}}', "utf-8")
    started = time.process_time()
    inventory = load([path])
    assert time.process_time() - started < _SECONDS
    assert {target.zone for target in inventory.targets} == {"b"}


def test_groups_that_aliases_repeat_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    rows = [f"g{n}: &g{n}\n  children: {{{', '.join(f'x{m}_{n}: *g{n - 1}' for m in range(9))}}}" for n in range(1, 12)]
    path.write_text("g0: &g0\n  hosts: {h: }\n" + "\n".join(rows) + "\n", "utf-8")
    with pytest.raises(InventoryError, match="aliases repeat groups more than 10000 times"):
        load([path])
