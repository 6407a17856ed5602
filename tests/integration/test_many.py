"""Two hundred addresses of one real sshd as two hundred hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sshd import Sshd

pytestmark = pytest.mark.sshd

HOSTS = 200


def test_each_host_has_one_line_one_connection_and_one_channel(tmp_path: Path) -> None:
    base = tmp_path / "tomcat"
    for name in ("conf", "webapps", "logs", "bin", "lib"):
        (base / name).mkdir(parents=True)
    (base / "conf/server.xml").write_text(
        '<Server><Service name="Catalina"><Engine name="Catalina"><Host name="localhost" appBase="webapps"/></Engine>'
        "</Service></Server>\n"
    )
    addresses = [f"127.0.{1 + number // 100}.{1 + number % 100}" for number in range(HOSTS)]
    with Sshd(tmp_path, listen="0.0.0.0") as sshd:
        key = sshd.host_key.export_public_key().decode().strip()
        known = tmp_path / "known"
        known.write_text("".join(f"[{address}]:{sshd.port} {key}\n" for address in addresses))
        inventory = tmp_path / "fleet.ini"
        hosts = "".join(f"host{number:03d} ansible_host={address}\n" for number, address in enumerate(addresses))
        inventory.write_text(
            f"{hosts}[all:vars]\nansible_port={sshd.port}\nansible_user={sshd.account}\n"
            f"ansible_ssh_private_key_file={sshd.user_key_file}\ntomcat_bases={base}\ntomcat_discover=false\n"
        )
        output = tmp_path / "report"
        done = subprocess.run(
            [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(inventory), "-o", str(output),
             "--known-hosts", str(known), "--concurrency", "16"],
            timeout=280, check=False, capture_output=True, text=True,
        )  # fmt: skip
        log = sshd.wait_for_log("Disconnected")
    assert done.returncode == 3, done.stderr  # the small base leaves items unknown
    lines = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    assert sorted(line["target"] for line in lines) == [f"host{number:03d}" for number in range(HOSTS)]
    outcomes = {(line["outcome"], line["outcome_reason"]) for line in lines}
    assert outcomes == {("partial", "partial")}, done.stderr[-3000:]
    assert len(list((output / "hosts").iterdir())) == HOSTS
    assert log.count("Connection from") == HOSTS
    assert log.count("Accepted publickey") == HOSTS
    assert log.count("Starting session: command") == HOSTS
