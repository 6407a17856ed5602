"""New files, for nobody but this account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.escape import printable


@contextmanager
def fresh(path: Path) -> Iterator[None]:
    """An empty file of mode 0600 that was not there; should the block fail, it is gone again. Raises ConfigError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise ConfigError([Fault(printable(str(path)), 0, f"cannot be made: {error.strerror}")]) from None
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
