"""Running a sweep in front of an audience: progress on stderr, the end on stdout, signals obeyed."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO, TypeAlias

from rich.console import Console

from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.guard import run_loop, sockets
from tomcat_fleet.cli.progress import Display
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.sweep.event import Done, Event, Finished, Started, Watch
from tomcat_fleet.sweep.stop import Stop
from tomcat_fleet.sweep.trace import TARGET

_log = logging.getLogger(__name__)
_INTERRUPTED = 128  # plus the number of the signal

Sweep: TypeAlias = Callable[[Watch, Stop], Awaitable[SweepSummary]]


def watch(sweep: Sweep, lang: Lang, output: Path | None = None) -> tuple[SweepSummary, int]:
    """Run ``sweep`` and show it. Returns the summary, and 129, 130 or 143 when a signal ended it early, else 0.

    ``output`` is named as the sweep to resume. A terminal or pipe that went away costs what would have been shown,
    and nothing else.
    """
    say = speaker(lang)
    display, closing, stop = Display(Console(stderr=True), say), Closing(lang, output), Stop()
    began = time.monotonic()

    def tell(event: Event) -> None:
        closing(event)
        with suppress(OSError):
            display(event)
            _note(event)

    def stopping() -> None:
        with suppress(OSError):
            print(say("progress.stopping"), file=sys.stderr)  # noqa: T201

    async def run() -> SweepSummary:
        with stop.listening(stopping, _show_cursor):
            async with display.shown():
                return await sweep(tell, stop)

    with sockets():
        summary = run_loop(run())
    with suppress(OSError):
        closing.show(Console(highlight=False), time.monotonic() - began)
    for stream in (sys.stdout, sys.stderr):
        _emptied(stream)
    return summary, 0 if stop.number is None else _INTERRUPTED + stop.number


def _note(event: Event) -> None:
    """One line of the log per event; in English, as every log."""
    match event:
        case Started():
            _log.info("sweep %s: %d targets, %d at a time", event.sweep, event.total, event.concurrency)
        case Finished():
            found = f", instances {event.instances}" if event.instances else ""
            why = f": {event.reason}" if event.reason else ""
            TARGET.set("")
            _log.info("%s %s %.2f s%s%s", event.target, event.outcome, event.seconds, found, why)
        case Done():
            _log.info("sweep %s: reports written, %s", event.summary.sweep, event.index)


def _show_cursor() -> None:
    """The bar hides it, and a process that ends at once has no other chance to bring it back."""
    with suppress(OSError):
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), b"\x1b[?25h\n")


def _emptied(stream: TextIO) -> None:
    """What stays in a buffer that nobody takes would fail again when the interpreter ends, and hide the exit code."""
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(null, stream.fileno())
        os.close(null)
