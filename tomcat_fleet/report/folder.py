"""An opened directory whose files appear whole, with mode 0600, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A directory held by descriptor: nothing that happens to its path later can redirect a write.

    ``digests`` maps the names published here, and below, to their SHA-256; sub-folders share the mapping.
    """

    def __init__(self, descriptor: int, digests: dict[str, str] | None = None, prefix: str = "") -> None:
        self.descriptor = descriptor
        self.digests: dict[str, str] = {} if digests is None else digests
        self._prefix = prefix

    @classmethod
    def at(cls, path: Path) -> Folder:
        """The existing directory ``path``. Raises OSError."""
        return cls(os.open(path, _DIRECTORY))

    def folder(self, name: str) -> Folder:
        """The sub-directory ``name``, mode 0700, made when missing. Raises OSError; a link is refused."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
        child = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=self.descriptor)
        os.fchmod(child, 0o700)  # mkdir obeys the umask
        return Folder(child, self.digests, f"{self._prefix}{name}/")

    def begin(self, name: str) -> BinaryIO:
        """A new file for binary writing, mode 0600. Raises FileExistsError when ``name`` exists."""
        descriptor = os.open(name, _NEW, 0o600, dir_fd=self.descriptor)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "wb")

    def publish(self, name: str, *parts: bytes) -> None:
        """Write ``parts`` under a temporary name, sync them and give them their name; an old file is replaced."""
        self.stream(name, parts)

    def stream(self, name: str, parts: Iterable[bytes]) -> None:
        """Publish ``name`` from ``parts``, one in memory at a time."""
        digest = hashlib.sha256()

        def write(file: BinaryIO) -> str:
            for part in parts:
                file.write(part)
                digest.update(part)
            return digest.hexdigest()

        self._publish(name, write)

    def compose(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Publish ``name`` as ``write`` makes it in a file where it may seek."""

        def written(file: BinaryIO) -> str:
            write(file)
            file.flush()
            with self._opened(f".{name}.part") as made:
                return hashlib.file_digest(made, "sha256").hexdigest()

        self._publish(name, written)

    def read(self, source: str, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        """Spans (offset, length) of the file ``source``, one in memory at a time."""
        with self._opened(source) as file:
            for offset, length in spans:
                yield os.pread(file.fileno(), length, offset)

    def _opened(self, name: str) -> BufferedReader:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.descriptor)
        return os.fdopen(descriptor, "rb")

    def _publish(self, name: str, write: Callable[[BinaryIO], str]) -> None:
        temporary = f".{name}.part"
        self.remove(temporary)
        try:
            with self.begin(temporary) as file:
                digest = write(file)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        except BaseException:
            self.remove(temporary)
            raise
        self.digests[self._prefix + name] = digest

    def include(self, name: str) -> None:
        """Take the digest of a file that is there already. Raises OSError."""
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "rb") as file:
            self.digests[self._prefix + name] = hashlib.file_digest(file, "sha256").hexdigest()

    def remove(self, name: str) -> None:
        """Remove a file; its absence is fine."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def names(self) -> list[str]:
        """Everything in the folder, sorted."""
        with os.scandir(self.descriptor) as entries:
            return sorted(entry.name for entry in entries)

    def sync(self) -> None:
        """Make renames durable."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)
