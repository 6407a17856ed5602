"""Regular expressions as java.util.regex.Pattern understands them, applied to short ASCII text such as addresses.

Syntax from the documentation of Pattern. What Java would reject is told apart from what cannot be decided here (back
references, comment mode, Unicode classes), for a rejected value keeps a Tomcat context from starting.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.tomcat.regex_class import ASCII, CLASSES, PROPERTIES
from tomcat_fleet.tomcat.regex_node import Anchor, Atomic, Chars, Choice, Look, Matching, Node, Repeat, Sequence

MAX_LENGTH = 4096
_MAX_DEPTH = 24
_MAX_TURNS = 1000
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)|\\.", re.DOTALL)
_COUNTED = re.compile(r"\{(\d+)(,(\d*))?\}")
_FLAGS = re.compile(r"\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_GROUP_NAME = re.compile(r"\?<[a-zA-Z][a-zA-Z0-9]*>")
_ENDLESS = re.compile(r"[*+]|,\}")
_PROPERTY = re.compile(r"(?:\{(\w+)\}|(\w))")
_CODE = re.compile(r"x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})")
_OCTAL = re.compile(r"0([0-3]?[0-7]{1,2})")
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_OPENINGS = {
    "?:": None,
    "?=": (False, False),
    "?!": (False, True),
    "?<=": (True, False),
    "?<!": (True, True),
}


class PatternFault(StrEnum):
    """Why there is no pattern."""

    REJECTED = "rejected"  # Pattern.compile throws
    UNDECIDABLE = "undecidable"  # valid for all we know, but not understood here


@dataclass(frozen=True, slots=True)
class JavaPattern:
    """A compiled expression."""

    root: Node

    def matches(self, text: str) -> bool:
        """Matcher.matches: the whole text."""
        return len(text) in Matching(text).ends(self.root, 0)

    def finds(self, text: str) -> bool:
        """Matcher.find: any part of the text."""
        run = Matching(text)
        return any(run.ends(self.root, start) for start in range(len(text) + 1))


def compile_java(pattern: str) -> JavaPattern | PatternFault:
    """Compile ``pattern``, or say why there is none. Neither this nor matching ever runs long."""
    if len(pattern) > MAX_LENGTH:
        return PatternFault.UNDECIDABLE
    try:
        return JavaPattern(_Parser(_QUOTED.sub(_unquoted, pattern)).parse())
    except _Rejected:
        return PatternFault.REJECTED
    except (_Undecidable, RecursionError):
        return PatternFault.UNDECIDABLE


class _Rejected(Exception):  # noqa: N818 - a signal inside this module
    pass


class _Undecidable(Exception):  # noqa: N818 - a signal inside this module
    pass


def _unquoted(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    plain = string.ascii_letters + string.digits
    return "".join(char if char in plain or not char.isascii() else "\\" + char for char in found[1])


def _at_word_edge(text: str, position: int) -> bool:
    sides = (text[position - 1 : position] if position else "", text[position : position + 1])
    return (sides[0] in CLASSES["w"]) != (sides[1] in CLASSES["w"])


_START = Anchor(lambda _text, position: position == 0)
_END = Anchor(lambda text, position: position == len(text))
_EDGE = Anchor(_at_word_edge)
_NO_EDGE = Anchor(lambda text, position: not _at_word_edge(text, position))
_ANCHORS = {"b": _EDGE, "B": _NO_EDGE, "A": _START, "Z": _END, "z": _END}


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.any_case = False

    def parse(self) -> Node:
        root = self._choice()
        if self._peek():
            raise _Rejected  # an unmatched closing parenthesis
        return root

    def _peek(self, length: int = 1) -> str:
        return self.pattern[self.at : self.at + length]

    def _accept(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._accept("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            atom = self._atom()
            if atom:
                items.append(self._quantified(atom))
        return Sequence(tuple(items))

    def _atom(self) -> Node | None:
        """Read one item; None for a bare flag group, which takes no quantifier."""
        if self._peek() == "{":  # Java repeats an empty item here
            return Sequence(())
        char = self.pattern[self.at]
        self.at += 1
        if char in "*+?":
            raise _Rejected  # a dangling quantifier
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._class())
        if char == "\\":
            return self._escape()
        if char in "^$":
            return _START if char == "^" else _END
        return Chars(ASCII - {"\n", "\r"} if char == "." else self._cased(frozenset(char)))

    def _cased(self, allowed: frozenset[str]) -> frozenset[str]:
        return allowed | {char.swapcase() for char in allowed} if self.any_case else allowed

    def _quantified(self, item: Node) -> Node:
        least, most = self._turns()
        if least is None:
            return item
        if max(least, most or 0) > _MAX_TURNS:
            raise _Undecidable
        lazy = self._accept("?")
        repeated = Repeat(item, least, most, lazy)
        return Atomic(repeated) if not lazy and self._accept("+") else repeated

    def _turns(self) -> tuple[int | None, int | None]:
        if self._peek() == "{":
            found = self._take(_COUNTED)
            if not found:
                raise _Rejected
            least = int(found[1])
            most = least if found[2] is None else int(found[3]) if found[3] else None
            if most is not None and most < least:
                raise _Rejected
            return least, most
        for sign, turns in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._accept(sign):
                return turns
        return None, None

    def _group(self) -> Node | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Undecidable
        outer_case = self.any_case
        node = self._group_body()
        if node is None:  # (?i): the flag stays on up to the end of the enclosing group
            self.depth -= 1
            return None
        if not self._accept(")"):
            raise _Rejected
        self.any_case = outer_case
        self.depth -= 1
        return node

    def _group_body(self) -> Node | None:
        if self._peek() != "?":
            return self._choice()
        if self._accept("?>"):
            return Atomic(self._choice())
        for opening, look in _OPENINGS.items():
            if self._accept(opening):
                start = self.at
                body = self._choice()
                if look and look[0] and _ENDLESS.search(self.pattern, start, self.at):
                    raise _Undecidable  # Java wants an obvious maximum length there
                return body if look is None else Look(body, *look)
        if self._take(_GROUP_NAME):
            return self._choice()
        flags = self._take(_FLAGS)
        if not flags:
            raise _Rejected
        self._set_flags(flags[1], flags[2] or "")
        return self._choice() if flags[3] == ":" else None

    def _set_flags(self, on: str, off: str) -> None:
        if set(on + off) - set("idmsuxU"):
            raise _Rejected
        if "x" in on:
            raise _Undecidable
        self.any_case = ("i" in on or self.any_case) and "i" not in off

    def _escape(self) -> Node:
        anchor = _ANCHORS.get(self._peek())
        if anchor:
            self.at += 1
            return anchor
        return Chars(self._escaped())

    def _escaped(self) -> frozenset[str]:
        """Read the set that stands behind a backslash, inside a class or outside."""
        code = self._take(_CODE) or self._take(_OCTAL)
        if code:
            digits = next(filter(None, code.groups()))
            return self._cased(frozenset(_character(int(digits, 8 if code.re is _OCTAL else 16))))
        char = self._peek()
        self.at += 1
        if char in ("p", "P"):
            return self._property(negative=char == "P")
        if char and char in CLASSES:
            return CLASSES[char]
        if char == "c" and self._peek():
            self.at += 1
            return frozenset(chr(ord(self.pattern[self.at - 1]) ^ 64))
        if char in _CONTROLS:
            return frozenset(_CONTROLS[char])
        if char and char in "123456789kGRXN":
            raise _Undecidable
        if not char or (char.isascii() and char.isalnum()):
            raise _Rejected
        return frozenset(char)

    def _property(self, *, negative: bool) -> frozenset[str]:
        found = self._take(_PROPERTY)
        if not found:
            raise _Rejected
        members = PROPERTIES.get(found[1] or found[2])
        if members is None:
            raise _Undecidable  # a Unicode class, or a name that Java rejects
        members = self._cased(members)
        return ASCII - members if negative else members

    def _class(self) -> frozenset[str]:
        """Read what follows an opening bracket, up to and with its closing one."""
        self.depth += 1
        negative = self._accept("^")
        if self._peek() == "]" or self.depth > _MAX_DEPTH:
            raise _Undecidable  # Java releases differ on a leading bracket
        if self._peek(2) == "&&":
            raise _Undecidable  # an intersection without a left side
        members = self._union()
        while self._accept("&&"):
            if negative:
                raise _Undecidable  # Java 9 changed what is negated
            members &= self._union()
        if not self._accept("]"):
            raise _Rejected
        self.depth -= 1
        return ASCII - members if negative else members

    def _union(self) -> frozenset[str]:
        members: frozenset[str] = frozenset()
        while self._peek() not in ("", "]") and self._peek(2) != "&&":
            members |= self._class() if self._accept("[") else self._range()
        return members

    def _range(self) -> frozenset[str]:
        first = self._single()
        following = self.pattern[self.at + 1 : self.at + 2]
        if len(first) != 1 or self._peek() != "-" or following in ("", "]", "["):
            return self._cased(first)
        self.at += 1
        last = self._single()
        low, high = ord(next(iter(first))), ord(next(iter(last), "\0"))
        if len(last) != 1 or high < low:
            raise _Rejected
        return self._cased(frozenset(map(chr, range(low, min(high, 127) + 1))))

    def _single(self) -> frozenset[str]:
        if self._accept("\\"):
            return self._escaped()
        self.at += 1
        return frozenset(self.pattern[self.at - 1])


def _character(code: int) -> str:
    if code > 0x10FFFF:
        raise _Rejected
    return chr(code)
