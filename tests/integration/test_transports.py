"""One host read by asyncssh, by paramiko and locally: byte for byte the same evidence, and the same verdicts.

Both SSH libraries go through one real sshd on loopback to the machine that ``local`` reads. The same key makes the
fingerprints of secrets comparable. What is set aside before the comparison, and why it is no evidence of the tree:

- the host's clock, which is asked each time;
- processes other than the JVM of the tree, and their accounts: whoever else works on this machine, the test included;
- of the deposition the target's address and transport, the times, and how the host was reached (``method``) but for
  the hashes of the files that were read.

What the collector sent is compared before anything reads it, record by record.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cli.terminal import fleet
from tests.need import need
from tests.plant import plant
from tests.sshd import Sshd
from tests.stock import good
from tests.transport.reach import open_channel
from tests.verdict import result_of
from tests.virtual_host import TODAY
from tomcat_fleet.collect.frame import Decoder, End, Record
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner
from tomcat_fleet.ledger.deposition import Deposition, records
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import ProcessTable
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import Settings, examine
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Channel, Limits, Link

pytestmark = [pytest.mark.sshd, pytest.mark.root, pytest.mark.usefixtures("lone")]

NOBODY = 65534
KEY = b"k" * 32
SETTINGS = Settings(policy=Policy(), today=TODAY)
WAYS = ("asyncssh", "paramiko", "local")


class Recorder:
    """A channel that keeps what the collector sent, framing taken off."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._decoder: Decoder | None = None
        self.records: list[Record] = []

    @property
    def link(self) -> Link:
        return self._channel.link

    async def write(self, data: bytes) -> None:
        if self._decoder is None:
            self._decoder = Decoder(data.partition(b"TF_NONCE=")[2].partition(b"\n")[0].decode())
        elif self._decoder.quiet():
            self._decoder.next_round()
        await self._channel.write(data)

    async def read(self) -> bytes:
        data = await self._channel.read()
        assert self._decoder is not None
        frames = [frame for frame in self._decoder.feed(data) if not isinstance(frame, End)]
        self.records += [frame for frame in frames if isinstance(frame, Record)]
        return data

    async def end_input(self) -> None:
        await self._channel.end_input()

    def stderr(self) -> str:
        return self._channel.stderr()

    def ending(self) -> str:
        return self._channel.ending()

    async def aclose(self) -> None:
        await self._channel.aclose()


@dataclass(frozen=True)
class Reading:
    """What one way brought."""

    sent: list[Record]
    collected: Collected
    stderr: str


@dataclass(frozen=True)
class Scene:
    base: Path
    jvm: int
    sshd: Sshd
    directory: Path

    def target(self, way: str) -> Target:
        return Target(
            name="web01",
            address="127.0.0.1",
            port=self.sshd.port,
            user=self.sshd.account,
            key_files=(str(self.sshd.user_key_file),),
            transport=way,
            discover=False,
            instances=(InstanceHint(base=str(self.base)),),
        )

    async def read(self, way: str) -> Reading:
        target = self.target(way)
        access = load_access([target], known_hosts=self.sshd.known_hosts_file)
        recorder = Recorder(await open_channel(target, access, Limits()))
        try:
            collected = await collect(recorder, target, key=KEY, want=lambda e: examine(e, target, SETTINGS).wanted)
        finally:
            await recorder.aclose()
        return Reading(sent=recorder.records, collected=collected, stderr=recorder.stderr())

    def stored(self, reading: Reading) -> list[bytes]:
        """The records of the evidence as the ledger keeps them, but for what the module's docstring sets aside."""
        evidence = reading.collected.evidence
        table = evidence.processes
        assert isinstance(table, Known)
        own = tuple(each for each in table.value.processes if each.pid == self.jvm)
        assert len(own) == 1
        evidence = replace(
            evidence,
            host=replace(evidence.host, clock=None),
            accounts={"nobody": evidence.accounts["nobody"]},
            processes=Known(ProcessTable(processes=own, complete=table.value.complete)),
        )
        method = MethodResult(transport="", files=reading.collected.method.files)
        deposition = Deposition(
            target=Target(name="web01", address=""),
            slug="web01",
            started="",
            duration_s=0,
            collected=replace(reading.collected, evidence=evidence, method=method),
        )
        return list(records(deposition))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    need("root")
    need("unzip")
    directory = Path(tempfile.mkdtemp(prefix="tf-transports-", dir="/var/tmp"))
    directory.chmod(0o755)
    base = directory / "tomcat"
    plant(good(base=str(base), uid=NOBODY, running=False), str(base))
    # What a transport could spoil: line ends, a file without a last one, and more than a window at once.
    odd = base / "conf" / os.fsdecode(b"odd\xb0\xa1 name.xml")
    odd.write_bytes(b"<a>\r\n\r</a>\x00")
    web = base / "conf" / "web.xml"
    noise = "".join(f"<!-- {number} {'.' * 60} -->\r\n" for number in range(2500))
    web.write_text(f"{web.read_text()}{noise}", newline="")
    place = directory / "sshd"
    place.mkdir(mode=0o700)
    with (
        Jvm(directory).running(base, base, Owner(name="nobody", uid=NOBODY, gid=NOBODY)) as jvm,
        Sshd(place) as sshd,
    ):
        yield Scene(base=base, jvm=jvm, sshd=sshd, directory=directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def readings(scene: Scene) -> dict[str, Reading]:
    return {way: asyncio.run(scene.read(way)) for way in WAYS}


def same_always(reading: Reading) -> list[tuple[str, str, bytes]]:
    """What does not tell the time or the processes of this machine, in the order in which it came."""
    varying = {"host", "process", "processes"}
    steady = [each for each in reading.sent if each.verb not in varying]
    own = [each for each in steady if each.verb != "account" or each.payload.startswith(b"65534\0")]
    return [(each.verb, each.state, each.payload) for each in own]


@pytest.mark.parametrize("way", WAYS[1:])
def test_the_collector_sends_the_same_bytes(way: str, readings: dict[str, Reading]) -> None:
    first, other = readings["asyncssh"], readings[way]
    assert max(len(each.payload) for each in first.sent) > Limits().window
    assert same_always(other) == same_always(first)
    assert other.stderr == first.stderr == ""


@pytest.mark.parametrize("way", WAYS[1:])
def test_the_stored_evidence_and_the_verdicts_are_the_same(
    way: str, scene: Scene, readings: dict[str, Reading]
) -> None:
    first, other = readings["asyncssh"].collected, readings[way].collected
    assert scene.stored(readings[way]) == scene.stored(readings["asyncssh"])
    assert len(other.method.files) > 5
    target = scene.target(way)
    judged, expected = (result_of(each.evidence, target=target) for each in (other, first))
    assert judged.verdicts == expected.verdicts
    assert [each.findings for each in judged.instances] == [each.findings for each in expected.instances]
    assert {"pass"} < set(expected.verdicts.values()) <= {"pass", "fail", "not_applicable"}  # nothing is left open


def test_the_method_names_the_way(readings: dict[str, Reading], scene: Scene) -> None:
    ways = {way: reading.collected.method for way, reading in readings.items()}
    assert {method.transport for method in ways.values()} == set(WAYS)
    assert {ways[way].host_key for way in WAYS[:2]} == {scene.sshd.host_key.get_fingerprint()}
    assert ways["local"].host_key == ""
    assert len({method.command for method in ways.values()}) == 1


def test_an_inventory_asks_for_it(scene: Scene) -> None:
    inventory = scene.directory / "hosts.toml"
    inventory.write_text(
        f'[hosts.web01]\naddress = "127.0.0.1"\nport = {scene.sshd.port}\nuser = "{scene.sshd.account}"\n'
        f'transport = "paramiko"\nkey_files = ["{scene.sshd.user_key_file}"]\n'
        f'tomcat_discover = false\ntomcat_instances = [{{base = "{scene.base}"}}]\n'
    )
    output = scene.directory / "out"
    done = fleet("audit", "-i", inventory, "-o", output, "--known-hosts", scene.sshd.known_hosts_file, "-vv")
    assert done.returncode == 0, done.stderr
    (line,) = (output / "results.jsonl").read_text("utf-8").splitlines()
    result = json.loads(line)
    assert (result["outcome"], result["method"]["transport"]) == ("audited", "paramiko")
    # paramiko's own log holds whatever a server says, so none of it is shown, at any level.
    assert "logged in to 127.0.0.1" in done.stderr
    assert "paramiko.transport" not in done.stderr
    assert "kex algos" not in done.stderr
