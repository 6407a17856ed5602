"""One line of ssh_config: keyword and arguments.

Rules: ssh_config(5), and what ``ssh -G`` makes of odd lines. A keyword ends at a blank, a quote or one ``=``; arguments
are separated by blanks, may be quoted in parts, and end where a word begins with ``#``.
"""

from __future__ import annotations

import re

_KEYWORD = re.compile(r"(?P<quote>\"?)(?P<keyword>[^\s\"=]+)(?P=quote)(?:\s*=\s*|\s+)(?P<rest>.*)\Z", re.DOTALL)
_ESCAPED = "'\"\\"


def keyword(line: str) -> tuple[str, str]:
    """Keyword and the rest of the line; raises ``ValueError`` for a line that has nothing after its keyword."""
    found = _KEYWORD.match(line)
    if not found or not found["rest"]:
        raise ValueError("has no argument")
    return found["keyword"], found["rest"]


def words(rest: str) -> list[str]:
    """Arguments without their quotes; raises ``ValueError`` for a quote that is not closed."""
    found: list[str] = []
    at = 0
    while at < len(rest):
        if rest[at] in " \t":
            at += 1
        elif rest[at] == "#":
            break
        else:
            word, at = _word(rest, at)
            found.append(word)
    return found


def _word(rest: str, at: int) -> tuple[str, int]:
    letters: list[str] = []
    quote = ""
    while at < len(rest) and (quote or rest[at] not in " \t"):
        letter, following = rest[at], rest[at + 1 : at + 2]
        if letter == "\\" and following and (following in _ESCAPED or (following == " " and not quote)):
            letters.append(following)
            at += 1
        elif quote == letter:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        else:
            letters.append(letter)
        at += 1
    if quote:
        raise ValueError("a quote is not closed")
    return "".join(letters), at
