"""Character classes of java.util.regex for ASCII text: Java's own are ASCII unless told otherwise."""

from __future__ import annotations

import string
from collections.abc import Mapping

ASCII = frozenset(map(chr, range(128)))
_DIGIT = frozenset(string.digits)
_LOWER = frozenset(string.ascii_lowercase)
_UPPER = frozenset(string.ascii_uppercase)
_ALPHA = _LOWER | _UPPER
_WORD = _ALPHA | _DIGIT | {"_"}
_SPACE = frozenset(" \t\n\v\f\r")
_BLANK = frozenset(" \t")
_VERTICAL = frozenset("\n\v\f\r")
_PUNCTUATION = frozenset(string.punctuation)
_GRAPH = _ALPHA | _DIGIT | _PUNCTUATION

CLASSES: Mapping[str, frozenset[str]] = {
    "d": _DIGIT,
    "D": ASCII - _DIGIT,
    "w": _WORD,
    "W": ASCII - _WORD,
    "s": _SPACE,
    "S": ASCII - _SPACE,
    "h": _BLANK,
    "H": ASCII - _BLANK,
    "v": _VERTICAL,
    "V": ASCII - _VERTICAL,
}

PROPERTIES: Mapping[str, frozenset[str]] = {
    "ASCII": ASCII,
    "Lower": _LOWER,
    "Upper": _UPPER,
    "Alpha": _ALPHA,
    "Digit": _DIGIT,
    "Alnum": _ALPHA | _DIGIT,
    "Punct": _PUNCTUATION,
    "Graph": _GRAPH,
    "Print": _GRAPH | {" "},
    "Blank": _BLANK,
    "Cntrl": frozenset(map(chr, (*range(32), 127))),
    "XDigit": _DIGIT | frozenset("abcdefABCDEF"),
    "Space": _SPACE,
    "L": _ALPHA,
    "IsL": _ALPHA,
    "IsAlphabetic": _ALPHA,
    "Lu": _UPPER,
    "IsUppercase": _UPPER,
    "Ll": _LOWER,
    "IsLowercase": _LOWER,
    "N": _DIGIT,
    "Nd": _DIGIT,
    "IsDigit": _DIGIT,
    "javaDigit": _DIGIT,
    "javaLetter": _ALPHA,
    "javaLetterOrDigit": _ALPHA | _DIGIT,
    "javaLowerCase": _LOWER,
    "javaUpperCase": _UPPER,
}
