"""``inventory list`` and ``lint`` over every format at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.terminal import fleet

_WRONG = {
    "a.toml": "[hosts.a]\nprot = 22\n",
    "b.ini": "b ansible_port=x\n",
    "c.yml": "all:\n  hosts:\n    c: text\n",
    "d.json": '{"web": {"hosts": "d"}}\n',
    "e.csv": "hostname,port\ne,0\n",
    "f.txt": "f\nf\n",
    "ssh_config": "Host g\n  Port 0\n",
}


def test_lint_shows_the_faults_of_every_format_at_once(tmp_path: Path) -> None:
    arguments = []
    for name, text in _WRONG.items():
        (tmp_path / name).write_text(text, "utf-8")
        arguments += ["-i", str(tmp_path / name)]
    config = tmp_path / "more"
    config.write_text("Host *\n  Prot 22\n", "utf-8")
    done = fleet("inventory", "lint", *arguments, "--ssh-config", str(config))
    assert done.returncode == 2
    places = [line.removeprefix(f"{tmp_path}/").split(": ")[0] for line in done.stderr.splitlines()]
    assert places == ["a.toml:2", "b.ini:1", "c.yml:3", "d.json:1", "e.csv:2", "f.txt:2", "more:2", "ssh_config:2"]


def test_list_shows_what_ssh_config_adds(tmp_path: Path) -> None:
    hosts, config = tmp_path / "hosts.txt", tmp_path / "config"
    hosts.write_text("web1\nops@web2\n", "utf-8")
    config.write_text(
        "Host web1\n  HostName 192.0.2.1\nHost web*\n  ForwardAgent yes\n  User audit\n  Port 2222\n  ProxyJump gate\n",
        "utf-8",
    )
    done = fleet("inventory", "list", "-i", str(hosts), "--ssh-config", str(config), "--lang", "en")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[1][:4] == ["web1", "192.0.2.1:2222", "audit", "gate"]
    assert rows[2][:4] == ["web2", "web2:2222", "ops", "gate"]
    assert done.stderr.splitlines() == [f"{config}:4: warning: ForwardAgent has no effect here"]
    alone = fleet("inventory", "list", "-i", str(hosts), "--lang", "en").stdout
    assert "192.0.2.1" not in alone


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_list_shows_everything_on_any_terminal(tmp_path: Path, encoding: str) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    path.write_text("서버명,IP,업무구분\n뷁1,192.0.2.1,결제\n", "utf-8")
    done = fleet("inventory", "list", "-i", path, PYTHONIOENCODING=f"{encoding}:strict")
    assert done.returncode == 0, done.stderr
    assert "192.0.2.1:22" in done.stdout
