"""Client CPU of a whole audit against OpenSSH running the same collector; run by ``make bench``.

Both read the same hosts: addresses of one sshd on loopback. Budget: the audit (connect, collect, judge thirteen items,
write the reports) costs at most as much client CPU per host as ``ssh host sh -s`` alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.sshd import Sshd
from tomcat_fleet.collect import script
from tomcat_fleet.model.target import InstanceHint, Target

HOSTS = 40
RUNS = 3
AT_ONCE = 8
BUDGET = 1.0


def main() -> int:
    """Print the figures; 1 when the budget is missed."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        base = _base(place)
        addresses = [f"127.0.1.{number + 1}" for number in range(HOSTS)]
        with Sshd(place, listen="0.0.0.0") as sshd:
            known = _known_hosts(place, sshd, addresses)
            rounds = [(_audit(place, sshd, known, addresses, base), _openssh(place, sshd, known, addresses, base))
                      for _ in range(RUNS)]  # fmt: skip
    ratios = sorted(ours / theirs for (ours, _), (theirs, _) in rounds)
    for (ours, wall), (theirs, their_wall) in rounds:
        print(  # noqa: T201 - figures are what this program is for
            f"client CPU per host: audit {1000 * ours / HOSTS:.1f} ms, ssh {1000 * theirs / HOSTS:.1f} ms, "
            f"ratio {ours / theirs:.2f}; wall {wall:.1f} s and {their_wall:.1f} s"
        )
    median = ratios[len(ratios) // 2]
    print(f"median ratio {median:.2f}, budget {BUDGET:.2f}")  # noqa: T201
    return int(median > BUDGET)


def _base(place: Path) -> Path:
    base = place / "tomcat"
    for folder in ("conf", "webapps/ROOT/WEB-INF", "logs", "bin", "lib"):
        (base / folder).mkdir(parents=True)
    mapping = "".join(
        f"<mime-mapping><extension>e{n}</extension><mime-type>x/y{n}</mime-type></mime-mapping>\n" for n in range(1000)
    )
    (base / "conf/web.xml").write_text(f"<web-app>\n{mapping}</web-app>\n")
    (base / "conf/server.xml").write_text(
        '<Server><Service name="Catalina"><Engine name="Catalina"><Host name="localhost" appBase="webapps"/></Engine>'
        "</Service></Server>\n"
    )
    (base / "conf/tomcat-users.xml").write_text("<tomcat-users/>\n")
    (base / "webapps/ROOT/WEB-INF/web.xml").write_text("<web-app/>\n")
    return base


def _known_hosts(place: Path, sshd: Sshd, addresses: list[str]) -> Path:
    key = sshd.host_key.export_public_key().decode().strip()
    path = place / "known"
    path.write_text("".join(f"[{address}]:{sshd.port} {key}\n" for address in addresses))
    return path


def _audit(place: Path, sshd: Sshd, known: Path, addresses: list[str], base: Path) -> tuple[float, float]:
    inventory = place / "fleet.ini"
    inventory.write_text(
        "".join(f"{address}\n" for address in addresses)
        + f"[all:vars]\nansible_port={sshd.port}\nansible_user={sshd.account}\ntomcat_discover=false\n"
        + f"ansible_ssh_private_key_file={sshd.user_key_file}\ntomcat_bases={base}\n"
    )
    command = [sys.executable, "-m", "tomcat_fleet", "audit", "-i", str(inventory), "-o", str(place / "report"),
               "--known-hosts", str(known), "--concurrency", str(AT_ONCE)]  # fmt: skip
    return _timed(command)


def _openssh(place: Path, sshd: Sshd, known: Path, addresses: list[str], base: Path) -> tuple[float, float]:
    target = Target(name="x", address="x", discover=False, instances=(InstanceHint(base=str(base)),))
    collector = place / "collector.sh"
    collector.write_bytes(script.opening(target, "0" * 32, seconds=60))
    listed = place / "addresses"
    listed.write_text("\n".join(addresses))
    ssh = (
        f"ssh -p {sshd.port} -i {sshd.user_key_file} -o UserKnownHostsFile={known} -o BatchMode=yes "
        f"{sshd.account}@{{}} sh -s <{collector} >/dev/null"
    )
    return _timed(["xargs", "-a", str(listed), "-P", str(AT_ONCE), "-I", "{}", "sh", "-c", ssh])


def _timed(command: list[str]) -> tuple[float, float]:
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return used.ru_utime + used.ru_stime, time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
