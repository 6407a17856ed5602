"""Writing a scratch tree with exact modes and owners."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_AGE_S = 30 * 24 * 3600  # a file newer than a process that uses it would mean a pending restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Account that owns a tree and runs its Tomcat."""

    name: str
    uid: int
    gid: int


class Tree:
    """Files below one directory of one demo host. Directories come before what is in them."""

    def __init__(self, root: Path, owner: Owner, now: float) -> None:
        self.root = root
        self.owner = owner
        self._time = now - _AGE_S

    def path(self, name: str) -> Path:
        """Real path of ``name``, which is written as the host would know it, e.g. ``/opt/tomcat``."""
        return self.root / name.lstrip("/")

    def directory(self, name: str, mode: int = 0o740) -> None:
        """A directory and the missing ones above it, which stay closed to other accounts but passable."""
        path = self.path(name)
        for above in reversed(path.parents):
            if above.is_relative_to(self.root) and not above.exists():
                self._made(above, 0o711)
        self._made(path, mode)

    def file(self, name: str, content: str | bytes, mode: int = 0o640) -> None:
        """A file in a directory that exists."""
        path = self.path(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._own(path, mode)

    def archive(self, name: str, members: Mapping[str, str], mode: int = 0o640) -> None:
        """A jar or war."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in members.items():
                archive.writestr(member, text)
        self.file(name, buffer.getvalue(), mode)

    def link(self, name: str, target: str) -> None:
        """A symbolic link to ``target``, absolute as the host would know it, or relative."""
        path = self.path(name)
        path.symlink_to(self.path(target) if target.startswith("/") else target)
        os.lchown(path, self.owner.uid, self.owner.gid)

    def mode(self, name: str, mode: int) -> None:
        """Change the mode of something written before."""
        self.path(name).chmod(mode)

    def _made(self, path: Path, mode: int) -> None:
        path.mkdir()
        self._own(path, mode)

    def _own(self, path: Path, mode: int) -> None:
        os.chown(path, self.owner.uid, self.owner.gid)
        path.chmod(mode)
        os.utime(path, (self._time, self._time))
