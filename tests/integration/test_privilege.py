"""A closed tree over real SSH: with nothing but the file that ``plan`` prints, the audit sees what root sees."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import stock
from tests.cli.terminal import command, environment, fleet
from tests.need import need
from tests.plant import plant
from tests.secrets.hunt import Hunt
from tests.secrets.spy import Spy
from tests.sshd import Sshd
from tests.virtual_host import VirtualHost
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner

pytestmark = [pytest.mark.root, pytest.mark.sshd]

AUDITOR, OWNER = 61001, 61002
PASSWORD = 'Zk7 canary%#"4Q'
HASH = "$6$tomcatfleet$uezTgmdY7lzV4vmRh0OJwVMZ0PrBMEGqssXDxfxA3NyepeuF1c8CRO8vcJ3IogMSftc.VbOAJSsp7Pj.vTP.a."
_FILES = {
    "passwd": "root:x:0:0::/root:/bin/sh\n"
    f"auditor:x:{AUDITOR}:{AUDITOR}::/:/bin/sh\n"
    f"owner:x:{OWNER}:{OWNER}::/:/usr/sbin/nologin\n"
    "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n"
    "nobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "group": f"root:x:0:\nauditor:x:{AUDITOR}:\nowner:x:{OWNER}:\nnogroup:x:65534:\n",
    "shadow": f"root:*:19000::::::\nauditor:{HASH}:19000::::::\nowner:*:19000::::::\n",
    "pam.d/sudo": "auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n",
}
ITEMS = [f"WT-{number:02d}" for number in range(1, 14)]


@dataclass
class Machine:
    """A machine with accounts and rules of its own, its sshd, and the results of audits of it."""

    place: Path
    sshd: Sshd
    binds: str
    bases: list[str]
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)

    def inventory(self, name: str, user: str, more: str = "", transport: str = "asyncssh") -> Path:
        bases = ", ".join(json.dumps(base) for base in self.bases)
        path = self.place / f"{name}.toml"
        path.write_text(
            f'[hosts.{name}]\naddress = "127.0.0.1"\nport = {self.sshd.port}\nuser = "auditor"\n'
            f'key_files = ["{self.sshd.user_key_file}"]\nbecome = {{ user = "{user}"{more} }}\n'
            f'transport = "{transport}"\n'
            f"tomcat_bases = [{bases}]\ntomcat_discover = false\n"
        )
        return path

    def audited(self, name: str, inventory: Path, *options: str, inside: bool = False) -> dict[str, Any]:
        """The one line of the results."""
        output = self.place / f"{name}-report"
        words = ("audit", "-i", inventory, "-o", output, "--known-hosts", self.sshd.known_hosts_file, *options)
        if inside:
            arguments = ["unshare", "-m", "sh", "-c", f"{self.binds} && exec {shlex.join(command(*words))}"]
            subprocess.run(arguments, env=environment(), capture_output=True, timeout=120, check=False)
        else:
            fleet(*words)
        (line,) = (output / "results.jsonl").read_text("utf-8").splitlines()
        self.lines[name] = json.loads(line)
        return self.lines[name]

    def allow(self, inventory: Path) -> str:
        """Put the file that plan prints in its place, and nothing else."""
        printed = fleet("plan", "-i", inventory, "--format", "sudoers").stdout
        for old in (self.place / "rules").iterdir():
            old.unlink()
        file = self.place / "rules/tomcat-fleet"
        file.write_text(printed, "utf-8")
        file.chmod(0o440)
        subprocess.run([need("visudo"), "-c", "-f", file], check=True, capture_output=True)
        return printed


def _trees(place: Path) -> list[str]:
    """A sound instance and one as it ships, closed to everybody but their owner."""
    sound, shipped = str(place / "sound"), str(place / "shipped")
    host = VirtualHost()
    host.account(OWNER, "owner")
    stock.add_good(host, "10.1.60", sound, uid=OWNER, pid=101)
    plant(host, sound)
    plant(stock.stock("9.0.50", shipped, running=False), shipped)
    for base in (Path(sound), Path(shipped)):
        for path in (base, *base.rglob("*")):
            os.chown(path, OWNER, OWNER)
            path.chmod(0o700 if path.is_dir() else 0o600)
    return [sound, shipped]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    for what in ("root", "sshd", "sudo", "mount-namespaces", "visudo"):
        need(what)
    with ExitStack() as stack:
        place = Path(tempfile.mkdtemp(prefix="tf-closed-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, place)
        for path in (place, place / "rules", place / "etc", place / "sshd"):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        binds = [f"mount --bind {place}/rules /etc/sudoers.d"]
        (place / "etc/pam.d").mkdir()
        for name, text in _FILES.items():
            (place / "etc" / name).write_text(text)
            (place / "etc" / name).chmod(0o600 if name == "shadow" else 0o644)
            binds.append(f"mount --bind {place}/etc/{name} /etc/{name}")
        bases = _trees(place)
        (place / "jvm").mkdir(mode=0o755)
        java = Jvm(place / "jvm")
        for base in map(Path, bases):
            stack.enter_context(java.running(base, base, Owner(name="owner", uid=OWNER, gid=OWNER)))
        sshd = Sshd(place / "sshd")
        wrapper = place / "sshd/sshd"
        wrapper.write_text(
            f'#!/bin/sh\nexec unshare -m sh -c \'{" && ".join(binds)} && exec {sshd.program} "$@"\' sh "$@"\n'
        )
        wrapper.chmod(0o755)
        sshd.program = str(wrapper)
        stack.enter_context(sshd)
        (place / "sshd/authorized_keys").chmod(0o644)
        yield Machine(place, sshd, " && ".join(binds), bases)


@pytest.fixture(scope="module")
def root(machine: Machine) -> dict[str, Any]:
    """What root sees on the machine itself."""
    return machine.audited("root", machine.inventory("root", "root"), "--transport", "local", inside=True)


def verdicts(line: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {instance["base"]: instance["verdicts"] for instance in line["instances"]}


def findings(line: dict[str, Any]) -> list[Any]:
    return [(instance["base"], instance["findings"]) for instance in line["instances"]]


def test_root_itself_decides_every_item(root: dict[str, Any], machine: Machine) -> None:
    assert set(verdicts(root)) == set(machine.bases)
    for instance in root["instances"]:
        assert list(instance["verdicts"]) == ITEMS
        assert not {"unknown", "error"} & set(instance["verdicts"].values())
    assert root["gaps"] == []


def test_without_the_file_it_is_unknown_and_the_line_that_helps_is_named(machine: Machine) -> None:
    inventory = machine.inventory("denied", "root")
    line = machine.audited("denied", inventory)
    assert line["outcome"] == "partial"
    for found in verdicts(line).values():
        assert found == dict.fromkeys(ITEMS, "unknown") | {"WT-05": found["WT-05"]}, (
            "whose process it is, everybody sees"
        )
    printed = fleet("plan", "-i", inventory, "--format", "sudoers").stdout.splitlines()
    assert {gap["help"] for gap in line["gaps"] if gap["gap"] == "denied"} == {printed[-1]}
    (page,) = (machine.place / "denied-report/hosts").glob("*.html")
    assert printed[-1] in page.read_text("utf-8")
    assert any("sudo: refused without a password" in gap["detail"] for gap in line["gaps"])


@pytest.mark.parametrize("user", ["root", "owner"])
def test_with_the_file_alone_everything_is_decided_as_root_decides_it(
    user: str, machine: Machine, root: dict[str, Any]
) -> None:
    inventory = machine.inventory(user, user)
    printed = machine.allow(inventory).splitlines()
    assert printed[-2:] == ["Defaults:auditor !requiretty", f"auditor ALL=({user}) NOPASSWD: /bin/sh -s"]
    line = machine.audited(f"by-{user}", inventory)
    assert line["method"]["become"] == f"sudo -n -u {user} /bin/sh -s"
    assert line["method"]["account"] == "auditor"
    assert verdicts(line) == verdicts(root)
    assert findings(line) == findings(root)
    assert (line["outcome"], line["gaps"]) == ("audited", [])


@pytest.mark.parametrize("transport", ["asyncssh", "paramiko"])
def test_with_a_password_it_is_the_same_and_nobody_sees_the_password(
    transport: str, machine: Machine, root: dict[str, Any]
) -> None:
    name = f"typed-{transport}"
    inventory = machine.inventory(name, "root", ', password = "env:SUDO_PW"', transport)
    (narrow,) = [line for line in machine.allow(inventory).splitlines() if line.endswith("ALL=(root) /bin/sh -s")]
    (machine.place / "rules/tomcat-fleet").chmod(0o640)
    (machine.place / "rules/tomcat-fleet").write_text(narrow.removeprefix("#").strip() + "\n")
    (machine.place / "rules/tomcat-fleet").chmod(0o440)
    output = machine.place / f"{name}-report"
    known = ("--known-hosts", machine.sshd.known_hosts_file)
    arguments = command("audit", "-i", inventory, "-o", output, *known, "-vvv")
    with (
        subprocess.Popen(
            arguments, env=environment(SUDO_PW=PASSWORD), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
        Spy(os.getpid()) as spy,
    ):  # the command, and sshd with everything on the machine
        out, err = process.communicate(timeout=120)
    (line,) = map(json.loads, (output / "results.jsonl").read_text("utf-8").splitlines())
    assert line["method"]["become"] == "sudo -S -k -p PROMPT -u root /bin/sh -s"
    assert (line["outcome"], line["gaps"], verdicts(line)) == ("audited", [], verdicts(root))
    hunt = Hunt({"password": PASSWORD})
    hunt.files(output)
    hunt.text(out, "standard output")
    hunt.text(err, "standard error")
    assert any(b"-S\0-k\0-p" in argv for argv, _ in spy.others), "the spy saw sudo"
    for argv, environ in spy.others:
        hunt.data(argv, "arguments")
        if b"SUDO_PW=" not in environ:  # that of the command itself, where the operator put it
            hunt.data(environ, "environment")
    assert hunt.found == []


def test_what_even_the_owner_may_not_read_stays_unknown_and_nothing_else_does(
    machine: Machine, root: dict[str, Any]
) -> None:
    closed = Path(machine.bases[0], "conf/tomcat-users.xml")
    closed.write_text("<tomcat-users/>")
    os.chown(closed, 0, 0)
    closed.chmod(0o600)
    inventory = machine.inventory("mixed", "owner")
    machine.allow(inventory)
    line = machine.audited("mixed", inventory)
    found, before = (lines[machine.bases[0]] for lines in (verdicts(line), verdicts(root)))
    assert {item for item in ITEMS if found[item] != before[item]} == {"WT-02", "WT-03"}
    assert (found["WT-02"], found["WT-03"]) == ("unknown", "unknown")
    assert [gap["source"] for gap in line["gaps"]] == [str(closed)]
