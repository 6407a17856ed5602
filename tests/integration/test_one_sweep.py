"""One sweep over hosts that cannot be logged in to for every reason there is, and some that can: real OpenSSH."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from tests.conftest import Figure
from tests.need import need
from tests.sshd import Sshd
from tests.transport.agent import empty_agent

pytestmark = pytest.mark.sshd

CROWD = 12
LOOPBACK = {"good": 2, "changed": 3, "unknown": 4, "revoked": 5, "passphrase": 6, "agent": 7, "stranger": 8, "last": 9}
EXPECTED = {
    "good": ("partial", "partial"),
    "last": ("partial", "partial"),
    "changed": ("hostkey_changed", "the server offers ssh-ed25519 SHA256:"),
    "unknown": ("hostkey_unknown", "the server offers ssh-ed25519 SHA256:"),
    "revoked": ("hostkey_changed", "Host key is revoked"),
    "passphrase": ("auth_failed", "nothing to log in with: private key "),
    "agent": ("auth_failed", "the server refused "),
    "stranger": ("auth_failed", "the server refused "),
}


def key_file(path: Path, passphrase: str = "") -> Path:
    subprocess.run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)
    return path


def test_each_ends_in_its_own_way_and_the_sweep_goes_on(tmp_path: Path, figure: Figure) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with (
        Sshd(tmp_path / "one", listen="0.0.0.0") as sshd,
        Sshd(tmp_path / "two", ["MaxStartups 3"], listen="0.0.0.0") as crowded,
        empty_agent(tmp_path) as agent,
    ):
        key = sshd.host_key.export_public_key().decode().strip()
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
        place = {name: f"[127.0.0.{last}]:{sshd.port}" for name, last in LOOPBACK.items()}
        lines = [f"{place[name]} {key}" for name in LOOPBACK if name not in {"changed", "unknown"}]
        lines += [f"{place['changed']} {other}", f"@revoked {place['revoked']} {key}", crowded.known_hosts_line()]
        (tmp_path / "known").write_text("\n".join([*lines, ""]))
        keys = dict.fromkeys(LOOPBACK, f'key_files = ["{sshd.user_key_file}"]')
        keys["passphrase"] = f'key_files = ["{key_file(tmp_path / "locked", "right")}"]\nkey_passphrase = "env:PHRASE"'
        keys["agent"] = "use_agent = true"
        keys["stranger"] = f'key_files = ["{key_file(tmp_path / "stranger")}"]'
        hosts = [
            f'[hosts.{name}]\naddress = "127.0.0.{last}"\nport = {sshd.port}\n{keys[name]}\n'
            for name, last in LOOPBACK.items()
        ]
        hosts += [
            f'[hosts.crowd{number:02}]\naddress = "127.0.0.1"\nport = {crowded.port}\n'
            f'key_files = ["{crowded.user_key_file}"]\n'
            for number in range(CROWD)
        ]
        (tmp_path / "fleet.toml").write_text(
            f'[defaults]\nuser = "{sshd.account}"\ntomcat_discover = false\ntomcat_bases = ["{tmp_path}/none"]\n'
            + "".join(hosts)
        )
        done = subprocess.run(
            [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(tmp_path / "fleet.toml"), "-o",
             str(tmp_path / "out"), "--known-hosts", str(tmp_path / "known"), "--lang", "en"],
            timeout=120, check=False, capture_output=True, text=True,
            env=os.environ | {"PHRASE": "C4NARY-wrong", "SSH_AUTH_SOCK": agent},
        )  # fmt: skip
        log = sshd.log()
    found = {
        row["target"]: (row["outcome"], row["outcome_reason"])
        for row in map(json.loads, (tmp_path / "out/results.jsonl").read_text("utf-8").splitlines())
    }
    assert done.returncode == 3, done.stderr
    assert len(found) == len(LOOPBACK) + CROWD
    for name, (outcome, reason) in EXPECTED.items():
        assert found[name][0] == outcome, (name, found[name])
        assert found[name][1].startswith(reason), (name, found[name])
    crowd = [found[f"crowd{number:02}"] for number in range(CROWD)]
    for outcome, reason in crowd:
        assert outcome == "partial" or (outcome == "ssh_failed" and "too many logins at a time" in reason)
    assert log.count("Failed publickey") <= 2  # the stranger's key; the agent has none, nothing else was offered
    assert "C4NARY" not in done.stderr + done.stdout
    retry = (tmp_path / "out/failed.retry").read_text().split()
    assert sorted(retry) == sorted(found)  # partial ones, too
    came_in = sum(outcome == "partial" for outcome, _ in crowd)
    endings = len({outcome for outcome, _ in EXPECTED.values()})
    figure(f"{len(found)} hosts, {endings} endings, one sweep; of {CROWD} at MaxStartups 3 {came_in} came in")
