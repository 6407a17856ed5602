"""The command without its second of imports: a process that has them forks a child for every run.

The child has the environment, the directory, the arguments and the streams that a new process would have, and ends as
an interpreter does. ``test_warm.py`` holds the two against each other; a thorough run has new processes only.

    python -m tests.cli.warm DESCRIPTOR     of a socket: one request with two descriptors, one answer, in turns
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

_ROOT = Path(__file__).parents[2]
_MOST = 1 << 20


class Warm:
    """The process that has imported everything."""

    def __init__(self, path: str) -> None:
        self._turn = threading.Lock()
        environment = {"PATH": path, "PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.warm", str(theirs.fileno())],
                env=environment, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )  # fmt: skip
        atexit.register(self._end)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run ``tomcat-fleet`` to its end."""
        asked = json.dumps({"arguments": arguments, "environment": environment, "cwd": str(cwd or Path.cwd())})
        with self._turn, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            socket.send_fds(self._socket, [asked.encode("utf-8", "surrogateescape")], [out.fileno(), err.fileno()])
            child = self._answer(None)
            try:
                code = self._answer(timeout)
            except TimeoutError as late:
                os.kill(child, signal.SIGKILL)
                self._answer(None)
                raise subprocess.TimeoutExpired(arguments, timeout) from late
            return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))

    def _answer(self, timeout: float | None) -> int:
        self._socket.settimeout(timeout)
        answer = self._socket.recv(_MOST)
        assert answer, "the warm process has ended"
        return int(answer)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait(10)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


@cache
def warm() -> Warm:
    """The one of this process; what else a run is given, it is given later."""
    return Warm(os.environ["PATH"])


def _serve(asking: socket.socket) -> None:
    while True:
        asked, descriptors, _, _ = socket.recv_fds(asking, _MOST, 2)
        if not asked:
            return
        child = os.fork()
        if not child:
            asking.close()
            _become(json.loads(asked.decode("utf-8", "surrogateescape")), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        asking.send(b"%d" % child)
        asking.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _become(asked: dict[str, object], descriptors: list[int]) -> NoReturn:
    """Be what ``python -m tomcat_fleet`` would be."""
    for descriptor, number in zip(descriptors, (1, 2), strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(str(asked["cwd"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.argv = ["tomcat-fleet", *asked["arguments"]]  # type: ignore[misc]
    tempfile.tempdir = None
    random.seed()
    code = _ended()
    with suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _ended() -> int:
    from tomcat_fleet.cli.app import main  # noqa: PLC0415 - only the process that forks needs it

    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
        return 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return 1
    return 0


if __name__ == "__main__":
    import tomcat_fleet.cli.app  # noqa: F401 - this is what it is for

    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
