"""What a finished sweep has left in its directory: results.jsonl and summary.json."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.result import SCHEMA, SUMMARY_SCHEMA, SweepSummary, TargetResult

_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, ValueError)


def read_summary(directory: Path) -> SweepSummary:
    """summary.json. Raises ConfigError when it is missing, or not what this tool writes."""
    path = directory / "summary.json"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=SweepSummary)
    except OSError as error:
        raise _refusal(path, 0, f"cannot be read: {error.strerror}") from None
    except _UNREADABLE:
        raise _refusal(path, 0, "is not the summary of a sweep") from None
    if found.schema != SUMMARY_SCHEMA:
        raise _refusal(path, 0, f"has the format {printable(found.schema)}, not {SUMMARY_SCHEMA}")
    return found


def read_results(directory: Path) -> Iterator[TargetResult]:
    """results.jsonl, one target at a time. Raises ConfigError when it is missing, cut or of another format."""
    path = directory / "results.jsonl"
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _result(path, number, line)
    except OSError as error:
        raise _refusal(path, 0, f"cannot be read: {error.strerror}") from None


def _result(path: Path, number: int, line: bytes) -> TargetResult:
    try:
        found = msgspec.json.decode(line, type=TargetResult)
    except _UNREADABLE:
        raise _refusal(path, number, "is not the result of a target") from None
    if found.schema != SCHEMA:
        raise _refusal(path, number, f"has the format {printable(found.schema)}, not {SCHEMA}")
    return found


def _refusal(path: Path, line: int, message: str) -> ConfigError:
    return ConfigError([Fault(printable(str(path), 500), line, message)])
