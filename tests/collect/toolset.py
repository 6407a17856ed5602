"""Machines with other shells and other tools: mount namespaces in which /usr/bin holds nothing but chosen links.

The collector sets a PATH of its own, so what it finds is decided by what lies in those directories.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.need import need

# name -> program and the name it goes by; an ash of busybox goes by its applet's
LOGIN_SHELLS: Mapping[str, str] = {
    "dash": "dash",
    "bash": "bash",
    "rbash": "bash",
    "mksh": "mksh",
    "ksh93": "ksh93",
    "yash": "yash",
    "posh": "posh",
    "zsh": "zsh",
    "csh": "bsd-csh",
    "tcsh": "tcsh",
    "fish": "fish",
    "rc": "rc",
    "ash": "busybox",
}
INTERPRETERS = ("dash", "bash", "mksh", "ksh93", "yash", "zsh", "ash")  # posh does not know -s

_PLAIN = "[ awk cat date dd echo env false find getconf grep id kill ls od printf ps pwd sort test tr true uname"
_NEW = f"{_PLAIN} getent python3 readlink realpath stat timeout"
SETS: Mapping[str, str] = {
    "gnu": f"{_NEW} base64 dpkg-query openssl perl unzip",
    "busybox": "",  # its applets and nothing else
    "busybox getfacl": "getfacl",
    "openssl": f"{_NEW} openssl",
    "ls": f"{_PLAIN} bsdtar",  # neither stat nor base64, nothing to read a link with
    "perl": f"{_PLAIN} perl",
}
_HIDDEN = ("/usr/local/bin", "/usr/sbin", "/sbin", "/bin", "/usr/bin")  # the last one has mount


@dataclass(frozen=True, slots=True)
class Workshop:
    """Directories of links below ``place``, one for each set of tools and interpreter."""

    place: Path

    def argv(self, login: str, tools: str, interpreter: str) -> list[str]:
        """What sshd would start for an account with that login shell: ``LOGIN -c 'sh -s'``."""
        directory = self._tools(tools, interpreter)
        hide = "".join(
            f"[ -h {path} ] || mount --bind '{directory if path.endswith('r/bin') else self.place / 'none'}' {path}; "
            for path in _HIDDEN
            if Path(path).is_dir()
        )
        real = self.place / "real"
        enter = f"mount --bind /usr/bin '{real}'; {hide}exec '{self.place}/shells/{login}' -c 'sh -s'"
        return [need("mount-namespaces"), "-m", "sh", "-e", "-c", enter]

    def _tools(self, tools: str, interpreter: str) -> Path:
        directory = self.place / f"{tools}-{interpreter}"
        if directory.exists():
            return directory
        made = directory.with_suffix(".new")
        made.mkdir()
        (made / "sh").symlink_to(self._real(LOGIN_SHELLS[interpreter]))
        for name in SETS[tools].split():
            (made / name).symlink_to(self._real(name))
        if tools.startswith("busybox"):
            for name in ("busybox", *applets()):
                if not (made / name).is_symlink():
                    (made / name).symlink_to(self._real("busybox"))
        made.rename(directory)
        return directory

    def _real(self, name: str) -> Path:
        found = Path(os.path.realpath(shutil.which(name, path="/usr/bin:/bin") or need(name)))
        return self.place / "real" / found.relative_to("/usr/bin")


def workshop(place: Path) -> Workshop:
    """A workshop in ``place``, which exists."""
    for name in ("real", "none", "shells"):
        (place / name).mkdir()
    made = Workshop(place)
    for name, program in LOGIN_SHELLS.items():
        (place / "shells" / name).symlink_to(made._real(program))
    return made


def applets() -> list[str]:
    """Names that busybox answers to."""
    listed = subprocess.run([need("busybox"), "--list"], check=True, capture_output=True, text=True)
    return listed.stdout.split()
