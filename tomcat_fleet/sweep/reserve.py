"""Room on the disk that a sweep sets aside, so that a full disk does not keep it from ending well."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tomcat_fleet.errors import ConfigError, Fault

NAME: Final = ".reserve"
SIZE: Final = 16 * 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Whether the disk, the quota or the allowed file size is used up."""
    return error.errno in _FULL


def check(directory: Path) -> None:
    """Raise ConfigError when the file system of ``directory``, which need not exist yet, has no room for a reserve."""
    place = next((path for path in (directory, *directory.absolute().parents) if path.is_dir()), Path("/"))
    state = os.statvfs(place)
    if state.f_bavail * state.f_frsize < SIZE:
        raise _refusal(directory, os.strerror(errno.ENOSPC))


class Reserve:
    """``SIZE`` bytes in ``directory`` for as long as the block lasts, or until they are needed.

    Entering raises ConfigError when they are not to be had: such a sweep would lose its results on the way.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def __enter__(self) -> Self:
        try:
            self.release()
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, SIZE)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.release()
            raise _refusal(self._path.parent, error.strerror) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the room back now."""
        with suppress(FileNotFoundError):
            self._path.unlink()


def _refusal(directory: Path, why: str | None) -> ConfigError:
    message = f"needs {SIZE >> 20} MiB of free space before a sweep begins: {why}"
    return ConfigError([Fault(str(directory), 0, message)])
