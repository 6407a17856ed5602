"""Running a sweep in front of an audience: progress on stderr, the end on stdout, signals obeyed."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO, TypeAlias

from rich.console import Console

from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.guard import sockets
from tomcat_fleet.cli.progress import Display
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.sweep.event import Event, Watch
from tomcat_fleet.sweep.stop import Stop

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

    def stopping() -> None:
        with suppress(OSError):
            print(say("progress.stopping"), file=sys.stderr)  # noqa: T201

    async def run() -> SweepSummary:
        with stop.listening(stopping, _show_cursor):
            async with display.shown():
                return await sweep(tell, stop)

    with sockets():
        summary = asyncio.run(run())
    with suppress(OSError):
        closing.show(Console(highlight=False), time.monotonic() - began)
    for stream in (sys.stdout, sys.stderr):
        _emptied(stream)
    return summary, 0 if stop.number is None else _INTERRUPTED + stop.number


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
