"""One host's result arranged in the order of its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import FindingResult, InstanceResult, Steps, TargetResult, Words
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import WORST_FIRST, Severity, Status, worst
from tomcat_fleet.report.accepted import Acceptance, Accepted, acceptance, accepted
from tomcat_fleet.report.change import Fix, fixes, has_xml
from tomcat_fleet.report.control import cited
from tomcat_fleet.report.visible import one_line
from tomcat_fleet.report.weak_ssh import weak

SHOWN = 40  # findings of one item on one instance; the rest is counted, and complete in results.jsonl
_RANK = {status: rank for rank, status in enumerate(WORST_FIRST)}
_SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
_NEEDS_A_PERSON = frozenset({Status.MANUAL, Status.UNKNOWN})
_FOLDED = frozenset({Status.PASS, Status.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one item is on one instance: its findings, the deciding ones first."""

    instance: InstanceResult
    status: Status
    findings: tuple[FindingResult, ...]  # at most SHOWN
    fixes: tuple[Fix, ...]  # that mend the failing findings, each once
    due: tuple[Fix, ...]  # those of findings that nobody has accepted
    acceptance: Acceptance
    more: int  # further findings of the deciding status
    hidden: Mapping[Status, int]  # findings left out of the page, by status

    def left_out(self, words: Mapping[str, str]) -> str:
        """The hidden findings by status, in ``words``."""
        return ", ".join(f"{words[status]} {count}" for status, count in self.hidden.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Steps, and the first of the findings that they mend."""

    steps: Steps
    message: Words
    more: int = 0  # further findings with the same steps
    fixes: tuple[tuple[InstanceResult, tuple[Fix, ...]], ...] = ()  # of each instance that has any


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One item on this host."""

    item: Item
    status: Status
    open: bool
    manual: bool  # a finding needs a person: to judge, or to look where the audit could not
    unknown: bool  # evidence is missing; reading it is the remedy
    helps: tuple[str, ...]  # lines that would have let it be read
    remedies: tuple[Remedy, ...]  # those of the failing reasons; when nothing fails or is unknown, the item's own
    cells: tuple[Cell, ...]
    controls: tuple[tuple[str, tuple[str, ...]], ...]  # of other benchmarks, by benchmark

    @property
    def shown_as(self) -> str:
        """What a reader may filter by: every status that an instance has, and whether a risk was accepted."""
        found = dict.fromkeys(cell.status.value for cell in self.cells)
        return " ".join((*found, *(["waived"] if any(cell.acceptance.some for cell in self.cells) else [])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The commands of one instance, to be copied as a whole."""

    instance: InstanceResult
    lines: tuple[str, ...]  # comments and shell lines


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPage:
    """Everything the host template needs beside the result itself."""

    sections: tuple[Section, ...]
    weak: tuple[tuple[str, str], ...]  # algorithms of the link that are weak, and why
    urgent: tuple[tuple[Section, Cell], ...]  # failing items by severity in the guide's order; accepted ones last
    blocks: tuple[Block, ...]  # one per instance that has commands
    left: tuple[str, ...]  # items whose commands are in no block, for their risk is accepted
    counts: Mapping[Status, int]
    shown: Mapping[str, int]  # items that each choice of the filter shows
    waived: int  # failing verdicts whose every failure is accepted; part of the failures
    accepted: tuple[Accepted, ...]  # the waivers laid over findings of this host
    score: float | None


def arrange(result: TargetResult, items: Mapping[str, Item], lang: str) -> HostPage:
    """The host page of ``result``."""
    helps = {gap.source: gap.help for gap in result.gaps if gap.help}
    sections = tuple(_sections(result.instances, items, helps)) if result.instances else ()
    urgent = tuple(_urgent(sections))
    counts = Counter(status for instance in result.instances for status in instance.verdicts.values())
    return HostPage(
        sections=sections,
        weak=weak(result.method.algorithms) if result.method else (),
        urgent=urgent,
        blocks=tuple(_blocks(result.instances, urgent, lang)),
        left=tuple(dict.fromkeys(section.item.item for section, cell in urgent if len(cell.due) < len(cell.fixes))),
        counts={status: counts[status] for status in Status},
        shown=Counter(word for section in sections for word in section.shown_as.split()),
        waived=sum(cell.acceptance.whole for section in sections for cell in section.cells),
        accepted=accepted(result.instances),
        score=score(counts),
    )


def untold(finding: FindingResult, lang: str) -> bool:
    """Whether the subject has a part that neither the sentence nor the evidence names."""
    sources = {row.source for row in finding.evidence}
    sentence: str = getattr(finding.message, lang)
    words = (word.rstrip(":") for word in finding.subject.split())
    return finding.subject not in sources and not all(word in sentence for word in words)


def _sections(
    instances: Sequence[InstanceResult], items: Mapping[str, Item], helps: Mapping[str, str]
) -> Iterator[Section]:
    sorted_findings = [_by_item(instance) for instance in instances]
    for code, item in items.items():
        cells = tuple(
            _cell(instance, instance.verdicts.get(code, Status.ERROR), found.get(code, []))
            for instance, found in zip(instances, sorted_findings, strict=True)
        )
        status = worst(cell.status for cell in cells)
        findings = [finding for cell in cells for finding in cell.findings]
        unknown = [finding for finding in findings if finding.status is Status.UNKNOWN]
        remedies = tuple(_remedies(item, cells))
        yield Section(
            item=item,
            status=status,
            open=status not in _FOLDED,
            manual=any(finding.status in _NEEDS_A_PERSON for finding in findings),
            unknown=bool(unknown),
            helps=tuple(dict.fromkeys(_helps(unknown, helps))),
            remedies=remedies or (() if unknown else (Remedy(steps=item.remedy, message=item.title),)),
            cells=cells,
            controls=cited(item.controls),
        )


def _remedies(item: Item, cells: Sequence[Cell]) -> Iterator[Remedy]:
    mended: dict[Steps, list[tuple[Cell, FindingResult]]] = {}
    for cell in cells:
        for finding in cell.findings:
            if finding.status is Status.FAIL:
                own = finding.remediation.ko or finding.remediation.en
                mended.setdefault(finding.remediation if own else item.remedy, []).append((cell, finding))
    for steps, found in mended.items():
        made = [(cell.instance, _fixes(each for of, each in found if of is cell)) for cell in cells]
        yield Remedy(
            steps=steps,
            message=found[0][1].message,
            more=len(found) - 1,
            fixes=tuple(pair for pair in made if pair[1]),
        )


def _fixes(findings: Iterable[FindingResult]) -> tuple[Fix, ...]:
    """Each once."""
    return tuple({fix.text: fix for finding in findings for fix in fixes(finding)}.values())


def _helps(unknown: Sequence[FindingResult], helps: Mapping[str, str]) -> Iterator[str]:
    for finding in unknown:
        yield from (helps[row.source] for row in finding.evidence if row.kind == "gap" and row.source in helps)


def _by_item(instance: InstanceResult) -> dict[str, list[FindingResult]]:
    found: dict[str, list[FindingResult]] = {}
    for finding in instance.findings:
        found.setdefault(finding.item, []).append(finding)
    return found


def _cell(instance: InstanceResult, status: Status, findings: list[FindingResult]) -> Cell:
    ordered = sorted(findings, key=lambda finding: _RANK[finding.status])
    hidden = Counter(finding.status for finding in ordered[SHOWN:])
    failing = [finding for finding in ordered if finding.status is Status.FAIL]
    deciding = sum(finding.status is status for finding in ordered)
    return Cell(
        instance=instance,
        status=status,
        findings=tuple(ordered[:SHOWN]),
        fixes=_fixes(failing),
        due=_fixes(finding for finding in failing if finding.waiver is None),
        acceptance=acceptance(failing),
        more=max(0, deciding - 1),
        hidden={status: hidden[status] for status in WORST_FIRST if hidden[status]},
    )


def _urgent(sections: Sequence[Section]) -> Iterator[tuple[Section, Cell]]:
    failing = [(section, cell) for section in sections for cell in section.cells if cell.status is Status.FAIL]
    yield from sorted(failing, key=lambda pair: (pair[1].acceptance.whole, _SEVERITIES[pair[0].item.severity]))


def _blocks(instances: Sequence[InstanceResult], urgent: Sequence[tuple[Section, Cell]], lang: str) -> Iterator[Block]:
    """Commands of another instance are never among those that are run from top to bottom."""
    for instance in instances:
        lines = tuple(_lines((pair for pair in urgent if pair[1].instance is instance), lang))
        if lines:
            head = (f"# CATALINA_BASE {one_line(instance.base)}",) if len(instances) > 1 else ()
            yield Block(instance=instance, lines=(*head, *lines))


def _lines(urgent: Iterable[tuple[Section, Cell]], lang: str) -> Iterator[str]:
    seen: set[str] = set()
    for section, cell in urgent:
        fresh = [fix for fix in cell.due if fix.text not in seen or fix.is_loose]
        seen.update(fix.text for fix in fresh)
        if fresh:
            yield f"# {section.item.item} {one_line(getattr(section.item.title, lang))}"
            for fix in fresh:
                yield from _shell(fix.text)


def _shell(command: str) -> Iterator[str]:
    """A command as it may be pasted: what goes into an XML file is commented out."""
    xml = has_xml(command)
    for line in command.split("\n"):
        yield f"# {line}" if xml and not line.startswith("#") else line
