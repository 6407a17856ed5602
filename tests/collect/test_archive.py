"""Members of a jar through every program that the collector knows, and the owner of a file through package managers."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from tests.need import need

SCRIPT = files("tomcat_fleet.collect").joinpath("posix.sh").read_text("utf-8")
INFO = "org/apache/catalina/util/ServerInfo.properties"
TEXT = b"server.info=Apache Tomcat/10.1.60\nserver.number=10.1.60.0\n"
TOOLS = ["unzip", "python3", "bsdtar", "busybox"]


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "it's a jar.jar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/", b"")
        archive.writestr("META-INF/MANIFEST.MF", "Implementation-Version: 10.1.60\r\n" * 400)
        archive.writestr(INFO, TEXT)
        archive.writestr(f"{INFO}.bak", b"server.info=Apache Tomcat/9.9.9\n")
    return path


def unpack(tool: str, path: Path, member: str) -> tuple[int, bytes]:
    """Status and output of the collector's own function with ``tool`` as the program found."""
    need(tool)
    call = f'{SCRIPT}\ntf_zip={tool}; tf_unpack "$1" "$2"; exit $?'
    done = subprocess.run(["/bin/sh", "-c", call, "sh", path, member], capture_output=True, timeout=30, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_a_member_is_read_whole(tool: str, jar: Path) -> None:
    assert unpack(tool, jar, INFO) == (0, TEXT)
    assert len(unpack(tool, jar, "META-INF/MANIFEST.MF")[1]) == 400 * 33


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "member", ["org/apache/catalina/util/Other.properties", INFO[:-1], INFO[1:], "ServerInfo.properties"]
)
def test_a_member_that_is_not_there_is_told_apart_from_a_failure(tool: str, member: str, jar: Path) -> None:
    assert unpack(tool, jar, member) == (3, b"")


@pytest.mark.parametrize("tool", TOOLS)
def test_half_a_jar_is_a_failure_and_no_absence(tool: str, jar: Path) -> None:
    jar.write_bytes(jar.read_bytes()[:200])
    status, _ = unpack(tool, jar, INFO)
    assert status not in {0, 3}


_DPKG = """case $1 in
-S) {search} ;;
-W) echo "dpkg $4 10.1.60-1~deb12u1" ;;
esac"""
OWNED = "echo 'libtomcat10-java: /usr/share/java/x.jar'"
DIVERTED = f"echo 'diversion by shop from: /usr/share/java/x.jar'; {OWNED}"
NONE = "echo 'dpkg-query: no path found matching pattern /x' >&2; exit 1"
BROKEN = "echo 'dpkg-query: error: the database is locked' >&2; exit 2"
RPM_OWNED = "echo 'rpm tomcat-lib 9.0.50-1.el9'"
RPM_NONE = "echo 'file /x is not owned by any package'; exit 1"
RPM_BROKEN = f"echo 'error: cannot open Packages database in /var/lib/rpm' >&2; {RPM_NONE}"
OWNERS = {
    "dpkg": ({"dpkg-query": _DPKG.format(search=OWNED)}, "dpkg libtomcat10-java 10.1.60-1~deb12u1"),
    "dpkg with a diversion": ({"dpkg-query": _DPKG.format(search=DIVERTED)}, "dpkg libtomcat10-java 10.1.60-1~deb12u1"),
    "no package of dpkg": ({"dpkg-query": _DPKG.format(search=NONE)}, ""),
    "dpkg that fails": ({"dpkg-query": _DPKG.format(search=BROKEN)}, "?"),
    "rpm": ({"rpm": RPM_OWNED}, "rpm tomcat-lib 9.0.50-1.el9"),
    "no package of rpm": ({"rpm": RPM_NONE}, ""),
    "rpm that fails": ({"rpm": RPM_BROKEN}, "?"),
    "rpm that fails beside dpkg": ({"dpkg-query": _DPKG.format(search=NONE), "rpm": RPM_BROKEN}, ""),
    "apk": ({"apk": "echo '/x is owned by tomcat9-9.0.122-r0'"}, "apk tomcat9-9.0.122-r0 tomcat9-9.0.122-r0"),
    "no package of apk": ({"apk": "echo 'ERROR: /x: Could not find owner package' >&2; exit 1"}, ""),
    "apk that fails": ({"apk": "echo 'ERROR: Unable to read database' >&2; exit 99"}, "?"),
}


def test_no_function_of_the_script_is_defined_twice() -> None:
    names = re.findall(r"(?m)^(tf_\w+)\(\)", SCRIPT)
    assert len(names) > 30
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", OWNERS)
def test_the_owner_of_a_file(name: str, tmp_path: Path) -> None:
    programs, expected = OWNERS[name]
    for program, text in programs.items():
        (tmp_path / program).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / program).chmod(0o755)
    call = f'{SCRIPT}\ntf_timeout=; tf_packages="{" ".join(programs)}"; tf_owning /usr/share/java/x.jar'
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["/bin/sh", "-c", call], env={"PATH": path}, capture_output=True, timeout=30, check=False)
    assert done.stdout.decode().strip() == expected
