"""New files, for nobody but this account."""

from __future__ import annotations

import os
from pathlib import Path

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.escape import printable


def fresh(path: Path) -> None:
    """An empty file of mode 0600 that was not there. Raises ConfigError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise ConfigError([Fault(printable(str(path)), 0, f"cannot be made: {error.strerror}")]) from None
