"""A second reader of the collector's stream: looks at all of it at once, and shares no code with the product's."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple

_LONGEST = 8192
_LAST = b"\0end"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_HEX = re.compile(rb"(?:\s*[0-9A-Fa-f]{2})*\s*")
_BEGIN = re.compile(rb"BEGIN\s+1\s+(base64|openssl|hex)\s+\d{1,20}\s+(\d+)\s*")


class Told(NamedTuple):
    """One record of a stream."""

    verb: str
    state: str
    payload: bytes


def records_of(stream: bytes, nonce: str) -> list[Told] | None:
    """The records of one whole round; None when the stream is anything but complete, in order and well formed."""
    mark = f"@{nonce} ".encode()
    _, found, said = stream.partition(mark)
    if not found:
        return None
    lines = said.split(b"\n")
    if any(len(line) > _LONGEST for line in lines[1:]) or lines[-1].strip():
        return None
    if len(lines) == 1 or len(lines[0]) > 64:
        return None
    try:
        return list(_round(lines[0], [line.rstrip(b"\r") for line in lines[1:]], mark))
    except _BadError:
        return None


class _BadError(Exception):
    """Not a well-formed round."""


def _round(first: bytes, lines: list[bytes], mark: bytes) -> Iterator[Told]:
    encoding = _encoding(first, 0)
    rest = iter(lines)
    number = 0
    for line in rest:
        if not line.strip():
            continue
        words = _words(line, mark)
        if words == [b"END", b"%d" % number]:
            _need(not any(more.strip() for more in rest))
            return
        number += 1
        _need(len(words) == 3 and words[0] == b"%d" % number)
        body = bytearray()
        for inner in rest:
            if mark in inner:
                _need(_words(inner, mark) == [b"%d" % number, b"."])
                break
            body += inner
        else:
            raise _BadError
        verb, state = (word.decode("ascii", "replace") for word in words[1:])
        yield Told(verb, state, _payload(bytes(body), encoding))
        if (verb, state) == ("raise", "ok"):
            begin = next((more for more in rest if more.strip()), b"")
            _need(begin.startswith(mark))
            encoding = _encoding(begin[len(mark) :], number)
    raise _BadError


def _words(line: bytes, mark: bytes) -> list[bytes]:
    _need(line.startswith(mark))
    return line[len(mark) :].split()


def _encoding(said: bytes, number: int) -> str:
    found = _BEGIN.fullmatch(said.strip())
    _need(found is not None)
    assert found
    _need(found[2] == b"%d" % number)
    return found[1].decode()


def _payload(body: bytes, encoding: str) -> bytes:
    if encoding == "hex":
        _need(_HEX.fullmatch(body) is not None)
        data = bytes.fromhex(b"".join(body.split()).decode())
    else:
        _need(_BASE64.fullmatch(body) is not None and len(body) % 4 == 0)
        data = base64.b64decode(body)
    _need(data.endswith(_LAST))
    return data[: -len(_LAST)]


def _need(condition: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise _BadError
