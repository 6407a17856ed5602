"""What holds for the whole process: private files, no core dumps, quiet and safe logs."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.sweep.trace import frames

_FILES = 65_536


def guard() -> None:
    """Files for this account alone, no core file with secrets in it, room for many sockets, logs on stderr."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _plain_signals()
    _more_files()
    logging.basicConfig(level=logging.WARNING, handlers=[_Stderr()], force=True)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry is no news; what comes of it is in the result


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


class _Stderr(logging.Handler):
    """Writes to whatever ``sys.stderr`` is at that moment, so that a live bar can stay below the lines."""

    def emit(self, record: logging.LogRecord) -> None:
        said = f"{record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            said += f"\n{frames(record.exc_info[1])}"
        print("\n".join(map(from_text, said.split("\n"))), file=sys.stderr)  # noqa: T201  this is the log
