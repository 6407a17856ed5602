"""Real sshd, real Tomcat 10.1: two instances on one host, one JVM as root and one as its own account."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.alone import alone
from tests.need import need
from tests.sshd import Sshd
from tests.tomcat10 import HOME, Tomcat10
from tomcat_fleet.report.schema import schema

pytestmark = [pytest.mark.sshd, pytest.mark.tomcat, pytest.mark.root, pytest.mark.timeout(900)]

PAGES = "".join(
    f"<error-page><error-code>{code}</error-code><location>/error.html</location></error-page>"
    for code in (400, 401, 403, 404, 500)
)
SOUND = {
    "WT-01": "pass",
    "WT-02": "pass",
    "WT-03": "pass",
    "WT-04": "pass",
    "WT-05": "pass",
    "WT-06": "fail",  # Debian's own CATALINA_HOME is 0755
    "WT-07": "pass",
    "WT-08": "pass",
    "WT-09": "pass",
    "WT-10": "pass",
    "WT-11": "pass",
    "WT-12": "pass",
    "WT-13": "manual",  # a distribution package: upstream numbers mislead
}
WEAK = dict.fromkeys(SOUND, "fail") | {"WT-13": "manual"}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    need("root")
    need("tomcat10")
    directory = Path(tempfile.mkdtemp(prefix="tf-tomcat-", dir="/var/tmp"))
    directory.chmod(0o755)
    with alone():
        yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def instances(place: Path) -> Iterator[tuple[Tomcat10, Tomcat10]]:
    sound = Tomcat10(place / "sound base", "tomcat")
    sound.edit("web.xml", "</web-app>", f"{PAGES}</web-app>")
    sound.edit(
        "tomcat-users.xml", "</tomcat-users>", '<user username="k7ops" password="Rv9#wq2!Lm" roles="x"/></tomcat-users>'
    )
    (sound.base / "webapps/ROOT/error.html").write_text("<p>sorry</p>\n")
    sound.permit(0o740, 0o640, 0o600)
    weak = Tomcat10(place / "weak", "root")
    weak.edit("web.xml", "<param-value>false</param-value>", "<param-value>true</param-value>")
    default = '<user username="tomcat" password="tomcat" roles="manager-gui"/>'
    weak.edit("tomcat-users.xml", "</tomcat-users>", f"{default}</tomcat-users>")
    for name in ("manager", "examples"):
        package = "admin" if name == "manager" else "examples"
        descriptor = f'<Context docBase="/usr/share/tomcat10-{package}/{name}" privileged="true"/>\n'
        (weak.base / f"conf/Catalina/localhost/{name}.xml").write_text(descriptor)
    weak.permit(0o755, 0o644, 0o644)
    (weak.base / "webapps/ROOT/index.html").chmod(0o666)
    with sound, weak:
        for instance in (sound, weak):
            instance.get("/")
        time.sleep(1.5)  # access logs are written behind the requests
        for name in ("logs", "work", "temp"):
            (weak.base / name).chmod(0o755)
        yield sound, weak


@pytest.fixture(scope="module")
def sshd(place: Path) -> Iterator[Sshd]:
    directory = place / "sshd"
    directory.mkdir(mode=0o700)
    with Sshd(directory) as server:
        yield server


def _audit(sshd: Sshd, place: Path, name: str, extra: str = "") -> tuple[int, Path]:
    inventory = place / f"{name}.toml"
    inventory.write_text(
        f'[hosts.web01]\naddress = "127.0.0.1"\nport = {sshd.port}\nuser = "root"\n'
        f'key_files = ["{sshd.user_key_file}"]\n{extra}'
    )
    output = place / name
    command = [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(inventory), "-o", str(output)]
    done = subprocess.run([*command, "--known-hosts", str(sshd.known_hosts_file)], timeout=120, check=False)
    return done.returncode, output


def _result(output: Path) -> dict[str, Any]:
    (line,) = (output / "results.jsonl").read_text("utf-8").splitlines()
    decoded: dict[str, Any] = json.loads(line)
    return decoded


@pytest.fixture(scope="module")
def result(instances: tuple[Tomcat10, Tomcat10], sshd: Sshd, place: Path) -> dict[str, Any]:
    assert all(instance.get() == 200 for instance in instances)
    code, output = _audit(sshd, place, "both")
    assert code == 0
    return _result(output)


def _instance(result: dict[str, Any], base: Path) -> dict[str, Any]:
    (found,) = [instance for instance in result["instances"] if instance["base"] == str(base)]
    assert isinstance(found, dict)
    return found


def test_both_instances_are_found_with_their_accounts(
    result: dict[str, Any], instances: tuple[Tomcat10, Tomcat10]
) -> None:
    assert result["outcome"] == "audited"
    sound, weak = (_instance(result, instance.base) for instance in instances)
    assert (sound["user"], weak["user"]) == ("tomcat", "root")
    assert (sound["home"], sound["running"], weak["running"]) == (str(HOME), True, True)
    assert re.fullmatch(r"10\.1\.\d+", sound["version"])


def test_every_item_is_judged_as_the_guide_says(result: dict[str, Any], instances: tuple[Tomcat10, Tomcat10]) -> None:
    sound, weak = (_instance(result, instance.base) for instance in instances)
    assert sound["verdicts"] == SOUND
    assert weak["verdicts"] == WEAK


def test_tomcat_itself_agrees(instances: tuple[Tomcat10, Tomcat10]) -> None:
    sound, weak = instances
    assert (sound.get("/manager/html"), weak.get("/manager/html")) == (404, 401)
    assert (sound.get("/examples/"), weak.get("/examples/")) == (404, 200)


def test_only_the_root_run_jvm_fails_the_daemon_item(
    result: dict[str, Any], instances: tuple[Tomcat10, Tomcat10]
) -> None:
    own = {str(one.base) for one in instances}  # other Tomcats may run on this machine
    failing = [i["base"] for i in result["instances"] if i["base"] in own and i["verdicts"]["WT-05"] == "fail"]
    assert failing == [str(instances[1].base)]


def test_every_verdict_carries_its_evidence(result: dict[str, Any]) -> None:
    kinds: dict[str, set[str]] = {}
    for instance in result["instances"]:
        for finding in instance["findings"]:
            assert finding["evidence"], finding
            for row in finding["evidence"]:
                assert row["source"]
                kinds.setdefault(finding["item"], set()).add("line" if row["line"] else row["kind"])
    assert len(kinds) == 13
    for item, seen in kinds.items():
        assert seen & {"line", "status", "process", "file"}, item


def test_the_result_keeps_its_contract(result: dict[str, Any]) -> None:
    jsonschema.validate(result, schema()["target_result"] if "target_result" in schema() else schema())


def test_no_secret_is_in_any_output(place: Path, result: dict[str, Any]) -> None:
    assert result["instances"]
    for path in (place / "both").rglob("*"):
        if path.is_file():
            assert b"Rv9#wq2!Lm" not in path.read_bytes(), path


def test_one_connection_and_one_channel(sshd: Sshd, result: dict[str, Any]) -> None:
    assert result["outcome"] == "audited"
    log = sshd.wait_for_log("Disconnected")
    assert log.count("Connection from") == log.count("Starting session: command") == 1


def test_the_collector_creates_no_file_on_the_target(
    instances: tuple[Tomcat10, Tomcat10], sshd: Sshd, place: Path
) -> None:
    assert all(instance.get() == 200 for instance in instances)
    strace = need("strace")
    trace = place / "strace.log"
    calls = (
        "trace=process,open,openat,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,chmod,fchmodat,chown"
    )
    tracer = subprocess.Popen([strace, "-f", "-q", "-p", str(sshd.pid), "-o", str(trace), "-e", calls])
    time.sleep(1.0)
    code, output = _audit(sshd, place, "traced")
    tracer.send_signal(signal.SIGINT)
    tracer.wait(20)
    assert code == 0
    assert len(_result(output)["instances"]) >= 2
    lines = trace.read_text("utf-8", "replace").splitlines()
    collector = _descendants(lines)
    assert len(collector) > 20, "the collector's processes were not seen"
    written = [line for line in lines if line.split(maxsplit=1)[0] in collector and _writes(line)]
    assert written == []


def _descendants(lines: list[str]) -> set[str]:
    """Process ids of the shell that runs the collector and of everything it started."""
    ours: set[str] = set()
    for line in lines:
        pid, _, call = line.partition(" ")
        call = call.strip()
        if call.startswith("execve(") and '["sh", "-s"]' in call:  # not the login shell around it
            ours.add(pid)
        found = re.search(r"(?:clone3?|v?fork)\b.*= (\d+)$", call)
        if found and pid in ours:
            ours.add(found[1])
    return ours


def _writes(line: str) -> bool:
    if "/dev/null" in line or "/dev/tty" in line or "= -1 " in line:
        return False
    return bool(re.search(r"O_CREAT|O_WRONLY|O_RDWR|\b(?:creat|mkdir|unlink|rename|chmod|chown)\w*\(", line))
