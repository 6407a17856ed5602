"""The command as an operator runs it: a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.warm import warm
from tests.thorough import THOROUGH

_ROOT = Path(__file__).parents[2]
_LIMIT_S = 120


def environment(**extra: str) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(_ROOT),
        "LC_ALL": "C.UTF-8",
        "PYTHONWARNINGS": "error",
        "TOMCAT_FLEET_HISTORY": "none",
        "XDG_DATA_HOME": "/nonexistent",
        "XDG_STATE_HOME": str(Path(tempfile.gettempdir()) / f"tomcat-fleet-tests-{os.geteuid()}.state"),
        **extra,
    }


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "tomcat_fleet", *map(str, arguments)]


def fleet(*arguments: str | Path, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, without waiting for its imports where no variable could change them."""
    if not THOROUGH and not any(name.startswith(("PYTHON", "LC_", "LANG")) for name in extra):
        words = [str(each) for each in arguments]
        return warm().run(words, environment(**extra), cwd, _LIMIT_S)
    return fresh(*arguments, cwd=cwd, **extra)


def fresh(*arguments: str | Path, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end in an interpreter of its own."""
    return subprocess.run(
        command(*arguments),
        env=environment(**extra),
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_LIMIT_S,
        check=False,
    )


@contextmanager
def silence() -> Iterator[socket.socket]:
    """A server on loopback that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server


def touched(server: socket.socket) -> bool:
    """Whether anyone has connected."""
    server.setblocking(False)
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def inventory(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def until_said(process: subprocess.Popen[str], word: str) -> None:
    """Read standard error up to the line that holds ``word``."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if word in line:
            return
    raise AssertionError("".join(said))
