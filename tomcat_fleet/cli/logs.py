"""The log: on stderr alone, every line escaped, nothing in it that looks like a secret, at any level."""

from __future__ import annotations

import logging
import sys
import time

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.masking import masked
from tomcat_fleet.sweep.trace import TARGET, frames

_PACKETS = 2  # asyncssh's level from which on it writes packets, at 3 with what is in them
_OURS = "tomcat_fleet"


def to_stderr() -> None:
    """Warnings and errors, until ``verbose`` asks for more."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Stderr()], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry is no news; what comes of it is in the result
    logging.getLogger("asyncio").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Not that what was still being written to a connection that broke is lost: the connection's fate is told."""
    return record.msg != "socket.send() raised exception."


def verbose(count: int) -> None:
    """``-v``: what happens to each target. ``-vv`` and more: how each connection comes about, asyncssh's words too."""
    if not count:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Stderr):
            handler.timed = True
    logging.getLogger(_OURS).setLevel(logging.INFO if count == 1 else logging.DEBUG)
    if count > 1:
        import asyncssh  # noqa: PLC0415  slow, and most verbs need none of it

        asyncssh.set_debug_level(_PACKETS - 1)
        asyncssh.set_log_level(logging.DEBUG)


class _Stderr(logging.Handler):
    """Writes to whatever ``sys.stderr`` is at that moment, so that a live bar can stay below the lines."""

    timed = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError, LookupError):
            said = f"a message of {record.name} that cannot be put together"
        if record.exc_info and record.exc_info[1]:
            said += f"\n{frames(record.exc_info[1])}"
        head = f"{time.strftime('%H:%M:%S', time.localtime(record.created))} " if self.timed else ""
        about = f"{TARGET.get()}: " if self.timed and TARGET.get() else ""
        lines = f"{head}{record.levelname.lower()}: {about}{said}".split("\n")
        print("\n".join(from_text(masked(line)) for line in lines), file=sys.stderr)  # noqa: T201  this is the log
