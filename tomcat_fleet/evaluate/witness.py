"""What a finding points at, as rows of evidence that a reader can verify."""

from __future__ import annotations

from collections.abc import Mapping

from tomcat_fleet.model.evidence import Content, Evidence, FileStatus, Process, contents_of
from tomcat_fleet.model.fact import Unknown
from tomcat_fleet.model.permission import mode_text, octal, owner_text
from tomcat_fleet.model.place import Observation, Place, Ref
from tomcat_fleet.model.result import EvidenceRow, ExcerptLine

_AROUND = 3  # lines shown before and after the decisive one
_LONGEST_LINE = 240
_LONGEST_COMMAND = 2000


class Witness:
    """Turns references into evidence rows, with excerpts from the redacted contents."""

    def __init__(self, evidence: Evidence) -> None:
        self._contents: Mapping[str, Content] = {
            content.path: content for answer in evidence.answers.values() for content in contents_of(answer)
        }
        self._lines: dict[str, list[str]] = {}

    def row(self, ref: Ref) -> EvidenceRow:
        """One piece of evidence."""
        match ref:
            case Place():
                return self._file(ref)
            case FileStatus():
                return EvidenceRow(kind="status", source=ref.path, excerpt=_status(ref))
            case Process():
                return EvidenceRow(kind="process", source=f"pid {ref.pid}", excerpt=_process(ref))
            case Unknown():
                said = f"{ref.gap.value}: {ref.detail}" if ref.detail else ref.gap.value
                return EvidenceRow(kind="gap", source=ref.source, excerpt=said)
            case Observation():
                return EvidenceRow(kind="observation", source=ref.source, excerpt=ref.text)

    def _file(self, place: Place) -> EvidenceRow:
        content = self._contents.get(place.path)
        digest = content.sha256 if content else None
        lines = self._split(place.path)
        if not place.line or place.line > len(lines):
            return EvidenceRow(kind="file", source=place.path, excerpt=place.note or None, sha256=digest)
        first = max(1, place.line - _AROUND)
        last = min(len(lines), place.line + _AROUND)
        context = tuple(
            ExcerptLine(number=number, text=_short(lines[number - 1]), mark=number == place.line)
            for number in range(first, last + 1)
        )
        decisive = _short(lines[place.line - 1].strip())
        excerpt = f"{decisive} — {place.note}" if place.note else decisive
        return EvidenceRow(
            kind="file", source=place.path, line=place.line, excerpt=excerpt, context=context, sha256=digest
        )

    def _split(self, path: str) -> list[str]:
        if path not in self._lines:
            content = self._contents.get(path)
            self._lines[path] = content.text.split("\n") if content else []
        return self._lines[path]


def _short(line: str) -> str:
    # Expanding never shortens, so the beginning is enough: a file of one line may be megabytes, cited a thousand times.
    text = line.rstrip()[: _LONGEST_LINE + 1].expandtabs(4)
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…"


def _status(status: FileStatus) -> str:
    owner = f"{owner_text(status.uid, status.user)}:{owner_text(status.gid, status.group)}"
    row = f"{mode_text(status)} {octal(status.mode)} {owner}"
    if status.link_target is not None:
        return f"{row} → {status.real_path}"
    return row if status.path == status.real_path else f"{row} ({status.real_path})"


def _process(process: Process) -> str:
    command = " ".join(process.argv)
    who = f"{process.user}({process.uid})" if process.user else f"uid {process.uid}"
    return f"{who} {command if len(command) <= _LONGEST_COMMAND else command[:_LONGEST_COMMAND] + '…'}"
