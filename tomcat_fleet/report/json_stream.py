"""A JSON document written piece by piece: an iterator in it becomes an array, one element in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import msgspec

from tomcat_fleet.report.cell import shown


def write(file: BinaryIO, document: Mapping[str, Any]) -> None:
    """``document`` into ``file``; every text is made visible and cut like a cell. Raises OSError."""
    file.writelines(_pieces(document))
    file.write(b"\n")


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, Iterator):
        yield b"["
        for number, each in enumerate(value):
            yield b",\n" if number else b"\n"
            yield from _pieces(each)
        yield b"\n]"
    elif isinstance(value, Mapping) and _streams(value):
        yield b"{"
        for number, (key, inner) in enumerate(value.items()):
            yield b",\n" if number else b"\n"
            yield msgspec.json.encode(key) + b": "
            yield from _pieces(inner)
        yield b"\n}"
    elif isinstance(value, list) and any(map(_streams, value)):
        yield from _pieces(iter(value))
    else:
        yield msgspec.json.encode(_safe(value))


def _streams(value: Any) -> bool:
    if isinstance(value, Iterator):
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(map(_streams, inner))


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _safe(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_safe(inner) for inner in value]
    return value
