"""What holds for the whole process: private files, no core dumps, quiet and safe logs, last words without quotations.

A debugger of the same account can still read this process's memory: Linux offers no way to refuse it that Python
reaches without calling C.
"""

from __future__ import annotations

import asyncio
import faulthandler
import io
import logging
import os
import re
import resource
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from tomcat_fleet.cli.logs import to_stderr
from tomcat_fleet.sweep.trace import frames

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_FILES = 65_536
_NO_MEMORY = "0"
T = TypeVar("T")
_log = logging.getLogger(__name__)


def guard() -> None:
    """Files for this account alone, no core file with secrets in it, room for many sockets, logs on stderr."""
    os.umask(0o077)
    _no_dumps()
    _plain_signals()
    _more_files()
    _any_character()
    to_stderr()
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` whose loop quotes nothing: not in debug mode, whatever the environment asks for."""

    async def guarded() -> T:
        asyncio.get_running_loop().set_exception_handler(_fault_of_loop)
        return await main

    return asyncio.run(guarded(), debug=False)


def _any_character() -> None:
    """What a terminal's code page lacks is shown escaped: a glyph in EUC-KR, the bytes of a file name in UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _no_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # Linux: the limit does not hold for a program that takes dumps, this filter does
        Path("/proc/self/coredump_filter").write_text(_NO_MEMORY, encoding="ascii")
    faulthandler.disable()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    del kind, trace
    print(frames(error), file=sys.stderr)  # noqa: T201  the program's last word


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        _log.error("a thread ended early\n%s", frames(args.exc_value))


def _unraisable(args: UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _log.error("an error with nobody to take it\n%s", frames(args.exc_value))


def _fault_of_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Asyncio's own words show the future with its exception and a callback with its arguments; ours do not."""
    del loop
    error = context.get("exception")
    words = re.match(r"[A-Za-z' ]*", context["message"])
    _log.error("asyncio: %s%s", words[0] if words else "", f"\n{frames(error)}" if error else "")


def _plain_signals() -> None:
    """A closed pipe or Ctrl-C ends the process as it ends any other, unless a sweep is under way."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not when started in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def sockets() -> Iterator[None]:
    """Writing to a connection that broke is an error to be handled, not the end."""
    former = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, former)


def _more_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
