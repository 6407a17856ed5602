"""Results as they are stored: JSON in which nothing can hide, and which no foreign text can keep from being written."""

from __future__ import annotations

from typing import Any

import msgspec

from tomcat_fleet.report.visible import json_escaped, visible


def encoded(value: object) -> bytes:
    """One line of JSON. Hidden characters are escapes that read back as they were; half a character becomes text."""
    try:
        line = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair has no place in JSON
        line = msgspec.json.encode(_whole(msgspec.to_builtins(value)))
    return line if line.isascii() and b"\x7f" not in line else json_escaped(line.decode()).encode()


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(visible(char) if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, dict):
        return {_whole(key): _whole(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(inner) for inner in value]
    return value
