"""What a test needs from the machine: absent parts skip by name, unless everything is required."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAMS = {
    "ssh": ("ssh",),
    "ansible-inventory": (str(Path(sys.executable).with_name("ansible-inventory")), "ansible-inventory"),
    "sshd": ("/usr/sbin/sshd", "sshd"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "strace": ("strace",),
    "unzip": ("unzip",),
    "python3": ("python3",),
    "bsdtar": ("bsdtar",),
    "java": ("java",),
    "javac": ("javac",),
    "mvn": ("mvn",),
    "busybox": ("busybox",),
    "ssh-agent": ("ssh-agent",),
    "ssh-keygen": ("ssh-keygen",),
    "sudo": ("sudo",),
    "setpriv": ("setpriv",),
    "visudo": ("/usr/sbin/visudo", "visudo"),
    "cvtsudoers": ("cvtsudoers",),
    "doas": ("doas",),
    "mksh": ("mksh",),
    "yash": ("yash",),
    "zsh": ("zsh",),
    "ksh": ("ksh",),
    "dash": ("dash",),
    "bash": ("bash",),
    "ksh93": ("ksh93",),
    "posh": ("posh",),
    "bsd-csh": ("bsd-csh",),
    "tcsh": ("tcsh",),
    "fish": ("fish",),
    "rc": ("rc",),
    "getfacl": ("getfacl",),
}
_PATHS = {
    "tomcat10": Path("/usr/share/tomcat10/bin/catalina.sh"),
    "tomcat10-admin": Path("/usr/share/tomcat10-admin"),
    "locales": Path("/usr/share/i18n/charmaps/EUC-KR.gz"),
}


def need(what: str) -> str:
    """Path of the program or package ``what``; skips the test by name when it is absent.

    With ``TOMCAT_FLEET_REQUIRE_ALL=1`` in the environment an absence fails the test instead.
    """
    if what == "sshd" and Path(pwd.getpwuid(os.geteuid()).pw_shell).name in {"nologin", "false"}:
        return absent("an account that sshd gives a shell")
    if what == "root":
        return absent("root") if os.geteuid() else "root"
    if what == "mount-namespaces":
        done = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
        return "unshare" if done.returncode == 0 else absent(what)
    if what in _PATHS:
        return str(_PATHS[what]) if _PATHS[what].exists() else absent(what)
    found = next((path for path in map(shutil.which, _PROGRAMS[what]) if path), None)
    return found or absent(what)


def absent(what: str) -> str:
    """Skip the test because ``what`` is not to be had, or fail it where everything is required."""
    if os.environ.get("TOMCAT_FLEET_REQUIRE_ALL") == "1":
        pytest.fail(f"required here: {what}")
    pytest.skip(f"not on this machine: {what}")
