"""Inventory scripts, run as Ansible runs them: the operator's own programs, without a shell, within bounds."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tomcat_fleet.model.escape import one_line

_STARTS = (b"#!", b"\x7fELF")
_PIECE = 1 << 16
_KEPT_ERRORS = 4096  # bytes, the last ones
_SHOWN_ERRORS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long a program may take, and how much it may print."""

    seconds: float = 120.0
    size: int = 128 << 20


class ProgramError(ValueError):
    """A program that may not be run, or that gave nothing usable. The message is one safe line."""


class TooLateError(ProgramError):
    """A program that had not ended when its time was over."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program that succeeded printed; ``errors`` is one safe line."""

    output: bytes
    errors: str


def is_program(path: Path) -> bool:
    """Whether ``path`` is an executable file that begins like a program; on many mounts every file is executable."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) or not os.access(path, os.X_OK):
            return False
        with path.open("rb") as file:
            return file.read(4).startswith(_STARTS)
    except OSError:
        return False


def check_owner(path: Path) -> None:
    """Refuse what others than this account and root could have written."""
    found, folder = path.stat(), path.resolve().parent.stat()
    if found.st_uid not in {0, os.geteuid()}:
        raise ProgramError("is not run: it belongs to another account")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ProgramError("is not run: others may write to it (chmod go-w)")
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        raise ProgramError("is not run: others may write to its directory")


def found_on_path(name: str) -> str | None:
    """Absolute path of a program."""
    return shutil.which(name)


def run(argv: Sequence[str], bounds: Bounds, **environment: str) -> Answer:
    """Return what the program prints; raises ``ProgramError`` when it fails or goes beyond ``bounds``."""
    try:
        process = subprocess.Popen(  # noqa: S603  an argument list, no shell
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, **environment},
        )  # fmt: skip
    except OSError as error:
        raise ProgramError(f"cannot be run: {error.strerror}") from None
    with process:
        try:
            deadline = time.monotonic() + bounds.seconds
            output, errors = _read(process, deadline, bounds)
            code = process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _end(process)
            raise TooLateError(_too_late(bounds)) from None
        except BaseException:
            _end(process)
            raise
    said = one_line(errors.decode("utf-8", "replace").strip()[-_SHOWN_ERRORS:])
    if code:
        raise ProgramError(_ended(code) + (f": {said}" if said else ""))
    return Answer(output, said)


def _read(process: subprocess.Popen[bytes], deadline: float, bounds: Bounds) -> tuple[bytes, bytes]:
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        for stream, kept in ((process.stdout, output), (process.stderr, errors)):
            assert stream is not None
            waiting.register(stream, selectors.EVENT_READ, kept)
        while waiting.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooLateError(_too_late(bounds))
            for key, _ in waiting.select(left):
                piece = os.read(key.fd, _PIECE)
                key.data.extend(piece)
                if not piece:
                    waiting.unregister(key.fd)
            del errors[:-_KEPT_ERRORS]
            if len(output) > bounds.size:
                raise ProgramError(f"printed more than {bounds.size >> 20} MiB")
    return bytes(output), bytes(errors)


def _too_late(bounds: Bounds) -> str:
    return f"did not end within {bounds.seconds:g} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ended(code: int) -> str:
    return f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
