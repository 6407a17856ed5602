"""What mends a finding: lines for a shell, or lines of XML held against those that the audit has seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tomcat_fleet.model.result import EvidenceRow, FindingResult

_TAG = re.compile(r"\s*<([\w:-]+)")
_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d+))?")
_ADDED = frozenset({"error-page", "Valve"})  # may stand beside others of their kind: nothing has to go for them
_ADDRESS_VALVE = re.compile(r'\s*<Valve className="[\w.]+\.Remote(?:Addr|CIDR|Host)Valve"[^<>]*/>\s*')


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: ``sign`` is + for one to put in, - for one to take out, blank for one that stays."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Lines to change at ``place`` (file, or file:line). ``signed`` when what is there now is known."""

    place: str
    lines: tuple[Line, ...]
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One thing to do: ``text`` as it may be copied, and the ``edit`` that it stands for when it is XML."""

    text: str
    edit: Edit | None = None

    @property
    def is_loose(self) -> bool:
        """Whether these are lines of XML that do not name their file: the same text may be meant for another."""
        return has_xml(self.text) and not self.text.startswith("#")


def fixes(finding: FindingResult) -> Iterator[Fix]:
    """What to do about ``finding``, in order. XML stays with its file, for half of it is worse than none."""
    for text in _whole(finding.commands):
        head, *rest = text.split("\n")
        named = head.startswith("# ") and rest and all(not line.startswith("#") for line in rest)
        yield Fix(text=text, edit=_edit(head[2:], rest, finding.evidence) if named and has_xml(text) else None)


def has_xml(text: str) -> bool:
    """Whether a line of ``text`` begins with a tag."""
    return any(line.lstrip().startswith("<") for line in text.split("\n"))


def _whole(lines: Sequence[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        if held and not (has_xml(line) and (held[-1].startswith("#") or has_xml(held[-1]))):
            yield "\n".join(held)
            held = []
        held.append(line)
    if held:
        yield "\n".join(held)


def _edit(place: str, new: Sequence[str], evidence: Sequence[EvidenceRow]) -> Edit:
    found = _PLACE.fullmatch(place)
    path, line = (found["path"], found["line"]) if found else (place, None)
    rows = [row for row in evidence if row.source == path and row.context]
    tag = _tag(new[0])
    made: tuple[Line, ...] | None = None
    if tag in _ADDED:
        made = tuple(Line("+", text) for text in new)
    elif line is not None:
        made = _replaced(_element(tag, int(line), rows), new)
    elif tag == "Context":
        made = _within_context(rows, new)
    return Edit(place=place, lines=made or tuple(Line("", text) for text in new), signed=made is not None)


def _tag(text: str) -> str:
    found = _TAG.match(text)
    return found[1] if found else ""


def _element(tag: str, line: int, rows: Sequence[EvidenceRow]) -> list[str]:
    """The lines of the element that begins at ``line``; none when its end is not among what was seen."""
    for row in rows:
        if row.line != line:
            continue
        lines = [part.text for part in row.context if part.number >= line]
        for end in range(1, len(lines) + 1):
            text = "\n".join(lines[:end]).strip()
            if _tag(text) == tag and _is_whole(tag, text):
                return lines[:end]
    return []


def _is_whole(tag: str, text: str) -> bool:
    if text.count(f"<{tag}") != 1:
        return False
    return text.endswith(f"</{tag}>") or (text.endswith("/>") and text.count("<") == 1)


def _replaced(old: Sequence[str], new: Sequence[str]) -> tuple[Line, ...] | None:
    if not old:
        return None
    indent = old[0][: len(old[0]) - len(old[0].lstrip())]
    made: list[Line] = []
    matcher = SequenceMatcher(None, [text.strip() for text in old], [text.strip() for text in new], autojunk=False)
    for what, begin, end, start, stop in matcher.get_opcodes():
        if what == "equal":
            made += [Line(" ", text) for text in old[begin:end]]
        else:
            made += [Line("-", text) for text in old[begin:end]]
            made += [Line("+", indent + text) for text in new[start:stop]]
    return tuple(made)


def _within_context(rows: Sequence[EvidenceRow], new: Sequence[str]) -> tuple[Line, ...] | None:
    """The tag stays as it is; an address valve that was seen makes room for the new one."""
    marked = {(part.number, part.text) for row in rows for part in row.context if part.mark}
    opening = next((text for _, text in sorted(marked) if _tag(text) == "Context"), None)
    if opening is None or not opening.rstrip().endswith(">"):
        return None
    if opening.rstrip().endswith("/>"):
        return (Line("-", opening), *(Line("+", text) for text in new))
    gone = [text for _, text in sorted(marked) if _ADDRESS_VALVE.fullmatch(text)]
    return (Line(" ", opening), *(Line("-", text) for text in gone), *(Line("+", text) for text in new[1:-1]))
