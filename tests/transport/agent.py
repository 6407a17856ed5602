"""An SSH agent of the test's own."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.need import need


@contextmanager
def empty_agent(directory: Path) -> Iterator[str]:
    """The socket of an agent without keys."""
    path = f"{directory}/agent.sock"
    with subprocess.Popen([need("ssh-agent"), "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        while not _listens(path):
            assert process.poll() is None
        yield path
        process.terminate()


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
