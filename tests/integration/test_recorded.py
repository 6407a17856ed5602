"""What the real collector sent of a sound tree, one record lost or spoiled at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.plant import plant
from tests.property.loss import better, damages, stale
from tests.property.stream import Listener, framed
from tests.shell_channel import ShellChannel, shell
from tests.stock import good
from tests.verdict import table
from tests.virtual_host import TODAY
from tomcat_fleet.collect.frame import Decoder, End, Record
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat.examine import Settings, examine

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("lone"), pytest.mark.timeout(900)]

NOBODY = 65534
SETTINGS = Settings(policy=Policy(), today=TODAY)


class Recorder(ShellChannel):
    """Keeps the records of everything that it reads."""

    def __init__(self, channel: ShellChannel) -> None:
        super().__init__(channel._process)
        self.records: list[Record] = []
        self._decoder: Decoder | None = None

    async def write(self, data: bytes) -> None:
        if self._decoder is None:
            self._decoder = Decoder(data.partition(b"TF_NONCE=")[2].partition(b"\n")[0].decode())
        elif self._decoder.quiet():
            self._decoder.next_round()
        await super().write(data)

    async def read(self) -> bytes:
        data = await super().read()
        assert self._decoder is not None
        frames = [frame for frame in self._decoder.feed(data) if not isinstance(frame, End)]
        self.records += [frame for frame in frames if isinstance(frame, Record)]
        return data


@pytest.fixture
def base() -> Iterator[Path]:
    need("root")
    need("unzip")
    directory = Path(tempfile.mkdtemp(prefix="tf-recorded-", dir="/var/tmp"))
    directory.chmod(0o755)
    path = directory / "tomcat"
    plant(good(base=str(path), uid=NOBODY, running=False), str(path))
    with Jvm(directory).running(path, path, Owner(name="nobody", uid=NOBODY, gid=NOBODY)):
        yield path
    shutil.rmtree(directory)


async def test_no_record_of_the_real_collector_can_be_lost_for_the_better(base: Path) -> None:
    target = Target(name="a", address="192.0.2.1", discover=False, instances=(InstanceHint(base=str(base)),))
    async with shell(["/bin/sh", "-s"]) as channel:
        recorder = Recorder(channel)
        await collect(recorder, target, key=b"k" * 32, want=lambda e: examine(e, target, SETTINGS).wanted)
    listener, records = Listener(target), recorder.records
    before = listener.judged(framed(records))
    assert before is not None
    assert table(before.verdicts) == {f"WT-{n:02d}": "pass" for n in range(1, 14)} | {"WT-03": "not_applicable"}
    tried: Counter[str] = Counter()
    for at, record in enumerate(records):
        for damage in damages(records, at):
            after = listener.judged(framed(damage.records))
            tried["refused" if after is None else "judged"] += 1
            if after is not None:
                assert not better(before, after), (damage.how, record, better(before, after))
                assert not (damage.lost and stale(record, before, after)), (damage.how, record)
    print(f"{len(records)} records, {dict(tried)}")  # noqa: T201 - how much was tried, for pytest -rP
