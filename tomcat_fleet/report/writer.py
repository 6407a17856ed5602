"""Writing a report while the sweep runs, host by host, in flat memory."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

import msgspec

from tomcat_fleet.guide import book
from tomcat_fleet.guide.book import Guide
from tomcat_fleet.model.result import Changes, SweepSummary, TargetResult, TrendPoint, WaiverUse
from tomcat_fleet.model.status import COMPLETE
from tomcat_fleet.report import fleet, fleet_page, former, page
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.folder import Folder
from tomcat_fleet.report.format import FORMATS
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.row import Row, summarise
from tomcat_fleet.report.slug import is_slug
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.report.tally import Tally
from tomcat_fleet.report.template import draw, environment
from tomcat_fleet.report.visible import one_line
from tomcat_fleet.report.wording import Wording

RETRY = "failed.retry"
_PART = former.PART


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What an operator and the history know of a sweep."""

    waivers: tuple[WaiverUse, ...] = ()
    changes: Changes | None = None
    trend: tuple[TrendPoint, ...] = ()


NOTHING = Beside()


def checksums(folder: Folder) -> bytes:
    """SHA256SUMS of everything published in ``folder``, as ``sha256sum -c`` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(folder.digests.items())).encode()


class ReportWriter:
    """The report of one sweep in ``directory``.

    ``open`` once, ``write`` every target once in any order, ``finish`` at the end, ``close`` always; ``with`` closes.
    Until ``finish`` the results are in ``results.jsonl.part``, complete line by line, and a former report is kept in
    ``.former``. ``formats`` are names of ``FORMATS``, written beside the pages and the results. ``font`` is a font file
    for the pages to carry. No call is safe against another running at the same time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        lang: str,
        template_dir: Path | None = None,
        classification: str | None = None,
        guide: Guide | None = None,
        formats: Collection[str] = (),
        font: Path | None = None,
    ) -> None:
        self._directory = directory
        self._lang = lang
        self._classification = classification
        self._formats = formats
        self._guide = guide or book.load()
        self._environment = environment(lang, template_dir, font)
        self._severities = {code: item.severity for code, item in self._guide.items.items()}
        self._tally = Tally(self._severities)
        self._rows: dict[str, Row] = {}
        self._folders: list[Folder] = []
        self._results: BinaryIO | None = None
        self._offset = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, facts: SweepFacts, keep: Collection[str] = ()) -> None:
        """Take over the directory, the files ``keep`` in it excepted.

        Raises ConfigError when it holds anything but a report of ours, or another sweep is writing to it.
        """
        self._environment.globals.update(
            facts=facts, guide=self._guide, classification=self._classification, page_policy=dict(facts.policy)
        )
        self._facts = facts
        self._root = former.take(self._directory, keep)
        self._folders.append(self._root)
        self._hosts = self._root.folder("hosts")
        self._folders.append(self._hosts)
        self._results = self._root.begin(_PART)

    def write(self, result: TargetResult) -> None:
        """Append the result and write its page. Raises ValueError for a slug that is not ours or was written before.

        OSError (disk full) leaves no page under its final name and no half line that ``finish`` would count.
        """
        if self._results is None:
            raise ValueError("the report is not open")
        if not is_slug(result.slug) or result.slug in self._rows:
            raise ValueError(f"not a new slug: {result.slug!r}")
        line = encoded(result) + b"\n"
        data = self._host(result)
        self._append(line)
        offset, self._offset = self._offset, self._offset + len(line)
        self._hosts.publish(f"{result.slug}.html", data)
        self._rows[result.slug] = summarise(result, self._severities, offset=offset, length=len(line))
        self._tally.add(result)

    def include(self, name: str) -> None:
        """List a file that somebody else wrote into the directory in SHA256SUMS."""
        self._root.include(name)

    def counts(self, finished: str) -> SweepSummary:
        """The summary of what was written so far, as ``finish`` at that moment would have it."""
        return self._tally.summary(self._facts, finished)

    def finish(self, finished: str, beside: Beside = NOTHING) -> SweepSummary:
        """Write the fleet page, summary.json, results.jsonl, the formats asked for, failed.retry and SHA256SUMS.

        ``finished`` is the moment of the end, ``beside`` what the results alone do not tell.

        results.jsonl is sorted by target name, so that the order of completion leaves no trace. failed.retry has the
        targets that were not fully audited, one a line, as ``--limit @failed.retry`` takes them.
        """
        if self._results is None:
            raise ValueError("the report is not open")
        rows = sorted(self._rows.values(), key=lambda row: row.name)
        summary = replace(
            self.counts(finished),
            waivers=beside.waivers,
            changes=beside.changes,
            trend=beside.trend,
        )
        spans = [(row.offset, row.length) for row in rows]
        self._root.stream("results.jsonl", self._root.read(_PART, spans))
        self._fleet(rows, summary)
        self._others(spans, summary)
        left = (row.name for row in rows if row.outcome not in COMPLETE)
        self._root.publish(RETRY, "".join(f"{one_line(name)}\n" for name in left).encode())
        self._root.publish("summary.json", msgspec.json.format(encoded(summary), indent=2) + b"\n")
        self._root.publish("SHA256SUMS", checksums(self._root))
        self._root.remove(_PART)
        former.forget(self._root)
        self._hosts.sync()
        self._root.sync()
        return summary

    def close(self) -> None:
        """Give back every descriptor; a report that was not finished stays as far as it came."""
        if self._results is not None:
            self._results.close()
            self._results = None
        while self._folders:
            self._folders.pop().close()

    def _host(self, result: TargetResult) -> bytes:
        view = page.arrange(result, self._guide.items, self._lang)
        return draw(self._environment, "host.html.j2", r=result, page=view)

    def _append(self, line: bytes) -> None:
        assert self._results is not None
        descriptor = self._results.fileno()
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:
            os.ftruncate(descriptor, self._offset)
            os.lseek(descriptor, self._offset, os.SEEK_SET)
            raise

    def _fleet(self, rows: list[Row], summary: SweepSummary) -> None:
        view = fleet.arrange(rows, self._tally, self._guide.items, summary)
        for folder, name, data in fleet_page.files(self._environment, view, summary):
            if folder:
                self._within(folder, name, data)
            else:
                self._root.publish(name, data)

    def _others(self, spans: list[tuple[int, int]], summary: SweepSummary) -> None:
        """They come from the results as they are on disk, one target in memory at a time."""
        words: dict[str, Any] = self._environment.globals["w"]  # type: ignore[assignment]

        def results() -> Iterator[TargetResult]:
            return (msgspec.json.decode(line, type=TargetResult) for line in self._root.read(_PART, spans))

        material = Material(
            results=results,
            summary=summary,
            wording=Wording(self._lang, words, self._guide),
            classification=self._classification or "",
        )
        for name, each in FORMATS.items():
            if name in self._formats:
                self._root.compose(each.file, lambda file, write=each.write: write(file, material))  # type: ignore[misc]

    def _within(self, name: str, file: str, data: bytes) -> None:
        folder = self._root.folder(name)
        try:
            folder.publish(file, data)
        finally:
            folder.close()
