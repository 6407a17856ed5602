"""One at a time on this machine, over all workers: what starts Tomcats, and what looks for every Tomcat."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else is inside this block, in no other worker."""
    path = Path(tempfile.gettempdir()) / f"tomcat-fleet-tests-{os.geteuid()}.lock"
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
