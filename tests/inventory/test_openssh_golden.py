"""ssh_config is understood as ``ssh -G`` understands it, over configurations that nobody would write by hand."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.need import need
from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import load
from tomcat_fleet.inventory.ledger import Ledger
from tomcat_fleet.inventory.openssh.config import Config, ConfigReader
from tomcat_fleet.inventory.openssh.lookup import lookup
from tomcat_fleet.inventory.openssh.proxy import NoJumpError, jump_of
from tomcat_fleet.inventory.shelf import Shelf

_HOSTS = {"web1": None, "web2.dmz": "one", "db": None, "10.0.0.7": "root"}  # with the account that is asked for
_FIRST = ("port", "user", "hostkeyalias", "identitiesonly", "identityagent", "proxyjump", "proxycommand")
_LISTED = ("identityfile", "certificatefile")
_DEFAULTS = {"port": "22", "identitiesonly": "no", "user": getpass.getuser()}


def _golden(ssh: str, file: Path, host: str, user: str | None = None) -> dict[str, str | list[str]]:
    named = ["-l", user, host] if user else [host]
    done = subprocess.run([ssh, "-G", "-F", str(file), *named], check=True, capture_output=True, text=True)
    found: dict[str, str | list[str]] = {name: [] for name in _LISTED}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        if name in _LISTED:
            same = found[name]
            assert isinstance(same, list)
            same.append(value)
        elif name in {"hostname", *_FIRST}:
            found[name] = value
    if "proxyjump" in found or found.get("proxycommand") == "none":
        found.pop("proxycommand", None)
    return found


def _ours(config: Config, host: str, user: str | None, usual: list[str]) -> dict[str, str | list[str]]:
    found = lookup(config, host, user)
    first = {name: found.first[name].value for name in _FIRST if name in found.first}
    listed = {name: [one.value for one in found.listed.get(name, ())] for name in _LISTED}
    for name in ("proxyjump", "proxycommand"):
        if first.get(name, "").lower() == "none":
            del first[name]
    return {
        "hostname": found.host_name(),
        **_DEFAULTS,
        **first,
        **({"user": user} if user else {}),
        **listed,
        "identityfile": listed["identityfile"] or usual,
    }


_PATTERNS = st.sampled_from(
    [
        "web1",
        "web*",
        "*",
        "?b",
        "web?.dmz",
        "*.dmz",
        "10.0.0.?",
        "!web1",
        "!*.dmz",
        "db",
        '"db"',
        "'web1'",
        "other",
        "w*1",
    ]
)
_WORDS = st.sampled_from(["one", "two.example", "three-3", "x_y", "web1", "10.0.0.7"])
_EQUALS = st.sampled_from([" ", "=", " = ", "\t", "  ", "   =  "])
_CASES = st.sampled_from([str.lower, str.upper, str.title])
_QUOTES = st.sampled_from(["{}", '"{}"', "'{}'"])
_TAIL = st.sampled_from(["", " ", " # said", "\t"])


@st.composite
def _directive(draw: st.DrawFn) -> str:
    keyword = draw(st.sampled_from(["hostname", *_FIRST, *_LISTED, "compression", "serveraliveinterval"]))
    word = draw(_WORDS)
    value = {
        "hostname": draw(st.sampled_from([word, "%h.lan", "100%%", word])),
        "port": str(draw(st.integers(1, 65535))),
        "identityfile": f"{draw(st.sampled_from(['~/.ssh/', '/k/', '%d/', '']))}{word}",
        "certificatefile": f"/k/{word}-cert.pub",
        "identitiesonly": draw(st.sampled_from(["yes", "no"])),
        "identityagent": draw(st.sampled_from(["none", "SSH_AUTH_SOCK", "/run/agent"])),
        "proxyjump": draw(st.sampled_from(["none", "gate", "u@gate:22", "[::1]:2222", "gate,b@second"])),
        "proxycommand": draw(st.sampled_from(["none", "ssh -W %h:%p gate", 'nc "%h" %p'])),
        "compression": "yes",
        "serveraliveinterval": "30",
    }.get(keyword, word)
    raw = keyword in {"proxyjump", "proxycommand"}
    written = value if raw else draw(_QUOTES).format(value)
    tail = "" if raw else draw(_TAIL)
    return f"{draw(st.sampled_from(['', '  ', chr(9)]))}{draw(_CASES)(keyword)}{draw(_EQUALS)}{written}{tail}"


@st.composite
def _header(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        patterns = draw(st.lists(_PATTERNS, min_size=1, max_size=3))
        return f"Host{draw(_EQUALS)}{' '.join(patterns)}{draw(_TAIL)}"
    if draw(st.integers(0, 5)) == 0:
        return "Match all"
    criteria = []
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(["host", "originalhost", "user", "localuser"]))
        argument = ",".join(
            draw(
                st.lists(
                    st.one_of(_WORDS, st.sampled_from(["*", "web*", "!web1", "root", "!one"])), min_size=1, max_size=2
                )
            )
        )
        criteria.append(f"{draw(st.sampled_from(['', '!']))}{name}{draw(st.sampled_from([' ', '=']))}{argument}")
    return f"Match {' '.join(criteria)}"


def _lines(depth: int) -> st.SearchStrategy[list[str]]:
    kinds = [_directive(), _directive(), _directive(), _header(), st.sampled_from(["", "# note", "  # Host *"])]
    if depth:
        kinds.append(st.just("\0include"))
    return st.lists(st.one_of(kinds), max_size=14)


@settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink what starts processes takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(main=_lines(2), first=_lines(1), second=_lines(0))
def test_every_host_has_what_ssh_gives_it(tmp_path: Path, main: list[str], first: list[str], second: list[str]) -> None:
    ssh = need("ssh")
    files = [tmp_path / name for name in ("main", "10-first.conf", "20-second.conf")]
    patterns = [str(tmp_path / "10*.conf"), str(tmp_path / "2?-second.conf"), ""]
    for path, lines, pattern in zip(files, (main, first, second), patterns, strict=True):
        path.write_text("\n".join(lines).replace("\0include", f"Include {pattern}") + "\n", "utf-8")
    ledger = Ledger()
    config = ConfigReader(Shelf(ledger), str(files[0])).read(files[0].read_text("utf-8"))
    assert ledger.faults == []
    files[0].with_name("empty").write_text("", "utf-8")
    usual = _golden(ssh, files[0].with_name("empty"), "x")["identityfile"]
    assert isinstance(usual, list)
    for host, user in _HOSTS.items():
        assert _ours(config, host, user, usual) == _golden(ssh, files[0], host, user)


@pytest.mark.parametrize(
    "text",
    [
        "Host a\nPort 0\n",
        "Host a\nPort =\n",
        "Host a\nPort\n",
        "Host a\nPort 22 23\n",
        'Host a\nPort"22"\n',
        "Host a\nPort == 22\n",
        "Host a\nPort 22#x\n",
        "Host a\nProt 22\n",
        'Host a\nUser "x\n',
        "Host a\nUser x y\n",
        'Host a ""\n',
        "Host a\nHostName %q\n",
        "Host a\nProxyJump h:0\n",
        "Host a\nProxyJump h:22:33\n",
        "Host a\nMatch user\n",
        "Host a\nMatch all user x\n",
        "Host a\nMatch colour red\n",
    ],
)
def test_what_ssh_refuses_is_a_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ssh_config"
    path.write_text(text, "utf-8")
    done = subprocess.run([need("ssh"), "-G", "-F", str(path), "a"], check=False, capture_output=True)
    assert done.returncode != 0
    with pytest.raises(InventoryError) as raised:
        load([path])
    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].file == str(path)


@pytest.mark.parametrize(
    ("command", "jump"),
    [
        ("ssh -W %h:%p gate", "gate"),
        ("ssh gate -W %h:%p", "gate"),
        ("ssh -q -W %h:%p -p 2222 ops@gate", "ops@gate:2222"),
        ("ssh -qxW %h:%p gate.example.com", "gate.example.com"),
        ("/usr/bin/ssh -W[%h]:%p -l ops gate 2>/dev/null", "ops@gate"),
        ("exec ssh -o StrictHostKeyChecking=no -o Port=22 -o 'User ops' -W \"%h:%p\" gate", "ops@gate:22"),
        ("ssh -W %h:%p -p 22 2001:db8::1  # outer", "[2001:db8::1]:22"),
        ("ssh -q gate nc %h %p", "gate"),
        ("ssh -A -x gate /usr/bin/nc %h %p", "gate"),
        ("ssh ops@gate -p 2222 exec /usr/bin/nc -w 5 %h %p 2>/dev/null", "ops@gate:2222"),
        ("ssh gate 'netcat -q0 %h %p 2> /dev/null'", "gate"),
        ("ssh -C -4 -c aes128-ctr -W %h:%p -- gate", "gate"),
    ],
)
def test_a_proxy_command_that_is_a_jump_host(command: str, jump: str) -> None:
    assert jump_of(command) == jump


@pytest.mark.parametrize(
    "command",
    [
        "ssh gate nc %h 22",
        "ssh gate nc -x proxy:3128 %h %p",
        "ssh gate 'nc %h %p; id'",
        "ssh -W %h:%p gate nc %h %p",
        "ssh gate sudo nc %h %p",
        "nc -X connect -x proxy:3128 %h %p",
        "ssh -W %h:22 gate",
        "ssh -W other:%p gate",
        "ssh -W %h:%p",
        "ssh -W %h:%p gate; id",
        "ssh -W %h:%p gate | tee log",
        "ssh -i /k/id -W %h:%p gate",
        "ssh -F other -W %h:%p gate",
        "ssh -J outer -W %h:%p gate",
        "ssh -o ProxyJump=outer -W %h:%p gate",
        "ssh -o ProxyCommand='nc %%h %%p' -W %h:%p gate",
        "sh -c 'ssh -W %h:%p gate'",
        "sshpass -p geheim ssh -W %h:%p gate",
        "ssh 'gate",
        "",
    ],
)
def test_any_other_proxy_command_is_refused_without_being_repeated(command: str) -> None:
    with pytest.raises(NoJumpError) as raised:
        jump_of(command)
    assert "geheim" not in str(raised.value)
