"""Wildcards, as a waiver takes them.

``*`` stands for any characters, ``?`` for one, ``[abc]``, ``[a-f]`` and ``[!abc]`` for one of some or none of them; a
bracket that is never closed stands for itself. Case counts, everything has to match, and a text that is written out in
full matches itself, brackets and all. There are no regular expressions.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

_DRIVE = re.compile(r"[A-Za-z]:\Z")
_RANGE = re.compile(r"\[\w+:\w+(?::\d+)?\]\Z")
_NOT_IN_NAMES = frozenset(" \t\r\n/\\,&~[")
_WILD = frozenset("*?[")


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text matches one of ``patterns``; every text does when there is none."""
    if not patterns:
        return lambda _: True
    whole = frozenset(patterns)
    wild = [fnmatch.translate(pattern) for pattern in patterns if _WILD.intersection(pattern)]
    if not wild:
        return whole.__contains__
    match = re.compile("|".join(wild)).match
    return lambda text: text in whole or match(text) is not None


def impossible(kind: str, pattern: str) -> str:
    """Why ``pattern`` can never match a target or an instance, as the end of a sentence; empty when it can."""
    if not pattern:
        return "is empty and matches nothing"
    tokens = list(_tokens(pattern))
    for token in tokens:
        if len(token) > 1 and fnmatch.translate(token).startswith("(?s:(?!))"):
            return f"never matches: {token} holds no character"
    if kind == "targets":
        return _no_name(tokens)
    return _no_base(pattern) if kind == "instances" else ""


def _no_name(tokens: Sequence[str]) -> str:
    for token in tokens:
        if len(token) > 1 and _RANGE.match(token):
            return f"is no range of hosts: here {token} stands for one character"
        if token in _NOT_IN_NAMES:
            return f"never matches: no target has {token!r} in its name; every name is an entry of its own"
    return ""


def _no_base(pattern: str) -> str:
    if pattern[0] not in "/*?[" and not _DRIVE.match(pattern[:2]):
        return "never matches: CATALINA_BASE is an absolute path"
    if pattern.endswith("/") and pattern != "/":
        return "never matches: CATALINA_BASE does not end in a slash"
    return ""


def overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether some text matches a pattern of both; no pattern matches every text."""
    return not one or not other or any(_both(a, b) for a in one for b in other)


@cache
def _both(one: str, other: str) -> bool:
    if not (_WILD.intersection(one) and _WILD.intersection(other)):
        return matcher([one])(other) or matcher([other])(one)
    mine, yours = tuple(_tokens(one)), tuple(_tokens(other))
    reached = [[False] * (len(yours) + 1) for _ in range(len(mine) + 1)]
    reached[-1][-1] = True
    for i in range(len(mine), -1, -1):
        for j in range(len(yours), -1, -1):
            reached[i][j] = reached[i][j] or _onward(reached, mine, yours, i, j)
    return reached[0][0]


def _onward(reached: list[list[bool]], mine: Sequence[str], yours: Sequence[str], i: int, j: int) -> bool:
    """Whether the rests of two patterns, from their tokens ``i`` and ``j`` on, match a text in common."""
    mine_left, yours_left = i < len(mine), j < len(yours)
    if mine_left and mine[i] == "*":
        return reached[i + 1][j] or (yours_left and reached[i][j + 1])
    if yours_left and yours[j] == "*":
        return reached[i][j + 1] or (mine_left and reached[i + 1][j])
    return mine_left and yours_left and reached[i + 1][j + 1] and _same(mine[i], yours[j])


def _same(one: str, other: str) -> bool:
    """Whether two tokens of one character have one in common. Two classes are taken to."""
    if "?" in {one, other} or len(one) > 1 < len(other):
        return True
    return matcher([one])(other) or matcher([other])(one)


def _tokens(pattern: str) -> Iterator[str]:
    """Wildcards, classes with their brackets, and single characters."""
    at = 0
    while at < len(pattern):
        end = _class_end(pattern, at) if pattern[at] == "[" else 0
        token = pattern[at : end + 1] if end else pattern[at]
        at += len(token)
        yield token


def _class_end(pattern: str, at: int) -> int:
    """Position of the bracket that closes the class, 0 when none does."""
    first = at + 1
    if pattern[first : first + 1] == "!":
        first += 1
    if pattern[first : first + 1] == "]":
        first += 1
    return max(0, pattern.find("]", first))
