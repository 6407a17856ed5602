"""Where secrets stand in foreign text: by the names beside them and by the shapes around them.

``cut`` is told each secret and returns what stands in its place. Text is read in one of two ways: as data, where a
value may hold blanks (a connection string, a property, a sentence), or as words of a shell, where quotes decide.
Every pass is linear: hostile text is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

GONE = "[redacted]"
Cut: TypeAlias = Callable[[str], str]

_NAME = re.compile(
    r"pass(?!ive|through)|pwd|psw|secret|token|credential(?!s?[._-]?handler)|key(?!store|alias)|authorization"
    r"|비밀번호|패스워드|암호|비번",
    re.IGNORECASE,
)
_PW = re.compile(r"(?:^|[^A-Za-z])[Pp][Ww](?![A-Za-z])|(?<=[a-z0-9])P[Ww](?![a-z])")
# A path, an algorithm, a size or a switch is not a secret, and Tomcat's semantics need it.
_TELLING = re.compile(
    r"(?:(?<!pro)file|path|(?<!re)dir|directory|class|classname|type|algorithm|required|enabled|encoding|pattern"
    r"|provider|alias|size|length)$",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"true", "false", ""})
_MARK = re.compile(r"\[redacted(?::\d+)?\]\Z")
_HINT = re.compile(
    r"pass|pwd|psw|pw|secret|token|credential|key|auth|basic|bearer|-u|-p|://|jdbc|비|패|암|%", re.IGNORECASE
)

_PAIR = re.compile(r"(?<![\w.%-])([\w.%-]++)(?:\\?[\"'])?(\s*+(?:\\?[=:])\s*+)")
_NEXT = re.compile(r"[;&\n]|\s[\w.\-]++\s*+=|\s-|,\s*+[\"'][\w.\-]++[\"']\s*+:")
_QUOTED = re.compile(r"\\?\"(?:[^\"\\]|\\(?!\").)*+\\?\"|\\?'[^']*+'|\{(?:[^}]|\}\})*+\}", re.DOTALL)
_BARE = {
    "": re.compile(
        r"(?:\"(?:[^\"\\]|\\.)*+\"|\$?'[^']*+'|\$\([^)]{0,999}+\)|`[^`]{0,999}+`|\$\{[^}]{0,999}+\}|\\.|[^\s\"'`;&|\\])++",
        re.DOTALL,
    ),
    '"': re.compile(
        r"(?:\\\"(?:[^\"\\]|\\(?!\").)*+\\\"|\$?'[^'\"]*+'|\$\([^)\"]{0,999}+\)|`[^`]{0,999}+`|\$\{[^}\"]{0,999}+\}|\\[^\"]|[^\s\"'`\\])++",
        re.DOTALL,
    ),
    "'": re.compile(r"(?:\"[^\"']*+\"|\$\([^)']{0,999}+\)|\$\{[^}']{0,999}+\}|\\.|[^\s\"'\\])++", re.DOTALL),
}
_UNIT = re.compile(r"(?:\"(?:[^\"\\]|\\.)*+\"|'[^']*+'|\\.|[^\s\"'\\])++", re.DOTALL)
_OPTION = re.compile(r"((?:^|(?<=[\s\"']))--?(?!D)([\w.-]++)\s++)([\"']?)(?![-\"'])")
_LOGIN_OPTION = re.compile(r"((?:^|(?<=\s))(?:-u|--user|--proxy-user)[\s=]++[\"']?[^\s:\"'/]++:)([^\s\"']++)")
_SHORT_OPTION = re.compile(r"(\b(?:mysql|mariadb|sshpass)[^;|&\n]{0,200}?\s-p\s?+)([^\s\"']++)")
_SCHEME = re.compile(r"\b((?:basic|bearer)\s++)((?=[^\s\"']*[\d=+/])[\w+/=.~-]{8,}+)", re.IGNORECASE)
_ORACLE = re.compile(
    r"(jdbc:(?:oracle|tibero|goldilocks):\w+:[^/@\s\"'<>]{0,128}+/)(\"[^\"]{0,512}+\"|[^\s\"'<>]{1,128})(?=@)"
)
_CUBRID = re.compile(r"(jdbc:cubrid[\w-]*+:[^:\s]*+:\d*+:[^:\s]*+:[^:\s]*+:)([^:\s\"'<>]++)")
_WHOLE = re.compile(r"(?:\A|=)\s*jdbc:")
_TOKEN = re.compile(r"[^\s\"'<>]++")


@lru_cache(maxsize=4096)
def names_secret(name: str) -> bool:
    """Whether a property, attribute or variable of this name holds a secret."""
    bare = name.lstrip("-").removeprefix("D") if name.startswith("-") else name
    return bool(_NAME.search(bare) or _PW.search(bare)) and not _TELLING.search(bare)


def may_hold_secret(text: str) -> bool:
    """Whether dropped text speaks of secrets at all: a hash over it would serve to guess one."""
    return bool(_HINT.search(text))


def masked(text: str) -> str:
    """``text`` for a log or a message: whatever looks like a secret is gone."""
    return as_words(text, lambda _: GONE)


def as_data(text: str, cut: Cut) -> str:
    """``text`` whose values may hold blanks, without its secrets."""
    if not _HINT.search(text):
        return text
    text = _logins(text, cut)
    if _WHOLE.search(text):  # all of it is one URL, blanks included
        text = "\n".join(_login(line, cut) for line in text.split("\n"))
    return _schemes(_pairs(text, cut, _end_in_data), cut)


def as_words(text: str, cut: Cut, *, unit: bool = False) -> str:
    """``text`` of a shell or a command line, or of a unit file where no ``;`` ends a word, without its secrets."""
    if not _HINT.search(text):
        return text
    text = _logins(text, cut)
    for option in (_LOGIN_OPTION, _SHORT_OPTION):
        text = option.sub(lambda found: found[1] + cut(found[2]), text)
    text = _pairs(text, cut, _Words(text, unit=unit).end)
    return _schemes(_options(text, cut, _Words(text, unit=unit)), cut)


def _schemes(text: str, cut: Cut) -> str:
    return _SCHEME.sub(lambda found: found[1] + cut(found[2]), text)


def _logins(text: str, cut: Cut) -> str:
    text = _CUBRID.sub(lambda found: found[1] + cut(found[2]), text)
    text = _ORACLE.sub(lambda found: found[1] + cut(found[2]), text)
    return _TOKEN.sub(lambda found: _login(found[0], cut), text) if "://" in text else text


def _login(token: str, cut: Cut) -> str:
    """A URL without its password, which may hold ``@`` and ``/``; the user may hold ``@``."""
    at, scheme = token.rfind("@"), token.find("://")
    while 0 <= scheme < at:
        begin = scheme + 3
        colon = token.find(":", begin, at)
        if colon < 0:
            break
        if token.find("/", begin, colon) < 0:
            value = token[colon + 1 : at]
            return token if _MARK.match(value) or not value else token[: colon + 1] + cut(value) + token[at:]
        scheme = token.find("://", begin)
    return token


def _pairs(text: str, cut: Cut, end_of: Callable[[str, int, int], int]) -> str:
    """``name=value`` and ``name: value`` without the values of secret names."""
    kept: list[str] = []
    done = 0
    for found in _PAIR.finditer(text):
        start = found.end()
        if found.start() < done or not names_secret(unquote(found[1]) if "%" in found[1] else found[1]):
            continue
        end = end_of(text, found.start(), start)
        value = text[start:end]
        if value.strip().lower() in _HARMLESS or _MARK.match(value):
            continue
        kept += (text[done:start], cut(value))
        done = end
    return "".join((*kept, text[done:]))


def _options(text: str, cut: Cut, words: _Words) -> str:
    """``--password value`` without the value."""
    kept: list[str] = []
    done = 0
    for found in _OPTION.finditer(text):
        start = found.end(1)
        if found.start() < done or not names_secret(found[2]):
            continue
        end = words.end(text, start, start)
        if start < end and not _MARK.match(text[start:end]):
            kept += (text[done:start], cut(text[start:end]))
            done = end
    return "".join((*kept, text[done:]))


def _end_in_data(text: str, name: int, start: int) -> int:
    """Where a value that may hold blanks ends: at a delimiter or before the next name or option."""
    del name
    quoted = _QUOTED.match(text, start)
    if quoted and text[quoted.end() : quoted.end() + 1] in {"", " ", "\t", "\n", ",", ";", "&", ")", "}", "]"}:
        return quoted.end()
    found = _NEXT.search(text, quoted.end() if quoted else start)
    return found.start() if found else len(text)


class _Words:
    """Follows the quotes of a text from its beginning; asked for places in ascending order."""

    def __init__(self, text: str, *, unit: bool) -> None:
        self._text = text
        self._bare = {**_BARE, "": _UNIT if unit else _BARE[""]}
        self._unit = unit
        self._at = 0
        self._quote = ""
        self._opened = -1

    def end(self, text: str, name: int, start: int) -> int:
        """Where the value at ``start`` ends, whose name begins at ``name``."""
        assert text == self._text
        self._follow(name)
        if self._quote and name == self._opened + 1 and self._begins_word():
            closing = text.find(self._quote, start)
            return len(text) if closing < 0 else closing
        self._follow(start)
        if not self._unit and re.search(r"[^\s:]=\s\Z", text[max(0, start - 3) : start]):
            return start  # an empty value
        found = self._bare[self._quote].match(text, start)
        return found.end() if found else start

    def _follow(self, place: int) -> None:
        while self._at < place:
            char = self._text[self._at]
            if char == "\\" and self._quote != "'":
                self._at += 1
            elif char == self._quote:
                self._quote = ""
            elif char in "\"'" and not self._quote:
                self._quote, self._opened = char, self._at
            self._at += 1

    def _begins_word(self) -> bool:
        """Whether the open quote holds whole words, not the value of an assignment."""
        before = self._text[max(0, self._opened - 2) : self._opened]
        if self._unit and self._text.find("=") == self._opened - 1:  # Environment="NAME=value" of a unit
            return True
        return not before or before[-1].isspace() or before == "-D"
