"""Reports again, from stored results: another language, other formats, other templates. Connects to nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.guide import book
from tomcat_fleet.model.result import SweepSummary, TargetResult, WaiverUse
from tomcat_fleet.report import pdf
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.finished import SUMS, FinishedReport, held
from tomcat_fleet.report.format import ALWAYS, FORMATS
from tomcat_fleet.report.material import Material
from tomcat_fleet.report.template import environment
from tomcat_fleet.report.wording import Wording
from tomcat_fleet.report.writer import Beside, ReportWriter, checksums


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a report is written."""

    lang: str
    classification: str = ""
    templates: Path | None = None
    font: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Waivers other than those that the results carry: ``lay`` puts them over a result, ``uses`` counts them then.

    ``files`` maps the path of the file that they come from to its SHA-256.
    """

    lay: Callable[[TargetResult], TargetResult]
    uses: Callable[[], tuple[WaiverUse, ...]]
    files: Mapping[str, str]


def anew(
    report: FinishedReport, output: Path, look: Look, formats: Collection[str], accepted: Accepted | None = None
) -> SweepSummary:
    """Write the whole report to ``output``: the same bytes for the same look, as long as the tool is the same.

    Raises ConfigError when ``output`` is not fit, OSError.
    """
    summary = report.summary
    if output.resolve().is_relative_to(report.directory.resolve()):  # the next sweep would not know what is in it
        raise ConfigError(f"{output}: is where the results are; the new report needs a directory of its own")
    writer = ReportWriter(
        output,
        lang=look.lang,
        classification=look.classification or None,
        template_dir=look.templates,
        formats=formats,
        font=look.font,
    )
    with writer:
        writer.open(_facts(report, accepted))
        for result in report.results():
            writer.write(accepted.lay(result) if accepted else result)
        waivers = accepted.uses() if accepted else summary.waivers
        return writer.finish(summary.finished, Beside(waivers=waivers, changes=summary.changes, trend=summary.trend))


def add(report: FinishedReport, look: Look, formats: Collection[str]) -> tuple[Path, ...]:
    """Put further ``formats`` beside the results, and their hashes into SHA256SUMS; what is there stays.

    Returns what was written. Raises ConfigError while a sweep writes there, OSError.
    """
    words = environment(look.lang, look.templates).globals["w"]
    material = Material(
        results=report.results,
        summary=report.summary,
        wording=Wording(look.lang, words, book.load()),  # type: ignore[arg-type]
        classification=look.classification,
    )
    written = []
    folder = held(report)
    try:
        for name, each in FORMATS.items():
            if name in formats:
                folder.compose(each.file, lambda file, write=each.write: write(file, material))  # type: ignore[misc]
                written.append(report.directory / each.file)
        if pdf.NAME in formats:
            written += [report.directory / name for name in pdf.add(folder, report.directory, report.summary.finished)]
    finally:
        try:
            folder.publish(SUMS, checksums(folder))  # of what came to be, if not of all
            folder.sync()
        finally:
            folder.close()
    return tuple(written)


def beside(formats: Collection[str]) -> frozenset[str]:
    """Those of ``formats`` that may join a report that is there."""
    return frozenset(formats).difference(ALWAYS)


def _facts(report: FinishedReport, accepted: Accepted | None) -> SweepFacts:
    facts = report.facts()
    return replace(facts, inventory_sha256={**facts.inventory_sha256, **accepted.files}) if accepted else facts
