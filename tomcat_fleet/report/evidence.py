"""Evidence of one finding as a reader can take it in: nothing said twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tomcat_fleet.model.result import EvidenceRow, ExcerptLine


@dataclass(frozen=True, slots=True)
class Told:
    """Rows of one kind and source that follow each other: the first, and what each of them says."""

    row: EvidenceRow
    says: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file without a gap. ``lines`` are the decisive ones."""

    row: EvidenceRow
    lines: tuple[int, ...]


def told(rows: Sequence[EvidenceRow]) -> list[Told]:
    """Rows that are no excerpt of a file."""
    made: list[Told] = []
    for row in rows:
        if row.context:
            continue
        last = made[-1] if made else None
        if last and (row.kind, row.source, row.line) == (last.row.kind, last.row.source, last.row.line):
            made[-1] = Told(last.row, (*last.says, row))
        else:
            made.append(Told(row, (row,)))
    return made


def excerpts(rows: Sequence[EvidenceRow]) -> list[Excerpt]:
    """Excerpts; those of one file that touch are one, with every decisive line marked."""
    made: list[Excerpt] = []
    for row in rows:
        if not row.context:
            continue
        lines = () if row.line is None else (row.line,)
        for at, known in enumerate(made):
            context = _joined(known.row, row)
            if context:
                made[at] = Excerpt(replace(known.row, context=context), tuple(sorted({*known.lines, *lines})))
                break
        else:
            made.append(Excerpt(row, lines))
    return made


def _joined(one: EvidenceRow, other: EvidenceRow) -> tuple[ExcerptLine, ...]:
    """The lines of both; none when they are of two files, lie apart or do not say the same."""
    if (one.source, one.sha256) != (other.source, other.sha256):
        return ()
    lines = {line.number: line for line in one.context}
    if not any(line.number + step in lines for line in other.context for step in (-1, 0, 1)):
        return ()
    for line in other.context:
        known = lines.setdefault(line.number, line)
        if known.text != line.text:
            return ()
        if line.mark:
            lines[line.number] = line
    return tuple(lines[number] for number in sorted(lines))
