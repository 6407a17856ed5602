"""What is said when a sweep is over, on stdout."""

from __future__ import annotations

import heapq
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.word import SIGNS, Lang, Say, speaker
from tomcat_fleet.guide.book import load
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.result import SweepSummary
from tomcat_fleet.model.status import COMPLETE, Outcome, Status
from tomcat_fleet.sweep.event import Done, Event, Finished

_WORST = 3
_INCOMPLETE = 20
_INDENT = "    "
_COLUMNS = (Status.FAIL, Status.PASS, Status.MANUAL, Status.UNKNOWN, Status.NOT_APPLICABLE)


class Closing:
    """Remembers, of any number of targets, the few that are named at the end."""

    def __init__(self, lang: Lang, output: Path | None = None) -> None:
        self._lang = lang
        self._output = output
        self._say: Say = speaker(lang)
        self._worst: list[tuple[tuple[int, int, int], str]] = []
        self._incomplete: list[Finished] = []
        self._lost = 0
        self._seconds = 0.0
        self.done: Done | None = None

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Finished():
                self._remember(event)
            case Done():
                self.done = event

    def show(self, console: Console, seconds: float) -> None:
        """The table of items, the worst hosts, the hosts not audited, the page to open."""
        assert self.done is not None
        summary = self.done.summary
        if summary.instances:
            console.print(self._table(summary))
        lines = (self._worst_lines(), self._shared_line(summary), self._waiver_lines(summary))
        for line in (*chain(*lines), *self._incomplete_lines(console)):
            console.print(line, highlight=False)
        console.print(self._score(summary, seconds), highlight=False)
        if summary.outcomes[Outcome.NOT_RUN]:
            console.print(self._say("closing.interrupted"), highlight=False)
            if self._output is not None:
                words = self._say("closing.resume", path=shlex.quote(str(self._output)))
                console.print(words, highlight=False, soft_wrap=True)  # to be copied
        print(self.done.index)  # noqa: T201  a path on a line of its own, never wrapped

    def _remember(self, event: Finished) -> None:
        if any(event.failed):
            heapq.heappush(self._worst, (event.failed, event.target))
            if len(self._worst) > _WORST:
                heapq.heappop(self._worst)
        if event.outcome not in COMPLETE:
            self._lost += 1
            if len(self._incomplete) < _INCOMPLETE:
                self._incomplete.append(event)

    def _table(self, summary: SweepSummary) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column(self._say("closing.item"), no_wrap=True, vertical="bottom")
        table.add_column(self._say("closing.severity"), no_wrap=True, vertical="bottom")
        table.add_column(self._say("closing.title"), vertical="bottom")  # the one column that gives way
        for status in self._statuses(summary):
            heading = Text(f"{SIGNS[status].glyph}\n{self._say(f'status.{status}')}", SIGNS[status].style)
            table.add_column(heading, justify="right", no_wrap=True)
        for item in load().items.values():
            counts = summary.items[item.item]
            numbers = [str(counts[status] or "·") for status in self._statuses(summary)]
            severity = self._say(f"severity.{item.severity}")
            title = Text(getattr(item.title, self._lang), no_wrap=True, overflow="ellipsis")
            table.add_row(item.item, severity, title, *numbers)
        return table

    def _statuses(self, summary: SweepSummary) -> tuple[Status, ...]:
        return (*_COLUMNS, Status.ERROR) if summary.statuses[Status.ERROR] else _COLUMNS

    def _worst_lines(self) -> Iterator[Text]:
        if self._worst:
            yield Text(f"\n{self._say('closing.worst')}", "bold")
        for (high, medium, low), target in sorted(self._worst, key=lambda worst: (*(-n for n in worst[0]), worst[1])):
            yield _short("  " + self._say("closing.worst_line", target=target, high=high, medium=medium, low=low))

    def _shared_line(self, summary: SweepSummary) -> Iterator[Text]:
        if summary.shared_passwords:
            total, hosts = summary.shared_passwords_total, summary.shared_passwords[0].hosts
            yield Text(f"\n{self._say('closing.shared', passwords=total, hosts=hosts)}", "bold")

    def _waiver_lines(self, summary: SweepSummary) -> Iterator[Text]:
        used = [each for each in summary.waivers if each.findings]
        expired = [each for each in used if each.state == "expired"]
        expiring = sum(each.state == "expiring" for each in used)
        waived = sum(summary.waived.values())
        gap = "\n"
        for key, count in (("waived", waived), ("expiring", expiring), ("expired", len(expired))):
            if count:
                yield Text(f"{gap}{self._say(f'closing.{key}', count=count)}", "bold")
                gap = ""
        for each in expired[:_INCOMPLETE]:
            words = {"source": printable(each.source), "until": each.until, "who": printable(each.who)}
            yield Text("  " + self._say("closing.expired_line", **words, findings=each.findings, hosts=each.hosts))
        if len(expired) > _INCOMPLETE:
            yield Text("  " + self._say("closing.expired_more", count=len(expired) - _INCOMPLETE))

    def _incomplete_lines(self, console: Console) -> Iterator[Text]:
        if self._incomplete:
            yield Text(f"\n{self._say('closing.incomplete')}", "bold")
        for event in sorted(self._incomplete, key=lambda event: event.target):
            yield _short(f"  {event.target}  {self._say(f'outcome.{event.outcome}')}")
            if event.reason:
                lines = Text(getattr(said(event.reason), self._lang)).wrap(console, console.width - len(_INDENT))
                for line in lines:
                    line.rstrip()
                    yield Text(_INDENT) + line
        if self._lost > len(self._incomplete):
            yield Text("  " + self._say("closing.more", count=self._lost - len(self._incomplete)))

    def _score(self, summary: SweepSummary, seconds: float) -> str:
        score = self._say("closing.no_score") if summary.score is None else f"{summary.score:.1f}"
        return "\n" + self._say(
            "closing.score",
            score=score,
            targets=summary.targets,
            instances=summary.instances,
            seconds=f"{seconds:.1f}",
        )


def _short(line: str) -> Text:
    return Text(line, no_wrap=True, overflow="ellipsis")
