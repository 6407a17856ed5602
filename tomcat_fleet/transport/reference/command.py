"""``cmd:PROGRAM ARG…``: a password manager's own command says the secret on its standard output."""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tomcat_fleet.transport.private_file import CredentialError, one_line
from tomcat_fleet.transport.secret import Secret

TIME_LIMIT_S = 20.0
_MAX_BYTES = 4096
_GONE_S = 1.0  # for a program that was killed to be gone; one with another account's rights cannot be killed
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
# What pass, gopass, op, secret-tool and their agents need to find themselves. Secrets of this process stay here.
_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "GNUPGHOME", "GPG_TTY", "SSH_AUTH_SOCK", "PASSWORD_STORE_DIR", "DISPLAY", "WAYLAND_DISPLAY",
)  # fmt: skip


def from_command(line: str) -> Secret:
    """Return the only line that the command prints; raises ``CredentialError``, which never quotes its output.

    No shell reads ``line``. The command cannot ask anything: it has neither input nor terminal.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise CredentialError("the command's quotes are not closed") from None
    if not words:
        raise CredentialError("no command is given")
    program = _program(words[0])
    try:
        # Its arguments may name more than a message should.
        return Secret(one_line(_output([program, *words[1:]])))
    except CredentialError as error:
        raise CredentialError(f"command {words[0]}: {error}") from None


def _program(name: str) -> str:
    """The file to run. Whoever may change it, or put another in its place, would be handed the secrets."""
    if "/" in name and not Path(name).is_absolute():
        raise CredentialError(f"command {name}: an absolute path or a name on PATH is expected")
    found = shutil.which(name)
    if found is None or not Path(found).is_absolute():
        raise CredentialError(f"command {name}: is not on PATH or cannot be run")
    file = Path(found).resolve()
    for path in (file, file.parent):
        state = path.stat()
        kept = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
        if state.st_uid not in {0, os.geteuid()}:
            raise CredentialError(f"command {name}: {path} belongs to another account")
        if state.st_mode & _WRITABLE and not kept:
            raise CredentialError(f"command {name}: {path} can be written by others")
    return found


def _output(words: list[str]) -> bytes:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603  the operator's own command, no shell
            words,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # may quote the secret
            start_new_session=True,  # a group to end as a whole, and no terminal to ask on
        )
    except OSError as error:
        raise CredentialError(f"cannot be run: {error.strerror}") from None
    _running.add(process.pid)
    try:
        content = _read(process, time.monotonic() + TIME_LIMIT_S)
        code = process.returncode
    finally:
        _kill(process.pid)
        _running.discard(process.pid)
        _leave(process)
    if code:
        raise CredentialError(f"ended with {'exit status' if code > 0 else 'signal'} {abs(code)}")
    return content


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _leave(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GONE_S)


_running: set[int] = set()  # groups of the commands under way


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A signal that ends this process ends the commands, too, which are in sessions of their own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        for group in tuple(_running):
            _kill(group)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    deadly = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in deadly:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in deadly:
            signal.signal(number, signal.SIG_DFL)


def _read(process: subprocess.Popen[bytes], end: float) -> bytes:
    """Everything it prints until its end, within the time and the size."""
    assert process.stdout is not None
    content = b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(max(0.0, end - time.monotonic())):
            piece = os.read(process.stdout.fileno(), _MAX_BYTES)
            content += piece
            if len(content) > _MAX_BYTES:
                raise CredentialError(f"printed more than {_MAX_BYTES} bytes")
            if not piece:
                return _ended(process, end, content)
    raise CredentialError(f"was not done within {TIME_LIMIT_S:g} s")


def _ended(process: subprocess.Popen[bytes], end: float, content: bytes) -> bytes:
    try:
        process.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise CredentialError(f"was not done within {TIME_LIMIT_S:g} s") from None
    return content
