"""Two hundred addresses of one real sshd as two hundred hosts, behind another that is restarted in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.sshd import Sshd

pytestmark = pytest.mark.sshd

HOSTS = 200
BEFORE = 60  # have their result when the bastion goes
AWAY_S = 2.0


def test_each_host_has_one_result_over_one_shared_connection_and_its_successor(tmp_path: Path, figure: Figure) -> None:
    base = tmp_path / "tomcat"
    for name in ("conf", "webapps", "logs", "bin", "lib"):
        (base / name).mkdir(parents=True)
    (base / "conf/server.xml").write_text(
        '<Server><Service name="Catalina"><Engine name="Catalina"><Host name="localhost" appBase="webapps"/></Engine>'
        "</Service></Server>\n"
    )
    addresses = [f"127.0.{1 + number // 100}.{1 + number % 100}" for number in range(HOSTS)]
    places = {name: tmp_path / name for name in ("web", "bastion")}
    for place in places.values():
        place.mkdir()
    with Sshd(places["web"], listen="0.0.0.0") as sshd, Sshd(places["bastion"]) as bastion:
        with (places["bastion"] / "authorized_keys").open("ab") as keys:
            keys.write((places["web"] / "authorized_keys").read_bytes())
        key = sshd.host_key.export_public_key().decode().strip()
        known = tmp_path / "known"
        lines = [f"[{address}]:{sshd.port} {key}" for address in addresses]
        known.write_text("\n".join([*lines, bastion.known_hosts_line(), ""]))
        inventory = tmp_path / "fleet.ini"
        hosts = "".join(f"host{number:03d} ansible_host={address}\n" for number, address in enumerate(addresses))
        inventory.write_text(
            f"{hosts}[all:vars]\nansible_port={sshd.port}\nansible_user={sshd.account}\n"
            f"ansible_ssh_private_key_file={sshd.user_key_file}\ntomcat_bases={base}\ntomcat_discover=false\n"
            f"ansible_ssh_common_args='-J {bastion.account}@127.0.0.1:{bastion.port}'\n"
        )
        output = tmp_path / "report"
        complaints = tmp_path / "stderr"
        with complaints.open("wb") as stderr:
            sweep = subprocess.Popen(
                [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(inventory), "-o", str(output),
                 "--known-hosts", str(known), "--concurrency", "16"],
                stdout=subprocess.DEVNULL, stderr=stderr,
            )  # fmt: skip
            _await_pages(output / "hosts", sweep)
            first = bastion.log()
            bastion.crash()
            time.sleep(AWAY_S)
            bastion.start()
            code = sweep.wait(280)
        log = sshd.wait_for_log("Disconnected")
        second = bastion.log()[len(first) :]
    said = complaints.read_text("utf-8")
    assert code == 3, said  # the small base leaves items unknown
    lines = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    assert sorted(line["target"] for line in lines) == [f"host{number:03d}" for number in range(HOSTS)]
    outcomes = {(line["outcome"], line["outcome_reason"]) for line in lines}
    assert outcomes == {("partial", "partial")}, said[-3000:]
    assert len(list((output / "hosts").iterdir())) == HOSTS
    assert [part.count("Accepted publickey") for part in (first, second)] == [1, 1]
    # Those that were under way when the bastion went were asked a second time, the others once.
    sessions = log.count("Starting session: command")
    assert HOSTS <= sessions <= HOSTS + 16
    figure(f"{HOSTS} hosts behind a bastion: 1 login there, 1 after its restart, {sessions - HOSTS} hosts asked again")


def _await_pages(hosts: Path, sweep: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while not hosts.is_dir() or len(list(hosts.iterdir())) < BEFORE:
        assert sweep.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
