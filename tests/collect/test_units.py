"""Which unit files the real collector brings, below a systemd directory of our own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.evidence import Evidence, Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import Target

pytestmark = pytest.mark.root

UNITS = Path("/etc/systemd/system")
NOBODY = 65534
FILES = {
    "tomcat.service": "[Service]\nExecStart=/opt/tomcat/bin/startup.sh\n",
    "tomcat.service.d/account.conf": "[Service]\nUser=root\n",
    "shop@.service": "[Service]\nEnvironment=CATALINA_BASE=/srv/%i\n",
    "shop@.service.d/a.conf": "[Service]\nUMask=0077\n",
    "shop@one.service.d/b.conf": "[Service]\nUser=ops\n",
    "tomcat-secret.service": "[Service]\nUser=root\n",
    "other.service": "[Service]\nExecStart=/bin/true\n",
    "other.service.d/a.conf": "[Service]\nUser=root\n",
}


@pytest.fixture
def place() -> Iterator[Path]:
    need("root")
    need("mount-namespaces")
    if not UNITS.is_dir():
        pytest.skip("not on this machine: a systemd directory")
    directory = Path(tempfile.mkdtemp(prefix="tf-units-", dir="/var/tmp"))
    directory.chmod(0o755)
    for name, text in FILES.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text)
    (directory / "tomcat-secret.service").chmod(0o600)
    wants = directory / "multi-user.target.wants"
    wants.mkdir()
    (wants / "shop@one.service").symlink_to(UNITS / "shop@.service")
    yield directory
    shutil.rmtree(directory)


async def _evidence(place: Path) -> Evidence:
    script = 'mount --bind "$1" /etc/systemd/system && exec setpriv --reuid 65534 --clear-groups sh -s'
    argv = ["unshare", "-m", "sh", "-c", script, "sh", str(place)]
    target = Target(name="t", address="local", discover=False)
    async with shell(argv) as channel:
        return (await collect(channel, target, key=b"k" * 32, want=lambda _: [])).evidence


async def test_drop_ins_come_with_their_unit_whatever_they_say(place: Path) -> None:
    evidence = await _evidence(place)
    found = {path.removeprefix(f"{UNITS}/") for path in evidence.units if path.startswith(f"{UNITS}/")}
    assert found == set(FILES) - {"other.service", "other.service.d/a.conf"}
    assert "shop@one.service" in evidence.enabled_units
    for name in found - {"tomcat-secret.service"}:
        content = evidence.answers[Question(Verb.CONTENT, f"{UNITS}/{name}")]
        assert isinstance(content, Known), name


async def test_a_unit_that_cannot_be_read_is_told(place: Path) -> None:
    evidence = await _evidence(place)
    content = evidence.answers[Question(Verb.CONTENT, f"{UNITS}/tomcat-secret.service")]
    assert isinstance(content, Unknown)
    assert content.gap is Gap.DENIED
