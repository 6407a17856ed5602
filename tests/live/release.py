"""The real Tomcats that the oracle runs, fetched with Maven and unpacked once per test run."""

from __future__ import annotations

import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.need import absent, need
from tomcat_fleet.tomcat.version import Version

# The newest release of each branch that runs on a current JVM.
VERSIONS = ("7.0.109", "8.5.100", "9.0.122", "10.1.60", "11.0.25")
_CACHE = Path.home() / ".cache/tomcat-fleet-tests"
_WANTED = ("bin", "lib", "conf", "webapps/manager", "webapps/host-manager", "webapps/examples")


@dataclass(frozen=True, slots=True)
class Release:
    """An unpacked release; ``home`` is its CATALINA_HOME."""

    number: str
    home: Path

    @property
    def version(self) -> Version:
        return Version.of(self.number)

    @property
    def jakarta(self) -> bool:
        """Whether the servlet API has its newer package name."""
        return self.version.major >= 10


def tarball(number: str) -> Path:
    """The release's archive, downloaded into the cache unless it is there."""
    cache = Path(os.environ.get("TOMCAT_FLEET_TARBALLS") or _CACHE)
    path = cache / f"tomcat-{number}.tar.gz"
    if not path.is_file():
        mvn = need("mvn")
        cache.mkdir(parents=True, exist_ok=True)
        artifact = f"org.apache.tomcat:tomcat:{number}:tar.gz"
        command = [mvn, "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={cache}"]
        done = subprocess.run(command, check=False, timeout=240, cwd=cache, stdout=subprocess.DEVNULL)
        if done.returncode or not path.is_file():
            absent(f"Tomcat {number} through Maven")
    return path


def unpack(number: str, into: Path) -> Release:
    """The parts of a release that the oracle needs, below ``into``."""
    top = f"apache-tomcat-{number}"
    with tarfile.open(tarball(number)) as archive:
        wanted = [member for member in archive if member.name.startswith(tuple(f"{top}/{name}/" for name in _WANTED))]
        archive.extractall(into, members=wanted, filter="data")
    return Release(number, into / top)
