"""Showing a sweep while it runs, on stderr."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from tomcat_fleet.cli.word import SIGNS, Say
from tomcat_fleet.model.status import COMPLETE
from tomcat_fleet.sweep.event import Done, Event, Finished, Started

_PAUSE_S = 10.0  # between two lines where there is no terminal
_MINUTE, _HOUR = 60, 3600


class Display:
    """Follows the events of a sweep. On a terminal a bar and one line per target, elsewhere a line now and then."""

    def __init__(self, console: Console, say: Say, pause_s: float = _PAUSE_S) -> None:
        self._console = console
        self._say = say
        self._pause_s = pause_s
        self._count = _Count()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            _Counts(self._count, say),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(say("progress.bar"), total=None)

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Started():
                self._count.begin(event.total, event.before)
                self._bar.start()
                self._bar.update(self._task, total=event.total)
                words = {"sweep": event.sweep, "total": event.total, "concurrency": event.concurrency}
                self._console.print(self._say("progress.started", **words), highlight=False)
                if event.before:
                    self._console.print(self._say("progress.resumed", before=event.before), highlight=False)
            case Finished():
                self._count.add(event)
                self._bar.advance(self._task)
                if self._console.is_terminal and not event.before:
                    self._console.print(_line(event, self._say), highlight=False)
            case Done():
                self._plain()

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """The bar is up, or lines appear, for as long as this lasts."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            with suppress(OSError):
                self._bar.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s)
            with suppress(OSError):
                self._plain()

    def _plain(self) -> None:
        if not self._console.is_terminal:
            clock = time.strftime("%H:%M:%S")
            self._console.print(self._count.text(self._say, "progress.line", clock=clock), highlight=False)


class _Count:
    """How far a sweep is."""

    def __init__(self) -> None:
        self._total = 0
        self._ended = 0
        self._failed = 0
        self._before = 0
        self._since = time.monotonic()

    def begin(self, total: int, before: int) -> None:
        self._total = total
        self._before = before
        self._since = time.monotonic()

    def add(self, event: Finished) -> None:
        self._ended += 1
        self._failed += event.outcome not in COMPLETE

    def text(self, say: Say, key: str, **words: object) -> str:
        left = self._total - self._ended
        done = self._ended - self._failed
        return say(key, done=done, failed=self._failed, left=left, eta=self._eta(say, left), **words)

    def _eta(self, say: Say, left: int) -> str:
        audited = self._ended - self._before  # results of an earlier run took no time in this one
        if audited <= 0:
            return say("progress.eta_unknown")
        seconds = round((time.monotonic() - self._since) / audited * left)
        hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
        return f"{hours}:{minutes:02}:{seconds % _MINUTE:02}" if hours else f"{minutes}:{seconds % _MINUTE:02}"


class _Counts(ProgressColumn):
    """The numbers beside the bar."""

    def __init__(self, count: _Count, say: Say) -> None:
        super().__init__()
        self._count = count
        self._say = say

    def render(self, task: Task) -> Text:
        del task
        return Text(self._count.text(self._say, "progress.counts"), no_wrap=True, overflow="ellipsis")


def _line(event: Finished, say: Say) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    if event.worst is None:
        line.append("× " if event.outcome not in COMPLETE else "○ ", "bold")
        line.append(f"{event.target}  {say(f'outcome.{event.outcome}')}")
    else:
        sign = SIGNS[event.worst]
        line.append(f"{sign.glyph} ", sign.style)
        line.append(event.target)
        line.append(f"  {say('progress.instances', count=event.instances)}  ", "dim")
        line.append(say(f"status.{event.worst}"), sign.style)
        line.append("" if event.outcome in COMPLETE else f"  {say(f'outcome.{event.outcome}')}")
    line.append(f"  {say('progress.seconds', seconds=f'{event.seconds:.1f}')}", "dim")
    return line
