"""Two jump hosts and a target, three real sshds with a key each: by a native inventory and by an ssh configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sshd import Sshd

pytestmark = pytest.mark.sshd


@pytest.fixture
def three(tmp_path: Path) -> Iterator[dict[str, Sshd]]:
    with ExitStack() as stack:
        found = {}
        for name in ("near", "far", "web"):
            (tmp_path / name).mkdir()
            found[name] = stack.enter_context(Sshd(tmp_path / name))
        (tmp_path / "known").write_text("".join(f"{sshd.known_hosts_line()}\n" for sshd in found.values()))
        yield found


def native(three: dict[str, Sshd], directory: Path) -> list[str]:
    text = "".join(
        f'[{"hosts" if name == "web" else "jumps"}.{name}]\naddress = "127.0.0.1"\nport = {sshd.port}\n'
        f'user = "{sshd.account}"\nkey_files = ["{sshd.user_key_file}"]\n'
        for name, sshd in three.items()
    )
    path = directory / "fleet.toml"
    path.write_text(f'{text}jump = "near,far"\ntomcat_bases = ["{directory}/none"]\ntomcat_discover = false\n')
    return ["-i", str(path)]


def configured(three: dict[str, Sshd], directory: Path) -> list[str]:
    """The inventory says which host, the configuration how; the far jump host has a jump host of its own there."""
    way = {"near": "", "far": "  ProxyJump near\n", "web": "  ProxyCommand ssh -q -W %h:%p far\n"}
    config = directory / "ssh_config"
    config.write_text(
        "".join(
            f"Host {name}\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.account}\n"
            f"  IdentityFile {sshd.user_key_file}\n{way[name]}"
            for name, sshd in three.items()
        )
        + "Host *\n  ControlMaster auto\n  StrictHostKeyChecking no\n"
    )
    config.chmod(0o600)
    inventory = directory / "fleet.ini"
    inventory.write_text(f"web tomcat_bases={directory}/none tomcat_discover=false\n")
    return ["-i", str(inventory), "--ssh-config", str(config)]


@pytest.mark.parametrize("transport", ["asyncssh", "paramiko"])
@pytest.mark.parametrize("describe", [native, configured])
def test_every_hop_has_its_own_key(describe: object, transport: str, three: dict[str, Sshd], tmp_path: Path) -> None:
    options = describe(three, tmp_path)  # type: ignore[operator]
    done = subprocess.run(
        [sys.executable, "-m", "tomcat_fleet", "audit", *options, "-o", str(tmp_path / "out"),
         "--known-hosts", str(tmp_path / "known"), "--transport", transport, "--lang", "en"],
        timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    (result,) = [json.loads(line) for line in (tmp_path / "out/results.jsonl").read_text("utf-8").splitlines()]
    assert result["outcome"] == "partial", (result["outcome_reason"], done.stderr)  # there is no Tomcat at that base
    assert result["method"]["transport"] == transport
    for name, sshd in three.items():
        log = sshd.wait_for_log("Disconnected")
        assert log.count("Accepted publickey") == 1, (name, log)
        assert log.count("Starting session: command") == (name == "web")
    if describe is configured:
        assert "ControlMaster" in done.stderr
        assert "StrictHostKeyChecking" in done.stderr
