"""One host's result arranged in the order of its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tomcat_fleet.guide.book import Item
from tomcat_fleet.model.result import FindingResult, InstanceResult, Steps, TargetResult
from tomcat_fleet.model.status import WORST_FIRST, Severity, Status, worst
from tomcat_fleet.report.tally import score
from tomcat_fleet.report.visible import one_line

SHOWN = 40  # findings of one item on one instance; the rest is counted, and complete in results.jsonl
_RANK = {status: rank for rank, status in enumerate(WORST_FIRST)}
_SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
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
class Section:
    """One item on this host."""

    item: Item
    status: Status
    open: bool
    manual: bool  # a finding asks for a person's judgement
    remedies: tuple[Steps, ...]  # those of the failing reasons, else the item's own
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPage:
    """Everything the host template needs beside the result itself."""

    sections: tuple[Section, ...]
    urgent: tuple[tuple[Section, Cell], ...]  # failing items by severity, then in the guide's order
    commands: tuple[str, ...]  # the copyable block: comments and shell lines
    counts: Mapping[Status, int]
    score: float | None


def arrange(result: TargetResult, items: Mapping[str, Item], lang: str) -> HostPage:
    """The host page of ``result``."""
    sections = tuple(_sections(result.instances, items)) if result.instances else ()
    urgent = tuple(_urgent(sections))
    counts = Counter(status for instance in result.instances for status in instance.verdicts.values())
    return HostPage(
        sections=sections,
        urgent=urgent,
        commands=tuple(_block(urgent, lang, several=len(result.instances) > 1)),
        counts={status: counts[status] for status in Status},
        score=score(counts),
    )


def _sections(instances: Sequence[InstanceResult], items: Mapping[str, Item]) -> Iterator[Section]:
    sorted_findings = [_by_item(instance) for instance in instances]
    for code, item in items.items():
        cells = tuple(
            _cell(instance, instance.verdicts.get(code, Status.ERROR), found.get(code, []))
            for instance, found in zip(instances, sorted_findings, strict=True)
        )
        status = worst(cell.status for cell in cells)
        findings = [finding for cell in cells for finding in cell.findings]
        yield Section(
            item=item,
            status=status,
            open=status not in _FOLDED,
            manual=any(finding.status is Status.MANUAL for finding in findings),
            remedies=_remedies(findings) or (item.remedy,),
            cells=cells,
        )


def _remedies(findings: Sequence[FindingResult]) -> tuple[Steps, ...]:
    failing = (finding.remediation for finding in findings if finding.status is Status.FAIL)
    return tuple(dict.fromkeys(steps for steps in failing if steps.ko or steps.en))


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


def _block(urgent: Sequence[tuple[Section, Cell]], lang: str, *, several: bool) -> Iterator[str]:
    seen: set[str] = set()
    for section, cell in urgent:
        fresh = [command for command in cell.commands if command not in seen or _has_xml(command)]
        seen.update(fresh)
        if fresh:
            base = f"  {one_line(cell.instance.base)}" if several else ""
            yield f"# {section.item.item} {one_line(getattr(section.item.title, lang))}{base}"
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


def _shell(command: str) -> Iterator[str]:
    """A command as it may be pasted: what goes into an XML file is commented out."""
    xml = _has_xml(command)
    for line in command.split("\n"):
        yield f"# {line}" if xml and not line.startswith("#") else line
