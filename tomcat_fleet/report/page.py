"""One host's result arranged in the order of its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import FindingResult, InstanceResult, Steps, TargetResult, Words
from tomcat_fleet.model.score import score
from tomcat_fleet.model.status import WORST_FIRST, Severity, Status, worst
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
    commands: tuple[str, ...]  # that mend the failing findings, each once; lines for one file are one command
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
    more: int  # further findings with the same steps


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
    urgent: tuple[tuple[Section, Cell], ...]  # failing items by severity, then in the guide's order
    blocks: tuple[Block, ...]  # one per instance that has commands
    counts: Mapping[Status, int]
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
        counts={status: counts[status] for status in Status},
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
        remedies = tuple(_remedies(findings))
        yield Section(
            item=item,
            status=status,
            open=status not in _FOLDED,
            manual=any(finding.status in _NEEDS_A_PERSON for finding in findings),
            unknown=bool(unknown),
            helps=tuple(dict.fromkeys(_helps(unknown, helps))),
            remedies=remedies or (() if unknown else (Remedy(steps=item.remedy, message=item.title, more=0),)),
            cells=cells,
        )


def _remedies(findings: Sequence[FindingResult]) -> Iterator[Remedy]:
    mended: dict[Steps, list[FindingResult]] = {}
    for finding in findings:
        if finding.status is Status.FAIL and (finding.remediation.ko or finding.remediation.en):
            mended.setdefault(finding.remediation, []).append(finding)
    for steps, found in mended.items():
        yield Remedy(steps=steps, message=found[0].message, more=len(found) - 1)


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
    deciding = sum(finding.status is status for finding in ordered)
    return Cell(
        instance=instance,
        status=status,
        findings=tuple(ordered[:SHOWN]),
        commands=tuple(
            dict.fromkeys(
                command for finding in ordered if finding.status is Status.FAIL for command in _whole(finding.commands)
            )
        ),
        more=max(0, deciding - 1),
        hidden={status: hidden[status] for status in WORST_FIRST if hidden[status]},
    )


def _urgent(sections: Sequence[Section]) -> Iterator[tuple[Section, Cell]]:
    failing = [section for section in sections if section.status is Status.FAIL]
    for section in sorted(failing, key=lambda section: _SEVERITIES[section.item.severity]):
        yield from ((section, cell) for cell in section.cells if cell.status is Status.FAIL)


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
        fresh = [command for command in cell.commands if command not in seen or _is_loose(command)]
        seen.update(fresh)
        if fresh:
            yield f"# {section.item.item} {one_line(getattr(section.item.title, lang))}"
            for command in fresh:
                yield from _shell(command)


def _whole(lines: Sequence[str]) -> Iterator[str]:
    """The commands in ``lines``: XML stays with the comment that names its file, for half of it is worse than none."""
    held: list[str] = []
    for line in lines:
        if held and not (_has_xml(line) and (held[-1].startswith("#") or _has_xml(held[-1]))):
            yield "\n".join(held)
            held = []
        held.append(line)
    if held:
        yield "\n".join(held)


def _has_xml(command: str) -> bool:
    return any(line.lstrip().startswith("<") for line in command.split("\n"))


def _is_loose(command: str) -> bool:
    """Whether these are lines of XML that do not name their file: the same text may be meant for another."""
    return _has_xml(command) and not command.startswith("#")


def _shell(command: str) -> Iterator[str]:
    """A command as it may be pasted: what goes into an XML file is commented out."""
    xml = _has_xml(command)
    for line in command.split("\n"):
        yield f"# {line}" if xml and not line.startswith("#") else line
