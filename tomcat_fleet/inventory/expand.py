"""Host patterns of an inventory: ``web[01:50]``, ``db-[a:c]``, ``n[1:9:2]``, ``host:2222``, ``[2001:db8::1]:22``.

Source of the rules: Ansible's inventory guide, "Adding ranges of hosts"; checked against its behaviour.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Sequence
from string import ascii_letters

MOST_HOSTS = 1_000_000  # of one pattern; a typing slip must not fill the memory

_RANGE = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(r"(?P<name>.+):(?P<port>\d+)\Z", re.ASCII)
_BRACKETED = re.compile(r"\[(?P<name>[0-9A-Fa-f:.%\w]+)\](?::(?P<port>\d+))?\Z", re.ASCII)
_NUMBER = re.compile(r"\d+\Z", re.ASCII)
_PARTS = (2, 3)


class BadRangeError(ValueError):
    """A host pattern that means nothing; the message says why, without a location."""


def is_ip(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address, a zone index such as ``%eth0`` allowed."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def split_port(pattern: str) -> tuple[str, int | None]:
    """Name part and port of a host pattern. A bare IPv6 address has no port; ``[2001:db8::1]:22`` has one."""
    if ":" not in pattern or is_ip(pattern):
        return pattern, None
    bracketed = _BRACKETED.match(pattern)
    if bracketed and is_ip(bracketed["name"]):
        return bracketed["name"], int(bracketed["port"]) if bracketed["port"] else None
    found = _PORT.match(pattern)
    if found and found["name"].count("[") == found["name"].count("]"):
        return found["name"], int(found["port"])
    return pattern, None


def expand(pattern: str) -> Sequence[str]:
    """Every host name that ``pattern`` stands for, in order; raises ``BadRangeError``."""
    if "[" not in pattern and "]" not in pattern:
        return (pattern,)
    pieces = _RANGE.split(pattern)
    literals, ranges = pieces[::2], [_members(bounds) for bounds in pieces[1::2]]
    if any("[" in literal or "]" in literal for literal in literals):
        raise BadRangeError("the brackets do not pair up")
    total = 1
    for members in ranges:
        total *= len(members)
    if total > MOST_HOSTS:
        raise BadRangeError(f"it stands for more than {MOST_HOSTS} hosts")
    names = (
        "".join(itertools.chain(*zip(literals, chosen, strict=False), literals[-1:])) for chosen in _choices(ranges)
    )
    return tuple(names)


def _choices(ranges: Sequence[Sequence[str]]) -> itertools.product[tuple[str, ...]]:
    return itertools.product(*ranges)


def _members(bounds: str) -> Sequence[str]:
    parts = bounds.split(":")
    if len(parts) not in _PARTS:
        raise BadRangeError(f"[{bounds}] is not first:last or first:last:step")
    first, last = parts[0] or "0", parts[1]
    if not last:
        raise BadRangeError(f"[{bounds}] has no last value")
    step = _step(parts[2] if len(parts) > 2 else "1", bounds)
    if first in ascii_letters and last in ascii_letters:
        return _letters(first, last, step, bounds)
    return _numbers(first, last, step, bounds)


def _step(text: str, bounds: str) -> int:
    if not _NUMBER.match(text) or not int(text):
        raise BadRangeError(f"the step of [{bounds}] is not a positive number")
    return int(text)


def _letters(first: str, last: str, step: int, bounds: str) -> Sequence[str]:
    if len(first) > 1 or len(last) > 1:
        raise BadRangeError(f"[{bounds}] is neither numbers nor single letters")
    start, stop = ascii_letters.index(first), ascii_letters.index(last)
    if start > stop:
        raise BadRangeError(f"[{bounds}] runs backwards")
    return ascii_letters[start : stop + 1 : step]


def _numbers(first: str, last: str, step: int, bounds: str) -> Sequence[str]:
    if not _NUMBER.match(first) or not _NUMBER.match(last) or len(last) > len(str(MOST_HOSTS)) * 2:
        raise BadRangeError(f"[{bounds}] is neither numbers nor single letters")
    width = len(first) if first[0] == "0" and len(first) > 1 else 0
    if width and width != len(last):
        raise BadRangeError(f"[{bounds}] is zero-padded: both ends need the same number of digits")
    members = range(int(first), int(last) + 1, step)
    if not members:
        raise BadRangeError(f"[{bounds}] runs backwards")
    if len(members) > MOST_HOSTS:
        raise BadRangeError(f"it stands for more than {MOST_HOSTS} hosts")
    return [str(number).zfill(width) for number in members]
